"""The published clients, unmodified but for the address, against a running server.

Each plays the same story (tests/clients) and tells, step by step, what it was given. A client that
cannot parse an answer breaks off, and so fails the test of that chapter.
"""

import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import pytest

from pegboard.identifiers import new_id
from tests.support.published_clients import (
    BACKBOARD,
    DRIVERS,
    NODE,
    OF_THE_PROJECT,
    run,
    version_of,
)
from tests.support.server import Server

WORDS: Final = json.loads((DRIVERS / "words.json").read_text("utf-8"))
CLIENTS: Final = ("python-1.0.3", "python-1.3.3", "python-1.4.12", OF_THE_PROJECT, NODE)
QUICKSTARTS: Final = {  # how each prints its answers, and what the last is about
    "first_message": ("{}\n", "space"),
    "first_message_streamed": ("{}", "robot"),
    "tool_calls": ("{}\n", "68°F"),
    "tool_calls_streamed": ("{}", "68°F"),
    "readme": ("{}\n{}\nAPI error\n", "short response"),
}
_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

Step = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Story:
    """What one client told of the story."""

    client: str
    lines: tuple[str, ...]

    @property
    def old(self) -> bool:
        """Knows no `system_prompt` and cannot list the threads of an assistant."""
        return self.client in {"python-1.0.3", "python-1.3.3"}

    def chapter(self, name: str) -> list[Step]:
        """Its steps. An id is replaced by its number: <1> is the first one the chapter names."""
        names: dict[str, str] = {}
        steps = []
        for line in self.lines:
            if json.loads(line)["chapter"] != name:
                continue
            numbered = _ID.sub(lambda it: names.setdefault(it[0], f"<{len(names) + 1}>"), line)
            step = json.loads(numbered)
            del step["chapter"]
            steps.append(step)
        if steps and steps[-1]["step"] == "broken":
            pytest.fail(f"{self.client} broke off:\n" + "\n".join(steps[-1]["traceback"]))
        return steps


@pytest.fixture(scope="module", params=CLIENTS)
def story(request: pytest.FixtureRequest, server: Server) -> Story:
    client: str = request.param
    lines = tuple(_play(client, server).strip().split("\n"))
    assert json.loads(lines[0]) == {"chapter": "client", "step": version_of(client)}
    return Story(client, lines)


def _play(client: str, server: Server) -> str:
    if not BACKBOARD.can_run(client):
        pytest.skip("needs Node.js with npm, and then `make clients`")
    drivers = {"python-1.0.3": "drive_1_0_3", NODE: "drive_node"}
    return BACKBOARD.play(client, drivers.get(client, "drive_async"), server)


def test_an_assistant_is_made_read_changed_and_deleted(story: Story) -> None:
    def assistant(prompt: str, *tools: Step) -> Step:
        facts = {"assistant_id": "<1>", "name": "Ada", "description": prompt, "tools": [*tools]}
        return facts if story.old else {**facts, "system_prompt": prompt}

    weather = {
        "name": "get_current_weather",
        "description": "Get current weather for a location",
        "properties": {"location": {"type": "string", "description": "City name"}},
    }
    assert story.chapter("assistants") == [
        {"step": "created", **assistant(WORDS["prompt"], weather)},
        {"step": "got", **assistant(WORDS["prompt"], weather)},
        {"step": "listed", "names": ["Ada"]},
        {"step": "updated", **assistant(WORDS["new_prompt"])},
        {"step": "deleted", "ids": ["<1>"]},
        {"step": "listed", "names": []},
    ]


