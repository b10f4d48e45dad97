"""docs/conformance.md is what `make conformance` writes; what it says is tested door by door."""

from tests.conformance.document import DOORS, PATH, read, written


def test_the_document_is_what_would_be_written_of_its_results() -> None:
    text = PATH.read_text("utf-8")
    told = read(text)
    assert written(told) == text
    assert {door: tuple(told[door]) for door in told} == {door: door.clients for door in DOORS}
