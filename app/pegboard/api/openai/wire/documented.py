"""The shapes of runs, their steps and chat completions, for the API's document alone.

They are written as plain objects elsewhere, since they are sent within streams as well.
"""

from typing import Literal

from pydantic import BaseModel

from pegboard.api.openai.wire.lists import Identified
from pegboard.db.base import JsonDict


class CalledFunction(BaseModel):
    name: str
    arguments: str


class RequiredCall(BaseModel):
    id: str
    type: Literal["function"]
    function: CalledFunction


class RequiredCalls(BaseModel):
    tool_calls: list[RequiredCall]


class RequiredAction(BaseModel):
    type: Literal["submit_tool_outputs"]
    submit_tool_outputs: RequiredCalls


class LastError(BaseModel):
    code: Literal["server_error", "rate_limit_exceeded", "invalid_prompt"]
    message: str


class RunUsage(BaseModel):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_token_details: dict[str, int]
    completion_tokens_details: dict[str, int]


class IncompleteDetails(BaseModel):
    reason: str


class RunShape(Identified):
    object: Literal["thread.run"]
    created_at: int
    thread_id: str
    assistant_id: str | None
    status: Literal[
        "queued",
        "in_progress",
        "requires_action",
        "cancelling",
        "cancelled",
        "failed",
        "completed",
        "incomplete",
        "expired",
    ]
    required_action: RequiredAction | None
    last_error: LastError | None
    expires_at: int | None
    started_at: int | None
    cancelled_at: int | None
    failed_at: int | None
    completed_at: int | None
    model: str
    instructions: str
    tools: list[JsonDict]
    tool_resources: JsonDict
    metadata: dict[str, str]
    incomplete_details: IncompleteDetails | None
    usage: RunUsage | None
    temperature: float
    top_p: float
    reasoning_effort: str | None
    max_prompt_tokens: int | None
    max_completion_tokens: int | None
    truncation_strategy: JsonDict
    tool_choice: str | JsonDict
    parallel_tool_calls: bool
    response_format: str | JsonDict


class CreatedMessage(BaseModel):
    message_id: str


class MessageCreation(BaseModel):
    type: Literal["message_creation"]
    message_creation: CreatedMessage


class MadeCalls(BaseModel):
    type: Literal["tool_calls"]
    tool_calls: list[JsonDict]


class StepShape(Identified):
    object: Literal["thread.run.step"]
    created_at: int
    assistant_id: str | None
    thread_id: str
    run_id: str
    type: Literal["message_creation", "tool_calls"]
    status: Literal["in_progress", "completed", "failed", "cancelled", "expired"]
    step_details: MessageCreation | MadeCalls
    last_error: LastError | None
    expires_at: int | None
    expired_at: int | None
    cancelled_at: int | None
    failed_at: int | None
    completed_at: int | None
    metadata: JsonDict
    usage: RunUsage | None


class MessageFileShape(Identified):
    object: Literal["thread.message.file"]
    created_at: int
    message_id: str


class CompletionMessage(BaseModel):
    role: Literal["assistant"]
    content: str | None
    refusal: None
    reasoning_content: str = ""
    tool_calls: list[RequiredCall] = []


class CompletionChoice(BaseModel):
    index: int
    message: CompletionMessage
    logprobs: None
    finish_reason: str


class CompletionUsage(BaseModel):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: dict[str, int]
    completion_tokens_details: dict[str, int]


class CompletionShape(BaseModel):
    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[CompletionChoice]
    usage: CompletionUsage
