"""What a client finds that the document does not say."""

from collections.abc import Iterator

import pytest

from tests.conformance.document import PATH, read
from tests.conformance.results import ABSENT, WORKS, Results, results_of
from tests.support.published_clients import Door
from tests.support.server import Server


def assert_finds_what_is_documented(api: Door, client: str, server: Server) -> None:
    """No less, and no more: what has become better must be told."""
    if not api.can_run(client):
        pytest.skip("needs Node.js with npm, and then `make clients`")
    documented = read(PATH.read_text("utf-8"))[api].get(client, {})
    changes = list(_changes(documented, results_of(api, client, server)))
    if changes:
        pytest.fail("\n".join([f"{client}:", *changes]), pytrace=False)


def _changes(documented: Results, now_found: Results) -> Iterator[str]:
    for row in {**documented, **now_found}:
        before, now = documented.get(row, ABSENT), now_found.get(row, ABSENT)
        if before == now:
            continue
        case = f"{row.endpoint} ({row.case})"
        if before == WORKS:
            yield f"worse: {case} {now}"
        else:
            yield f"{case} was documented as {before!r}, now {now!r}: run `make conformance`"
