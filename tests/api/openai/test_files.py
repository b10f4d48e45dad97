"""Files at OpenAI's API, through the published SDK; error bodies as they are on the wire."""

import time
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
from openai import OpenAI

from tests.support.deadlines import deadline
from tests.support.openai_wire import bare, refusal
from tests.support.postgres import new_database, query
from tests.support.sdk import sdk
from tests.support.server import Server

POEM = ("poem.txt", b"The lighthouse of Skarvoy was painted cobalt blue in 1927.")


@pytest.fixture
def client(server: Server) -> Iterator[OpenAI]:
    with sdk(server) as opened:
        yield opened


@pytest.fixture
def wire(client: OpenAI) -> Iterator[httpx.Client]:
    with bare(client) as opened:
        yield opened


def uploaded(client: OpenAI, *names: str) -> list[str]:
    """The ids of some files, oldest first."""
    return [
        client.files.create(file=(name, name.encode()), purpose="assistants").id for name in names
    ]


@pytest.mark.requirement("openai.files")
def test_a_file_comes_back_as_it_was(client: OpenAI, wire: httpx.Client) -> None:
    before = int(time.time())
    file = client.files.create(file=POEM, purpose="assistants")
    shown = wire.get(f"files/{file.id}").json()
    created = shown.pop("created_at")
    assert before <= created <= time.time()
    assert shown == {
        "id": file.id,
        "object": "file",
        "bytes": len(POEM[1]),
        "expires_at": None,
        "filename": "poem.txt",
        "purpose": "assistants",
        "status": "processed",
        "status_details": None,
    }
    assert client.files.retrieve(file.id) == file
    assert client.files.content(file.id).read() == POEM[1]
    assert client.files.wait_for_processing(file.id) == file


@pytest.mark.requirement("openai.files")
def test_any_type_and_size_is_kept(client: OpenAI) -> None:
    for name, data in (("müsli/√.xyz", bytes(range(256)) * 8192), ("empty", b"")):
        file = client.files.create(file=(name, data), purpose="user_data")
        assert (file.filename, file.bytes) == (name, len(data))
        answer = client.files.content(file.id)
        assert answer.read() == data
        assert answer.response.headers["content-type"] == "application/octet-stream"


def test_a_deleted_file_is_gone(client: OpenAI, wire: httpx.Client) -> None:
    (remaining, gone) = uploaded(client, "a.txt", "b.txt")
    assert wire.delete(f"files/{gone}").json() == {"id": gone, "object": "file", "deleted": True}
    missing = (404, f"No such File object: {gone}", "id", None)
    for answer in (
        wire.get(f"files/{gone}"),
        wire.get(f"files/{gone}/content"),
        wire.delete(f"files/{gone}"),
    ):
        assert refusal(answer) == missing
    assert [file.id for file in client.files.list()] == [remaining]


@pytest.mark.requirement("openai.pages")
def test_files_are_listed_newest_first_and_by_page(client: OpenAI, wire: httpx.Client) -> None:
    empty: Any = {
        "object": "list",
        "data": [],
        "first_id": None,
        "last_id": None,
        "has_more": False,
    }
    assert wire.get("files").json() == empty
    a, b, c, d, e = uploaded(client, "a", "b", "c", "d", "e")
    assert [file.id for file in client.files.list(limit=2)] == [e, d, c, b, a]

    def page(**params: Any) -> tuple[list[str], bool]:
        body = wire.get("files", params=params).json()
        ids = [file["id"] for file in body["data"]]
        assert (body["first_id"], body["last_id"]) == (ids[0], ids[-1])
        return ids, body["has_more"]

    assert page() == ([e, d, c, b, a], False)
    assert page(order="asc", limit=2) == ([a, b], True)
    assert page(order="asc", limit=2, after=c) == ([d, e], False)
    assert page(limit=2, after=d) == ([c, b], True)
    assert page(limit=2, before=b) == ([d, c], True)
    assert page(limit=3, before=c) == ([e, d], False)
    assert page(order="asc", limit=2, before=d) == ([b, c], True)
    assert page(limit=5, after=e, before=b) == ([d, c], False)
    client.files.delete(d)
    assert page(limit=2, after=d) == ([c, b], True)


@pytest.mark.requirement("openai.pages")
def test_reading_and_deleting_page_by_page_comes_to_an_end(client: OpenAI) -> None:
    made = uploaded(client, "a", "b", "c", "d", "e")
    seen = []
    for file in client.files.list(limit=2):
        client.files.delete(file.id)
        seen.append(file.id)
    assert seen == made[::-1]
    assert list(client.files.list()) == []


def test_a_list_can_be_of_one_purpose(client: OpenAI) -> None:
    purposes: tuple[Any, ...] = ("assistants", "vision", "assistants")
    for purpose in purposes:
        client.files.create(file=POEM, purpose=purpose)
    assert [file.purpose for file in client.files.list(purpose="vision")] == ["vision"]


