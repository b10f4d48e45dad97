"""Vector stores at OpenAI's API, through the published SDK; error bodies as on the wire."""

import io
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from openai import OpenAI
from openai.types import VectorStore

from tests.support.deadlines import deadline
from tests.support.documents import indexed
from tests.support.openai_wire import bare, refusal
from tests.support.postgres import new_database, query
from tests.support.sdk import sdk
from tests.support.server import Server

LIGHTHOUSE = ("lighthouse.txt", b"The lighthouse of Skarvoy was painted cobalt blue in 1927.")
BAKERY = ("bakery.md", b"# Bakery\n\nThe bakery sells rye bread and cinnamon buns every morning.")
HARBOUR = ("harbour.txt", b"Ferries leave the harbour at seven, ten and four o'clock.")
STATIC: Any = {
    "type": "static",
    "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 40},
}


@pytest.fixture
def client(server: Server) -> Iterator[OpenAI]:
    with sdk(server) as opened:
        yield opened


@pytest.fixture
def wire(client: OpenAI) -> Iterator[httpx.Client]:
    with bare(client) as opened:
        yield opened


@pytest.fixture
def store(client: OpenAI) -> VectorStore:
    return client.vector_stores.create(name="Coast")


def uploaded(client: OpenAI, *files: tuple[str, bytes]) -> list[str]:
    return [client.files.create(file=file, purpose="assistants").id for file in files]


def filled(client: OpenAI, store: VectorStore, *files: tuple[str, bytes]) -> list[str]:
    """The ids of files that are in the store and read."""
    ids = uploaded(client, *files)
    batch = client.vector_stores.file_batches.create_and_poll(store.id, file_ids=ids)
    assert (batch.status, batch.file_counts.completed) == ("completed", len(ids))
    return ids


def names_found(client: OpenAI, store: VectorStore, question: str, **options: Any) -> list[str]:
    return [
        hit.filename for hit in client.vector_stores.search(store.id, query=question, **options)
    ]


def ids_of(listed: Any) -> list[str]:
    return [one.id for one in listed]


def test_a_store_is_told_whole(client: OpenAI, wire: httpx.Client) -> None:
    store = client.vector_stores.create(
        name="Coast",
        description="Of the north",
        metadata={"team": "sea"},
        expires_after={"anchor": "last_active_at", "days": 7},
    )
    shown = wire.get(f"vector_stores/{store.id}").json()
    assert shown["last_active_at"] >= store.created_at
    assert shown == {
        "id": store.id,
        "object": "vector_store",
        "created_at": store.created_at,
        "name": "Coast",
        "description": "Of the north",
        "usage_bytes": 0,
        "file_counts": {
            "in_progress": 0,
            "completed": 0,
            "failed": 0,
            "cancelled": 0,
            "total": 0,
        },
        "status": "completed",
        "expires_after": {"anchor": "last_active_at", "days": 7},
        "expires_at": shown["last_active_at"] + 7 * 86_400,
        "last_active_at": shown["last_active_at"],
        "metadata": {"team": "sea"},
    }
    assert wire.post("vector_stores").json()["name"] == ""


def test_a_change_leaves_what_is_not_sent(client: OpenAI) -> None:
    store = client.vector_stores.create(
        name="Coast",
        metadata={"a": "b"},
        expires_after={"anchor": "last_active_at", "days": 7},
    )
    named = client.vector_stores.update(store.id, name="Shore")
    assert (named.name, named.metadata) == ("Shore", {"a": "b"})
    assert named.expires_after == store.expires_after
    lasting = client.vector_stores.update(store.id, expires_after=None, metadata={"c": "d"})
    assert (lasting.name, lasting.metadata) == ("Shore", {"c": "d"})
    assert (lasting.expires_after, lasting.expires_at) == (None, None)
    assert client.vector_stores.retrieve(store.id).metadata == {"c": "d"}


@pytest.mark.requirement("openai.pages")
def test_stores_are_listed_newest_first_and_by_page(client: OpenAI) -> None:
    made = [client.vector_stores.create(name=str(number)).id for number in range(5)]
    assert ids_of(client.vector_stores.list(limit=2)) == made[::-1]
    assert ids_of(client.vector_stores.list(order="asc", limit=3)) == made
    first = client.vector_stores.list(order="asc", limit=2, before=made[4]).data
    assert ids_of(first) == made[2:4]


