"""What stands in the log, and what never does."""

import json
from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.conftest import StartServer
from tests.support.deadlines import patience
from tests.support.documents import finished, upload
from tests.support.log_lines import awaited, line_of_request, lines_of
from tests.support.postgres import new_database, query
from tests.support.provider import Provider, running_provider
from tests.support.server import Server, start_server
from tests.support.steps import WEATHER, new_thread, script, submit

CANARY = "kanarienvogel"
"""Part of everything that a client sends which is not to be logged."""


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with running_provider() as running:
        yield running


@pytest.fixture(scope="module")
def json_server(postgres_url: str) -> Iterator[Server]:
    running = start_server(
        PEGBOARD_DATABASE_URL=new_database(postgres_url), PEGBOARD_LOG_FORMAT="json"
    )
    yield running
    assert running.stop() == 0


def api_of_openai(server: Server, key: str = f"sk-{CANARY}") -> httpx.Client:
    return httpx.Client(
        base_url=f"{server.url}/v1",
        headers={"Authorization": f"Bearer {key}", "OpenAI-Beta": "assistants=v2"},
        timeout=patience(60),
    )


def test_a_request_is_one_line_that_says_whose_it_was(json_server: Server) -> None:
    with json_server.client() as client:
        thread_id = new_thread(client)
        url = f"/threads/{thread_id}/messages"
        answer = client.post(f"{url}?x=1", json={"content": "Hi"})
    line = line_of_request(json_server, answer.headers["x-request-id"])
    (tenant_id,) = {
        one["tenant_id"]
        for one in lines_of(json_server)
        if one["event"] == "run_settled" and one["run_id"] == answer.json()["run_id"]
    }
    assert line.pop("ms") > 0
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "request",
        "level": "info",
        "method": "POST",
        "route": "/api/threads/{thread_id}/messages",
        "status": 200,
        "request_id": answer.headers["x-request-id"],
        "tenant_id": tenant_id,
        "run_id": answer.json()["run_id"],
        "api": "backboard",
    }


def test_a_runs_line_tells_the_request_that_began_it(json_server: Server) -> None:
    with json_server.client() as client:
        thread_id = new_thread(client)
        answer = client.post(f"/threads/{thread_id}/messages", json={"content": "Hi"})
    run_id = answer.json()["run_id"]
    (line,) = awaited(
        json_server, lambda one: one["event"] == "run_settled" and one["run_id"] == run_id
    )
    assert line["thread_id"] == thread_id
    assert line["request_id"] == answer.headers["x-request-id"]
    assert line["status"] == "completed"


def test_a_request_about_a_run_says_which(json_server: Server) -> None:
    with json_server.client("k") as client:
        thread_id = new_thread(client, tools=[WEATHER])
        paused = client.post(
            f"/threads/{thread_id}/messages", json={"content": "What's the weather in Oslo?"}
        ).json()
        answered = submit(client, paused, "snow")
    line = line_of_request(json_server, answered.headers["x-request-id"])
    assert line["run_id"] == paused["run_id"]
    with api_of_openai(json_server, "k") as openai:
        listed = openai.get("/assistants").json()["data"][0]["id"]
        begun = openai.post("/threads/runs", json={"assistant_id": listed, "thread": {}})
        assert begun.status_code == 400  # nothing to answer: there is no run
        thread = {"messages": [{"role": "user", "content": "Hi"}]}
        run = openai.post("/threads/runs", json={"assistant_id": listed, "thread": thread})
        read = openai.get(f"/threads/{run.json()['thread_id']}/runs/{run.json()['id']}")
    one, other = (line_of_request(json_server, r.headers["x-request-id"]) for r in (run, read))
    assert one["run_id"] == other["run_id"]
    assert other["route"] == "/v1/threads/{thread_id}/runs/{run_id}"
    assert other["api"] == "openai"
    assert "run_id" not in line_of_request(json_server, begun.headers["x-request-id"])


@pytest.mark.parametrize(
    ("given", "is_kept"),
    [
        ("trace-7.of:client_A", True),
        ("x" * 128, True),
        ("x" * 129, False),
        ("two words", False),
        ('"quoted"', False),
        ("", False),
    ],
)
def test_a_clients_own_request_id_is_kept_where_it_is_one(
    json_server: Server, given: str, is_kept: bool
) -> None:
    with json_server.client() as client:
        answer = client.get("/assistants", headers={"X-Request-Id": given})
    request_id = answer.headers["x-request-id"]
    assert (request_id == given) is is_kept
    assert line_of_request(json_server, request_id)["status"] == 200