@pytest.mark.requirement("backboard.clients")
def test_a_conversation_is_answered_streamed_kept_and_deleted(story: Story) -> None:
    steps = story.chapter("conversation")
    reply, robot_story = steps[1]["content"], steps[2]["said"]
    assert "space" in reply
    assert "robot" in robot_story
    thread = {
        "thread_id": "<1>",
        "messages": [
            ["user", WORDS["greeting"], "COMPLETED"],
            ["assistant", reply, "COMPLETED"],
            ["user", WORDS["request"], "COMPLETED"],
            ["assistant", robot_story, "COMPLETED"],
        ],
    }
    by_assistant = {"step": "listed_for_assistant", "threads": [thread]}
    assert steps == [
        {"step": "opened", "thread_id": "<1>", "messages": []},
        {"step": "answered", **_answer("<2>", reply)},
        {"step": "streamed", **_told_in_pieces(_OPENING, "<3>", robot_story)},
        {"step": "got", **thread},
        {"step": "listed", "threads": [thread]},
        *([] if story.old else [by_assistant]),
        {"step": "deleted", "ids": ["<1>"]},
        {"step": "listed", "threads": []},
    ]


def test_a_tool_is_called_and_its_output_told(story: Story) -> None:
    steps = story.chapter("tool_calls")
    reply = steps[1]["content"]
    assert "68°F" in reply
    assert steps == [
        {
            "step": "asked",
            "run_id": "<1>",
            "status": "REQUIRES_ACTION",
            "content": None,
            "tool_calls": [["get_current_weather", {"location": "San Francisco"}]],
        },
        {"step": "answered", **_answer("<1>", reply)},
        {"step": "got", **_thread_with_a_tool_call(story, "<2>", reply)},
    ]


def test_tool_outputs_can_be_submitted_while_the_first_stream_is_open(story: Story) -> None:
    steps = story.chapter("streamed_tool_calls")
    reply = steps[1]["said"]
    assert "68°F" in reply
    calling = ["tool_call_start", "tool_call_ready", "tool_submit_required"]
    assert steps == [
        {
            "step": "asked",
            "kinds": [*_OPENING, "message_start", *calling],
            "said": "",
            "ending": {
                "type": "tool_submit_required",
                "run_id": "<1>",
                "status": None,
                "content": None,
            },
        },
        {"step": "answered", **_told_in_pieces(["run_continuing"], "<1>", reply)},
        {"step": "got", **_thread_with_a_tool_call(story, "<2>", reply)},
    ]


def test_an_attached_file_is_kept_with_its_message(story: Story) -> None:
    path = DRIVERS / WORDS["attachment"]
    file = {"filename": path.name, "status": "indexed", "file_size_bytes": path.stat().st_size}
    assert story.chapter("attachment") == [
        {"step": "answered", "attachments": [file]},
        {"step": "streamed", "ending": "run_ended"},
        {"step": "got", "attachments": [[file], [], [file], []]},
    ]


@pytest.mark.requirement("tools.schemas")
def test_a_tool_of_any_schema_comes_back_so_that_the_client_can_read_it(story: Story) -> None:
    sent: Step = WORDS["awkward_tool"]["function"]["parameters"]["properties"]
    readable = {
        **sent,
        "anything": {"type": "string", "description": "Has no type"},
        "stars": {"type": "integer", "enum": ["3", "4", "5"]},
        "note": {"type": "string"},
        "days": {"type": "integer"},
        "budget": {"type": "string"},
    }
    node = story.client.startswith("node")
    plan = {"name": "plan_trip", "description": None, "properties": sent if node else readable}
    ping: Step = {"name": "ping", "description": None, "properties": {}}
    # Written with the Python client's own classes, which send a null for all that is left out.
    find = {"name": "find_user", "description": None, "properties": {"name": {"type": "string"}}}
    tools = [plan, ping] if node else [plan, ping, find]
    assistant = {"assistant_id": "<1>", "description": None, "tools": tools}
    if not story.old:
        assistant["system_prompt"] = None
    assert story.chapter("awkward_tools") == [
        {"step": "created", "name": "Ada", **assistant},
        {"step": "got", "name": "Ada", **assistant},
        {"step": "updated", "name": "Bo", **assistant},
        {"step": "sent_back", "name": "Bo", **assistant},
        {"step": "answered", "status": "COMPLETED"},
    ]


