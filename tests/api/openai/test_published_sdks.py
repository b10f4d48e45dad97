"""Each generation of OpenAI's SDK, unmodified but for the address, against a running server.

One process for each plays all that is in tests/clients/openai: streams are compared event by event,
lists are read through all their pages, tool outputs are submitted from within open streams. What
each finds must be what docs/conformance.md says.
"""

import pytest

from tests.conformance.changes import assert_finds_what_is_documented
from tests.support.published_clients import OPENAI
from tests.support.server import Server


@pytest.mark.parametrize("client", OPENAI.clients)
@pytest.mark.requirement("openai.clients")
def test_a_generation_finds_what_the_document_says(client: str, server: Server) -> None:
    assert_finds_what_is_documented(OPENAI, client, server)
