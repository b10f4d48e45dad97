"""All frames of every scenario, at both APIs, are those that are stored in files beside it."""

from collections.abc import Iterator

import pytest

from tests.api.both.frames.encoders import (
    FIRST_LOGS,
    PerformedScenario,
    as_version_1,
    later,
    unanswered,
)
from tests.api.both.frames.stored import as_json, changes, stored, stored_names, without_common
from tests.runs.engine.scenario import Scenario
from tests.runs.engine.scenarios.all import SCENARIOS

every_scenario = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.name)
UNANSWERED = "unanswered"
CHANGED_SINCE = {"filtered"}
"""What ends otherwise than in the first version: a filtered answer was shown as a complete one."""


@pytest.fixture(autouse=True)
def _moment() -> Iterator[None]:
    with later().worn():
        yield


@every_scenario
@pytest.mark.requirement("streams.order")
async def test_what_backboard_sends(scenario: Scenario) -> None:
    performed = await PerformedScenario.of(scenario)
    streams = await performed.backboard_streams()
    again = await performed.backboard_again(at_once=True)
    as_streamed = again == [frame for frames in streams for frame in frames]
    common, frames = without_common(streams)
    pending = performed.backboard_pending()
    rendered = {
        "in_each_frame": common,
        "streamed": frames,
        "replayed": "as streamed" if as_streamed else again,
        "answered": performed.backboard_answers(),
        **({"pending": pending} if pending else {}),
    }
    assert as_json(rendered) == stored("backboard", scenario.name, rendered)


@every_scenario
@pytest.mark.requirement("streams.order")
async def test_what_the_assistants_api_sends(scenario: Scenario) -> None:
    performed = await PerformedScenario.of(scenario)
    streams = await performed.openai_streams()
    again = await performed.openai_again(at_once=True)
    as_streamed = again == [frame for frames in streams for frame in frames]
    rendered = {
        "streamed": changes(streams),
        "replayed": "as streamed" if as_streamed else changes([again])[0],
    }
    if "retrieved" in scenario.given:
        rendered["streamed_with_content"] = changes(await performed.openai_streams(content=True))
    assert as_json(rendered) == stored("openai", scenario.name, rendered)


@every_scenario
@pytest.mark.requirement("streams.order")
async def test_what_version_1_of_the_assistants_api_sends(scenario: Scenario) -> None:
    performed = await PerformedScenario.of(scenario)
    rendered = {"streamed": changes([*map(as_version_1, await performed.openai_streams())])}
    assert as_json(rendered) == stored("openai_v1", scenario.name, rendered)


@every_scenario
@pytest.mark.requirement("streams.resume")
async def test_a_replay_does_not_depend_on_how_the_log_is_read(scenario: Scenario) -> None:
    run = await PerformedScenario.of(scenario)
    at_once = (
        await run.backboard_again(at_once=True),
        await run.openai_again(at_once=True),
    )
    singly = (
        await run.backboard_again(at_once=False),
        await run.openai_again(at_once=False),
    )
    assert singly == at_once


@pytest.mark.parametrize(
    "name", sorted({path.stem for path in FIRST_LOGS.glob("*.json")} - CHANGED_SINCE)
)
@pytest.mark.requirement("runs.old-logs")
async def test_a_log_of_the_first_version_is_encoded_as_ever(name: str) -> None:
    (scenario,) = [one for one in SCENARIOS if one.name == name]
    first, now = PerformedScenario.of_first_log(scenario), await PerformedScenario.of(scenario)
    assert await first.backboard_again(at_once=True) == await now.backboard_again(at_once=True)
    assert await first.openai_again(at_once=True) == await now.openai_again(at_once=True)


def test_what_backboard_sends_of_a_message_that_nobody_answers() -> None:
    rendered = unanswered()
    assert as_json(rendered) == stored("backboard", UNANSWERED, rendered)


def test_no_file_is_left_of_a_scenario_that_is_gone() -> None:
    names = {scenario.name for scenario in SCENARIOS}
    assert stored_names("backboard") == {*names, UNANSWERED}
    assert stored_names("openai") == names
    assert stored_names("openai_v1") == names