@pytest.mark.requirement("backboard.errors")
def test_each_refusal_raises_the_error_that_the_client_has_for_it(story: Story) -> None:
    # JavaScript refuses an empty key by itself.
    keyless = [] if story.client.startswith("node") else [_raised("empty_key", 401)]
    assert story.chapter("errors") == [
        _raised("unknown_assistant", 404),
        _raised("invalid_id", 422),
        _raised("unknown_thread", 404),
        _raised("unknown_thread_streamed", 404),
        _raised("unknown_run", 404),
        _raised("submitted_twice", 400),
        _raised("submitted_twice_streamed", 400),
        _raised("empty_name", 422),
        _raised("empty_message", 400),
        *keyless,
    ]


@pytest.mark.parametrize("story", [OF_THE_PROJECT], indirect=True)
def test_a_provider_s_failure_raises_its_error_and_leaves_a_failed_message(story: Story) -> None:
    limit = {"sandbox": {"error": {"status": 429, "message": "Slow down", "retry_after": 2}}}
    outage = {"sandbox": {"reply": "one two three", "error": {"status": 503, "after": 2}}}
    told_of_limit = [["user", "limit", "COMPLETED"], ["assistant", None, "FAILED"]]
    told_of_outage = [["user", "outage", "COMPLETED"], ["assistant", "one two ", "FAILED"]]
    assert story.chapter("scripted_failures") == [
        _raised("limit", 429),
        _raised("limit_streamed", 429),
        _raised("outage", 502),
        _raised("outage_streamed", None),
        _raised("two_memories", 400),
        {
            "step": "got",
            "thread_id": "<1>",
            "messages": [*told_of_limit, *told_of_limit, *told_of_outage, *told_of_outage],
        },
        {"step": "labelled", "metadata": [limit, limit, outage, outage]},
    ]


@pytest.mark.parametrize("program", QUICKSTARTS)
def test_a_quickstart_prints_what_the_thread_then_holds(server: Server, program: str) -> None:
    printed, subject = QUICKSTARTS[program]
    key = f"key-{new_id().hex}"
    path = DRIVERS / "quickstarts" / f"{program}.py"
    output = run([sys.executable, str(path), server.api, key])
    with server.client(key) as client:
        (thread,) = client.get("/threads").json()
    answers = [one["content"] for one in thread["messages"] if one["role"] == "assistant"]
    assert output == printed.format(*filter(None, answers))
    assert subject in output


_OPENING: Final = ["message_received", "user_message", "run_started"]
_ERRORS: Final = {
    400: "BackboardValidationError",
    404: "BackboardNotFoundError",
    429: "BackboardRateLimitError",
    502: "BackboardServerError",
}


def _raised(step: str, status: int | None) -> Step:
    """A step that met this status; None stands for a stream that told of its failure."""
    name = _ERRORS.get(status or 0, "BackboardAPIError")
    return {"step": step, "raised": name, "status": status}


def _answer(run_id: str, content: str) -> Step:
    return {"run_id": run_id, "status": "COMPLETED", "content": content, "tool_calls": []}


def _told_in_pieces(opening: Sequence[str], run_id: str, content: str) -> Step:
    return {
        "kinds": [*opening, "message_start", "content_streaming", "run_ended"],
        "said": content,
        "ending": {
            "type": "run_ended",
            "run_id": run_id,
            "status": "completed",
            "content": content,
        },
    }


def _thread_with_a_tool_call(story: Story, thread_id: str, reply: str) -> Step:
    weather = {**WORDS["weather"], "location": "San Francisco"}
    if story.client.startswith("node"):
        output = ["tool", json.dumps(weather, ensure_ascii=False, separators=(",", ":"))]
    else:  # The Python clients in question know no role `tool` and would raise.
        output = ["assistant", json.dumps(weather)]
    return {
        "thread_id": thread_id,
        "messages": [
            ["user", WORDS["question"], "COMPLETED"],
            ["assistant", None, "COMPLETED"],
            [*output, "COMPLETED"],
            ["assistant", reply, "COMPLETED"],
        ],
    }