def test_what_is_wrong_with_an_upload_is_named(wire: httpx.Client) -> None:
    def sent(files: Any, **data: str) -> tuple[int, Any, Any, Any]:
        return refusal(wire.post("files", files=files, data=data))

    file = {"file": POEM}
    life = {"expires_after[anchor]": "created_at"}
    purposes = "['assistants', 'vision', 'batch', 'fine-tune', 'user_data', 'evals']"
    missing = "missing_required_parameter"
    assert sent({"x": POEM}, purpose="assistants") == (
        400,
        "Missing required parameter: 'file'.",
        "file",
        missing,
    )
    assert sent(file) == (400, "Missing required parameter: 'purpose'.", "purpose", missing)
    assert sent(file, purpose="bad") == (
        400,
        f"'bad' is not one of {purposes} - 'purpose'",
        "purpose",
        "invalid_value",
    )
    assert sent(file, purpose="vision", **{"expires_after[seconds]": "9000"})[2:] == (
        "expires_after.anchor",
        missing,
    )
    assert sent(file, purpose="vision", **life, **{"expires_after[seconds]": "5"})[1:] == (
        "Invalid 'expires_after.seconds': integer below minimum value. Expected a value >= 3600, "
        "but got 5 instead.",
        "expires_after.seconds",
        "integer_below_min_value",
    )
    assert sent(file, purpose="vision", **life, **{"expires_after[seconds]": "soon"})[3] == (
        "invalid_type"
    )
    assert sent({"file": ("x" * 256, b"")}, purpose="vision")[3] == "string_above_max_length"
    assert refusal(wire.post("files", json={"purpose": "vision"}))[3] == missing
    assert wire.get("files").json()["data"] == []


def test_what_is_wrong_with_a_list_is_named(wire: httpx.Client) -> None:
    def refused(path: str, **query: Any) -> tuple[int, Any, Any, Any]:
        return refusal(wire.get(path, params=query))

    assert refused("files", limit=10_001)[3] == "integer_above_max_value"
    assert refused("vector_stores", limit=101) == (
        400,
        "Invalid 'limit': integer above maximum value. Expected a value <= 100, but got 101 "
        "instead.",
        "limit",
        "integer_above_max_value",
    )
    assert refused("vector_stores", limit=0) == (
        400,
        "Invalid 'limit': integer below minimum value. Expected a value >= 1, but got 0 instead.",
        "limit",
        "integer_below_min_value",
    )
    assert refused("files", order="up") == (
        400,
        "Invalid value: 'up'. Supported values are: 'asc' and 'desc'.",
        "order",
        "invalid_value",
    )
    assert refused("files", after="vs_1") == (
        400,
        "Invalid 'after': 'vs_1'. Expected an ID that begins with 'file'.",
        "after",
        "invalid_value",
    )
    assert refused("files", limit="many")[2:] == ("limit", "invalid_type")


def test_what_is_no_id_is_missing_and_what_was_lost_is_told(wire: httpx.Client) -> None:
    assert refusal(wire.get("files/nothing")) == (404, "No such File object: nothing", "id", None)
    assert refusal(wire.get("files/undefined")) == (
        400,
        "Invalid 'file_id': 'undefined'. Expected an ID that begins with 'file'.",
        "file_id",
        "invalid_value",
    )


def test_files_of_others_are_missing(server: Server, client: OpenAI) -> None:
    (mine,) = uploaded(client, "mine.txt")
    with sdk(server) as stranger:
        assert list(stranger.files.list()) == []
        for act in (stranger.files.retrieve, stranger.files.content, stranger.files.delete):
            with pytest.raises(openai.NotFoundError, match=f"No such File object: {mine}"):
                act(mine)
    assert client.files.content(mine).read() == b"mine.txt"


@pytest.mark.requirement("limits.bodies")
def test_a_file_that_is_too_large_is_refused(start: Any) -> None:
    with sdk(start(PEGBOARD_MAX_UPLOAD="20000")) as client, bare(client) as wire:
        file = {"file": ("big.txt", b"x" * 30_000)}
        answer = wire.post("files", files=file, data={"purpose": "assistants"})
        assert refusal(answer)[0] == 413
        assert list(client.files.list()) == []


def test_a_file_past_its_time_is_not_found(start: Any, postgres_url: str) -> None:
    database = new_database(postgres_url)
    with sdk(start(PEGBOARD_DATABASE_URL=database)) as client:
        (lasting,) = uploaded(client, "lasting.txt")
        file = client.files.create(
            file=POEM,
            purpose="assistants",
            expires_after={"anchor": "created_at", "seconds": 3600},
        )
        assert file.expires_at == file.created_at + 3600
        (planned,) = query(
            database,
            "SELECT round(extract(epoch FROM execute_after - now()) / 60) FROM pgqueuer "
            "WHERE entrypoint = 'expire_file'",
        )
        assert planned == (60,)
        query(database, "UPDATE files SET expires_at = now() WHERE expires_at IS NOT NULL")
        with pytest.raises(openai.NotFoundError):
            client.files.retrieve(file.id)
        assert [one.id for one in client.files.list()] == [lasting]
        query(database, "UPDATE pgqueuer SET execute_after = now()")
        # A new job wakes those who wait for one.
        client.files.create(
            file=POEM,
            purpose="assistants",
            expires_after={"anchor": "created_at", "seconds": 3600},
        )
        end = deadline(30)
        while query(database, "SELECT id FROM files WHERE expires_at <= now()"):
            assert time.monotonic() < end
