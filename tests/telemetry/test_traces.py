"""The spans that a collector is sent."""

import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.conftest import StartServer
from tests.support.collector import Collector, Span, running_collector
from tests.support.deadlines import deadline, patience
from tests.support.documents import finished, upload
from tests.support.log_lines import awaited
from tests.support.postgres import new_database
from tests.support.program import pegboard
from tests.support.provider import running_provider
from tests.support.server import Server, start_server
from tests.support.steps import WEATHER, new_thread, say, script, submit

CANARY = "kanarienvogel"
_SERVER, _CLIENT, _CONSUMER = 2, 3, 5


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with running_collector() as running:
        yield running


@pytest.fixture(scope="module")
def traced(postgres_url: str, collector: Collector) -> Iterator[Server]:
    with running_provider() as provider:
        running = start_server(
            PEGBOARD_DATABASE_URL=new_database(postgres_url),
            PEGBOARD_SANDBOX="auto",
            PEGBOARD_MODEL_RETRIES="0",
            PEGBOARD_SEARXNG_URL="http://127.0.0.1:9",
            OPENAI_API_KEY="sk-x",
            OPENAI_BASE_URL=provider.url,
            OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
            OTEL_BSP_SCHEDULE_DELAY="50",
            OTEL_SERVICE_NAME="pegboard-tested",
        )
        yield running
        assert running.stop() == 0


@pytest.fixture
def client(traced: Server) -> Iterator[httpx.Client]:
    with traced.client() as opened:
        yield opened


def _span_of(collector: Collector, answer: httpx.Response) -> Span:
    request_id = answer.headers["x-request-id"]
    (span,) = collector.find(lambda one: one.attributes.get("pegboard.request_id") == request_id)
    return span


def test_a_message_is_a_tree_from_its_request_to_its_models_calls(
    collector: Collector, client: httpx.Client
) -> None:
    thread_id = new_thread(client)
    answer = client.post(
        f"/threads/{thread_id}/messages",
        json={"content": "Hi", "model_name": "searches", "web_search": "Auto"},
    )
    run_id = answer.json()["run_id"]
    request = _span_of(collector, answer)
    run = collector.child(request, "run")
    tool = collector.child(run, "execute_tool web_search")
    first, second = collector.find(
        lambda one: one.parent_id == run.span_id and one.name == "chat searches", count=2
    )
    tenant_id = request.attributes["pegboard.tenant_id"]
    assert (request.name, request.parent_id) == ("POST /api/threads/{thread_id}/messages", "")
    assert (request.kind, request.service) == (_SERVER, "pegboard-tested")
    assert request.attributes == {
        "http.request.method": "POST",
        "http.route": "/api/threads/{thread_id}/messages",
        "http.response.status_code": 200,
        "pegboard.request_id": answer.headers["x-request-id"],
        "pegboard.api": "backboard",
        "pegboard.tenant_id": tenant_id,
        "pegboard.run_id": run_id,
    }
    assert run.attributes == {
        "pegboard.run_id": run_id,
        "pegboard.thread_id": thread_id,
        "pegboard.tenant_id": tenant_id,
        "pegboard.status": "completed",
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.conversation.id": thread_id,
        "gen_ai.agent.id": client.get(f"/threads/{thread_id}").json()["assistant_id"],
    }
    assert tool.attributes == {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "web_search",
    }
    reasons = [one.attributes.pop("gen_ai.response.finish_reasons") for one in (first, second)]
    assert reasons == [["tool_calls"], ["stop"]]
    assert first.kind == _CLIENT
    assert first.attributes == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "searches",
        "gen_ai.usage.input_tokens": 7,
        "gen_ai.usage.output_tokens": 5,
        "gen_ai.usage.cache_read.input_tokens": 0,
    }


def test_a_trace_that_the_client_began_is_continued(
    collector: Collector, client: httpx.Client
) -> None:
    theirs = {"traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01"}
    answer = client.post("/assistants", json={"name": "x"}, headers=theirs)
    continued = _span_of(collector, answer)
    assert (continued.trace_id, continued.parent_id) == ("ab" * 16, "cd" * 8)
    broken = client.get("/assistants", headers={"traceparent": "00-what-ever-01"})
    assert _span_of(collector, broken).parent_id == ""
    unsampled = {"traceparent": f"00-{'ef' * 16}-{'cd' * 8}-00"}
    assert client.get("/assistants", headers=unsampled).status_code == 200
    _span_of(collector, client.get("/assistants"))
    assert not [one for one in collector.spans if one.trace_id == "ef" * 16]


