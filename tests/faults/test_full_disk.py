"""A disk that has no room for an upload: a clear error, nothing left behind, all else goes on.

What a process may write to one file is limited from outside, which a full disk is like for it.
"""

import resource
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import httpx
import pytest

from pegboard.identifiers import new_id
from tests.support.documents import indexed
from tests.support.keyed import once
from tests.support.postgres import new_database
from tests.support.server import Server, start_server
from tests.support.steps import new_thread, say

ROOM: Final = 256 * 1024

pytestmark = pytest.mark.skipif(
    not hasattr(resource, "prlimit"), reason="no way to limit another process"
)


@pytest.fixture(scope="module")
def spool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where bodies lie until they are read."""
    return tmp_path_factory.mktemp("spool")


@pytest.fixture(scope="module")
def server(postgres_url: str, spool: Path) -> Iterator[Server]:
    """A server that can write no file of more than ROOM bytes."""
    running = start_server(PEGBOARD_DATABASE_URL=new_database(postgres_url), TMPDIR=str(spool))
    resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, (ROOM, resource.RLIM_INFINITY))
    yield running
    assert running.stop() == 0


def uploaded_to_backboard(client: httpx.Client, data: bytes, **headers: str) -> httpx.Response:
    assistant = client.get("/api/assistants").json()[0]["assistant_id"]
    path = f"/api/assistants/{assistant}/documents"
    return client.post(path, files={"file": ("a.txt", data)}, headers=headers)


def uploaded_with_a_message(client: httpx.Client, data: bytes, **headers: str) -> httpx.Response:
    thread = client.get("/api/threads").json()[0]["thread_id"]
    return client.post(
        f"/api/threads/{thread}/messages",
        data={"content": "Read this"},
        files={"files": ("a.txt", data)},
        headers=headers,
    )


def uploaded_to_openai(client: httpx.Client, data: bytes, **headers: str) -> httpx.Response:
    form = {"purpose": "assistants"}
    return client.post("/v1/files", data=form, files={"file": ("a.txt", data)}, headers=headers)


@pytest.mark.parametrize("size", [ROOM + 1, 4 * 1024 * 1024], ids=["in the store", "on its way"])
@pytest.mark.parametrize("headers", [{}, once("k")], ids=["without a key", "with a key"])
@pytest.mark.parametrize(
    "upload", [uploaded_to_backboard, uploaded_with_a_message, uploaded_to_openai]
)
@pytest.mark.requirement("operating.full-disk")
def test_an_upload_that_does_not_fit_is_refused_and_leaves_nothing(
    server: Server,
    spool: Path,
    upload: Callable[..., httpx.Response],
    headers: dict[str, str],
    size: int,
) -> None:
    key = f"key-{new_id().hex}"
    with server.client(key) as first:
        thread_id = new_thread(first)
    store = Path(server.folder.name) / "blobs"
    before = files_in(spool, store)
    keys = {"X-API-Key": key, "Authorization": f"Bearer {key}"}
    with httpx.Client(base_url=server.url, headers=keys, timeout=60) as client:
        refused = upload(client, b"x" * size, **headers)
        assert refused.status_code == 503, refused.text
        assert "no room" in refused.text
        assert client.get("/v1/files").json()["data"] == []
        assert client.get(f"/api/threads/{thread_id}/documents").json() == []
        assert client.get(f"/api/threads/{thread_id}").json()["messages"] == []
    assert files_in(spool, store) == before
    with server.client(key) as after:
        indexed(after, f"/threads/{thread_id}", "small.txt", b"Painted cobalt blue in 1927.")
        assert say(after, thread_id, "Hi")["status"] == "COMPLETED"
    assert "Traceback" not in "".join(server.log)


def files_in(*folders: Path) -> set[Path]:
    return {path for folder in folders for path in folder.rglob("*") if path.is_file()}
