"""Tools as the OpenAI API takes and shows them."""

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, Field

from pegboard.api.openai.faults import BadParameter
from pegboard.api.openai.wire.fields import check_size
from pegboard.api.openai.wire.limits import check_length
from pegboard.assistants import tools
from pegboard.db.base import JsonDict

MOST_OF_ASSISTANT: Final = 128
MOST_OF_RUN: Final = 20
_RANKING: Final = {"ranker": "default_2024_08_21", "score_threshold": 0.0}
_KINDS: Final = ("function", "file_search", "code_interpreter")


class FunctionIn(BaseModel):
    name: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")]
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


class RankingIn(BaseModel):
    ranker: str = "default_2024_08_21"
    score_threshold: Annotated[float, Field(ge=0, le=1)] = 0.0


class FileSearchIn(BaseModel):
    max_num_results: Annotated[int, Field(ge=1, le=50)] | None = None
    ranking_options: RankingIn | None = None


class ToolIn(BaseModel):
    type: Literal["function", "file_search", "code_interpreter"]
    function: FunctionIn | None = None
    file_search: FileSearchIn | None = None

    def stored(self) -> JsonDict:
        """As it is stored and echoed: with what OpenAI fills in."""
        if self.type == "file_search":
            given = self.file_search or FileSearchIn()
            search = given.model_dump(exclude_none=True)
            return {"type": self.type, "file_search": {"ranking_options": dict(_RANKING), **search}}
        if self.type == "code_interpreter":
            return {"type": self.type}
        if self.function is None:
            raise BadParameter(
                "Missing required parameter: 'tools[].function'.",
                param="tools",
                code="missing_required_parameter",
            )
        function = self.function.model_dump(exclude_none=True)
        function.setdefault("parameters", {"type": "object", "properties": {}})
        function.setdefault("strict", False)
        return {"type": self.type, "function": function}


def _known_kinds(value: Any) -> Any:
    if isinstance(value, list):
        check_length("tools", value, most=MOST_OF_ASSISTANT)
    for tool in value if isinstance(value, list) else ():
        kind = tool.get("type") if isinstance(tool, dict) else None
        if kind not in _KINDS:
            listed = ", ".join(f"'{one}'" for one in _KINDS)
            raise BadParameter(
                f"Invalid value: '{str(kind)[:50]}'. Supported values are: {listed}.",
                param="tools",
            )
    return value


Tools = Annotated[
    Annotated[list[ToolIn], Field(fail_fast=True)] | None, BeforeValidator(_known_kinds)
]


def tools_of(given: Sequence[ToolIn], *, most: int) -> tools.Tools:
    """Raises BadParameter for too many or too much, and for two functions of one name."""
    check_length("tools", given, most=most)
    stored = [tool.stored() for tool in given]
    check_size("tools", stored)
    names = [tool["function"]["name"] for tool in stored if tool["type"] == "function"]
    if len(set(names)) != len(names):
        raise BadParameter("Invalid 'tools': two functions have the same name.", param="tools")
    return tools.from_json(stored)


def tools_out(given: tools.Tools | None) -> list[JsonDict]:
    """Tools as clients read them, those of the other API among them."""
    return [_tool_out(tool) for tool in given or ()]


def _tool_out(tool: tools.ToolDefinition) -> JsonDict:
    written = tools.tool_to_json(tool)
    if isinstance(tool, tools.FunctionTool):
        return {**written, "function": {"strict": False, **written["function"]}}
    return written
