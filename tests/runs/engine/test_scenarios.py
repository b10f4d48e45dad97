"""All that the engine yields and requests, for every scenario, compared as values."""

import json
import os
from pathlib import Path
from typing import get_args

import pytest

from pegboard.runs.model.event_json import from_json
from pegboard.runs.model.events import AnswerFinished, RunEvent, TextDelta, UnknownEvent
from pegboard.runs.model.folding import ItemFold
from tests.runs.engine.rendering import item_values, passages, values_of, values_of_events
from tests.runs.engine.scenario import Scenario
from tests.runs.engine.scenarios.all import SCENARIOS
from tests.runs.engine.scenarios.answers import CITES_A_LONG_PASSAGE
from tests.runs.engine.scenarios.server_tools import SEARCHES_TWICE_AT_ONCE
from tests.runs.engine.steps import logged, perform

every_scenario = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.name)


@every_scenario
async def test_the_events_of_a_run_follow_from_what_the_model_says(scenario: Scenario) -> None:
    performed = await perform(scenario)
    assert values_of_events(performed.events()) == scenario.events


@every_scenario
async def test_the_model_is_asked_what_follows_from_its_answers(scenario: Scenario) -> None:
    performed = await perform(scenario)
    assert values_of(performed.requests) == scenario.requests


@every_scenario
@pytest.mark.requirement("runs.settled-once")
async def test_an_execution_settles_once_with_all_that_becomes_true(
    scenario: Scenario,
) -> None:
    """What settles is stored in one transaction: the message, its calls and the run's end."""
    performed = await perform(scenario)
    for execution in performed.executions:
        *before, last = [[one[0] for one in values_of_events(facts)] for facts in execution]
        assert not any(event.traits.settles for facts in execution[:-1] for event in facts)
        assert "message finished" not in {word for words in before for word in words}
        assert execution[-1][-1].traits.settles
        calls = last.count("call")
        assert last in ([*["call"] * calls, "message finished", last[-1]], ["run expired"])
        assert bool(calls) == (last[-1] == "run paused")


async def test_our_own_tools_are_given_their_arguments_as_objects() -> None:
    performed = await perform(SEARCHES_TWICE_AT_ONCE)
    assert performed.uses == (("search", {"query": "a"}), ("search", {"query": "b"}))


async def test_each_kind_of_event_is_in_a_scenario() -> None:
    """A new one belongs into a scenario, and so into the frames of every API."""
    seen = {type(event) for scenario in SCENARIOS for event in (await perform(scenario)).events()}
    assert seen == set(get_args(RunEvent)) - {UnknownEvent}


@every_scenario
async def test_a_log_holds_the_events_that_were_written(scenario: Scenario) -> None:
    events = (await perform(scenario)).events()
    assert values_of_events(logged(events)) == values_of_events(events)
    assert item_values(logged(events)) == item_values(events)


@every_scenario
async def test_items_begin_and_end_as_they_are_written_down(scenario: Scenario) -> None:
    """Beside this file, one for each scenario; `PEGBOARD_WRITE_ITEMS=1` writes them anew."""
    items = item_values((await perform(scenario)).events())
    path = Path(__file__).parent / "items" / f"{scenario.name}.json"
    if os.environ.get("PEGBOARD_WRITE_ITEMS"):
        path.parent.mkdir(exist_ok=True)
        lines = ",\n".join(json.dumps(one, ensure_ascii=False) for one in items)
        path.write_text(f"[\n{lines}\n]\n" if items else "[]\n")
    assert json.loads(json.dumps(items)) == json.loads(path.read_text())


@every_scenario
async def test_an_answer_is_what_its_events_fold_to(scenario: Scenario) -> None:
    """At once or event by event, as published or out of the log."""
    for execution in (await perform(scenario)).executions:
        events = [event for facts in execution for event in facts]
        for version in (events, logged(events)):
            fold = ItemFold()
            for event in version:
                fold.add(event)
                if isinstance(event, AnswerFinished):
                    assert event.message.items == fold.items() == ItemFold.of(version).items()


async def test_a_log_holds_of_a_passage_what_is_quoted() -> None:
    performed = await perform(CITES_A_LONG_PASSAGE)
    assert passages(performed.events()) == {"It snows. " * 60}
    assert passages(logged(performed.events())) == {"It snows. " * 50}


def test_each_scenario_has_a_name_of_its_own() -> None:
    names = [scenario.name for scenario in SCENARIOS]
    assert sorted(set(names)) == sorted(names)


def test_what_a_later_version_has_logged_keeps_its_number() -> None:
    later = [
        ["picture_drawn", {"index": 0}],
        ["text_delta", {"index": 0, "text": "It "}],
        ["text_delta", {"index": 0, "words": ["snows"]}, 2],
        ["item_started", {"index": 1, "item": {"type": "picture", "width": 3}}],
    ]
    assert from_json(later) == [
        UnknownEvent("picture_drawn"),
        TextDelta(0, "It "),
        UnknownEvent("text_delta"),
        UnknownEvent("item_started"),
    ]