def test_tool_outputs_continue_the_run_in_their_own_request(
    collector: Collector, client: httpx.Client
) -> None:
    thread_id = new_thread(client, tools=[WEATHER])
    paused = say(client, thread_id, "Hi", model_name="calls")
    answered = submit(client, paused, "snow")
    run = collector.child(_span_of(collector, answered), "run")
    assert run.attributes["pegboard.run_id"] == paused["run_id"]


def test_indexing_belongs_to_the_request_that_uploaded(
    collector: Collector, client: httpx.Client
) -> None:
    answer = client.post(
        f"/threads/{new_thread(client)}/documents", files={"file": ("a.txt", b"Some words.")}
    )
    assert finished(client, answer.json())["status"] == "indexed"
    job = collector.child(_span_of(collector, answer), "job index_document")
    assert job.kind == _CONSUMER
    assert job.attributes["pegboard.document_id"] == answer.json()["document_id"]
    assert not job.failed


def test_failures_are_told_by_kind(collector: Collector, client: httpx.Client) -> None:
    answer = client.post(
        f"/threads/{new_thread(client)}/messages",
        json={"content": "Hi", "model_name": "is-broken"},
    )
    request = _span_of(collector, answer)
    run = collector.child(request, "run")
    call = collector.child(run, "chat is-broken")
    failed = [(one.failed, one.attributes["error.type"]) for one in (request, run, call)]
    assert failed == [(True, "502"), (True, "run_failed"), (True, "provider_unavailable")]


@pytest.mark.requirement("operating.secrets-not-logged")
def test_nothing_that_users_and_models_say_is_in_a_span(
    collector: Collector, client: httpx.Client
) -> None:
    thread_id = new_thread(client, system_prompt=CANARY, tools=[WEATHER], name=CANARY)
    url = f"/threads/{thread_id}/messages"
    for model in ("says-hello", "quotes-and-rejects", "quotes-and-breaks"):
        client.post(url, json={"content": CANARY, "model_name": model, "memory": "Auto"})
    body = {"content": CANARY, "model_name": "calls-with-what-it-was-told"}
    paused = client.post(url, json=body).json()
    submit(client, paused, CANARY)
    finished(client, upload(client, f"/threads/{thread_id}", f"{CANARY}.txt", CANARY.encode()))
    client.get(f"/{CANARY}", params={CANARY: CANARY}, headers={"User-Agent": CANARY})
    client.post(url, content=CANARY, headers={"Content-Type": "application/json"})
    _span_of(collector, client.get("/assistants"))
    assert CANARY.encode() not in b"".join(collector.received).lower()


def test_probes_are_not_traced(collector: Collector, traced: Server, client: httpx.Client) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        httpx.get(traced.url + path, timeout=patience(60))
    _span_of(collector, client.get("/assistants"))
    assert {one.attributes.get("http.route") for one in collector.spans}.isdisjoint(
        {"/healthz", "/readyz", "/metrics"}
    )


def test_the_last_spans_are_sent_before_the_server_ends(
    start: StartServer, collector: Collector
) -> None:
    server = start(PEGBOARD_TRACES="otlp", OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
    with server.client() as client:
        answer = client.get("/assistants")
    assert server.stop() == 0
    assert _span_of(collector, answer).service == "pegboard"


def test_a_collector_that_is_away_holds_up_nothing(start: StartServer) -> None:
    server = start(
        OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9",
        OTEL_BSP_SCHEDULE_DELAY="20",
        PEGBOARD_LOG_FORMAT="json",
    )
    with server.client() as client:
        thread_id = new_thread(client)
        assert say(client, thread_id, "Hi", metadata=script(reply="Hello"))["content"] == "Hello"
    awaited(server, lambda one: one.get("logger", "").startswith("opentelemetry."))
    end = deadline(15)
    assert server.stop() == 0
    assert time.monotonic() < end


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"PEGBOARD_TRACES": "off", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"},
        {"OTEL_SDK_DISABLED": "true", "PEGBOARD_TRACES": "otlp"},
    ],
)
def test_what_is_off_is_not_even_imported(settings: dict[str, str], postgres_url: str) -> None:
    program = (
        "import asyncio, sys\n"
        "from pegboard.settings import Auth, Settings\n"
        "from pegboard.composition.resources import open_resources\n"
        "async def main():\n"
        "    async with open_resources(Settings(), auth=Auth.OPEN):\n"
        "        print(any(name.startswith('opentelemetry.sdk') for name in sys.modules))\n"
        "asyncio.run(main())\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env={"PATH": "", "PEGBOARD_DATABASE_URL": new_database(postgres_url), **settings},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == "False\n"


def test_a_protocol_that_is_not_spoken_is_refused_at_the_start() -> None:
    settings = {"PEGBOARD_TRACES": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}
    failed = pegboard("serve", "--port", "0", **settings)
    assert failed.returncode == 1
    assert "http/protobuf" in failed.stderr
    assert "Traceback" not in failed.stderr
