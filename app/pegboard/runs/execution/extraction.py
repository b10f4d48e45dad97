"""What a run leaves to be learnt."""

from pegboard.memories.learning import ExtractionRequest
from pegboard.runs.model.events import AnswerFinished, Facts, RunSettled
from pegboard.runs.prompt.run_context import RunContext


def is_extracted_from(context: RunContext) -> bool:
    return (
        context.options.memory.writes
        and context.run.assistant_id is not None
        and context.prepared.question_id is not None
    )


def extraction_of(context: RunContext, facts: Facts) -> ExtractionRequest | None:
    """What there is to learn, once the run is completed."""
    end = facts[-1]
    if not isinstance(end, RunSettled) or not end.is_answered:
        return None
    if end.run.memory_operation_id is None:
        return None
    answers = [event.message.id for event in facts if isinstance(event, AnswerFinished)]
    if context.run.assistant_id is None or context.prepared.question_id is None:
        return None
    return ExtractionRequest(
        operation_id=end.run.memory_operation_id,
        assistant_id=context.run.assistant_id,
        thread_id=context.run.thread_id,
        message_id=context.prepared.question_id,
        answer_id=answers[-1] if answers else None,
        model=context.options.model,
        recalled=tuple(memory.content for memory in end.run.recalled or ()),
        careful=context.options.memory.careful,
        key_id=context.run.key_id,
    )
