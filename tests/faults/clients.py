"""Clients that write, hear and remember, each in its own way, while servers come and go."""

import asyncio
import json
import re
import traceback
from typing import Any, Final, Protocol
from uuid import UUID

import httpx

from pegboard.public_ids import Prefix, public_id
from tests.faults.calling import PAUSE_SECONDS, Caller, Json, frames, pause_of
from tests.faults.history import WriteKind
from tests.support.steps import WEATHER, script

LONGEST_TURN: Final = 240.0
"""Seconds after which a turn counts as stuck. A turn with a key is carried out anew after each blow
that falls on it, and waits for a lease each time: long, where blows fall fast on a slow machine."""

_RUN: Final = re.compile(r"run ([0-9a-f-]{36})")
_RESTS: Final = {"run_ended", "run_failed", "run_cancelled", "run_expired", "tool_submit_required"}


class Client(Protocol):
    caller: Caller

    async def open(self) -> None: ...

    async def turn(self) -> None: ...


async def go_on(client: Client, stopped: asyncio.Event) -> None:
    """Take turns until told to stop; what goes wrong is written down."""
    caller = client.caller
    while not stopped.is_set():
        try:
            async with asyncio.timeout(LONGEST_TURN):
                await client.turn()
        except TimeoutError as error:
            waited = f"{caller.name} waited for {LONGEST_TURN:.0f} s"
            caller.record.wrong.append(f"stuck: {waited} in {_place_of(error)}")
        except Exception as error:  # an answer in no shape we know
            caller.record.wrong.append(f"broken: {caller.name}: {error!r}")
            await asyncio.sleep(1)


def _place_of(error: TimeoutError) -> str:
    """The functions of this package in which a turn was given up, outermost first."""
    assert error.__cause__ is not None
    steps = traceback.extract_tb(error.__cause__.__traceback__)
    return " > ".join(f"{step.name}:{step.lineno}" for step in steps if "faults" in step.filename)


async def new_thread(caller: Caller, **assistant: Any) -> tuple[str, str]:
    """(assistant, thread)"""
    body = {"name": caller.name, **assistant}
    made = (await caller.insist("POST", "/api/assistants", json=body)).json()["assistant_id"]
    thread = await caller.insist("POST", f"/api/assistants/{made}/threads", json={})
    thread_id = thread.json()["thread_id"]
    caller.record.threads[thread_id] = caller.key
    return made, thread_id


def new_reply(caller: Caller, token: str) -> str:
    """What the model is to say: its first word is the token, and so each is known."""
    words = " ".join(f"w{number}" for number in range(caller.random.randint(4, 14)))
    caller.record.replies[token] = f"{token} {words}"
    return f"{token} {words}"


def new_delay(caller: Caller) -> int:
    return caller.random.randint(200, 1_200)


