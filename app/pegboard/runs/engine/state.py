"""Where an execution stands: the run, the talk so far, and what the model may still do."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

from pegboard.llm.gateway import (
    AssistantTurn,
    GenerationOptions,
    ModelRequest,
    Tool,
    ToolCall,
    ToolTurn,
    Turn,
    Usage,
)
from pegboard.messages.tables import MessageStatus
from pegboard.runs.engine.draft import AnswerDraft
from pegboard.runs.engine.execution import Execution
from pegboard.runs.model.events import (
    AnswerStarted,
    Facts,
    MemoriesRecalled,
    RunSettled,
    RunStarted,
)
from pegboard.runs.model.snapshots import Failure, Finding, RunSnapshot
from pegboard.runs.statuses import RunStatus, check_move

MAX_CORRECTIONS: Final = 2
"""How often a model is asked again after calls that could not be passed on."""

MAX_USES: Final = 8
"""How many answers with calls of our own tools a model may give in one execution."""


@dataclass(slots=True)
class ExecutionState:
    """`server_tools` names the offered tools that the server answers itself."""

    execution: Execution
    run: RunSnapshot
    draft: AnswerDraft
    turns: tuple[Turn, ...]
    server_tools: frozenset[str]
    corrections_left: int = MAX_CORRECTIONS
    uses_left: int = MAX_USES

    @classmethod
    def of(cls, execution: Execution) -> Self:
        cited = execution.run.retrieved if execution.options.cite else ()
        offered = execution.prompt.tools
        return cls(
            execution,
            execution.run,
            AnswerDraft(execution.logged, cited),
            execution.prompt.turns,
            frozenset(one.name for one in execution.server_tools.tools if one in offered),
        )

    def opening(self) -> Facts:
        run, draft = self.run, self.draft
        recalled = () if run.recalled is None else (MemoriesRecalled(run.recalled),)
        return (RunStarted(run, draft.id), *recalled, AnswerStarted(draft.id, draft.created_at))

    @property
    def offered(self) -> tuple[Tool, ...]:
        """Once the uses are spent our tools are offered no more, and the model has to answer."""
        tools = self.execution.prompt.tools
        return tuple(one for one in tools if self.uses_left or one.name not in self.server_tools)

    def next_request(self) -> ModelRequest:
        """What the model is asked in the round that begins now."""
        execution = self.execution
        request = ModelRequest(
            model=execution.requested,
            prompt=replace(execution.prompt, turns=self.turns, tools=self.offered),
            options=self._generation(),
            round=self.run.rounds,
            script=execution.options.extensions.sandbox_script,
            streaming=execution.options.streaming,
        )
        self.run = replace(self.run, rounds=self.run.rounds + 1)
        self.draft.begin_round()
        return request

    def count(self, usage: Usage) -> None:
        self.draft.usage = self.draft.usage + usage
        self.run = replace(self.run, usage=self.run.usage + usage)

    def spent_budget(self) -> str | None:
        """The budget that forbids another model call."""
        options, usage = self.execution.options, self.run.usage
        if _is_reached(options.max_completion_tokens, usage.output_tokens):
            return "max_completion_tokens"
        if _is_reached(options.max_prompt_tokens, usage.input_tokens):
            return "max_prompt_tokens"
        return None

    def add_findings(self, findings: Sequence[Finding]) -> None:
        """The findings of our own tools stay with the run, should it be paused."""
        self.run = replace(self.run, findings=(*self.run.findings, *findings))

    def add_turns(self, calls: Sequence[ToolCall], outputs: Sequence[str]) -> None:
        """The round's answer with its calls, and what they returned, for the next round."""
        answered = zip(calls, outputs, strict=True)
        draft = self.draft
        self.turns = (
            *self.turns,
            AssistantTurn(draft.round_text() or None, tuple(calls), draft.round_reasoning()),
            *(ToolTurn(call.id, call.name, output) for call, output in answered),
        )

    def complete(self) -> Facts:
        return self._settle(RunStatus.COMPLETED, MessageStatus.COMPLETED)

    def pause(self, calls: tuple[ToolCall, ...]) -> Facts:
        run = _moved(self.run, RunStatus.REQUIRES_ACTION)
        return (
            *self.draft.pass_on(calls),
            *self.draft.finished(run, MessageStatus.REQUIRES_ACTION),
            RunSettled(run, calls),
        )

    def cut_short(self, reason: str, failure: Failure | None = None) -> Facts:
        """The end of an answer that its budget, or its provider's filter, does not let go on."""
        self.run = replace(self.run, incomplete=reason)
        return self._settle(RunStatus.INCOMPLETE, MessageStatus.INCOMPLETE, failure)

    def fail(self, failure: Failure) -> Facts:
        self.run = replace(self.run, failure=failure)
        return self._settle(RunStatus.FAILED, MessageStatus.FAILED, failure)

    def _settle(
        self, status: RunStatus, answer: MessageStatus, failure: Failure | None = None
    ) -> Facts:
        run = _moved(self.run, status)
        return (*self.draft.finished(run, answer, failure), RunSettled(run))

    def _generation(self) -> GenerationOptions:
        """A forced choice of tools counts for the first call: else the run would go round."""
        options = self.execution.options
        generation = options.generation
        left = options.max_completion_tokens
        if left is not None:
            left -= self.run.usage.output_tokens
            limit = generation.max_output_tokens
            generation = replace(
                generation, max_output_tokens=left if limit is None else min(left, limit)
            )
        return replace(generation, tool_choice=None) if self.run.rounds else generation


def _is_reached(budget: int | None, used: int) -> bool:
    return budget is not None and used >= budget


def _moved(run: RunSnapshot, status: RunStatus) -> RunSnapshot:
    check_move(run.status, status)
    return replace(run, status=status)