def test_a_file_is_read_and_found(client: OpenAI, wire: httpx.Client, store: VectorStore) -> None:
    (file_id,) = uploaded(client, LIGHTHOUSE)
    begun = client.vector_stores.files.create(store.id, file_id=file_id)
    assert (begun.id, begun.vector_store_id) == (file_id, store.id)
    assert begun.status in {"in_progress", "completed"}
    client.vector_stores.files.poll(file_id, vector_store_id=store.id)
    answer = wire.get(f"vector_stores/{store.id}/files/{file_id}")
    assert answer.headers["openai-poll-after-ms"] == "300"
    assert answer.json() == {
        "id": file_id,
        "object": "vector_store.file",
        "usage_bytes": len(LIGHTHOUSE[1]),
        "created_at": begun.created_at,
        "vector_store_id": store.id,
        "status": "completed",
        "last_error": None,
        "chunking_strategy": {
            "type": "static",
            "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400},
        },
        "attributes": {},
    }
    filled_store = client.vector_stores.retrieve(store.id)
    assert (filled_store.status, filled_store.usage_bytes) == ("completed", len(LIGHTHOUSE[1]))
    assert (filled_store.file_counts.completed, filled_store.file_counts.total) == (1, 1)

    search = {"query": "What colour is the lighthouse?", "rewrite_query": True}
    page = wire.post(f"vector_stores/{store.id}/search", json=search).json()
    (hit,) = page["data"]
    assert 0 < hit.pop("score") <= 1
    assert hit == {
        "file_id": file_id,
        "filename": "lighthouse.txt",
        "attributes": {},
        "content": [{"type": "text", "text": LIGHTHOUSE[1].decode()}],
    }
    assert page | {"data": []} == {
        "object": "vector_store.search_results.page",
        "search_query": ["What colour is the lighthouse?"],
        "data": [],
        "has_more": False,
        "next_page": None,
    }


def test_the_best_passages_come_first_and_not_too_many(client: OpenAI, store: VectorStore) -> None:
    filled(client, store, LIGHTHOUSE, BAKERY, HARBOUR)
    assert names_found(client, store, "When do ferries leave the harbour?")[0] == "harbour.txt"
    assert names_found(client, store, "rye bread")[0] == "bakery.md"
    both: Any = ["When do ferries leave the harbour?", "Who sells rye bread?"]
    assert set(names_found(client, store, both, max_num_results=2)) == {"harbour.txt", "bakery.md"}
    assert names_found(client, store, both, ranking_options={"score_threshold": 1.0}) == []
    hits = client.vector_stores.search(store.id, query="cinnamon buns at the harbour").data
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    empty = client.vector_stores.create()
    assert names_found(client, empty, "anything") == []


def test_sdk_helpers_upload_and_wait(client: OpenAI, store: VectorStore) -> None:
    one = client.vector_stores.files.upload_and_poll(vector_store_id=store.id, file=LIGHTHOUSE)
    assert one.status == "completed"
    streams = [io.BytesIO(data) for _, data in (BAKERY, HARBOUR)]
    for stream, (name, _) in zip(streams, (BAKERY, HARBOUR), strict=True):
        stream.name = name
    batch = client.vector_stores.file_batches.upload_and_poll(store.id, files=streams)
    assert (batch.status, batch.object) == ("completed", "vector_store.files_batch")
    assert batch.file_counts.to_dict() == {
        "in_progress": 0,
        "completed": 2,
        "failed": 0,
        "cancelled": 0,
        "total": 2,
    }
    there = client.vector_stores.file_batches.list_files(batch.id, vector_store_id=store.id)
    assert sorted(client.files.retrieve(one.id).filename for one in there) == [
        "bakery.md",
        "harbour.txt",
    ]
    assert client.vector_stores.retrieve(store.id).file_counts.completed == 3