class Listener:
    """Streams answers; where a stream is cut off it is taken up on another server."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller

    async def open(self) -> None:
        _, self.thread_id = await new_thread(self.caller)

    async def turn(self) -> None:
        caller, token = self.caller, self.caller.new_token()
        scene = script(reply=new_reply(caller, token), delay_ms=new_delay(caller))
        body = {"content": f"{token} please", "stream": True, "metadata": scene}
        write = caller.record.begin(WriteKind.MESSAGE, self.thread_id, token)
        cancels = caller.random.random() < 0.1
        events: list[Json] = []
        run_id = ""
        try:
            async with caller.http.stream(
                "POST",
                caller.address(f"/api/threads/{self.thread_id}/messages"),
                json=body,
                headers=caller.headers,
            ) as response:
                if response.status_code != 200:
                    await response.aread()
                    if response.status_code < 500:
                        write.refuse()
                    await asyncio.sleep(PAUSE_SECONDS)
                    return
                write.acknowledge()
                run_id = response.headers["pegboard-run-id"]
                async for _, event in frames(response):
                    events.append(event)
                    if cancels and event["type"] == "content_streaming":
                        cancels = False
                        await self._cancel(run_id)
        except httpx.TransportError:
            await asyncio.sleep(PAUSE_SECONDS)
        if not run_id:
            return
        if not events or events[-1]["type"] not in _RESTS:
            caller.record.resumed += 1
            await self._take_up(run_id, events)
        await self._compare(run_id, events)

    async def _cancel(self, run_id: str) -> None:
        await self.caller.insist("POST", f"/api/threads/{self.thread_id}/runs/{run_id}/cancel")

    async def _take_up(self, run_id: str, events: list[Json]) -> None:
        """Read the rest, which goes on where the stream was cut off."""
        caller = self.caller
        while not events or events[-1]["type"] not in _RESTS:
            place = caller.address(f"/api/threads/{self.thread_id}/runs/{run_id}/stream")
            after = {"after": len(events)}
            try:
                async with caller.http.stream(
                    "GET", place, params=after, headers=caller.headers
                ) as response:
                    if response.status_code == 429 or response.status_code >= 500:
                        await asyncio.sleep(pause_of(response))
                        continue
                    if response.status_code != 200:
                        caller.record.wrong.append(f"stream: {run_id} is {response.status_code}")
                        return
                    async for number, event in frames(response):
                        if number != len(events) + 1:
                            caller.record.wrong.append(
                                f"stream: {run_id} went from {len(events)} on to {number}"
                            )
                        events.append(event)
            except httpx.TransportError:
                await asyncio.sleep(PAUSE_SECONDS)

    async def _compare(self, run_id: str, events: list[Json]) -> None:
        """The whole stream, asked for once more, is what was read in parts."""
        caller = self.caller
        whole: list[Json] = []
        await self._take_up_whole(run_id, whole)
        if whole != events:
            now, known = [e["type"] for e in whole], [e["type"] for e in events]
            caller.record.wrong.append(f"stream: {run_id} was {known} and is {now}")
        pieces = (event["content"] for event in whole if event["type"] == "content_streaming")
        caller.record.streamed_texts[run_id] = "".join(pieces)

    async def _take_up_whole(self, run_id: str, whole: list[Json]) -> None:
        await self._take_up(run_id, whole)


class Asker:
    """Asks with a key, and asks the same again until it knows what came of it; is learnt from."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller

    async def open(self) -> None:
        _, self.thread_id = await new_thread(self.caller)

    async def turn(self) -> None:
        caller, token = self.caller, self.caller.new_token()
        learns = caller.random.random() < 0.3
        scene = script(reply=new_reply(caller, token), delay_ms=new_delay(caller))
        body = {
            "content": f"{token} I like the colour {token.replace('-', '')}",
            "metadata": scene,
            "memory": "Auto" if learns else "off",
        }
        write = caller.record.begin(WriteKind.MESSAGE, self.thread_id, token)
        answer = await caller.write(
            f"/api/threads/{self.thread_id}/messages", write, again=False, json=body
        )
        operation_id = answer and answer.json().get("memory_operation_id")
        if operation_id:
            caller.record.operations[operation_id] = caller.key


