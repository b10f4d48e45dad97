"""All frames of every scenario, at both APIs, are those that are kept in files beside this one."""

from collections.abc import Iterator

import pytest

from tests.api.both.frames.encoders import FIRST_LOGS, Told, as_version_1, later, unanswered
from tests.api.both.frames.stored import as_json, changes, kept, names_kept, without_common
from tests.runs.engine.scenario import Scenario
from tests.runs.engine.scenarios.all import SCENARIOS

every_scenario = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.name)
UNANSWERED = "unanswered"
CHANGED_SINCE = {"filtered"}
"""What ends otherwise than in the first version: a filtered answer was told as a whole one."""


@pytest.fixture(autouse=True)
def _moment() -> Iterator[None]:
    with later().worn():
        yield


@every_scenario
@pytest.mark.requirement("streams.order")
async def test_what_backboard_tells(scenario: Scenario) -> None:
    told = await Told.of(scenario)
    streams = await told.backboard_streams()
    again = await told.backboard_again(at_once=True)
    as_streamed = again == [frame for frames in streams for frame in frames]
    common, frames = without_common(streams)
    pending = told.backboard_pending()
    found = {
        "in_each_frame": common,
        "streamed": frames,
        "replayed": "as streamed" if as_streamed else again,
        "answered": told.backboard_answers(),
        **({"pending": pending} if pending else {}),
    }
    assert as_json(found) == kept("backboard", scenario.name, found)


@every_scenario
@pytest.mark.requirement("streams.order")
async def test_what_the_assistants_api_tells(scenario: Scenario) -> None:
    told = await Told.of(scenario)
    streams = await told.openai_streams()
    again = await told.openai_again(at_once=True)
    as_streamed = again == [frame for frames in streams for frame in frames]
    found = {
        "streamed": changes(streams),
        "replayed": "as streamed" if as_streamed else changes([again])[0],
    }
    if "retrieved" in scenario.given:
        found["streamed_with_content"] = changes(await told.openai_streams(content=True))
    assert as_json(found) == kept("openai", scenario.name, found)


@every_scenario
@pytest.mark.requirement("streams.order")
async def test_what_version_1_of_the_assistants_api_tells(scenario: Scenario) -> None:
    told = await Told.of(scenario)
    found = {"streamed": changes([*map(as_version_1, await told.openai_streams())])}
    assert as_json(found) == kept("openai_v1", scenario.name, found)


@every_scenario
@pytest.mark.requirement("streams.resume")
async def test_a_replay_does_not_depend_on_how_the_log_is_read(scenario: Scenario) -> None:
    told = await Told.of(scenario)
    at_once = await told.backboard_again(at_once=True), await told.openai_again(at_once=True)
    singly = await told.backboard_again(at_once=False), await told.openai_again(at_once=False)
    assert singly == at_once


@pytest.mark.parametrize(
    "name", sorted({path.stem for path in FIRST_LOGS.glob("*.json")} - CHANGED_SINCE)
)
@pytest.mark.requirement("runs.old-logs")
async def test_a_log_of_the_first_version_is_told_as_ever(name: str) -> None:
    (scenario,) = [one for one in SCENARIOS if one.name == name]
    first, now = Told.of_first_log(scenario), await Told.of(scenario)
    assert await first.backboard_again(at_once=True) == await now.backboard_again(at_once=True)
    assert await first.openai_again(at_once=True) == await now.openai_again(at_once=True)


def test_what_backboard_tells_of_a_message_that_nobody_answers() -> None:
    found = unanswered()
    assert as_json(found) == kept("backboard", UNANSWERED, found)


def test_no_file_is_left_of_a_scenario_that_is_gone() -> None:
    names = {scenario.name for scenario in SCENARIOS}
    assert names_kept("backboard") == {*names, UNANSWERED}
    assert names_kept("openai") == names
    assert names_kept("openai_v1") == names