@pytest.mark.parametrize("path", ["/nowhere/at/all", "/api/nowhere", "/v1/threads/x/nowhere"])
def test_a_path_that_leads_nowhere_is_not_repeated(json_server: Server, path: str) -> None:
    answer = httpx.get(json_server.url + path, headers={"X-API-Key": "k"}, timeout=patience(60))
    line = line_of_request(json_server, answer.headers["x-request-id"])
    assert line["route"] is None
    assert "nowhere" not in json.dumps(line)


def test_what_is_refused_on_its_way_in_is_logged_with_its_route(json_server: Server) -> None:
    place = "/threads/0/messages"
    key = {"X-API-Key": "k"}
    evil = {**key, "Origin": "https://evil.example"}
    for path, headers, status, route in (
        (f"/api{place}", evil, 403, "/api/threads/{thread_id}/messages"),
        (f"/v1{place}", evil, 403, "/v1/threads/{thread_id}/messages"),
        (f"/api{place}/", evil, 403, None),
        (f"/api{place}", {}, 401, "/api/threads/{thread_id}/messages"),
        (f"/v1{place}", {}, 401, "/v1/threads/{thread_id}/messages"),
        ("/api/nowhere", evil, 403, None),
    ):
        answer = httpx.post(json_server.url + path, headers=headers, timeout=patience(60))
        assert answer.status_code == status
        line = line_of_request(json_server, answer.headers["x-request-id"])
        assert (line["status"], line["route"]) == (status, route)


def test_the_first_line_of_a_log_of_objects_is_one_as_well(json_server: Server) -> None:
    assert json_server.banner_json["event"] == "listening"
    assert json_server.banner_json["url"] == json_server.url
    assert set(json_server.banner_json) == {
        *("event", "level", "timestamp", "url", "access", "models", "data", "processes")
    }


def test_probes_do_not_fill_the_log(json_server: Server) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        assert httpx.get(json_server.url + path, timeout=patience(60)).status_code == 200
    seen = httpx.get(f"{json_server.url}/api/assistants", timeout=patience(60))
    line_of_request(json_server, seen.headers["x-request-id"])
    routes = {one.get("route") for one in lines_of(json_server)}
    assert routes.isdisjoint({"/healthz", "/readyz", "/metrics"})


@pytest.mark.parametrize("form", ["json", "console"])
@pytest.mark.requirement("operating.secrets-not-logged")
def test_nothing_that_users_and_models_say_is_in_the_log(
    start: StartServer, postgres_url: str, provider: Provider, form: str
) -> None:
    database = new_database(postgres_url)
    server = start(
        PEGBOARD_DATABASE_URL=database,
        PEGBOARD_SANDBOX="auto",
        PEGBOARD_MODEL_RETRIES="0",
        PEGBOARD_LOG_FORMAT=form,
        PEGBOARD_LOG_LEVEL="debug",
        OPENAI_API_KEY=f"sk-{CANARY}",
        OPENAI_BASE_URL=provider.url,
        PYTHONWARNINGS="default",
    )
    with server.client(f"key-{CANARY}") as client:
        _tour_of_backboard(client)
        _have_the_database_refuse(client, database)
    with api_of_openai(server) as client:
        _tour_of_openai(client)
        last = client.get("/models").headers["x-request-id"]
    for _ in range(3_000):
        log = "".join(server.log)
        if last in log:
            break
        httpx.get(f"{server.url}/healthz", timeout=patience(60))
    assert last in log
    assert "job_failed" in log or "indexing_fault" in log
    assert "SQLSTATE 23514" in log
    if form == "json":
        assert [line for line in log.splitlines() if not line.startswith("{")] == []
    lines = [line for line in log.splitlines() if CANARY in line.lower()]
    assert lines == []


