"""A server is ready when its first request need not wait for what it has to load."""

from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.conftest import StartServer
from tests.support.deadlines import patience, wait_until
from tests.support.program import execute
from tests.support.server import Server
from tests.support.steps import new_thread, say

LITELLM, DIRECT, EMBEDDER = "tiktoken", "aiohttp", "onnxruntime"
"""Libraries that are loaded along with them, and by nothing else."""

pytestmark = pytest.mark.skipif(not Path("/proc").is_dir(), reason="libraries are seen on Linux")


def readiness(server: Server) -> tuple[int, dict[str, Any]]:
    answer = httpx.get(f"{server.url}/readyz", timeout=patience(60))
    return answer.status_code, answer.json()


def loaded(server: Server) -> set[str]:
    paths = {library.path for library in psutil.Process(server.process.pid).memory_maps()}
    return {one for one in (LITELLM, DIRECT, EMBEDDER) if any(f"/{one}/" in path for path in paths)}


@pytest.mark.requirement("operating.readiness")
def test_a_server_is_not_ready_before_it_has_loaded_what_it_will_need(start: StartServer) -> None:
    server = start(
        execute, PEGBOARD_SANDBOX="auto", MISTRAL_API_KEY="none", ANTHROPIC_API_KEY="none"
    )
    status, body = readiness(server)
    assert (status, body["ready"]) == (503, False)
    assert "litellm" in body["warming_up"]
    assert "embedding" in body["warming_up"]
    assert httpx.get(f"{server.url}/healthz", timeout=patience(60)).status_code == 200
    wait_until(lambda: readiness(server) == (200, {"ready": True}), seconds=240)
    assert loaded(server) == {LITELLM, DIRECT, EMBEDDER}


@pytest.mark.parametrize(
    ("path", "libraries"), [("auto", {DIRECT}), ("litellm", {DIRECT, LITELLM})]
)
def test_litellm_is_not_loaded_where_all_are_asked_directly(
    start: StartServer, path: str, libraries: set[str]
) -> None:
    server = start(
        execute, PEGBOARD_SANDBOX="auto", MISTRAL_API_KEY="none", PEGBOARD_MODEL_PATH=path
    )
    wait_until(lambda: readiness(server) == (200, {"ready": True}), seconds=240)
    assert loaded(server) == {EMBEDDER, *libraries}


def test_what_no_request_can_need_is_not_loaded(start: StartServer) -> None:
    server = start(execute, PEGBOARD_SANDBOX="auto")
    wait_until(lambda: readiness(server) == (200, {"ready": True}), seconds=240)
    with server.client() as client:
        assert say(client, new_thread(client), "Hello")["status"] == "COMPLETED"
    assert loaded(server) == {EMBEDDER}


def test_a_server_for_tests_of_clients_waits_for_neither(start: StartServer) -> None:
    server = start(execute, MISTRAL_API_KEY="none")
    assert readiness(server) == (200, {"ready": True})
    assert loaded(server) == set()