def test_a_store_can_be_made_with_files(client: OpenAI) -> None:
    ids = uploaded(client, LIGHTHOUSE, BAKERY)
    store = client.vector_stores.create(file_ids=ids, chunking_strategy=STATIC)
    assert store.file_counts.total == 2
    for file_id in ids:
        one = client.vector_stores.files.poll(file_id, vector_store_id=store.id)
        assert one.chunking_strategy is not None
        assert one.chunking_strategy.to_dict() == STATIC
    assert client.vector_stores.retrieve(store.id).status == "completed"


def test_chunks_are_of_the_size_that_is_asked_for(client: OpenAI, store: VectorStore) -> None:
    text = " ".join(f"Stone number {number} lies on the beach." for number in range(200))
    (file_id,) = uploaded(client, ("stones.txt", text.encode()))

    def chunks(**options: Any) -> list[str]:
        client.vector_stores.files.create_and_poll(file_id, vector_store_id=store.id, **options)
        parts = client.vector_stores.files.content(file_id, vector_store_id=store.id)
        assert all(part.type == "text" for part in parts)
        return [part.text or "" for part in parts]

    usual, small = chunks(), chunks(chunking_strategy=STATIC)
    assert len(small) > 2 * len(usual)
    assert len(" ".join(usual)) == len(text)
    assert len(" ".join(small)) > 1.3 * len(text)
    assert small[1].split(".")[0] in small[0]
    assert client.vector_stores.retrieve(store.id).file_counts.total == 1
    assert chunks(chunking_strategy={"type": "auto"}) == usual


def test_what_cannot_be_read_says_why(client: OpenAI, store: VectorStore) -> None:
    failed = {}
    for name, data in (("tune.mp3", b"la"), ("broken.pdf", b"no pdf"), ("empty.txt", b"")):
        (file_id,) = uploaded(client, (name, data))
        one = client.vector_stores.files.create_and_poll(file_id, vector_store_id=store.id)
        assert (one.status, one.usage_bytes) == ("failed", 0)
        assert one.last_error is not None
        assert one.last_error.message
        failed[name] = one.last_error.code
    assert failed == {
        "tune.mp3": "unsupported_file",
        "broken.pdf": "invalid_file",
        "empty.txt": "invalid_file",
    }
    filled(client, store, LIGHTHOUSE)
    listed = client.vector_stores.files.list
    assert len(listed(store.id, filter="failed").data) == 3
    assert len(listed(store.id, filter="completed").data) == 1
    assert listed(store.id, filter="in_progress").data == []
    assert client.vector_stores.retrieve(store.id).file_counts.failed == 3


def test_files_of_a_store_are_listed_by_page(client: OpenAI, store: VectorStore) -> None:
    ids = uploaded(client, *[(f"{number}.txt", b"One of many") for number in range(5)])
    client.vector_stores.file_batches.create_and_poll(store.id, file_ids=ids)
    listed = client.vector_stores.files.list
    assert ids_of(listed(store.id, limit=2)) == ids[::-1]
    assert ids_of(listed(store.id, order="asc", limit=2)) == ids
    for one in listed(store.id, limit=2, order="asc"):
        client.vector_stores.files.delete(one.id, vector_store_id=store.id)
    assert ids_of(listed(store.id)) == []
    assert len(ids_of(client.files.list())) == 5


