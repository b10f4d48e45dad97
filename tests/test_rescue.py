"""Runs whose process is killed, frozen or stopped: each ends, once, and is followed to its end."""

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from pegboard.public_ids import Prefix, public_id
from pegboard.runs.leases import HEARTBEAT
from tests.conftest import StartServer
from tests.support.deadlines import patience, wait_until
from tests.support.freezing import freeze
from tests.support.postgres import new_database, query
from tests.support.provider import Provider, running_provider
from tests.support.sdk import sdk
from tests.support.server import Server
from tests.support.steps import WEATHER, messages_of, new_thread, say, script, submit

Frame = tuple[int | None, str]
LATER = "UPDATE runs SET lease_until = now() - interval '1 second' WHERE lease_until IS NOT NULL"


@pytest.fixture
def provider() -> Iterator[Provider]:
    with running_provider() as running:
        yield running


@pytest.fixture
def url(postgres_url: str) -> str:
    return new_database(postgres_url)


def frames_of(lines: Iterator[str]) -> Iterator[str]:
    """The data of a stream's frames, comments apart."""
    for line in lines:
        if line.startswith("data: "):
            yield line.removeprefix("data: ")


def again(client: httpx.Client, place: str, **how: Any) -> list[Frame]:
    """A run's stream once more: (number, data) of each frame."""
    response = client.get(place, **how)
    assert response.status_code == 200, response.text
    frames, number = [], None
    for line in response.text.split("\n"):
        if line.startswith("id: "):
            number = int(line.removeprefix("id: "))
        elif line.startswith("data: "):
            frames.append((number, line.removeprefix("data: ")))
            number = None
    return frames


def kinds(frames: list[Frame]) -> list[str]:
    return [json.loads(data)["type"] for _, data in frames]


def waiting(start: StartServer, url: str, provider: Provider, **settings: str) -> Server:
    """A server whose model says nothing before it is released."""
    return start(
        PEGBOARD_DATABASE_URL=url,
        PEGBOARD_SANDBOX="off",
        OPENAI_API_KEY="sk-x",
        OPENAI_BASE_URL=provider.url,
        **settings,
    )


def begun(server: Server, provider: Provider) -> tuple[str, str, str]:
    """(assistant, thread, run) of a run whose model has been asked and is silent."""
    with sdk(server, "k") as client:
        assistant = client.beta.assistants.create(model="takes-its-time")
        thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hi"}])
        before = len(provider.requests)
        run = client.beta.threads.runs.create(thread.id, assistant_id=assistant.id)
    wait_until(lambda: len(provider.requests) > before)
    return assistant.id, thread.id, run.id


pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.mark.requirement("runs.asked-again")
def test_what_was_seen_of_a_run_is_its_answer_and_its_stream_goes_on_elsewhere(
    start: StartServer, url: str
) -> None:
    first = start(PEGBOARD_DATABASE_URL=url)
    read: list[str] = []
    with first.client("k") as client:
        thread_id = new_thread(client)
        scene = script(reply="one two three four", delay_ms=700)
        body = {"content": "x", "stream": True, "metadata": scene}
        with client.stream("POST", f"/threads/{thread_id}/messages", json=body) as response:
            run_id = response.headers["pegboard-run-id"]
            assert response.headers["pegboard-stream-offset"] == "0"
            for data in frames_of(response.iter_lines()):
                read.append(data)
                if '"content":"two ' in data:
                    first.kill()
                    break
    query(url, LATER)
    second = start(PEGBOARD_DATABASE_URL=url)
    with second.client("k") as client:
        place = f"/threads/{thread_id}/runs/{run_id}/stream"
        rest = again(client, place, params={"after": len(read)})
        assert kinds(rest) == ["run_failed"]
        assert rest[0][0] == len(read) + 1
        assert json.loads(rest[0][1])["code"] == "server_lost"
        whole = again(client, place)
        assert [number for number, _ in whole] == list(range(1, len(read) + 2))
        assert [json.loads(data) for _, data in whole[: len(read)]] == [
            json.loads(data) for data in read
        ]
        assert again(client, place, headers={"Last-Event-ID": str(len(read))}) == rest
        assert messages_of(client, thread_id)[-1] == ("assistant", "FAILED", "one two ")
        assert say(client, thread_id, "Go on")["status"] == "COMPLETED"


