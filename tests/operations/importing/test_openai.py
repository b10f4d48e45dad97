"""Dumps of OpenAI's API, imported on the command line and met again through the published SDK."""

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from openai import OpenAI

from tests.support.deadlines import patience, wait_until
from tests.support.dumps import (
    assistant,
    export,
    file,
    message,
    original,
    place_of,
    run_import,
    text,
    thread,
    vector_store,
    write_dump,
)
from tests.support.openai_wire import bare, refusal
from tests.support.sdk import sdk
from tests.support.server import Server

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

Import = Callable[..., "subprocess.CompletedProcess[str]"]
FACTS = b"The lighthouse keeper is called Amundsen. He has nine cats."


@pytest.fixture
def client(server: Server) -> Iterator[OpenAI]:
    with sdk(server) as opened:
        yield opened


@pytest.fixture
def bring(server: Server, database_url: str, client: OpenAI) -> Import:
    """Import a folder for the client's tenant, while its server runs."""

    def run(folder: Path, *arguments: str, **settings: str) -> Any:
        place = place_of(server, database_url)
        return run_import(folder, *arguments, key=client.api_key, **{**place, **settings})

    return run


def counts(done: "subprocess.CompletedProcess[str]") -> dict[str, tuple[int, ...]]:
    """By kind: imported, already there, skipped; kinds of which there were none are left out."""
    assert "Traceback" not in done.stderr, done.stderr
    lines = re.findall(
        r"^(.+?) +(\d+) imported +(\d+) already there +(\d+) skipped", done.stdout, re.M
    )
    by_kind = {kind: tuple(map(int, numbers)) for kind, *numbers in lines}
    return {kind: numbers for kind, numbers in by_kind.items() if any(numbers)}


@pytest.mark.requirement("openai.import")
def test_what_was_imported_goes_by_the_ids_that_it_had(
    client: OpenAI, bring: Import, tmp_path: Path
) -> None:
    ada, place, run_id = assistant(metadata={"a": "1"}), thread(), original("run_")
    question = message(place["id"], "My name is Sarah.", metadata={"n": "1"})
    answer = message(
        place["id"],
        "Hello Sarah",
        role="assistant",
        assistant_id=ada["id"],
        run_id=run_id,
        completed_at=1_700_000_203,
        created_at=1_700_000_201,
    )
    done = bring(
        write_dump(tmp_path, assistants=[ada], threads=[place], messages=[question, answer])
    )
    assert (done.returncode, counts(done)) == (
        0,
        {"assistants": (1, 0, 0), "threads": (1, 0, 0), "messages": (2, 0, 0)},
    )
    assert client.beta.assistants.retrieve(ada["id"]).to_dict() == {
        **ada,
        "tool_resources": {},
        "reasoning_effort": None,
    }
    assert client.beta.threads.retrieve(place["id"]).to_dict() == {**place, "tool_resources": {}}
    listed = client.beta.threads.messages.list(place["id"], order="asc")
    assert [one.to_dict() for one in listed] == [
        {**question, "completed_at": question["created_at"]},
        answer,
    ]
    assert [one.id for one in client.beta.threads.messages.list(place["id"], run_id=run_id)] == [
        answer["id"]
    ]
    after = client.beta.threads.messages.list(
        place["id"], order="asc", after=question["id"], limit=1
    )
    assert (after.data[0].id, after.first_id, after.last_id) == (  # type: ignore[attr-defined]
        answer["id"],
        answer["id"],
        answer["id"],
    )


