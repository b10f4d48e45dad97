"""What tools work on, as values and as columns hold it."""

from pegboard.assistants.tool_resources import ToolResources, from_json, to_json
from pegboard.db.base import JsonDict
from pegboard.identifiers import new_id
from pegboard.public_ids import Prefix, public_id

FILE, STORE = new_id(), new_id()
STORED = {
    "code_interpreter": {"file_ids": [public_id(Prefix.FILE, FILE)]},
    "file_search": {"vector_store_ids": [public_id(Prefix.VECTOR_STORE, STORE)]},
}


def test_resources_are_written_as_they_were_read() -> None:
    resources = ToolResources((FILE,), (STORE,))
    assert from_json(STORED) == resources
    assert to_json(resources) == STORED
    assert to_json(from_json({})) == {}
    nothing: JsonDict = {"file_search": {"vector_store_ids": []}}
    assert to_json(from_json(nothing)) == nothing


def test_what_is_no_id_of_ours_names_nothing() -> None:
    assert from_json({"file_search": {"vector_store_ids": ["vs_1", "x"]}}) == ToolResources(
        vector_store_ids=()
    )


def test_resources_hide_only_those_of_the_same_tool() -> None:
    base = ToolResources((FILE,), (STORE,))
    assert ToolResources(vector_store_ids=()).over(base) == ToolResources((FILE,), ())
    assert ToolResources().over(None) == ToolResources()
