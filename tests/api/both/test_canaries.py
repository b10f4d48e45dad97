"""What one tenant has written never reaches the model that answers another.

Unique words are planted wherever a tenant can put text; then others ask for them, in the very words
of the owner. What the provider received is looked through.
"""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import httpx
import pytest

from pegboard.public_ids import Prefix, uuid_of
from tests.support.documents import indexed
from tests.support.memories import settled
from tests.support.postgres import new_database
from tests.support.provider import Provider, running_provider
from tests.support.sdk import sdk
from tests.support.server import Server, start_server
from tests.support.steps import WEATHER, new_thread, say, submit

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

OWNER, STRANGER = "key-of-the-owner", "key-of-the-stranger"
QUESTION = "What is the secret code word of the lighthouse of Skarvoy?"
SEARCH: Any = [{"type": "file_search"}]


def planted(place: str) -> str:
    """A text that answers QUESTION, with a word that is nowhere else."""
    return f"The secret code word of the lighthouse of Skarvoy is canary{place}."


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with running_provider() as running:
        yield running


@pytest.fixture(scope="module")
def server(postgres_url: str, provider: Provider) -> Iterator[Server]:
    running = start_server(
        PEGBOARD_DATABASE_URL=new_database(postgres_url),
        PEGBOARD_SANDBOX="auto",
        PEGBOARD_MODEL_RETRIES="0",
        OPENAI_API_KEY="sk-serversecret",
        OPENAI_BASE_URL=provider.url,
    )
    yield running
    running.stop()


@pytest.fixture(scope="module")
def owned(server: Server) -> Iterator[tuple[str, str]]:
    """An assistant and a thread of the owner, with words planted all over; Backboard's ids."""
    with server.client(OWNER) as client, sdk(server, OWNER) as openais:
        told_tool = {**WEATHER["function"], "description": planted("tool")}
        thread = new_thread(
            client,
            name=planted("name"),
            description=planted("description"),
            system_prompt=planted("instructions"),
            tools=[{"type": "function", "function": told_tool}],
        )
        assistant = client.get(f"/threads/{thread}").json()["assistant_id"]
        place = f"/assistants/{assistant}"
        indexed(client, place, "a.txt", planted("document").encode())
        indexed(client, f"/threads/{thread}", "t.txt", planted("threaddocument").encode())
        learnt = say(
            client, thread, f"Remember: {planted('message')}", model_name="learns", memory="Auto"
        )
        settled(client, learnt["memory_operation_id"])
        # After the lesson, which changes the facts that it finds.
        client.post(f"{place}/memories", json={"content": planted("memory")}).raise_for_status()
        paused = say(client, thread, "What's the weather in Oslo?", model_name="calls")
        submit(client, paused, planted("output")).raise_for_status()
        form = {"content": "Read this", "model_name": "says-hello"}
        file = {"files": ("m.txt", planted("upload").encode())}
        client.post(f"/threads/{thread}/messages", data=form, files=file).raise_for_status()

        store = openais.vector_stores.create(name=planted("storename"))
        upload = openais.files.create(
            file=("s.txt", planted("storefile").encode()), purpose="assistants"
        )
        openais.vector_stores.file_batches.create_and_poll(store.id, file_ids=[upload.id])
        resources: Any = {"file_search": {"vector_store_ids": [store.id]}}
        searching = openais.beta.assistants.create(
            model="gpt-4o", tools=SEARCH, tool_resources=resources, instructions=planted("openais")
        )
        messages: Any = [{"role": "user", "content": QUESTION}]
        run = openais.beta.threads.create_and_run_poll(
            assistant_id=searching.id, thread={"messages": messages}
        )
        assert run.status == "completed"
        assistant_id = uuid_of(Prefix.ASSISTANT, searching.id)
        assert assistant_id is not None
        yield assistant, thread


def sent_while(provider: Provider, asking: Any) -> str:
    """All that the provider has received while `asking` was done, as text."""
    before = len(provider.requests)
    asking()
    received = provider.requests[before:]
    assert received, "the model was not asked"
    return json.dumps(received)