def test_a_run_goes_on_where_the_imported_conversation_ended(
    client: OpenAI, bring: Import, tmp_path: Path
) -> None:
    ada, place = assistant(), thread()
    messages = [message(place["id"], "My name is Sarah.")]
    bring(write_dump(tmp_path, assistants=[ada], threads=[place], messages=messages))
    client.beta.threads.messages.create(place["id"], role="user", content="What is my name?")
    events = list(
        client.beta.threads.runs.create(thread_id=place["id"], assistant_id=ada["id"], stream=True)
    )
    for event in events:
        raw = event.data.to_dict()
        assert raw.get("thread_id", place["id"]) == place["id"]
        assert raw.get("assistant_id", ada["id"]) in {ada["id"], None}
    newest = client.beta.threads.messages.list(place["id"], limit=1).data[0]
    assert "Sarah" in newest.content[0].text.value  # type: ignore[union-attr]
    assert newest.assistant_id == ada["id"]
    made = client.beta.threads.create_and_run_poll(
        assistant_id=ada["id"], thread={"messages": [{"role": "user", "content": "Hello"}]}
    )
    assert (made.status, made.assistant_id) == ("completed", ada["id"])


@pytest.mark.requirement("openai.import")
def test_importing_again_changes_nothing_and_goes_on_from_there(
    client: OpenAI, bring: Import, tmp_path: Path
) -> None:
    place, ada = thread(), assistant()
    messages = [message(place["id"], str(number)) for number in range(5)]
    lists: Any = {"assistants": [ada], "threads": [place]}
    bring(write_dump(tmp_path, **lists, messages=messages[:3]))
    client.beta.assistants.update(ada["id"], name="Changed here")
    client.beta.threads.messages.delete(messages[0]["id"], thread_id=place["id"])
    done = bring(write_dump(tmp_path, **lists, messages=messages))
    assert (done.returncode, counts(done)) == (
        0,
        {"assistants": (0, 1, 0), "threads": (0, 1, 0), "messages": (2, 3, 0)},
    )
    assert client.beta.assistants.retrieve(ada["id"]).name == "Changed here"
    listed = client.beta.threads.messages.list(place["id"], order="asc")
    assert [one.id for one in listed] == [one["id"] for one in messages[1:]]


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.requirement("openai.import")
def test_messages_stand_in_the_order_in_which_they_were_said(
    client: OpenAI, bring: Import, tmp_path: Path, newest_first: bool
) -> None:
    """Two threads, of which several messages were made within one second."""
    places = [thread(), thread()]
    messages = [
        message(place["id"], str(number), created_at=1_700_000_200 + number // 3)
        for place in places
        for number in range(9)
    ]
    lines = messages[::-1] if newest_first else messages
    bring(write_dump(tmp_path, threads=places, messages=lines))
    for place in places:
        listed = client.beta.threads.messages.list(place["id"], order="asc", limit=4)
        ours = [one["id"] for one in messages if one["thread_id"] == place["id"]]
        assert [one.id for one in listed] == ours
        with bare(client) as http:
            page = http.get(f"/threads/{place['id']}/messages", params={"order": "desc"}).json()
        assert [one["id"] for one in page["data"]] == ours[::-1]


def test_files_are_searched_and_cited_by_their_original_ids(
    client: OpenAI, bring: Import, tmp_path: Path
) -> None:
    facts = file("lighthouse.txt", FACTS)
    attached = {"id": facts["id"], "object": "vector_store.file", "attributes": {"lang": "en"}}
    store = vector_store(files=[attached])
    ada = assistant(
        tools=[{"type": "file_search", "file_search": None}],
        tool_resources={"file_search": {"vector_store_ids": [store["id"]]}},
    )
    dump = write_dump(
        tmp_path,
        files=[facts],
        vector_stores=[store],
        assistants=[ada],
        contents={facts["id"]: FACTS},
    )
    done = bring(dump)
    assert (done.returncode, counts(done)) == (
        0,
        {
            "files": (1, 0, 0),
            "vector stores": (1, 0, 0),
            "vector store files": (1, 0, 0),
            "assistants": (1, 0, 0),
        },
    )
    assert client.files.content(facts["id"]).read() == FACTS
    assert client.files.retrieve(facts["id"]).to_dict() == facts
    polled = client.vector_stores.files.poll(facts["id"], vector_store_id=store["id"])
    assert (polled.id, polled.status, polled.attributes) == (
        facts["id"],
        "completed",
        {"lang": "en"},
    )
    results = client.vector_stores.search(store["id"], query="Who keeps the lighthouse?")
    assert results.data[0].file_id == facts["id"]
    resources = client.beta.assistants.retrieve(ada["id"]).tool_resources
    assert resources is not None
    assert resources.to_dict() == {"file_search": {"vector_store_ids": [store["id"]]}}
    place = client.beta.threads.create(
        messages=[{"role": "user", "content": "What is the lighthouse keeper called?"}]
    )
    run = client.beta.threads.runs.create_and_poll(thread_id=place.id, assistant_id=ada["id"])
    assert run.status == "completed"
    (answer,) = client.beta.threads.messages.list(place.id, run_id=run.id)
    (cited, *_) = answer.content[0].text.annotations  # type: ignore[union-attr]
    assert cited.file_citation.file_id == facts["id"]  # type: ignore[union-attr]
    again = bring(dump)
    assert counts(again)["vector store files"] == (0, 1, 0)


def test_bytes_that_were_missing_can_be_brought_later(
    client: OpenAI, bring: Import, tmp_path: Path
) -> None:
    """OpenAI does not give back what was uploaded for assistants: people look for it themselves."""
    facts, place = file("lighthouse.txt", FACTS), thread()
    citation = {
        "type": "file_citation",
        "text": "【4:0†lighthouse.txt】",
        "start_index": 3,
        "end_index": 24,
        "file_citation": {"file_id": facts["id"]},
    }
    dumped = message(
        place["id"],
        content=[text("Yes【4:0†lighthouse.txt】", [citation])],
        attachments=[{"file_id": facts["id"], "tools": [{"type": "file_search"}]}],
        completed_at=1_700_000_200,
    )
    store = vector_store(file_ids=[facts["id"]])
    lists: Any = {
        "files": [facts],
        "vector_stores": [store],
        "threads": [place],
        "messages": [dumped],
    }
    done = bring(write_dump(tmp_path, **lists))
    assert done.returncode == 3
    assert counts(done)["files"] == (0, 0, 1)
    assert f"files.jsonl:1: {facts['id']}" in done.stdout
    (listed,) = client.beta.threads.messages.list(place["id"])
    assert listed.to_dict() == dumped
    with pytest.raises(openai.NotFoundError, match=facts["id"]):
        client.files.retrieve(facts["id"])
    done = bring(write_dump(tmp_path, **lists, contents={facts["id"]: FACTS}))
    assert (done.returncode, counts(done)["vector store files"]) == (0, (1, 0, 0))
    assert client.files.retrieve(facts["id"]).id == facts["id"]
    assert [one.id for one in client.vector_stores.files.list(store["id"])] == [facts["id"]]


def test_errors_name_original_ids(client: OpenAI, bring: Import, tmp_path: Path) -> None:
    ada, place, stranger = assistant(), thread(), original("thread_")
    bring(write_dump(tmp_path, assistants=[ada], threads=[place]))
    deleted = client.beta.threads.delete(place["id"])
    assert deleted.id == place["id"]
    with bare(client) as http:
        gone, unknown = http.get(f"/threads/{place['id']}"), http.get(f"/threads/{stranger}")
        run = http.post(f"/threads/{place['id']}/runs", json={"assistant_id": ada["id"]})
    message = "No thread found with id '{}'."
    assert refusal(gone) == (404, message.format(place["id"]), None, None)
    assert refusal(unknown) == (404, message.format(stranger), None, None)
    assert refusal(run) == (404, message.format(place["id"]), None, None)


def is_there(client: OpenAI, thread_id: str) -> bool:
    try:
        client.beta.threads.retrieve(thread_id)
    except openai.NotFoundError:
        return False
    return True


def test_original_ids_are_their_tenants_own(
    server: Server, client: OpenAI, bring: Import, database_url: str, tmp_path: Path
) -> None:
    place = thread()
    dump = write_dump(tmp_path, threads=[place], messages=[message(place["id"])])
    bring(dump)
    with sdk(server) as other:
        with pytest.raises(openai.NotFoundError):
            other.beta.threads.retrieve(place["id"])
        done = run_import(dump, key=other.api_key, **place_of(server, database_url))
        assert counts(done)["threads"] == (1, 0, 0)
        # Whether a tenant has imported anything is asked anew within a second.
        wait_until(lambda: is_there(other, place["id"]))
        other.beta.threads.update(place["id"], metadata={"whose": "other"})
        assert len(list(other.beta.threads.messages.list(place["id"]))) == 1
    assert client.beta.threads.retrieve(place["id"]).metadata == {}


def test_texts_and_metadata_keep_the_ids_that_stand_in_them(
    client: OpenAI, bring: Import, tmp_path: Path
) -> None:
    ada = assistant()
    bring(write_dump(tmp_path, assistants=[ada]))
    labels = {"assistant_id": ada["id"]}
    place = client.beta.threads.create(
        messages=[{"role": "user", "content": f"Ask {ada['id']}"}], metadata=labels
    )
    (asking,) = client.beta.threads.messages.list(place.id)
    assert asking.content[0].text.value == f"Ask {ada['id']}"  # type: ignore[union-attr]
    assert client.beta.threads.retrieve(place.id).metadata == labels


def test_objects_of_version_1_are_imported_as_what_they_are_today(
    client: OpenAI, bring: Import, tmp_path: Path
) -> None:
    facts, place = file("lighthouse.txt", FACTS), thread()
    ada: dict[str, Any] = {
        "id": original("asst_"),
        "object": "assistant",
        "created_at": 1_700_000_000,
        "name": "Old",
        "description": None,
        "model": "gpt-4",
        "instructions": None,
        "tools": [{"type": "retrieval"}],
        "file_ids": [facts["id"]],
        "metadata": {},
    }
    dumped = message(place["id"], file_ids=[facts["id"]])
    for new in ("attachments", "status", "completed_at", "incomplete_at", "incomplete_details"):
        del dumped[new]
    dump = write_dump(
        tmp_path,
        files=[facts],
        assistants=[ada],
        threads=[place],
        messages=[dumped],
        contents={facts["id"]: FACTS},
    )
    assert counts(bring(dump))["vector store files"] == (1, 0, 0)
    assert counts(bring(dump))["vector store files"] == (0, 1, 0)
    today = client.beta.assistants.retrieve(ada["id"])
    assert [tool.type for tool in today.tools] == ["file_search"]
    with bare(client) as http:
        v1 = {"OpenAI-Beta": "assistants=v1"}
        then = http.get(f"/assistants/{ada['id']}", headers=v1).json()
        shown = http.get(f"/threads/{place['id']}/messages/{dumped['id']}", headers=v1).json()
    assert then == ada
    assert shown == dumped


def test_what_one_server_exports_another_imports(
    client: OpenAI, server: Server, database_url: str, tmp_path: Path
) -> None:
    """Ids of ours look like the importing server's own."""
    facts = client.files.create(file=("lighthouse.txt", FACTS), purpose="assistants")
    store = client.vector_stores.create(name="Facts", file_ids=[facts.id])
    ada = client.beta.assistants.create(
        model="gpt-4o",
        name="Ada",
        tools=[{"type": "file_search"}, {"type": "function", "function": {"name": "f"}}],
        tool_resources={"file_search": {"vector_store_ids": [store.id]}},
        response_format={
            "type": "json_schema",
            "json_schema": {"name": "s", "schema": {"type": "object", "properties": {}}},
        },
        temperature=0.5,
    )
    places = [
        client.beta.threads.create(
            messages=[{"role": "user", "content": word} for word in ("one", "two", "three")],
            metadata={"n": str(number)},
        )
        for number in range(3)
    ]
    client.beta.threads.runs.create_and_poll(thread_id=places[0].id, assistant_id=ada.id)
    folder = tmp_path / "dump"
    export(client, folder, [place.id for place in places])
    with sdk(server) as other:
        done = run_import(folder, key=other.api_key, **place_of(server, database_url))
        assert done.returncode == 0, done.stdout
        client.vector_stores.files.poll(facts.id, vector_store_id=store.id)
        other.vector_stores.files.poll(facts.id, vector_store_id=store.id)
        assert everything(other, [place.id for place in places]) == everything(
            client, [place.id for place in places]
        )
        other.beta.threads.delete(places[0].id)
    assert client.beta.threads.retrieve(places[0].id).id == places[0].id
    # And back to where it came from: nothing is new there.
    done = run_import(folder, key=client.api_key, **place_of(server, database_url))
    assert done.returncode == 0
    assert not any(imported for imported, _, _ in counts(done).values())


def everything(client: OpenAI, thread_ids: list[str]) -> dict[str, Any]:
    """All that the SDK tells of a tenant, but for the stamps that importing sets."""
    stamps = {"last_active_at": None, "expires_at": None}
    files = list(client.files.list())
    return {
        "files": [one.to_dict() for one in files],
        "bytes": [client.files.content(one.id).read() for one in files],
        "stores": [{**one.to_dict(), **stamps} for one in client.vector_stores.list()],
        "assistants": [one.to_dict() for one in client.beta.assistants.list()],
        "threads": [client.beta.threads.retrieve(one).to_dict() for one in thread_ids],
        "messages": [
            [one.to_dict() for one in client.beta.threads.messages.list(thread_id)]
            for thread_id in thread_ids
        ],
    }


def test_a_broken_dump_costs_its_broken_lines(
    client: OpenAI, bring: Import, tmp_path: Path
) -> None:
    place, good = thread(), message("")
    good["thread_id"] = place["id"]
    lines = [
        "{",
        "[1]",
        '{"object": "thread.run"}',
        {**good, "id": "../../etc/passwd"},
        {**good, "id": original("msg_"), "created_at": "yesterday"},
        {**good, "id": original("msg_"), "created_at": 10**12},
        message(original("thread_")),
        good,
        good,
        {**good, "id": original("msg_"), "content": "text"},
        {**good, "id": original("msg_"), "metadata": {"k": "v" * 600}},
        json.dumps({**good, "id": original("msg_")}).replace("Hello", "nul \\u0000"),
        json.dumps({**good, "id": original("msg_"), "more": "x" * 3000}),
        {**good, "id": original("msg_"), "surprise": 1},
    ]
    dump = write_dump(tmp_path, threads=[place], messages=lines)
    done = bring(dump, PEGBOARD_MAX_BODY="2048")
    assert done.returncode == 3
    assert counts(done)["messages"] == (2, 0, 12)
    for number in (1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13):
        assert f"messages.jsonl:{number}" in done.stdout
    assert "'surprise'" in done.stdout
    assert len(list(client.beta.threads.messages.list(place["id"]))) == 2


def test_a_dump_cannot_reach_out_of_its_folder(
    client: OpenAI, bring: Import, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"hush")
    names = ["file-..%2F..%2Fsecret", "file-../../secret", "../secret"]
    climbing = [{**file("a.txt", b"hush"), "id": name} for name in names]
    linked, large = file("b.txt", b"hush"), file("c.txt", b"x" * 5000)
    short, named = file("d.txt", b"longer"), file("../../e.txt", b"e")
    dump = write_dump(
        tmp_path / "dump",
        files=[*climbing, linked, large, short, named],
        contents={large["id"]: b"x" * 5000, short["id"]: b"short", named["id"]: b"e"},
    )
    (dump / "files" / linked["id"]).symlink_to(secret)
    (dump / "messages.jsonl").symlink_to(secret)
    (dump / "runs.jsonl").write_text("{}\n")
    done = bring(dump, PEGBOARD_MAX_UPLOAD="4096")
    assert counts(done) == {"files": (1, 0, 6), "messages": (0, 0, 1)}
    assert "hush" not in done.stdout + done.stderr
    assert "runs.jsonl" in done.stdout
    assert [one.filename for one in client.files.list()] == ["../../e.txt"]


def test_who_owns_it_is_said_by_a_key_or_a_tenant_that_exist(
    server: Server, database_url: str, client: OpenAI, tmp_path: Path
) -> None:
    place = thread()
    dump = write_dump(tmp_path / "dump", threads=[place])
    settings = place_of(server, database_url)
    nobody = run_import(dump, **settings)
    unknown = run_import(dump, "--tenant", "01890000-0000-7000-8000-000000000000", **settings)
    refused = run_import(dump, key="guess", PEGBOARD_AUTH="keys", **settings)
    empty = run_import(tmp_path, key="k", **settings)
    nowhere = run_import(tmp_path / "nowhere", key="k", **settings)
    for failed, says in (
        (nobody, "--tenant"),
        (unknown, "Tenant"),
        (refused, "key"),
        (empty, "threads.jsonl"),
        (nowhere, "nowhere"),
    ):
        assert failed.returncode == 1, failed.stderr
        assert says in failed.stderr
        assert "Traceback" not in failed.stderr
    piped = run_import(dump, given=f"{client.api_key}\n", **settings)
    assert piped.returncode == 0
    assert client.beta.threads.retrieve(place["id"]).id == place["id"]


def test_pictures_and_unfinished_answers_keep_their_shape(
    client: OpenAI, bring: Import, tmp_path: Path
) -> None:
    place, picture = thread(), original("file-")
    parts = [
        {"type": "image_file", "image_file": {"file_id": picture, "detail": "low"}},
        {"type": "image_url", "image_url": {"url": "https://a.example/b.png", "detail": "auto"}},
        text("What is this?"),
    ]
    shown = message(place["id"], content=parts, completed_at=1_700_000_200)
    cut = message(
        place["id"],
        "It is a",
        role="assistant",
        status="incomplete",
        incomplete_details={"reason": "run_cancelled"},
        incomplete_at=1_700_000_205,
        created_at=1_700_000_201,
    )
    done = bring(write_dump(tmp_path, threads=[place], messages=[shown, cut]))
    assert done.returncode == 0, done.stdout
    listed = client.beta.threads.messages.list(place["id"], order="asc")
    assert [one.to_dict() for one in listed] == [shown, cut]


def test_the_other_api_tells_of_imported_threads_by_their_own_ids(
    client: OpenAI, server: Server, bring: Import, tmp_path: Path
) -> None:
    place = thread()
    bring(write_dump(tmp_path, threads=[place], messages=[message(place["id"], "Hello")]))
    with httpx.Client(
        base_url=server.api, headers={"X-API-Key": client.api_key}, timeout=patience(60)
    ) as http:
        (listed,) = http.get("/threads").json()
        assert re.fullmatch(r"[0-9a-f-]{36}", listed["thread_id"])
        whole = http.get(f"/threads/{listed['thread_id']}").json()
    assert [one["content"] for one in whole["messages"]] == ["Hello"]


def test_an_assistant_that_is_refused_is_not_made(
    client: OpenAI, bring: Import, tmp_path: Path
) -> None:
    broken = [
        assistant(tool_resources={"file_search": {"vector_store_ids": "vs_1"}}),
        assistant(tools=[{"type": "computer"}]),
        assistant(name="\x1b]0;title\x07" * 30),
        assistant(model=None),
    ]
    sound = assistant()
    dump = write_dump(tmp_path, assistants=[*broken, {**sound, "\x1b[2J": 1}])
    (dump / "\x1b[31m.jsonl").touch()
    done = bring(dump)
    assert counts(done) == {"assistants": (1, 0, 4)}
    assert "\x1b" not in done.stdout
    assert [one.id for one in client.beta.assistants.list()] == [sound["id"]]
