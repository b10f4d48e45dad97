"""The whole of what the engine yields and asks, for every scenario, compared as values."""

from typing import get_args

import pytest

from pegboard.runs.model.events import RESTS, RunEvent
from tests.runs.engine.rendering import passages, value_of, values_of
from tests.runs.engine.scenario import Scenario
from tests.runs.engine.scenarios.all import SCENARIOS
from tests.runs.engine.scenarios.answers import CITES_A_LONG_PASSAGE
from tests.runs.engine.scenarios.server_tools import SEARCHES_TWICE_AT_ONCE
from tests.runs.engine.steps import logged, perform

every_scenario = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.name)


@every_scenario
async def test_the_events_of_a_run_follow_from_what_the_model_says(scenario: Scenario) -> None:
    performed = await perform(scenario)
    assert tuple(map(value_of, performed.events())) == scenario.events


@every_scenario
async def test_the_model_is_asked_what_follows_from_its_answers(scenario: Scenario) -> None:
    performed = await perform(scenario)
    assert values_of(performed.requests) == scenario.asked


@every_scenario
@pytest.mark.requirement("runs.settled-once")
async def test_a_play_rests_once_with_all_that_becomes_true_then(scenario: Scenario) -> None:
    """What rests is stored in one transaction: the message, its calls and the run's end."""
    performed = await perform(scenario)
    for play in performed.plays:
        *before, last = [tuple(value_of(event)[0] for event in facts) for facts in play]
        assert not any(isinstance(event, RESTS) for facts in play[:-1] for event in facts)
        assert "message finished" not in {word for words in before for word in words}
        assert isinstance(play[-1][-1], RESTS)
        calls = last.count("call")
        assert last == (*["call"] * calls, "message finished", last[-1]) or last == ("run expired",)
        assert bool(calls) == (last[-1] == "run paused")


async def test_our_own_tools_are_given_their_arguments_as_objects() -> None:
    performed = await perform(SEARCHES_TWICE_AT_ONCE)
    assert performed.uses == (("search", {"query": "a"}), ("search", {"query": "b"}))


async def test_each_kind_of_event_is_in_a_scenario() -> None:
    """A new one belongs into a scenario, and so into the frames of every API."""
    seen = {type(event) for scenario in SCENARIOS for event in (await perform(scenario)).events()}
    assert seen == set(get_args(RunEvent))


@every_scenario
async def test_a_log_holds_the_events_that_were_written(scenario: Scenario) -> None:
    events = (await perform(scenario)).events()
    assert [*map(value_of, logged(events))] == [*map(value_of, events)]


async def test_a_log_holds_of_a_passage_what_is_quoted() -> None:
    performed = await perform(CITES_A_LONG_PASSAGE)
    assert passages(performed.events()) == {"It snows. " * 60}
    assert passages(logged(performed.events())) == {"It snows. " * 50}


def test_each_scenario_has_a_name_of_its_own() -> None:
    names = [scenario.name for scenario in SCENARIOS]
    assert sorted(set(names)) == sorted(names)
