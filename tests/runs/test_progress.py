"""A run that another process takes up knows what was found before: nobody searches twice."""

from pegboard.runs.model.events import ItemFinished, RoundFinished, RunEvent, RunStarted
from pegboard.runs.model.items import ServerToolCallItem
from pegboard.runs.model.progress import as_last_known
from tests.runs.engine.scenarios.items import CANCELLED_ONCE_SEARCHED
from tests.runs.engine.steps import logged, perform


async def searched() -> list[RunEvent]:
    """What is logged of a run up to its search, before the model is heard again."""
    performed = await perform(CANCELLED_ONCE_SEARCHED)
    events = logged(performed.events())
    end = next(
        at
        for at, event in enumerate(events)
        if isinstance(event, ItemFinished) and isinstance(event.item, ServerToolCallItem)
    )
    return events[: end + 1]


async def test_what_was_found_after_the_last_round_is_known() -> None:
    events = await searched()
    (begun,) = [event.run for event in events if isinstance(event, RunStarted)]
    (after,) = [event.run for event in events if isinstance(event, RoundFinished)]
    known = as_last_known(begun, events)
    assert [finding.text for finding in known.findings] == ["Snow in Oslo"]
    assert after.findings == ()
    assert (known.rounds, known.usage) == (after.rounds, after.usage)


async def test_a_run_of_which_nothing_is_logged_is_as_it_began() -> None:
    (begun,) = [event.run for event in await searched() if isinstance(event, RunStarted)]
    assert as_last_known(begun, ()) == begun