def test_attributes_narrow_a_search(client: OpenAI, store: VectorStore) -> None:
    attributes_of: dict[str, dict[str, Any]] = {
        "old.txt": {"year": 1990, "kind": "report", "public": True},
        "new.txt": {"year": 2020.5, "kind": "report", "public": False},
        "plan.txt": {"year": 2030, "kind": "plan"},
        "bare.txt": {},
    }
    for name, attributes in attributes_of.items():
        (file_id,) = uploaded(client, (name, f"The harbour, says {name}".encode()))
        one = client.vector_stores.files.create_and_poll(
            file_id, vector_store_id=store.id, attributes=attributes
        )
        assert one.attributes == attributes

    def hits(filters: Any) -> set[str]:
        return {
            name.split(".")[0] for name in names_found(client, store, "harbour", filters=filters)
        }

    def compare(kind: str, key: str, value: Any) -> dict[str, Any]:
        return {"type": kind, "key": key, "value": value}

    assert hits(None) == {"old", "new", "plan", "bare"}
    for kind, key, value, wanted in (
        ("eq", "kind", "report", {"old", "new"}),
        ("ne", "kind", "report", {"plan", "bare"}),
        ("gt", "year", 2020.5, {"plan"}),
        ("gte", "year", 2020.5, {"new", "plan"}),
        ("lt", "year", 2020.5, {"old"}),
        ("lte", "year", 2020.5, {"old", "new"}),
        ("gt", "kind", "plan", {"old", "new"}),
        ("gt", "kind", 5, set()),
        ("in", "year", [1990, 2030], {"old", "plan"}),
        ("nin", "year", [1990, 2030], {"new", "bare"}),
        ("eq", "public", True, {"old"}),
        ("eq", "public", 1, set()),
    ):
        assert hits(compare(kind, key, value)) == wanted, (kind, key, value)
    reports, recent = compare("eq", "kind", "report"), compare("gt", "year", 2000)
    assert hits({"type": "and", "filters": [reports, recent]}) == {"new"}
    assert hits({"type": "or", "filters": [reports, recent]}) == {"old", "new", "plan"}
    either = {"type": "or", "filters": [recent, compare("eq", "public", True)]}
    assert hits({"type": "and", "filters": [reports, either]}) == {"old", "new"}


def test_attributes_are_replaced(client: OpenAI, store: VectorStore) -> None:
    (file_id,) = filled(client, store, LIGHTHOUSE)
    update = client.vector_stores.files.update
    assert update(file_id, vector_store_id=store.id, attributes={"a": 1, "b": "x"}).attributes == {
        "a": 1,
        "b": "x",
    }
    assert update(file_id, vector_store_id=store.id, attributes={"b": True}).attributes == {
        "b": True
    }
    (hit,) = client.vector_stores.search(store.id, query="lighthouse")
    assert hit.attributes == {"b": True}
    assert update(file_id, vector_store_id=store.id, attributes=None).attributes == {}


def test_each_file_of_a_batch_may_be_read_in_its_own_way(
    client: OpenAI, store: VectorStore
) -> None:
    one, other = uploaded(client, LIGHTHOUSE, BAKERY)
    batch = client.vector_stores.file_batches.create(
        store.id,
        files=[
            {"file_id": one, "attributes": {"n": 1}, "chunking_strategy": STATIC},
            {"file_id": other},
        ],
    )
    client.vector_stores.file_batches.poll(batch.id, vector_store_id=store.id)
    first = client.vector_stores.files.retrieve(one, vector_store_id=store.id)
    second = client.vector_stores.files.retrieve(other, vector_store_id=store.id)
    assert (first.attributes, second.attributes) == ({"n": 1}, {})
    assert first.chunking_strategy != second.chunking_strategy


def test_a_batch_that_is_done_is_not_cancelled(client: OpenAI, store: VectorStore) -> None:
    (file_id,) = uploaded(client, LIGHTHOUSE)
    batch = client.vector_stores.file_batches.create_and_poll(store.id, file_ids=[file_id])
    again = client.vector_stores.file_batches.cancel(batch.id, vector_store_id=store.id)
    assert again == batch
    assert names_found(client, store, "lighthouse") == ["lighthouse.txt"]


def test_a_cancelled_batch_is_not_read(start: Any) -> None:
    with sdk(start(PEGBOARD_JOBS="false")) as client:  # nobody begins to read
        store = client.vector_stores.create()
        ids = uploaded(client, LIGHTHOUSE, BAKERY)
        batch = client.vector_stores.file_batches.create(store.id, file_ids=ids)
        assert (batch.status, batch.file_counts.in_progress) == ("in_progress", 2)
        assert client.vector_stores.retrieve(store.id).status == "in_progress"
        cancelled = client.vector_stores.file_batches.cancel(batch.id, vector_store_id=store.id)
        assert (cancelled.status, cancelled.file_counts.cancelled) == ("cancelled", 2)
        assert client.vector_stores.retrieve(store.id).status == "completed"
        one = client.vector_stores.files.poll(ids[0], vector_store_id=store.id)
        assert (one.status, one.last_error) == ("cancelled", None)


