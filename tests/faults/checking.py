"""Read everything back, through the APIs, and hold it against what clients were told."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final
from uuid import UUID

from pegboard.public_ids import Prefix, public_id
from tests.faults.calling import Caller, Json
from tests.faults.cluster import Cluster
from tests.faults.history import Fate, Record, Write, WriteKind

_SETTLES_WITHIN: Final = 60.0
_THRICE: Final = "given up after 3 tries"
_UNENDED: Final = "SELECT id, status FROM runs WHERE status IN ('in_progress', 'cancelling')"
_OVERLAPPING: Final = """
    SELECT id FROM (
        SELECT id, created_at,
               lag(ended_at) OVER thread AS ended, lag(id) OVER thread AS before
        FROM runs WINDOW thread AS (PARTITION BY thread_id ORDER BY created_at, id)
    ) AS one
    WHERE before IS NOT NULL AND (ended IS NULL OR ended > created_at)
"""


@dataclass(slots=True)
class Findings:
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    disordered: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)
    """Files that are there and say that three processes were killed while reading them."""

    def all(self) -> list[str]:
        return [*self.lost, *self.doubled, *self.disordered, *self.stuck, *self.wrong]


class Checker:
    def __init__(self, cluster: Cluster, record: Record, callers: Sequence[Caller]) -> None:
        self._fleet = cluster
        self._record = record
        self._by_key = {caller.key: caller for caller in callers}
        self._findings = Findings(wrong=list(record.wrong))
        self._writes: defaultdict[tuple[WriteKind, str], list[Write]] = defaultdict(list)
        for write in record.writes:
            self._writes[write.kind, write.place].append(write)

    async def check(self) -> Findings:
        await self._runs_end()
        for thread_id, key in self._record.threads.items():
            await self._thread(thread_id, self._by_key[key])
        for assistant_id, key in self._record.assistants.items():
            await self._memories(assistant_id, self._by_key[key])
        for operation_id, key in self._record.operations.items():
            await self._operation(operation_id, self._by_key[key])
        overlapping = await self._fleet.rows(_OVERLAPPING)
        self._findings.disordered += [f"run {row[0]} overlaps another" for row in overlapping]
        await asyncio.gather(*map(self._goes_on, self._record.threads))
        return self._findings

    async def _runs_end(self) -> None:
        deadline = monotonic() + _SETTLES_WITHIN
        while rows := await self._fleet.rows(_UNENDED):
            if monotonic() > deadline:
                self._findings.stuck += [f"run {row[0]} is {row[1]}" for row in rows]
                return
            await asyncio.sleep(0.2)

    async def _thread(self, thread_id: str, caller: Caller) -> None:
        thread = await caller.insist("GET", f"/api/threads/{thread_id}")
        messages: list[Json] = thread.json()["messages"]
        self._compare(WriteKind.MESSAGE, thread_id, _first_words(messages, "user"))
        self._compare(WriteKind.OUTPUT, thread_id, _first_words(messages, "tool"))
        ids = [message["message_id"] for message in messages]
        if len(set(ids)) < len(ids):
            self._findings.doubled.append(f"a message of thread {thread_id}")
        self._answers(thread_id, [one for one in messages if one["role"] == "assistant"])
        if (WriteKind.DOCUMENT, thread_id) in self._writes:
            await self._documents(thread_id, caller)
        if (WriteKind.RUN, thread_id) in self._writes:
            self._compare(WriteKind.RUN, thread_id, await _runs(caller, thread_id))

    def _answers(self, thread_id: str, answers: Sequence[Json]) -> None:
        """Each is what the model was told to say, or its beginning, and is there once."""
        tokens: set[str] = set()
        for answer in answers:
            stored = answer["content"] or ""
            run_id = str((answer["metadata"] or {}).get("run_id"))
            streamed = self._record.streamed_texts.get(run_id)
            if streamed is not None and streamed != stored:
                self._findings.wrong.append(f"run {run_id}: heard {streamed!r}, stored {stored!r}")
            if not stored:
                continue
            token = stored.split()[0]
            if token in tokens:
                self._findings.doubled.append(f"answer {token} of thread {thread_id}")
            tokens.add(token)
            reply = self._record.replies.get(token, "")
            whole = answer["status"] == "COMPLETED"
            if not (stored == reply if whole else reply.startswith(stored)):
                self._findings.wrong.append(f"answer {token} is {answer['status']}: {stored!r}")

    async def _documents(self, thread_id: str, caller: Caller) -> None:
        path = f"/api/threads/{thread_id}/documents"
        deadline = monotonic() + _SETTLES_WITHIN
        while True:
            listed: list[Json] = (await caller.insist("GET", path)).json()
            unfinished = [one for one in listed if one["status"] in {"pending", "processing"}]
            if not unfinished:
                break
            if monotonic() > deadline:
                self._findings.stuck += [f"document {one}" for one in unfinished]
                break
            await asyncio.sleep(0.2)
        names = [one["filename"].removesuffix(".txt") for one in listed]
        self._compare(WriteKind.DOCUMENT, thread_id, names)
        failed = [one for one in listed if one["status"] == "error"]
        for one in failed:
            problem = f"{one['filename']}: {one['status_message']}"
            by_rule = one["status_message"].endswith(_THRICE)
            (self._findings.given_up if by_rule else self._findings.lost).append(problem)

    async def _memories(self, assistant_id: str, caller: Caller) -> None:
        answer = await caller.insist("GET", f"/api/assistants/{assistant_id}/memories")
        contents = [one["content"].split()[0] for one in answer.json()["memories"]]
        self._compare(WriteKind.MEMORY, assistant_id, contents)

    async def _operation(self, operation_id: str, caller: Caller) -> None:
        deadline = monotonic() + _SETTLES_WITHIN
        path = f"/api/assistants/memories/operations/{operation_id}"
        while True:
            answer = await caller.insist("GET", path)
            if answer.status_code != 200:
                self._findings.lost.append(f"operation {operation_id}")
                return
            if answer.json()["status"] != "IN_PROGRESS":
                return
            if monotonic() > deadline:
                self._findings.stuck.append(f"operation {operation_id}")
                return
            await asyncio.sleep(0.2)

    def _compare(self, kind: WriteKind, place: str, present: Sequence[str]) -> None:
        """What was acknowledged is there, nothing is there twice or unasked, order is kept."""
        writes = {write.token: write for write in self._writes[kind, place] if write.token}
        there = [token for token in present if token in writes]
        for write in writes.values():
            count = there.count(write.token)
            named = f"{kind}: {write.token} at {place}"
            if count == 0 and write.fate is Fate.ACKNOWLEDGED:
                self._findings.lost.append(named)
            if count > 1:
                self._findings.doubled.append(named)
            if count and write.fate is Fate.REFUSED:
                self._findings.wrong.append(f"refused, and there all the same: {named}")
        latest = 0.0
        for write in (writes[token] for token in there):
            if write.answered is not None and write.answered < latest:
                self._findings.disordered.append(f"{kind}: {write.token} at {place}")
            latest = max(latest, write.sent)

    async def _goes_on(self, thread_id: str) -> None:
        """A thread takes one more message, and answers it."""
        caller = self._by_key[self._record.threads[thread_id]]
        path = f"/api/threads/{thread_id}/messages"
        answer = await caller.insist("POST", path, json={"content": "One more"})
        if answer.status_code != 200:
            self._findings.stuck.append(f"thread {thread_id} answers {answer.status_code}")


def _first_words(messages: Sequence[Json], role: str) -> list[str]:
    contents = (one["content"] for one in messages if one["role"] == role)
    return [content.split()[0] for content in contents if content]


async def _runs(caller: Caller, thread_id: str) -> list[str]:
    path = f"/v1/threads/{public_id(Prefix.THREAD, UUID(thread_id))}/runs"
    ids: list[str] = []
    params: dict[str, Any] = {"limit": 100, "order": "asc"}
    while True:
        page = (await caller.insist("GET", path, params=params)).json()
        ids += [run["id"] for run in page["data"]]
        if not page["has_more"]:
            return ids
        params["after"] = page["last_id"]
