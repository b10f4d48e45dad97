"""A request and its scene in, the complete reply out. Pure: the same question, the same answer."""

from dataclasses import dataclass

from pegboard.llm.gateway import FinishReason, ModelRequest, Prompt, ToolCall
from pegboard.llm.sandbox.answers import answer_from_given
from pegboard.llm.sandbox.calls import call_id, next_calls
from pegboard.llm.sandbox.conversation import results_since_user, user_text
from pegboard.llm.sandbox.json_answers import json_answer
from pegboard.llm.sandbox.limits import before_stop, within_tokens
from pegboard.llm.sandbox.script import Scene
from pegboard.llm.sandbox.small_talk import small_talk
from pegboard.llm.sandbox.thinking import reasoning_for
from pegboard.llm.sandbox.tool_results import report
from pegboard.llm.tokens import count_tokens


@dataclass(frozen=True, slots=True)
class Reply:
    """`refusal` is what is said in place of a text."""

    reasoning: str
    text: str
    refusal: str
    calls: tuple[ToolCall, ...]
    reason: FinishReason


def reply_to(request: ModelRequest, scene: Scene) -> Reply:
    calls = _calls(request, scene)
    meant = before_stop(_text(request, scene, calls), request.options.stop)
    refusal = scene.refusal or ""
    planned = reasoning_for(request, calls) if scene.reasoning is None else scene.reasoning
    limit = request.options.max_output_tokens
    reasoning = within_tokens(planned, limit)
    text = within_tokens(meant, None if limit is None else limit - count_tokens(reasoning))
    cut_short = (reasoning, text) != (planned, meant)
    reason = _reason(cut_short=cut_short, calling=bool(calls))
    return Reply(
        reasoning, text, refusal, () if cut_short else calls, scene.finish_reason or reason
    )


def _reason(*, cut_short: bool, calling: bool) -> FinishReason:
    if cut_short:
        return FinishReason.LENGTH
    return FinishReason.TOOL_CALLS if calling else FinishReason.STOP


def _calls(request: ModelRequest, scene: Scene) -> tuple[ToolCall, ...]:
    if scene.tool_calls is not None:
        return tuple(
            ToolCall(call.id or call_id(request, at), call.name, call.arguments)
            for at, call in enumerate(scene.tool_calls)
        )
    return next_calls(request) if scene.reply is None and scene.refusal is None else ()


def _text(request: ModelRequest, scene: Scene, calls: tuple[ToolCall, ...]) -> str:
    if scene.reply is not None:
        return scene.reply
    if calls or scene.refusal is not None:
        return ""
    prose = _prose(request.prompt)
    options = request.options
    if options.json_output or options.json_schema is not None:
        return json_answer(user_text(request.prompt.turns), prose, options.json_schema)
    return prose


def _prose(prompt: Prompt) -> str:
    if results := results_since_user(prompt.turns):
        return report(results)
    return answer_from_given(prompt) or small_talk(user_text(prompt.turns))
