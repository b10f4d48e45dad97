"""Threads that outgrow the model's window."""

import httpx
import pytest

from tests.support.steps import new_thread, say

WORDS = "pebble " * 1500


@pytest.mark.requirement("models.window")
def test_the_oldest_turns_go_and_the_answer_says_so(client: httpx.Client) -> None:
    thread_id = new_thread(client, system_prompt="Be brief.")
    say(client, thread_id, "My name is Sarah.", send_to_llm="false")
    for _ in range(6):
        say(client, thread_id, WORDS, send_to_llm="false")
    small = say(client, thread_id, "What is my name?", model_name="gpt-4")  # reads 8,192 tokens
    assert "Sarah" not in small["content"]
    usage = small["context_usage"]
    assert usage["trimmed_messages"] > 0
    assert usage["context_limit"] == 8192
    assert 0 < usage["used_tokens"] <= 8192 - 2048
    assert usage["percent"] == round(100 * usage["used_tokens"] / 8192, 2)
    assert (usage["summary_tokens"], usage["model"]) == (0, "gpt-4")
    large = say(client, thread_id, "What is my name?", model_name="gpt-4o")
    assert "Sarah" in large["content"]
    assert large["context_usage"]["trimmed_messages"] == 0


def test_a_message_that_fits_no_window_fails_and_the_thread_lives_on(client: httpx.Client) -> None:
    thread_id = new_thread(client)
    url = f"/threads/{thread_id}/messages"
    response = client.post(url, json={"content": WORDS * 6, "model_name": "gpt-4"})
    assert response.status_code == 400
    assert "context_length" in response.json()["detail"]
    shown = client.get(f"/threads/{thread_id}").json()["messages"]
    assert [(m["role"], m["status"]) for m in shown] == [
        ("user", "COMPLETED"),
        ("assistant", "FAILED"),
    ]
    client.delete(f"/threads/{thread_id}")
    assert say(client, new_thread(client), "Hello", model_name="gpt-4")["status"] == "COMPLETED"
