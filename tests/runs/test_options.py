"""What is in effect for a run, as rows hold it: those of the first version among them."""

from typing import Any

from pegboard.assistants.tools import FileSearchTool, FunctionTool
from pegboard.identifiers import new_id
from pegboard.llm.gateway import GenerationOptions, ModelName
from pegboard.runs.model.options import Extensions, RunOptions, echo_of, from_json, to_json

STORE = new_id()
TOOLS: Any = [
    {"type": "file_search", "file_search": {"max_num_results": 3}},
    {"function": {"name": "f"}, "type": "function", "x-own": 1},
]


def test_options_come_back_as_they_were() -> None:
    options = RunOptions(
        model=ModelName("openai", "gpt-4o"),
        tools=(FileSearchTool(3), FunctionTool("f")),
        generation=GenerationOptions(temperature=0.5),
        streaming=False,
        vector_store_ids=(STORE,),
        extensions=Extensions({"top_p": 1}, "script"),
    )
    assert from_json(to_json(options)) == options
    assert echo_of(to_json(options)) == {"top_p": 1}
    bare = RunOptions(model=ModelName("openai", "gpt-4o"))
    assert from_json(to_json(bare)) == bare
    assert echo_of(to_json(bare)) == {}


def test_options_of_the_first_version_are_read() -> None:
    stored = {
        "model": {"provider": "openai", "name": "gpt-4o"},
        "tools": TOOLS,
        "script": {"reply": "Hi"},
        "whole": True,
        "asked": {"model": "gpt-4o", "temperature": 0.5},
    }
    options = from_json(stored)
    assert options == RunOptions(
        model=ModelName("openai", "gpt-4o"),
        tools=(FileSearchTool(3), FunctionTool("f")),
        streaming=False,
        extensions=Extensions({"model": "gpt-4o", "temperature": 0.5}, {"reply": "Hi"}),
    )
    assert echo_of(stored) == {"model": "gpt-4o", "temperature": 0.5}
    assert to_json(options)["tools"] == TOOLS
    assert from_json({"model": {"provider": "openai", "name": "gpt-4o"}}).streaming