def test_a_file_in_two_stores_leaves_each_by_itself(client: OpenAI, store: VectorStore) -> None:
    other = client.vector_stores.create(name="Other")
    (file_id,) = filled(client, store, LIGHTHOUSE)
    client.vector_stores.files.create_and_poll(file_id, vector_store_id=other.id)
    gone = client.vector_stores.files.delete(file_id, vector_store_id=store.id)
    assert gone.to_dict() == {
        "id": file_id,
        "object": "vector_store.file.deleted",
        "deleted": True,
    }
    assert names_found(client, store, "lighthouse") == []
    assert names_found(client, other, "lighthouse") == ["lighthouse.txt"]
    assert client.files.content(file_id).read() == LIGHTHOUSE[1]


def test_a_store_goes_with_what_was_read_and_its_files_stay(
    client: OpenAI, store: VectorStore, database_url: str
) -> None:
    (file_id,) = filled(client, store, LIGHTHOUSE)
    other = client.vector_stores.create(file_ids=[file_id])
    client.vector_stores.files.poll(file_id, vector_store_id=other.id)
    deleted = client.vector_stores.delete(store.id)
    assert deleted.to_dict() == {"id": store.id, "object": "vector_store.deleted", "deleted": True}
    with pytest.raises(openai.NotFoundError, match=f"No vector store found with id '{store.id}'."):
        client.vector_stores.delete(store.id)
    assert client.files.content(file_id).read() == LIGHTHOUSE[1]
    assert names_found(client, other, "lighthouse") == ["lighthouse.txt"]
    orphans = "SELECT id FROM chunks WHERE document_id NOT IN (SELECT id FROM documents)"
    assert query(database_url, orphans) == []


def test_a_deleted_file_leaves_every_store(
    client: OpenAI, wire: httpx.Client, store: VectorStore
) -> None:
    other = client.vector_stores.create()
    gone, remaining = filled(client, store, LIGHTHOUSE, BAKERY)
    client.vector_stores.files.create_and_poll(gone, vector_store_id=other.id)
    client.files.delete(gone)
    assert ids_of(client.vector_stores.files.list(store.id)) == [remaining]
    assert ids_of(client.vector_stores.files.list(other.id)) == []
    assert "lighthouse.txt" not in names_found(client, store, "lighthouse")
    assert refusal(wire.get(f"vector_stores/{store.id}/files/{gone}")) == (
        404,
        f"No file found with id '{gone}'.",
        None,
        None,
    )


@pytest.mark.requirement("documents.deleted")
def test_nothing_is_left_of_what_was_deleted(start: Any) -> None:
    server: Server = start()
    with sdk(server) as client:
        blobs = Path(server.folder.name) / "blobs"
        stores = [client.vector_stores.create() for _ in range(3)]
        in_all, in_one = uploaded(client, LIGHTHOUSE, BAKERY)
        for store in stores:
            client.vector_stores.files.create_and_poll(in_all, vector_store_id=store.id)
        for _ in range(2):  # the second time takes the place of the first
            client.vector_stores.files.create_and_poll(in_one, vector_store_id=stores[0].id)

        def wait_for_blobs(how_many: int) -> None:
            end = deadline(30)
            while len([path for path in blobs.rglob("*") if path.is_file()]) != how_many:
                assert time.monotonic() < end

        wait_for_blobs(2 + 3 + 1)
        client.vector_stores.files.delete(in_all, vector_store_id=stores[1].id)
        wait_for_blobs(5)
        client.vector_stores.delete(stores[0].id)
        wait_for_blobs(3)
        client.files.delete(in_all)
        client.files.delete(in_one)
        wait_for_blobs(0)
        answer = client.vector_stores.with_raw_response.create(file_ids=[])
        assert answer.status_code == 200
        with pytest.raises(openai.NotFoundError):
            client.vector_stores.create(file_ids=[in_all])
        wait_for_blobs(0)