def test_the_owner_s_own_prompts_hold_what_is_planted(
    server: Server, provider: Provider, owned: tuple[str, str]
) -> None:
    """Else nothing would be proven by its absence elsewhere."""
    with server.client(OWNER) as client:
        sent = sent_while(provider, lambda: _ask(client, owned[1], memory="Readonly"))
    for place in ("instructions", "tool", "document", "threaddocument", "memory", "message"):
        assert f"canary{place}." in sent, place
    for place in ("output", "upload"):
        assert f"canary{place}." in sent, place
    everything = json.dumps(provider.requests)
    for place in ("storefile", "openais"):
        assert f"canary{place}." in everything, place


@pytest.mark.requirement("tenants.prompts-apart")
def test_a_stranger_s_prompts_hold_nothing_of_it(
    server: Server, provider: Provider, owned: tuple[str, str]
) -> None:
    with server.client(STRANGER) as client, sdk(server, STRANGER) as openais:

        def ask() -> None:
            thread = new_thread(client, name="Mine")
            assistant = client.get(f"/threads/{thread}").json()["assistant_id"]
            place = f"/assistants/{assistant}"
            indexed(client, place, "mine.txt", b"The lighthouse of Skarvoy has a code word.")
            added = client.post(f"{place}/memories", json={"content": "I like lighthouses"})
            added.raise_for_status()
            for memory in ("Readonly", "Auto"):
                for pro in ("memory", "memory_pro"):
                    answer = _ask(client, thread, **{pro: memory})
                    if answer["memory_operation_id"]:
                        settled(client, answer["memory_operation_id"])
            client.post(
                "/threads/messages", json={"content": QUESTION, "model_name": "says-hello"}
            ).raise_for_status()
            copy = client.post(f"{place}/clone", json={}).json()["assistant"]["assistant_id"]
            cloned = client.post(f"/assistants/{copy}/threads", json={}).json()["thread_id"]
            _ask(client, cloned, memory="Auto")
            paused = say(client, thread, QUESTION, model_name="calls", tools=[WEATHER])
            submit(client, paused, "snow").raise_for_status()

            upload = openais.files.create(file=("m.txt", b"Skarvoy"), purpose="assistants")
            store = openais.vector_stores.create(name="Mine")
            openais.vector_stores.file_batches.create_and_poll(store.id, file_ids=[upload.id])
            resources: Any = {"file_search": {"vector_store_ids": [store.id]}}
            for given in (resources, None):
                mine = openais.beta.assistants.create(
                    model="gpt-4o", tools=SEARCH, tool_resources=given
                )
                messages: Any = [{"role": "user", "content": QUESTION}]
                run = openais.beta.threads.create_and_run_poll(
                    assistant_id=mine.id, thread={"messages": messages}
                )
                assert run.status == "completed"

        assert "canary" not in sent_while(provider, ask)


@pytest.mark.requirement("tenants.prompts-apart")
def test_the_owner_s_other_assistants_and_threads_hold_only_what_is_theirs(
    server: Server, provider: Provider, owned: tuple[str, str]
) -> None:
    assistant, _ = owned
    with server.client(OWNER) as client:
        beside = client.post(f"/assistants/{assistant}/threads", json={}).json()["thread_id"]
        sent = sent_while(provider, lambda: _ask(client, beside, memory="Readonly"))
        for place in ("threaddocument", "message", "output", "upload", "storefile"):
            assert f"canary{place}." not in sent, place
        for place in ("document", "memory", "instructions"):
            assert f"canary{place}." in sent, place
        other = new_thread(client, name="Another")
        for fields in ({"memory": "Auto"}, {"memory_pro": "Readonly"}):
            sent = sent_while(provider, partial(_ask, client, other, **fields))
            assert "canary" not in sent, fields


def _ask(client: httpx.Client, thread: str, **fields: Any) -> dict[str, Any]:
    return say(client, thread, QUESTION, model_name="says-hello", **fields)
