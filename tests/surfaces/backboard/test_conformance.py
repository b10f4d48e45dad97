"""docs/conformance.md, held true: each published client finds what it says, no less and no more."""

from collections.abc import Iterator

import pytest

from tests.conformance.document import PATH, read, written
from tests.conformance.results import ABSENT, WORKS, Results, results_of
from tests.support.published_clients import all_clients, can_run
from tests.support.server import Server


@pytest.mark.parametrize("client", all_clients())
def test_a_client_finds_what_the_document_says(client: str, server: Server) -> None:
    if not can_run(client):
        pytest.skip("needs Node.js with npm, and then `make clients`")
    documented = read(PATH.read_text("utf-8")).get(client, {})
    changes = list(_changes(documented, results_of(client, server.api)))
    if changes:
        pytest.fail("\n".join([f"{client}:", *changes]), pytrace=False)


def test_the_document_is_what_would_be_written_of_its_results() -> None:
    text = PATH.read_text("utf-8")
    assert written(read(text)) == text
    assert tuple(read(text)) == all_clients()


def _changes(documented: Results, found: Results) -> Iterator[str]:
    for row in {**documented, **found}:
        before, now = documented.get(row, ABSENT), found.get(row, ABSENT)
        if before == now:
            continue
        case = f"{row.endpoint} ({row.case})"
        if before == WORKS:
            yield f"worse: {case} {now}"
        else:
            yield f"{case} was documented as {before!r}, now {now!r}: run `make conformance`"