@pytest.mark.requirement("tenants.search-apart")
def test_stores_of_others_are_missing(server: Server, client: OpenAI, store: VectorStore) -> None:
    (file_id,) = uploaded(client, LIGHTHOUSE)
    batch = client.vector_stores.file_batches.create_and_poll(store.id, file_ids=[file_id])
    with sdk(server) as stranger, bare(stranger) as wire:
        own = stranger.vector_stores.create(name="Own")
        path = f"vector_stores/{store.id}"
        missing = (404, f"No vector store found with id '{store.id}'.", None, None)
        for answer in (
            wire.get(path),
            wire.post(path, json={"name": "x"}),
            wire.delete(path),
            wire.post(f"{path}/search", json={"query": "lighthouse"}),
            wire.get(f"{path}/files"),
            wire.get(f"{path}/files/{file_id}"),
            wire.post(f"{path}/files/{file_id}", json={"attributes": {}}),
            wire.delete(f"{path}/files/{file_id}"),
            wire.get(f"{path}/files/{file_id}/content"),
            wire.get(f"{path}/file_batches/{batch.id}"),
            wire.post(f"{path}/file_batches/{batch.id}/cancel"),
            wire.get(f"{path}/file_batches/{batch.id}/files"),
        ):
            assert refusal(answer) == missing
        for place, body in (
            ("files", {"file_id": file_id}),
            ("file_batches", {"file_ids": [file_id]}),
        ):
            answer = wire.post(f"vector_stores/{own.id}/{place}", json=body)
            assert refusal(answer) == (404, f"No such File object: {file_id}", "id", None)
        answer = wire.get(f"vector_stores/{own.id}/file_batches/{batch.id}")
        assert refusal(answer) == (404, f"No file batch found with id '{batch.id}'.", None, None)
        assert ids_of(stranger.vector_stores.list()) == [own.id]
        assert stranger.vector_stores.retrieve(own.id).file_counts.total == 0
    assert names_found(client, store, "lighthouse") == ["lighthouse.txt"]


def test_the_other_api_sees_nothing_of_stores(server: Server) -> None:
    with sdk(server) as client, server.client(client.api_key) as backboard:
        assistant = backboard.post("/assistants", json={"name": "A"}).json()["assistant_id"]
        thread = backboard.post(f"/assistants/{assistant}/threads").json()["thread_id"]
        path = f"/assistants/{assistant}"
        own = indexed(backboard, path, *HARBOUR)
        store = client.vector_stores.create()
        filled(client, store, LIGHTHOUSE)
        listed = backboard.get(f"{path}/documents").json()
        assert [one["document_id"] for one in listed] == [own["document_id"]]
        assert backboard.get(f"/threads/{thread}/documents").json() == []
        assert names_found(client, store, "ferries at the harbour") == []
        form = {"content": "What colour is the lighthouse of Skarvoy?", "stream": "false"}
        answer = backboard.post(f"/threads/{thread}/messages", data=form).json()
        assert "lighthouse.txt" not in (answer["retrieved_files"] or [])


def test_documents_of_a_store_are_not_documents_of_the_other_api(
    server: Server, client: OpenAI, store: VectorStore, database_url: str
) -> None:
    filled(client, store, LIGHTHOUSE)
    ((document_id,),) = query(
        database_url,
        "SELECT d.id FROM documents d JOIN vector_stores s ON s.id = d.vector_store_id "
        "WHERE s.id = (SELECT max(id::text)::uuid FROM vector_stores)",
    )
    with server.client(client.api_key) as backboard:
        assert backboard.get(f"/documents/{document_id}/status").status_code == 404
        assert backboard.delete(f"/documents/{document_id}").status_code == 404


def test_an_expired_store_is_neither_searched_nor_filled(start: Any, postgres_url: str) -> None:
    database = new_database(postgres_url)
    with sdk(start(PEGBOARD_DATABASE_URL=database)) as client, bare(client) as wire:
        store = client.vector_stores.create(expires_after={"anchor": "last_active_at", "days": 1})
        (file_id,) = uploaded(client, LIGHTHOUSE)
        query(database, "UPDATE vector_stores SET expires_at = now()")
        assert client.vector_stores.retrieve(store.id).status == "expired"
        expired = (400, "The vector store has expired", None, "vector_store_expired")
        path = f"vector_stores/{store.id}"
        assert refusal(wire.post(f"{path}/search", json={"query": "x"})) == expired
        assert refusal(wire.post(f"{path}/files", json={"file_id": file_id})) == expired
        assert client.vector_stores.update(store.id, expires_after=None).status == "completed"
        assert names_found(client, store, "lighthouse") == []


