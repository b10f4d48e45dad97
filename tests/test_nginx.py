"""Through a real nginx, with the settings that docs/operations.md tells."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.deadlines import patience
from tests.support.folders import postgres_folder
from tests.support.nginx import PROGRAM, running_nginx
from tests.support.server import Server
from tests.support.steps import new_thread, script

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="there is no nginx here")


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """One that nginx' workers, who are not root, may write to."""
    with postgres_folder() as made:
        made.chmod(0o777)
        yield made


@pytest.fixture(scope="module")
def proxy(server: Server, folder: Path) -> Iterator[str]:
    with running_nginx(server.url, folder=folder) as url:
        yield url


@pytest.fixture
def client(proxy: str) -> Iterator[httpx.Client]:
    with httpx.Client(
        base_url=f"{proxy}/api", headers={"X-API-Key": "through nginx"}, timeout=patience(120)
    ) as opened:
        yield opened


@pytest.mark.requirement("streams.proxies")
def test_a_word_of_a_stream_arrives_before_the_run_has_said_all(client: httpx.Client) -> None:
    thread_id = new_thread(client)
    body = {"content": "x", "stream": True, "metadata": script(reply="a b", delay_ms=30_000)}
    with client.stream("POST", f"/threads/{thread_id}/messages", json=body) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream"), stream.read()
        lines = (line for line in stream.iter_lines() if line.startswith("data:"))
        run_id = next(re.findall(r'"run_id": ?"([^"]+)"', line)[0] for line in lines)
        assert next(line for line in lines if '"content_streaming"' in line)
        ended = client.post(f"/threads/{thread_id}/runs/{run_id}/cancel")
        assert ended.status_code == 200, ended.text


def test_uploads_go_through_and_one_too_large_is_refused_there(proxy: str) -> None:
    for size, status in ((20, 200), (51, 413)):
        answer = httpx.post(
            f"{proxy}/v1/files",
            headers={"Authorization": "Bearer through-nginx"},
            data={"purpose": "user_data"},
            files={"file": ("much.txt", b"x" * (size * 1024 * 1024))},
            timeout=patience(120),
        )
        assert answer.status_code == status


def test_one_connection_serves_many_requests(client: httpx.Client) -> None:
    answers = [client.get("/assistants") for _ in range(5)]
    assert {answer.status_code for answer in answers} == {200}
    streams = {answer.extensions["network_stream"] for answer in answers}
    assert len(streams) == 1


@pytest.mark.parametrize(("scheme", "status"), [("http", 200), ("https", 403)])
def test_a_page_of_the_public_origin_may_call(
    client: httpx.Client, proxy: str, scheme: str, status: int
) -> None:
    origin = proxy.replace("http", scheme, 1)
    assert client.get("/assistants", headers={"Origin": origin}).status_code == status


def test_a_proxy_on_this_machine_is_believed_about_the_scheme(server: Server) -> None:
    headers = {"Host": "localhost", "Origin": "https://localhost", "X-API-Key": "k"}
    path = f"{server.api}/assistants"
    assert httpx.get(path, headers=headers, timeout=patience(60)).status_code == 403
    forwarded = {**headers, "X-Forwarded-Proto": "https"}
    assert httpx.get(path, headers=forwarded, timeout=patience(60)).status_code == 200
