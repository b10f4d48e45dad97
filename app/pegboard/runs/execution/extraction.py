"""What a run leaves to be learnt."""

from pegboard.memories.learning import Lesson
from pegboard.runs.model.events import Facts, MessageFinished, RunCompleted
from pegboard.runs.prompt.run_context import Ready


def is_learnt_from(ready: Ready) -> bool:
    return (
        ready.options.memory.writes
        and ready.run.assistant_id is not None
        and ready.gathered.question_id is not None
    )


def lesson_of(ready: Ready, facts: Facts) -> Lesson | None:
    """What there is to learn, once the run is completed."""
    end = facts[-1]
    if not isinstance(end, RunCompleted) or end.run.memory_operation_id is None:
        return None
    answers = [event.message.id for event in facts if isinstance(event, MessageFinished)]
    if ready.run.assistant_id is None or ready.gathered.question_id is None:
        return None
    return Lesson(
        operation_id=end.run.memory_operation_id,
        assistant_id=ready.run.assistant_id,
        thread_id=ready.run.thread_id,
        message_id=ready.gathered.question_id,
        answer_id=answers[-1] if answers else None,
        model=ready.options.model,
        recalled=tuple(memory.content for memory in end.run.recalled or ()),
        careful=ready.options.memory.careful,
        key_id=ready.run.key_id,
    )