@pytest.mark.parametrize(
    ("path", "body", "param", "code", "message"),
    [
        ("", {"metadata": {str(n): "" for n in range(17)}}, "metadata", None, None),
        ("", {"metadata": {"a": True}}, "metadata.a", "invalid_type", None),
        ("", {"name": "x" * 513}, "name", "string_above_max_length", None),
        ("", {"file_ids": ["file-x"] * 501}, "file_ids", "array_above_max_length", None),
        (
            "",
            {"expires_after": {"anchor": "last_active_at", "days": 366}},
            "expires_after.days",
            "integer_above_max_value",
            "Invalid 'expires_after.days': integer above maximum value. Expected a value <= 365, "
            "but got 366 instead.",
        ),
        ("", {"expires_after": {"days": 3}}, "expires_after.anchor", None, None),
        ("/files", {}, "file_id", "missing_required_parameter", None),
        ("/files", {"file_id": "undefined"}, "file_id", "invalid_value", None),
        (
            "/files",
            {"file_id": "file-x", "attributes": {"a": []}},
            "attributes.a",
            "invalid_type",
            None,
        ),
        (
            "/files",
            {"file_id": "file-x", "attributes": {"a": "x" * 513}},
            "attributes.a",
            "string_above_max_length",
            None,
        ),
        (
            "/files",
            {"file_id": "file-x", "chunking_strategy": {"type": "static"}},
            "chunking_strategy.static",
            "missing_required_parameter",
            None,
        ),
        (
            "/files",
            {
                "file_id": "file-x",
                "chunking_strategy": {
                    "type": "static",
                    "static": {"max_chunk_size_tokens": 99, "chunk_overlap_tokens": 0},
                },
            },
            "chunking_strategy.static.max_chunk_size_tokens",
            "integer_below_min_value",
            None,
        ),
        (
            "/files",
            {
                "file_id": "file-x",
                "chunking_strategy": {
                    "type": "static",
                    "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 51},
                },
            },
            "chunking_strategy.static.chunk_overlap_tokens",
            "invalid_value",
            None,
        ),
        ("/file_batches", {}, "file_ids", "invalid_value", None),
        ("/file_batches", {"file_ids": []}, "file_ids", "empty_array", None),
        ("/search", {}, "query", "missing_required_parameter", None),
        ("/search", {"query": []}, "query", "empty_array", None),
        ("/search", {"query": " "}, "query", "invalid_value", None),
        (
            "/search",
            {"query": "x", "max_num_results": 51},
            "max_num_results",
            "integer_above_max_value",
            None,
        ),
        (
            "/search",
            {"query": "x", "ranking_options": {"score_threshold": 2}},
            "ranking_options.score_threshold",
            "invalid_value",
            None,
        ),
        (
            "/search",
            {"query": "x", "filters": {"type": "like", "key": "a", "value": "b"}},
            "filters.type",
            "invalid_value",
            None,
        ),
        (
            "/search",
            {"query": "x", "filters": {"type": "and", "filters": [{"type": "eq", "key": "a"}]}},
            "filters.filters[0].value",
            "missing_required_parameter",
            None,
        ),
        (
            "/search",
            {"query": "x", "filters": {"type": "in", "key": "a", "value": "b"}},
            "filters.value",
            "invalid_type",
            None,
        ),
    ],
)
def test_what_is_wrong_is_named_in_openais_words(
    wire: httpx.Client,
    store: VectorStore,
    path: str,
    body: Any,
    param: str,
    code: str | None,
    message: str | None,
) -> None:
    place = f"vector_stores/{store.id}{path}" if path else "vector_stores"
    status, told_message, told_param, told_code = refusal(wire.post(place, json=body))
    assert (status, told_param) == (400, param)
    assert code in {None, told_code}
    assert message in {None, told_message}


def test_a_filter_of_no_known_state_is_refused(wire: httpx.Client, store: VectorStore) -> None:
    answer = wire.get(f"vector_stores/{store.id}/files", params={"filter": "done"})
    assert refusal(answer) == (
        400,
        "Invalid value: 'done'. Supported values are: 'in_progress', 'completed', 'failed' and "
        "'cancelled'.",
        "filter",
        "invalid_value",
    )
