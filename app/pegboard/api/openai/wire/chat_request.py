"""A chat completion as it is asked for, and as the gateway understands it."""

from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from pegboard.api.openai.faults import BadParameter
from pegboard.api.openai.wire.fields import sized
from pegboard.api.openai.wire.limits import at_most
from pegboard.llm.gateway import (
    AssistantTurn,
    GenerationOptions,
    Image,
    Prompt,
    SystemTurn,
    Tool,
    ToolCall,
    ToolTurn,
    Turn,
    UserTurn,
)

_MOST_MESSAGES: Final = 4_096
_MOST_PARTS: Final = 1_000
_MOST_TOOLS: Final = 128
_UNSUPPORTED: Final = ("functions", "function_call", "audio", "logprobs", "web_search_options")


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class ImageUrl(BaseModel):
    url: Annotated[str, Field(min_length=1)]
    detail: Literal["auto", "low", "high"] | None = None


class Part(BaseModel):
    type: str
    text: str | None = None
    refusal: str | None = None
    image_url: ImageUrl | None = None


class FunctionCall(BaseModel):
    name: str
    arguments: str


class CallIn(BaseModel):
    id: str
    type: Literal["function"] = "function"
    function: FunctionCall


class MessageIn(BaseModel):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: Annotated[
        str | Annotated[list[Part], Field(fail_fast=True)] | None,
        at_most("messages[].content", _MOST_PARTS),
    ] = None
    tool_calls: Annotated[
        Annotated[list[CallIn], Field(fail_fast=True)] | None,
        at_most("messages[].tool_calls", _MOST_TOOLS),
    ] = None
    tool_call_id: str | None = None


class FunctionIn(BaseModel):
    name: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")]
    description: str | None = None
    parameters: Annotated[dict[str, Any] | None, sized("tools[].function.parameters")] = None


class ToolIn(BaseModel):
    type: Literal["function"]
    function: FunctionIn


class JsonSchema(BaseModel):
    name: str
    schema_: Annotated[
        dict[str, Any] | None, Field(alias="schema"), sized("response_format.json_schema.schema")
    ] = None


class ResponseFormat(BaseModel):
    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonSchema | None = None


class StreamOptions(BaseModel):
    include_usage: bool | None = None


class ChatIn(BaseModel):
    """The parameters that are honoured; others are ignored, except those that change the answer."""

    model_config = ConfigDict(extra="allow")

    model: Annotated[str, Field(min_length=1, max_length=512)]
    messages: Annotated[
        list[MessageIn],
        Field(min_length=1, fail_fast=True),
        at_most("messages", _MOST_MESSAGES),
    ]
    tools: Annotated[
        Annotated[list[ToolIn], Field(fail_fast=True)] | None, at_most("tools", _MOST_TOOLS)
    ] = None
    tool_choice: Literal["none", "auto", "required"] | dict[str, Any] | None = None
    parallel_tool_calls: bool | None = None
    response_format: ResponseFormat | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    stop: Annotated[
        Annotated[list[str], Field(max_length=4, fail_fast=True)] | None,
        BeforeValidator(_as_list),
    ] = None
    reasoning_effort: str | None = None
    n: Annotated[int, Field(ge=1)] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    metadata: dict[str, Any] | None = None

    def check(self) -> None:
        """Refuse what would be answered wrongly if it were ignored."""
        if self.n not in {None, 1}:
            raise BadParameter("This server gives one choice: n must be 1.", param="n")
        for name in _UNSUPPORTED:
            if (self.model_extra or {}).get(name):
                raise BadParameter(
                    f"Unsupported parameter: '{name}'.", param=name, code="unsupported_parameter"
                )

    def prompt(self) -> Prompt:
        """System texts at the beginning are the prompt's own; each later one stays in its place."""
        lead = 0
        while lead < len(self.messages) and _is_system(self.messages[lead]):
            lead += 1
        names = {
            call.id: call.function.name
            for message in self.messages
            for call in message.tool_calls or ()
        }
        turns = tuple(
            _turn(message, f"messages[{lead + at}]", names)
            for at, message in enumerate(self.messages[lead:])
        )
        if not turns:
            raise BadParameter("There is nothing to answer: add a user message.", param="messages")
        tools = () if self.tool_choice == "none" else tuple(map(_tool, self.tools or ()))
        system = "\n\n".join(_text(message) for message in self.messages[:lead])
        return Prompt(system, turns, tools)

    def options(self) -> GenerationOptions:
        form = self.response_format
        schema = form.json_schema.schema_ if form and form.json_schema else None
        return GenerationOptions(
            json_output=form is not None and form.type != "text",
            json_schema=schema,
            thinking={"effort": self.reasoning_effort} if self.reasoning_effort else None,
            temperature=self.temperature,
            top_p=self.top_p,
            max_output_tokens=self.max_completion_tokens or self.max_tokens,
            stop=tuple(self.stop or ()),
            tool_choice=None if self.tool_choice == "none" else self.tool_choice,
            parallel_tool_calls=self.parallel_tool_calls is not False,
        )


def _is_system(message: MessageIn) -> bool:
    return message.role in {"system", "developer"}


def _turn(message: MessageIn, place: str, names: dict[str, str]) -> Turn:
    match message.role:
        case "system" | "developer":
            return SystemTurn(_text(message))
        case "user":
            if message.content is None:
                raise BadParameter(
                    f"Missing required parameter: '{place}.content'.",
                    param=f"{place}.content",
                    code="missing_required_parameter",
                )
            return UserTurn(_text(message), _images(message, place))
        case "assistant":
            calls = tuple(
                ToolCall(call.id, call.function.name, call.function.arguments)
                for call in message.tool_calls or ()
            )
            return AssistantTurn(_text(message) or None, calls)
        case "tool":
            if message.tool_call_id not in names:
                raise BadParameter(
                    f"Invalid parameter: {place} with role 'tool' answers no tool call before it.",
                    param=f"{place}.role",
                )
            call_id = message.tool_call_id
            return ToolTurn(call_id, names[call_id], _text(message))


def _text(message: MessageIn) -> str:
    if isinstance(message.content, str):
        return message.content
    return "\n".join(part.text or part.refusal or "" for part in _spoken(message))


def _spoken(message: MessageIn) -> list[Part]:
    parts = message.content if isinstance(message.content, list) else []
    return [part for part in parts if part.type in {"text", "refusal"}]


def _images(message: MessageIn, place: str) -> tuple[Image, ...]:
    images: list[Image] = []
    for at, part in enumerate(message.content if isinstance(message.content, list) else ()):
        here = f"{place}.content[{at}]"
        if part.type == "image_url" and part.image_url is not None:
            if urlsplit(part.image_url.url).scheme not in {"http", "https", "data"}:
                raise BadParameter(
                    "An image is an http(s) address or a data: URL.", param=f"{here}.image_url.url"
                )
            images.append(Image(part.image_url.url, part.image_url.detail))
        elif part.type != "text":
            raise BadParameter(
                f"Invalid value: '{part.type[:50]}'. Supported values are: 'text', 'image_url'.",
                param=f"{here}.type",
            )
    return tuple(images)


def _tool(tool: ToolIn) -> Tool:
    parameters = tool.function.parameters or {"type": "object", "properties": {}}
    return Tool(tool.function.name, tool.function.description or "", parameters)
