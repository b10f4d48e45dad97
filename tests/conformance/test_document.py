"""docs/conformance.md is what `make conformance` writes; what it says is tested API by API."""

from tests.conformance.document import APIS, PATH, read, written


def test_the_document_is_what_would_be_written_of_its_results() -> None:
    text = PATH.read_text("utf-8")
    all_results = read(text)
    assert written(all_results) == text
    assert {api: tuple(all_results[api]) for api in all_results} == {
        api: api.clients for api in APIS
    }