@pytest.mark.requirement("runs.asked-again")
def test_a_model_that_had_said_nothing_is_asked_again(
    start: StartServer, url: str, provider: Provider
) -> None:
    first = waiting(start, url, provider)
    _, thread_id, run_id = begun(first, provider)
    first.kill()
    query(url, LATER)
    second = waiting(start, url, provider)
    wait_until(lambda: len(provider.requests) == 2)
    provider.released.set()
    with sdk(second, "k") as client:
        run = client.beta.threads.runs.poll(run_id, thread_id=thread_id)
        assert run.status == "completed"
        listed = client.beta.threads.messages.list(thread_id, order="asc").data
        assert [message.role for message in listed] == ["user", "assistant"]
        assert provider.requests[0]["messages"] == provider.requests[1]["messages"]


@pytest.mark.requirement("runs.paused-survive")
def test_a_rescued_run_goes_on_with_the_outputs_it_was_given(
    start: StartServer, url: str, provider: Provider
) -> None:
    """A stream that was begun before the crash is told on, its beginning only once."""
    first = waiting(start, url, provider)
    with first.client("k") as client:
        thread_id = new_thread(client, tools=[WEATHER])
        paused = say(client, thread_id, "Weather?", llm_provider="openai", model_name="calls")
        name = "jsonb_set(options::jsonb, '{model,name}', '\"takes-its-time\"')"
        query(url, f"UPDATE runs SET options = {name}")
        begun = threading.Thread(target=lambda: _cut_off(submit, client, paused, "snow"))
        begun.start()
        wait_until(lambda: len(provider.requests) == 2)
        first.kill()
        begun.join()
    query(url, LATER)
    second = waiting(start, url, provider)
    wait_until(lambda: len(provider.requests) == 3)
    provider.released.set()
    with second.client("k") as client:
        place = f"/threads/{thread_id}/runs/{paused['run_id']}/stream"
        events = kinds(again(client, place))
        assert events.count("run_started") == 1
        assert events.count("run_continuing") == 1
        assert events[-1] == "run_ended"
        assert provider.last()["messages"][-1] == provider.requests[1]["messages"][-1]
        assert provider.last()["messages"][-1]["content"] == "snow"


def test_a_stream_whose_model_had_said_nothing_goes_on_with_what_it_says_then(
    start: StartServer, url: str, provider: Provider
) -> None:
    first = waiting(start, url, provider)
    with first.client("k") as client:
        thread_id = new_thread(client)
        model = {"llm_provider": "openai", "model_name": "takes-its-time"}
        body = {"content": "Hi", "stream": True, **model}
        place = f"/threads/{thread_id}/messages"
        begun = threading.Thread(target=lambda: _cut_off(lambda: client.post(place, json=body)))
        begun.start()
        wait_until(lambda: len(provider.requests) == 1)
        wait_until(lambda: query(url, "SELECT count(*) FROM run_events") == [(1,)])
        first.kill()
        begun.join()
    query(url, LATER)
    second = waiting(start, url, provider)
    wait_until(lambda: len(provider.requests) == 2)
    provider.released.set()
    with second.client("k") as client:
        ((run_id,),) = query(url, "SELECT id FROM runs")
        events = kinds(again(client, f"/threads/{thread_id}/runs/{run_id}/stream"))
        assert events == [
            "message_received",
            "user_message",
            "run_started",
            "message_start",
            *["content_streaming"] * 3,
            "run_ended",
        ]
        assert messages_of(client, thread_id)[-1] == ("assistant", "COMPLETED", "Here you are")


