"""The turns of a conversation, asked simple questions about."""

from collections.abc import Iterator, Sequence

from pegboard.llm.gateway import AssistantTurn, ToolTurn, Turn, UserTurn


def user_text(turns: Sequence[Turn]) -> str:
    """What the user said last; "" where nothing was said."""
    return next((turn.text for turn in reversed(turns) if isinstance(turn, UserTurn)), "")


def since_user(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """The turns after the user's last one."""
    for at in range(len(turns) - 1, -1, -1):
        if isinstance(turns[at], UserTurn):
            return tuple(turns[at + 1 :])
    return tuple(turns)


def said_before(turns: Sequence[Turn]) -> Iterator[Turn]:
    """The turns before the user's last one, newest first."""
    yield from reversed(turns[: max(len(turns) - len(since_user(turns)) - 1, 0)])


def earlier_user_texts(turns: Sequence[Turn]) -> list[str]:
    """What the user said before, oldest first."""
    return [turn.text for turn in said_before(turns) if isinstance(turn, UserTurn)][::-1]


def last_answer(turns: Sequence[Turn]) -> str | None:
    spoken = (t.text for t in said_before(turns) if isinstance(t, AssistantTurn) and t.text)
    return next(spoken, None)


def results_since_user(turns: Sequence[Turn]) -> tuple[ToolTurn, ...]:
    """The tool outputs to answer; empty where the conversation does not end with one."""
    if not turns or not isinstance(turns[-1], ToolTurn):
        return ()
    return tuple(turn for turn in since_user(turns) if isinstance(turn, ToolTurn))