class ToolUser:
    """Answers the calls of two rounds, then hears the end."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller

    async def open(self) -> None:
        _, self.thread_id = await new_thread(self.caller, tools=[WEATHER])

    async def turn(self) -> None:
        caller, token = self.caller, self.caller.new_token()
        delay = new_delay(caller)
        call = {"name": "get_weather", "arguments": {"location": "Oslo"}}
        rounds = [
            {"tool_calls": [call], "delay_ms": delay},
            {"tool_calls": [call, call], "delay_ms": delay},
            {"reply": new_reply(caller, token), "delay_ms": delay},
        ]
        body = {"content": f"{token} please", "metadata": script(rounds=rounds)}
        write = caller.record.begin(WriteKind.MESSAGE, self.thread_id, token)
        path = f"/api/threads/{self.thread_id}/messages"
        answer = await caller.write(path, write, again=False, json=body)
        begun = _RUN.search(write.made)
        if begun is not None:
            await caller.at_rest(self.thread_id, begun[1])
        paused = await self._pending() if answer is None else _paused(answer)
        while paused is not None:
            paused = await self._submit(paused)

    async def _submit(self, paused: Json) -> Json | None:
        """The next calls, where there are any."""
        caller, run_id = self.caller, paused["run_id"]
        outputs = []
        writes = []
        for call in paused["tool_calls"]:
            token = caller.new_token()
            outputs.append({"tool_call_id": call["id"], "output": f"{token} snow"})
            writes.append(caller.record.begin(WriteKind.OUTPUT, self.thread_id, token))
        path = f"/api/threads/{self.thread_id}/runs/{run_id}/submit-tool-outputs"
        first, *others = writes
        answer = await caller.write(path, first, again=False, json={"tool_outputs": outputs})
        for write in others:
            write.fate, write.answered = first.fate, first.answered
        if answer is not None:
            return _paused(answer)
        await caller.at_rest(self.thread_id, run_id)
        return await self._pending()

    async def _pending(self) -> Json | None:
        """What the thread waits for, if there is anything."""
        path = f"/api/threads/{self.thread_id}/messages"
        answer = await self.caller.insist("POST", path, json={"content": ""})
        return _paused(answer)


def _paused(answer: httpx.Response) -> Json | None:
    body: Json = answer.json()
    return body if body.get("status") == "REQUIRES_ACTION" else None


class Uploader:
    def __init__(self, caller: Caller) -> None:
        self.caller = caller

    async def open(self) -> None:
        _, self.thread_id = await new_thread(self.caller)

    async def turn(self) -> None:
        caller, token = self.caller, self.caller.new_token()
        text = f"The word is {token}. " * caller.random.randint(1, 40)
        write = caller.record.begin(WriteKind.DOCUMENT, self.thread_id, token)
        path = f"/api/threads/{self.thread_id}/documents"
        await caller.write(path, write, files={"file": (f"{token}.txt", text.encode())})
        await asyncio.sleep(caller.random.uniform(1.0, 4.0))


class Rememberer:
    def __init__(self, caller: Caller) -> None:
        self.caller = caller

    async def open(self) -> None:
        self.assistant_id, _ = await new_thread(self.caller)
        self.caller.record.assistants[self.assistant_id] = self.caller.key

    async def turn(self) -> None:
        caller, token = self.caller, self.caller.new_token()
        write = caller.record.begin(WriteKind.MEMORY, self.assistant_id, token)
        body = {"content": f"{token} is worth knowing"}
        await caller.write(f"/api/assistants/{self.assistant_id}/memories", write, json=body)
        await asyncio.sleep(caller.random.uniform(0.5, 2.0))


class Neighbour:
    """One of several at the other API of one thread: appends, runs, cancels and submits."""

    def __init__(self, caller: Caller, shared: "Shared") -> None:
        self.caller = caller
        self._shared = shared

    async def open(self) -> None:
        await self._shared.open(self.caller)

    async def turn(self) -> None:
        act = self.caller.random.choices(
            (self._append, self._run, self._cancel, self._submit), weights=(5, 4, 1, 3)
        )[0]
        await act()
        await asyncio.sleep(self.caller.random.uniform(0.1, 1.0))

    @property
    def _keyed(self) -> bool:
        return self.caller.random.random() < 0.5

    async def _append(self) -> None:
        token = self.caller.new_token()
        write = self.caller.record.begin(WriteKind.MESSAGE, self._shared.thread_id, token)
        body = {"role": "user", "content": f"{token} said by the way"}
        await self.caller.write(
            f"{self._shared.path}/messages", write, keyed=self._keyed, json=body
        )

    async def _run(self) -> None:
        token = self.caller.new_token()
        call = {"name": "get_weather", "arguments": {"location": "Oslo"}}
        delay = new_delay(self.caller)
        rounds = [{"reply": new_reply(self.caller, token), "delay_ms": delay}]
        if self.caller.random.random() < 0.4:
            rounds.insert(0, {"tool_calls": [call], "delay_ms": delay})
        body = {
            "assistant_id": self._shared.assistant_id,
            "metadata": {"sandbox": json.dumps({"rounds": rounds})},
        }
        write = self.caller.record.begin(WriteKind.RUN, self._shared.thread_id, "")
        answer = await self.caller.write(
            f"{self._shared.path}/runs", write, keyed=self._keyed, json=body
        )
        if answer is not None and answer.is_success:
            write.token = self._shared.run_id = answer.json()["id"]

    async def _cancel(self) -> None:
        if self._shared.run_id is not None:
            await self.caller.insist(
                "POST", f"{self._shared.path}/runs/{self._shared.run_id}/cancel"
            )

    async def _submit(self) -> None:
        if self._shared.run_id is None:
            return
        path = f"{self._shared.path}/runs/{self._shared.run_id}"
        run = (await self.caller.insist("GET", path)).json()
        if run["status"] != "requires_action":
            return
        (call,) = run["required_action"]["submit_tool_outputs"]["tool_calls"]
        token = self.caller.new_token()
        write = self.caller.record.begin(WriteKind.OUTPUT, self._shared.thread_id, token)
        body = {"tool_outputs": [{"tool_call_id": call["id"], "output": f"{token} snow"}]}
        await self.caller.write(f"{path}/submit_tool_outputs", write, keyed=self._keyed, json=body)


class Shared:
    """The thread of neighbours; `run_id` is the latest that one of them has begun."""

    def __init__(self) -> None:
        self.thread_id = ""
        self.assistant_id = ""
        self.run_id: str | None = None
        self._opening = asyncio.Lock()

    @property
    def path(self) -> str:
        return f"/v1/threads/{public_id(Prefix.THREAD, UUID(self.thread_id))}"

    async def open(self, caller: Caller) -> None:
        async with self._opening:
            if not self.thread_id:
                assistant_id, self.thread_id = await new_thread(caller, tools=[WEATHER])
                self.assistant_id = public_id(Prefix.ASSISTANT, UUID(assistant_id))
