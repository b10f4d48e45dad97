"""docs/conformance.md, held true: each published client finds what it says, no less and no more."""

import pytest

from tests.conformance.changes import assert_finds_what_is_documented
from tests.support.published_clients import BACKBOARD
from tests.support.server import Server


@pytest.mark.parametrize("client", BACKBOARD.clients)
@pytest.mark.requirement("backboard.clients")
def test_a_client_finds_what_the_document_says(client: str, server: Server) -> None:
    assert_finds_what_is_documented(BACKBOARD, client, server)