@pytest.mark.requirement("runs.one-process")
def test_no_run_is_taken_from_a_living_process_when_the_database_comes_back(
    start: StartServer, postgres_url: str, url: str, provider: Provider
) -> None:
    """While it was away no lease could be kept, and all had run out."""
    first, _ = waiting(start, url, provider), waiting(start, url, provider)
    _, thread_id, run_id = begun(first, provider)
    name = url.partition("?")[0].rpartition("/")[2]
    ((until,),) = query(url, "SELECT lease_until FROM runs")
    assert isinstance(until, datetime)
    query(postgres_url, "UPDATE pg_database SET datallowconn = false WHERE datname = :n", n=name)
    query(
        postgres_url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :n",
        n=name,
    )
    wait_until(lambda: datetime.now(UTC) > until + HEARTBEAT)
    query(postgres_url, "UPDATE pg_database SET datallowconn = true WHERE datname = :n", n=name)
    wait_until(lambda: query(url, "SELECT lease_until > now() FROM runs") == [(True,)])
    provider.released.set()
    with sdk(first, "k") as client:
        run = client.beta.threads.runs.poll(run_id, thread_id=thread_id)
        assert run.status == "completed"
    assert query(url, "SELECT attempts FROM runs") == [(0,)]
    assert len(provider.requests) == 1


def _cut_off(call: Callable[..., Any], *given: Any) -> None:
    with pytest.raises(httpx.TransportError):
        call(*given)


def test_by_policy_nothing_is_asked_twice(start: StartServer, url: str, provider: Provider) -> None:
    first = waiting(start, url, provider)
    _, thread_id, run_id = begun(first, provider)
    first.kill()
    query(url, LATER)
    second = waiting(start, url, provider, PEGBOARD_RESCUE="fail")
    with sdk(second, "k") as client:
        run = client.beta.threads.runs.poll(run_id, thread_id=thread_id)
        assert run.status == "failed"
        assert run.last_error
        assert run.last_error.code == "server_error"
    assert len(provider.requests) == 1


@pytest.mark.requirement("runs.given-up")
def test_a_run_that_its_servers_die_of_is_given_up(
    start: StartServer, url: str, provider: Provider
) -> None:
    server = waiting(start, url, provider)
    _, thread_id, run_id = begun(server, provider)
    for attempt in range(3):
        server.kill()
        query(url, LATER)
        server = waiting(start, url, provider)
        wait_until(lambda: len(provider.requests) == attempt + 2)  # noqa: B023
    server.kill()
    query(url, LATER)
    last = waiting(start, url, provider)
    with sdk(last, "k") as client:
        assert client.beta.threads.runs.poll(run_id, thread_id=thread_id).status == "failed"
    assert len(provider.requests) == 4


@pytest.mark.requirement("runs.one-process")
def test_a_process_that_was_taken_for_dead_writes_nothing_more(
    start: StartServer, url: str, provider: Provider
) -> None:
    """It comes back to its model's answer, but the run is another's; its stream tells of that."""
    first = waiting(start, url, provider)
    read: list[str] = []
    with first.client("k") as client:
        thread_id = new_thread(client)
        body = {
            "content": "x",
            "stream": True,
            "llm_provider": "openai",
            "model_name": "falls-silent",
        }
        with client.stream("POST", f"/threads/{thread_id}/messages", json=body) as response:
            frames = frames_of(response.iter_lines())
            for data in frames:
                read.append(data)
                if "content_streaming" in data:
                    break
            freeze(first, url)
            try:
                query(url, LATER)
                second = waiting(start, url, provider)
                with second.client("k") as there:
                    wait_until(lambda: len(messages_of(there, thread_id)) == 2)
                    assert messages_of(there, thread_id)[-1][1] == "FAILED"
            finally:
                os.kill(first.process.pid, signal.SIGCONT)
            provider.released.set()
            read += frames
    assert json.loads(read[-1])["type"] == "run_failed"
    assert json.loads(read[-1])["code"] == "server_lost"
    assert query(url, "SELECT count(*) FROM messages") == [(2,)]
    assert query(url, "SELECT status, attempts FROM runs") == [("failed", 1)]


