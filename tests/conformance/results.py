"""What a published client makes of a server, case by case."""

import json
from collections.abc import Mapping
from typing import Final, NamedTuple

from tests.support.published_clients import Door, version_of
from tests.support.server import Server

WORKS: Final = "works"
ABSENT: Final = "absent"  # the client has no such method or argument
DIFFERS: Final = "differs: "  # followed by the reason


class Row(NamedTuple):
    noun: str
    endpoint: str
    case: str


Results = Mapping[Row, str]


def results_of(api: Door, client: str, server: Server) -> Results:
    """Play every case that the client's driver knows; what it does not tell of is absent."""
    version, *lines = api.play(client, "conform", server).splitlines()
    assert version == version_of(client), f"{client} is installed as {version}"
    cases = [json.loads(line) for line in lines]
    return {Row(one["noun"], one["endpoint"], one["case"]): one["result"] for one in cases}
