"""Who is let in at the Backboard API, and what a stranger can learn."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.conftest import StartServer
from tests.support.deadlines import patience
from tests.support.server import Server
from tests.support.steps import WEATHER, new_thread, say, script

REFUSED = {"detail": "Invalid or missing API key"}


@pytest.mark.parametrize("headers", [{}, {"X-API-Key": ""}, {"Authorization": "Basic abc"}])
@pytest.mark.requirement("access.key-needed")
def test_without_a_key_nobody_is_let_in(server: Server, headers: dict[str, str]) -> None:
    for path in ("/assistants", "/threads/not-a-uuid", "/nowhere"):
        response = httpx.get(server.api + path, headers=headers, timeout=patience(60))
        assert (response.status_code, response.json()) == (401, REFUSED)


def test_a_bearer_token_stands_in_for_a_missing_key(server: Server) -> None:
    key = uuid4().hex
    httpx.post(
        f"{server.api}/assistants",
        json={"name": "A"},
        headers={"X-API-Key": key},
        timeout=patience(60),
    )
    headers = {"Authorization": f"Bearer {key}"}
    assert (
        len(httpx.get(f"{server.api}/assistants", headers=headers, timeout=patience(60)).json())
        == 1
    )
    other = {"X-API-Key": uuid4().hex, "Authorization": f"Bearer {key}"}
    assert httpx.get(f"{server.api}/assistants", headers=other, timeout=patience(60)).json() == []


@pytest.mark.requirement("tenants.foreign-is-missing")
def test_another_tenants_objects_look_just_like_missing_ones(
    server: Server, client: httpx.Client
) -> None:
    thread_id = new_thread(client, tools=[WEATHER])
    assistant_id = client.get(f"/threads/{thread_id}").json()["assistant_id"]
    run_id = say(
        client,
        thread_id,
        "x",
        metadata=script(tool_calls=[{"name": "get_weather", "arguments": {"location": "x"}}]),
    )["run_id"]
    requests: list[tuple[str, str, Any]] = [
        ("GET", "/assistants/{a}", None),
        ("PUT", "/assistants/{a}", {"name": "Mine now"}),
        ("DELETE", "/assistants/{a}", None),
        ("GET", "/assistants/{a}/threads", None),
        ("POST", "/assistants/{a}/threads", {}),
        ("GET", "/threads/{t}", None),
        ("DELETE", "/threads/{t}", None),
        ("POST", "/threads/{t}/messages", {"content": "Hi"}),
        ("POST", "/threads/{t}/messages", {"content": "Hi", "stream": True}),
        ("POST", "/threads/{t}/messages", {"content": "Hi", "send_to_llm": "false"}),
        ("POST", "/threads/{t}/messages", {"content": ""}),
        ("POST", "/threads/{t}/runs/{r}/submit-tool-outputs", {"tool_outputs": []}),
    ]
    with server.client() as stranger:
        for method, path, body in requests:
            foreign, missing = (
                stranger.request(method, path.format(**ids), json=body)
                for ids in (
                    {"a": assistant_id, "t": thread_id, "r": run_id},
                    {"a": uuid4(), "t": uuid4(), "r": uuid4()},
                )
            )
            assert foreign.status_code == 404, (method, path)
            assert foreign.content == missing.content, (method, path)
        assert stranger.get("/threads").json() == []
        assert stranger.get("/assistants").json() == []
    assert client.get(f"/assistants/{assistant_id}").json()["name"] == "Test"


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", ""]
)
@pytest.mark.requirement("access.open-mode-loopback")
def test_in_open_mode_only_loopback_names_are_answered(server: Server, host: str) -> None:
    for path in ("/api/assistants", "/healthz"):
        headers = {"Host": host, "X-API-Key": "k"}
        assert (
            httpx.get(server.url + path, headers=headers, timeout=patience(60)).status_code == 403
        )


def test_every_loopback_name_is_answered(server: Server) -> None:
    for host in ("localhost", "LOCALHOST:8000", "127.0.0.1:1", "[::1]:8000"):
        headers = {"Host": host, "X-API-Key": "k"}
        assert (
            httpx.get(f"{server.api}/assistants", headers=headers, timeout=patience(60)).status_code
            == 200
        )


@pytest.mark.requirement("access.open-mode-loopback")
def test_calls_from_other_origins_are_refused(client: httpx.Client) -> None:
    for origin in ("https://evil.example", "null"):
        refused = client.get("/assistants", headers={"Origin": origin})
        assert (refused.status_code, type(refused.json()["detail"])) == (403, str)
        preflight = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        assert client.options("/assistants", headers=preflight).status_code == 403


def test_an_origin_that_the_operator_names_is_let_in(start: StartServer) -> None:
    server = start(PEGBOARD_CORS_ORIGINS="https://app.example, https://other.example")
    with server.client() as client:
        answer = client.get("/assistants", headers={"Origin": "https://app.example"})
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == "https://app.example"
        preflight = {
            "Origin": "https://app.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "x-api-key, content-type",
        }
        assert client.options("/assistants", headers=preflight).status_code == 200
        evil = {**preflight, "Origin": "https://evil.example"}
        assert client.options("/assistants", headers=evil).status_code == 403


@pytest.mark.requirement("access.known-keys")
def test_in_keys_mode_only_known_keys_are_let_in(start: StartServer) -> None:
    server = start(PEGBOARD_AUTH="keys", PEGBOARD_BOOTSTRAP_KEY="the-first-key")
    with server.client("the-first-key") as known, server.client("another") as unknown:
        assert known.get("/assistants").status_code == 200
        assert unknown.get("/assistants").json() == REFUSED
        assert known.get("/assistants", headers={"Host": "any.example"}).status_code == 200


def test_the_reference_page_works_without_a_key_or_a_network(server: Server) -> None:
    page = httpx.get(f"{server.api}/docs", timeout=patience(60))
    assert page.status_code == 200
    assert "http://" not in page.text
    assert "https://" not in page.text
    for asset in ("swagger-ui-bundle.js", "swagger-ui.css"):
        assert (
            httpx.get(f"{server.api}/docs-assets/{asset}", timeout=patience(60)).status_code == 200
        )
    assert (
        "/threads/{thread_id}/messages"
        in httpx.get(f"{server.api}/openapi.json", timeout=patience(60)).json()["paths"]
    )
