"""What a hostile or a clumsy user has tried before; each of these broke something once."""

import concurrent.futures
from typing import Any

import httpx
import pytest

from tests.support.server import Server
from tests.support.steps import messages_of, new_thread, say, script, submit
from tests.support.stream import events_of


def tool(**parameters: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": "get_code", "parameters": parameters}}


def coded(pattern: str) -> dict[str, Any]:
    code = {"type": "string", "pattern": pattern}
    return tool(type="object", properties={"code": code}, required=["code"])


@pytest.mark.parametrize("pattern", ["^" + "a?" * 40 + "a" * 40 + "$", "a{0,80}" * 6])
def test_a_pattern_that_would_run_for_ever_is_not_run(client: httpx.Client, pattern: str) -> None:
    thread_id = new_thread(client, tools=[coded(pattern)])
    assert say(client, thread_id, f"get code {'a' * 40}b")["status"] == "REQUIRES_ACTION"


def test_a_pattern_that_stands_for_gigabytes_stays_small(client: httpx.Client) -> None:
    thread_id = new_thread(client, tools=[coded("((a{1000}){1000}){1000}")])
    answer = say(client, thread_id, "get code please")
    assert len(answer["tool_calls"][0]["function"]["arguments"]) < 10_000


@pytest.mark.parametrize(
    "arguments", ['{"a": "\\ud800"}', '{"a": 1e400}', '{"a": ' + "[" * 300 + "]" * 300 + "}"]
)
def test_arguments_that_cannot_be_told_are_not_told(client: httpx.Client, arguments: str) -> None:
    thread_id = new_thread(client, tools=[tool(type="object", properties={})])
    scene = script(tool_calls=[{"name": "get_code", "arguments": arguments}])
    client.post(f"/threads/{thread_id}/messages", json={"content": "x", "metadata": scene})
    assert client.get(f"/threads/{thread_id}").status_code == 200
    assert client.get("/threads").status_code == 200


def test_two_calls_of_one_id_can_both_be_answered(client: httpx.Client) -> None:
    thread_id = new_thread(client, tools=[tool(type="object", properties={})])
    calls = [{"name": "get_code", "arguments": {}, "id": "same"}] * 2
    paused = say(client, thread_id, "x", metadata=script(tool_calls=calls))
    assert submit(client, paused, "one", "two").json()["status"] == "COMPLETED"


@pytest.mark.parametrize(
    "parameters",
    [{"properties": ["a"]}, {"properties": "x"}, {"required": 5}, {"required": [{"a": 1}]}],
)
def test_a_schema_that_no_client_could_read_back_is_refused(
    client: httpx.Client, parameters: dict[str, Any]
) -> None:
    sent = {"name": "A", "tools": [tool(**parameters)]}
    assert client.post("/assistants", json=sent).status_code == 422


def test_odd_bounds_in_a_schema_are_no_obstacle(client: httpx.Client) -> None:
    odd = {"allOf": [{"minimum": "1", "type": "integer"}, {"minimum": 2, "maximum": []}]}
    thread_id = new_thread(
        client, tools=[tool(type="object", properties={"n": odd}, required=["n"])]
    )
    assert say(client, thread_id, "get code 7")["status"] == "REQUIRES_ACTION"


def test_numbers_and_texts_that_cannot_be_stored_are_refused(client: httpx.Client) -> None:
    url = f"/threads/{new_thread(client)}/messages"
    json_headers = {"Content-Type": "application/json"}
    infinite = b'{"content": "hi", "metadata": {"x": 1e400}}'
    assert client.post(url, content=infinite, headers=json_headers).status_code == 422
    assert client.get("/assistants", params={"name": "a\x00"}).status_code == 422
    scripted = '{"reply": "\\ud800"}'
    body = {"content": "hi", "metadata": {"sandbox": scripted}}
    assert client.post(url, json=body).status_code == 400
    costly = script(usage={"cost_usd": "1e30"})
    assert client.post(url, json={"content": "hi", "metadata": costly}).status_code == 400


def test_a_version_of_five_thousand_digits_is_just_another_client(client: httpx.Client) -> None:
    client.headers["User-Agent"] = f"backboard-python-sdk/{'1' * 5000}.0.0"
    assert client.get("/assistants").status_code == 200


def test_messages_sent_at_once_are_stored_in_the_order_of_their_answers(
    client: httpx.Client,
) -> None:
    def talk(thread_id: str) -> list[tuple[str, str]]:
        url = f"/threads/{thread_id}/messages"
        sent = [pool.submit(client.post, url, json={"content": f"m{n}"}) for n in range(4)]
        assert [answer.result().status_code for answer in sent] == [200] * 4
        return [(role, content or "") for role, _, content in messages_of(client, thread_id)]

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for _ in range(10):
            messages = talk(new_thread(client))
            for question, answer in zip(messages[::2], messages[1::2], strict=True):
                assert (question[0], answer[0]) == ("user", "assistant")
                assert question[1] in answer[1]


def test_deleting_while_messages_come_is_a_404_and_never_a_fault(client: httpx.Client) -> None:
    def race(kind: str) -> list[int]:
        thread_id = new_thread(client)
        assistant_id = client.get(f"/threads/{thread_id}").json()["assistant_id"]
        target = f"/threads/{thread_id}" if kind == "thread" else f"/assistants/{assistant_id}"
        sent = pool.submit(client.post, f"/threads/{thread_id}/messages", json={"content": "x"})
        gone = pool.submit(client.delete, target)
        return [sent.result().status_code, gone.result().status_code]

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for kind in ("thread", "assistant") * 30:
            sent, gone = race(kind)
            assert sent in {200, 404}
            assert gone == 200


def test_a_long_answer_does_not_grow_with_its_square(client: httpx.Client) -> None:
    reply = "word " * 20_000
    text = client.post(
        f"/threads/{new_thread(client)}/messages",
        json={"content": "x", "stream": True, "metadata": script(reply=reply)},
    ).text
    assert len(text) < 200_000_000
    assert events_of(text)[-1]["content"] == reply


@pytest.mark.requirement("operating.secrets-not-logged")
def test_what_users_write_is_not_in_the_log(server: Server, client: httpx.Client) -> None:
    url = f"/threads/{new_thread(client)}/messages"
    secret = "TOPSECRET-CONTENT"
    client.post(url, json={"content": secret})
    client.post(url, json={"content": secret, "metadata": script(error={"status": 500})})
    client.post(
        url, json={"content": secret, "metadata": {"sandbox": f'{{"x": "{secret}\\ud800"}}'}}
    )
    log = "".join(server.log)
    assert "/messages" in log
    assert secret not in log
    assert client.headers["X-API-Key"] not in log