@pytest.mark.requirement("streams.resume")
def test_a_run_is_followed_and_cancelled_on_another_server(start: StartServer, url: str) -> None:
    one, other = start(PEGBOARD_DATABASE_URL=url), start(PEGBOARD_DATABASE_URL=url)
    with one.client("k") as here, other.client("k") as there:
        thread_id = new_thread(here)
        body = {"content": "x", "stream": True, "metadata": script(reply="a b c d", delay_ms=400)}
        with here.stream("POST", f"/threads/{thread_id}/messages", json=body) as response:
            run_id = response.headers["pegboard-run-id"]
            mine = frames_of(response.iter_lines())
            first = next(data for data in mine if "content_streaming" in data)
            place = f"/threads/{thread_id}/runs/{run_id}"
            with there.stream("GET", f"{place}/stream") as followed:
                theirs = frames_of(followed.iter_lines())
                assert next(data for data in theirs if "content_streaming" in data) == first
                next(data for data in theirs if '"content":"b ' in data)
                cancelled = there.post(f"{place}/cancel").json()
                assert cancelled["cancelled"] is True
                assert json.loads([*theirs][-1])["type"] == "run_cancelled"
            assert json.loads([*mine][-1])["type"] == "run_cancelled"
        assert messages_of(there, thread_id)[-1][1] == "CANCELLED"


def test_who_follows_a_run_whose_thread_is_deleted_hears_its_end(
    start: StartServer, url: str
) -> None:
    one, other = start(PEGBOARD_DATABASE_URL=url), start(PEGBOARD_DATABASE_URL=url)
    with one.client("k") as here, other.client("k") as there:
        thread_id = new_thread(here)
        scene = script(reply="word " * 100, delay_ms=200)
        body = {"content": "x", "stream": True, "metadata": scene}
        with here.stream("POST", f"/threads/{thread_id}/messages", json=body) as response:
            run_id = response.headers["pegboard-run-id"]
            headers = {"Last-Event-ID": ""}
            place = f"/threads/{thread_id}/runs/{run_id}/stream"
            with there.stream("GET", place, headers=headers) as followed:
                theirs = frames_of(followed.iter_lines())
                next(data for data in theirs if "content_streaming" in data)
                assert there.delete(f"/threads/{thread_id}").status_code == 200
                assert json.loads([*theirs][-1])["type"] == "run_cancelled"
            *_, last = frames_of(response.iter_lines())
            assert json.loads(last)["type"] == "run_cancelled"


def test_a_silent_run_is_handed_over_by_a_server_that_stops(
    start: StartServer, url: str, provider: Provider
) -> None:
    first, second = waiting(start, url, provider), waiting(start, url, provider)
    _, thread_id, run_id = begun(first, provider)
    first.process.send_signal(signal.SIGTERM)
    wait_until(lambda: len(provider.requests) == 2)
    provider.released.set()
    with sdk(second, "k") as client:
        assert client.beta.threads.runs.poll(run_id, thread_id=thread_id).status == "completed"
    assert first.process.wait(patience(20)) == 0