def _tour_of_backboard(client: httpx.Client) -> None:
    thread_id = new_thread(
        client, system_prompt=f"You are a {CANARY}", tools=[WEATHER], description=CANARY
    )
    url = f"/threads/{thread_id}/messages"

    def say(model: str, **fields: object) -> httpx.Response:
        return client.post(url, json={"content": f"My {CANARY}", "model_name": model, **fields})

    assert say("says-hello", metadata={"note": CANARY}, memory="Auto").status_code == 200
    for model in (
        "quotes-and-rejects",
        "quotes-and-breaks",
        "quotes-and-limits",
        "calls-badly-with-what-it-was-told",
        "breaks-off-with-an-odd-piece",
        "is-broken",
        "cuts-off",
    ):
        for streamed in (False, True):
            say(model, stream=streamed)
    paused = say("calls-with-what-it-was-told").json()
    assert CANARY in str(paused["tool_calls"])
    assert CANARY in submit(client, paused, f"Output of a {CANARY}").text
    assert say("gpt-4o", llm_provider=CANARY).status_code == 400
    say("says-hello", metadata=script(error={"status": 500, "message": CANARY}))
    client.post(
        url, content=f'{{"content": "{CANARY}"', headers={"Content-Type": "application/json"}
    )
    client.post(url, json={"content": {"no": CANARY}, "stream": CANARY})
    client.post(url, data={"content": CANARY, "stream": CANARY})
    client.post(f"{url}?{CANARY}={CANARY}", json={"content": "x", "model_name": "says-hello"})
    client.get(f"/threads/{CANARY}", params={"q": CANARY})
    client.get(f"/{CANARY}/{CANARY}.pdf", headers={"X-Request-Id": f"{CANARY} {CANARY}"})
    client.get("/assistants", headers={"User-Agent": CANARY, "Cookie": CANARY})
    client.request(CANARY.upper(), "/assistants")
    for name, data in ((f"{CANARY}.txt", CANARY.encode()), (f"{CANARY}.pdf", b"%PDF-1.4 broken")):
        finished(client, upload(client, f"/threads/{thread_id}", name, data))
    client.post(f"/threads/{thread_id}/documents", files={"file": (f"{CANARY}.exe", b"MZ")})
    with httpx.Client(
        base_url=client.base_url, headers={"X-API-Key": ""}, timeout=patience(60)
    ) as stranger:
        stranger.get(f"/assistants?key={CANARY}")


def _have_the_database_refuse(client: httpx.Client, database: str) -> None:
    """Errors whose texts quote whole rows, in a request, in a run and in a job."""
    thread_id = new_thread(client)
    for table, column in (("assistants", "name"), ("messages", "content"), ("chunks", "text")):
        query(database, f"ALTER TABLE {table} ADD CHECK ({column} NOT LIKE '%refuse%') NOT VALID")
    refused = f"refuse {CANARY}"
    assert client.post("/assistants", json={"name": refused}).status_code == 500
    url = f"/threads/{thread_id}/messages"
    assert client.post(url, json={"content": refused}).status_code == 500
    answer = {"content": CANARY, "metadata": script(reply=refused), "llm_provider": "anthropic"}
    for streamed in (False, True):
        client.post(url, json={**answer, "stream": streamed})
    upload(client, f"/threads/{new_thread(client)}", f"{CANARY}.txt", refused.encode())
    _until(
        lambda: query(database, "SELECT 1 FROM documents WHERE attempts > 0 AND chunk_count = 0")
    )


def _until(holds: Callable[[], object]) -> None:
    for _ in range(200):
        if holds():
            return
    raise AssertionError("it never held")


def _tour_of_openai(client: httpx.Client) -> None:
    assistant = client.post(
        "/assistants",
        json={"model": "says-hello", "instructions": CANARY, "metadata": {CANARY: CANARY}},
    ).json()["id"]
    thread = {"messages": [{"role": "user", "content": f"My {CANARY}"}]}
    for model in ("says-hello", "quotes-and-rejects", "quotes-and-breaks", "cuts-off"):
        for streamed in (False, True):
            body = {"assistant_id": assistant, "thread": thread, "model": model}
            client.post("/threads/runs", json={**body, "stream": streamed})
            chat = {"model": model, "messages": thread["messages"], "stream": streamed}
            client.post("/chat/completions", json=chat)
    client.post("/threads", content=CANARY, headers={"Content-Type": "application/json"})
    client.post("/threads", json={"messages": CANARY})
    client.get(f"/threads/thread_{CANARY}", params={"after": CANARY})
    client.post(
        "/files", data={"purpose": CANARY}, files={"file": (f"{CANARY}.txt", CANARY.encode())}
    )
    client.post("/files", data={"purpose": "assistants"}, files={"file": (f"{CANARY}.txt", b"x")})
    once = {"Idempotency-Key": CANARY}
    for content in (CANARY, f"other {CANARY}"):
        client.post("/threads", json={"metadata": {"x": content}}, headers=once)


def test_errors_are_told_in_their_own_words_where_the_operator_says_so(
    start: StartServer, postgres_url: str
) -> None:
    database = new_database(postgres_url)
    server = start(PEGBOARD_DATABASE_URL=database, PEGBOARD_LOG_CONTENT="1")
    query(database, "ALTER TABLE assistants ADD CHECK (name NOT LIKE '%refuse%')")
    with server.client() as client:
        answer = client.post("/assistants", json={"name": "refuse this"})
    assert answer.status_code == 500
    log = "".join(server.log)
    assert "refuse this" in log
