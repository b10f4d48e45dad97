"""One of everything that a tenant can own, made through both APIs."""

import base64
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import httpx

from pegboard.public_ids import Prefix, public_id, uuid_of
from tests.support.deadlines import patience
from tests.support.documents import indexed
from tests.support.memories import settled
from tests.support.sdk import sdk
from tests.support.server import Server
from tests.support.steps import WEATHER, say

PIXEL: Final = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PREFIXES: Final = {
    "assistant": Prefix.ASSISTANT,
    "thread": Prefix.THREAD,
    "message": Prefix.MESSAGE,
    "run": Prefix.RUN,
    "step": Prefix.STEP,
    "file": Prefix.FILE,
    "picture": Prefix.FILE,
    "vector_store": Prefix.VECTOR_STORE,
    "batch": Prefix.FILE_BATCH,
    "paused_thread": Prefix.THREAD,
    "paused_run": Prefix.RUN,
}


@dataclass(frozen=True)
class Resources:
    """Ids by noun: UUIDs, and the texts of tool calls."""

    ids: dict[str, UUID | str]

    def public_id(self, noun: str, api: str) -> str:
        """An id as the API writes it."""
        value = self.ids[noun]
        if isinstance(value, str):
            return value
        return str(value) if api == "/api" else public_id(PREFIXES[noun], value)

    def missing(self) -> "Resources":
        """Ids of nothing, in the same shape and order as these: one bit is another."""
        return Resources(
            {
                noun: UUID(int=value.int ^ 1) if isinstance(value, UUID) else _other(value)
                for noun, value in self.ids.items()
            }
        )


def _other(text: str) -> str:
    return text[:-1] + ("a" if text[-1] != "a" else "b")


def resources_of(server: Server, key: str, *, city: str) -> Resources:
    """`city` goes into a call of a tool; another one makes another id of the call."""
    with server.client(key) as client, sdk(server, key) as openais:
        assistant = _made(client, "/assistants", name="Mine", tools=[WEATHER])["assistant_id"]
        place = f"/assistants/{assistant}"
        thread = _made(client, f"{place}/threads")["thread_id"]
        memory = _made(client, f"{place}/memories", content="I live in Oslo")["memory_id"]
        document = indexed(client, place, "a.txt", b"The lighthouse is blue.")["document_id"]
        answer = say(client, thread, "My name is Sarah.", memory="Auto")
        settled(client, answer["memory_operation_id"])
        paused_thread = _made(client, f"{place}/threads")["thread_id"]
        paused = say(client, paused_thread, f"What's the weather in {city}?")
        assert paused["status"] == "REQUIRES_ACTION"

        thread_id = public_id(Prefix.THREAD, UUID(thread))
        run_id = public_id(Prefix.RUN, UUID(answer["run_id"]))
        file = openais.files.create(file=("b.txt", b"The bakery sells rye."), purpose="assistants")
        picture = openais.files.create(file=("c.png", PIXEL), purpose="vision")
        store = openais.vector_stores.create(name="Coast")
        batch = openais.vector_stores.file_batches.create_and_poll(store.id, file_ids=[file.id])
        attached: Any = [{"file_id": file.id, "tools": [{"type": "file_search"}]}]
        message = openais.beta.threads.messages.create(
            thread_id, role="user", content="Read this", attachments=attached
        )
        steps = openais.beta.threads.runs.steps.list(run_id, thread_id=thread_id)
        assistant_id = public_id(Prefix.ASSISTANT, UUID(assistant))
        response = httpx.post(
            f"{server.url}/v1/assistants/{assistant_id}/files",
            json={"file_id": file.id},
            headers={"Authorization": f"Bearer {key}", "OpenAI-Beta": "assistants=v1"},
            timeout=patience(60),
        )
        assert response.status_code == 200, response.text
        texts = {
            "file": file.id,
            "picture": picture.id,
            "vector_store": store.id,
            "batch": batch.id,
            "message": message.id,
            "step": steps.data[0].id,
        }
        return Resources(
            {
                "assistant": UUID(assistant),
                "thread": UUID(thread),
                "run": UUID(answer["run_id"]),
                "memory": UUID(memory),
                "operation": UUID(answer["memory_operation_id"]),
                "document": UUID(document),
                "paused_thread": UUID(paused_thread),
                "paused_run": UUID(paused["run_id"]),
                "call": paused["tool_calls"][0]["id"],
                **{noun: _uuid(noun, text) for noun, text in texts.items()},
            }
        )


def _uuid(noun: str, text: str) -> UUID:
    value = uuid_of(PREFIXES[noun], text)
    assert value is not None, text
    return value


def _made(client: httpx.Client, path: str, **fields: Any) -> dict[str, Any]:
    response = client.post(path, json=fields)
    assert response.status_code in {200, 201}, response.text
    made: dict[str, Any] = response.json()
    return made