@pytest.mark.requirement("streams.resume")
def test_the_openai_stream_is_taken_up_at_any_frame(start: StartServer, url: str) -> None:
    """All executions of a run in one stream, as they were sent; a stream says where it begins."""
    server = start(PEGBOARD_DATABASE_URL=url)
    headers = {"Authorization": "Bearer k"}
    with httpx.Client(base_url=f"{server.url}/v1", headers=headers, timeout=patience(60)) as client:
        made = client.post("/assistants", json={"model": "gpt-4o", "tools": [WEATHER]}).json()
        message = {"role": "user", "content": "What's the weather in Oslo?"}
        body = {"assistant_id": made["id"], "thread": {"messages": [message]}, "stream": True}
        begun = client.post("/threads/runs", json=body)
        before = [json.loads(d) for d in frames_of(iter(begun.text.split("\n"))) if d != "[DONE]"]
        assert begun.headers["pegboard-stream-offset"] == "-1"
        thread_id, run_id = before[0]["id"], begun.headers["pegboard-run-id"]
        assert before[-1]["status"] == "requires_action"
        calls = before[-1]["required_action"]["submit_tool_outputs"]["tool_calls"]
        place = f"/threads/{thread_id}/runs/{run_id}"
        done = client.post(
            f"{place}/submit_tool_outputs",
            json={
                "tool_outputs": [{"tool_call_id": calls[0]["id"], "output": "snow"}],
                "stream": True,
            },
        )
        after = [json.loads(d) for d in frames_of(iter(done.text.split("\n"))) if d != "[DONE]"]
        assert done.headers["pegboard-stream-offset"] == str(len(before) - 1)
        whole = again(client, f"{place}/stream")
        assert whole[-1] == (None, "[DONE]")
        replayed = [json.loads(data) for _, data in whole[:-1]]
        assert [one["id"] for one in replayed] == [one["id"] for one in [*before[1:], *after]]
        assert [one["object"] for one in replayed] == [
            one["object"] for one in [*before[1:], *after]
        ]
        for number in range(len(replayed)):
            rest = again(client, f"{place}/stream", params={"after": number})
            assert rest == whole[number:]
        assert again(client, f"{place}/stream", params={"after": 10_000}) == [(None, "[DONE]")]

        wrong = client.get(f"{place}/stream", params={"after": -1})
        assert wrong.status_code == 400
        nobody = client.get(f"{place}/stream", headers={"Authorization": "Bearer other"})
        assert nobody.status_code == 404
        query(url, "DELETE FROM run_events")
        gone = client.get(f"{place}/stream")
        assert gone.status_code == 410
        assert "not kept" in gone.json()["error"]["message"]


def test_events_of_runs_that_are_over_are_dropped_in_time(start: StartServer, url: str) -> None:
    server = start(PEGBOARD_DATABASE_URL=url)
    with server.client("k") as client:
        say(client, new_thread(client), "Hi")
        say(client, new_thread(client, tools=[WEATHER]), "What's the weather in Oslo?")
    server.stop()
    assert query(url, "SELECT count(DISTINCT run_id) FROM run_events") == [(2,)]
    keeps_none = start(PEGBOARD_DATABASE_URL=url, PEGBOARD_EVENT_HOURS="0")
    wait_until(lambda: query(url, "SELECT count(DISTINCT run_id) FROM run_events") == [(1,)])
    assert keeps_none.process.poll() is None


def test_a_run_whose_time_is_up_ends_in_its_stream_too(
    start: StartServer, url: str, provider: Provider
) -> None:
    server = waiting(start, url, provider)
    headers = {"Authorization": "Bearer k"}
    with httpx.Client(base_url=f"{server.url}/v1", headers=headers, timeout=patience(60)) as client:
        made = client.post("/assistants", json={"model": "falls-silent"}).json()
        message = {"role": "user", "content": "Hi"}
        body = {"assistant_id": made["id"], "thread": {"messages": [message]}, "stream": True}
        with client.stream("POST", "/threads/runs", json=body) as response:
            lines = response.iter_lines()
            next(line for line in lines if line == "event: thread.message.delta")
            query(url, "UPDATE runs SET expires_at = now() - interval '1 second'")
            events = [line for line in lines if line.startswith("event: ")]
        assert events[-2:] == ["event: thread.run.expired", "event: done"]
        assert query(url, "SELECT status FROM runs") == [("expired",)]
        thread_id = public_id(Prefix.THREAD, UUID(str(query(url, "SELECT id FROM threads")[0][0])))
        answer = client.get(f"/threads/{thread_id}/messages").json()["data"][0]
        assert answer["content"][0]["text"]["value"] == "Wait "
        assert answer["incomplete_details"] == {"reason": "run_expired"}
    assert not provider.released.is_set()
