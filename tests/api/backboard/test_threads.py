"""Threads at the Backboard API."""

import httpx
import pytest

from tests.support.steps import messages_of, new_thread, say


@pytest.mark.parametrize("body", [b"", b"{}", b'{"title": "x"}', b"  "])
def test_a_thread_is_opened_with_any_body_or_none(client: httpx.Client, body: bytes) -> None:
    assistant = client.post("/assistants", json={"name": "A"}).json()
    response = client.post(f"/assistants/{assistant['assistant_id']}/threads", content=body)
    assert response.status_code == 200, response.text
    thread = response.json()
    assert thread == {
        "thread_id": thread["thread_id"],
        "assistant_id": assistant["assistant_id"],
        "created_at": thread["created_at"],
        "updated_at": thread["created_at"],
        "title": None,
        "first_user_message": None,
        "messages": [],
        "message_count": 0,
        "metadata_": None,
        "metadata": None,
    }


def test_a_thread_shows_its_messages_in_order(client: httpx.Client) -> None:
    thread_id = new_thread(client)
    for word in ("one", "two", "three"):
        say(client, thread_id, word, metadata={"sandbox": {"reply": word.upper()}})
    assert messages_of(client, thread_id) == [
        ("user", "COMPLETED", "one"),
        ("assistant", "COMPLETED", "ONE"),
        ("user", "COMPLETED", "two"),
        ("assistant", "COMPLETED", "TWO"),
        ("user", "COMPLETED", "three"),
        ("assistant", "COMPLETED", "THREE"),
    ]


def test_threads_are_listed_with_or_without_messages(client: httpx.Client) -> None:
    first, second = new_thread(client), new_thread(client)
    say(client, first, "Hello")
    listed = client.get("/threads").json()
    assert [(one["thread_id"], len(one["messages"])) for one in listed] == [(first, 2), (second, 0)]
    bare = client.get("/threads", params={"include_messages": "false"}).json()
    assert [one["messages"] for one in bare] == [[], []]
    assert [one["message_count"] for one in bare] == [2, 0]
    page = client.get("/threads", params={"skip": 1, "limit": 10}).json()
    assert [one["thread_id"] for one in page] == [second]


def test_an_assistants_threads_are_its_own(client: httpx.Client) -> None:
    mine, other = new_thread(client), new_thread(client)
    assistant_id = client.get(f"/threads/{mine}").json()["assistant_id"]
    listed = client.get(f"/assistants/{assistant_id}/threads").json()
    assert [one["thread_id"] for one in listed] == [mine]
    assert other != mine


def test_a_deleted_thread_is_gone(client: httpx.Client) -> None:
    thread_id = new_thread(client)
    say(client, thread_id, "Hello")
    gone = client.delete(f"/threads/{thread_id}")
    assert (gone.status_code, gone.json()["thread_id"]) == (200, thread_id)
    assert client.get(f"/threads/{thread_id}").status_code == 404
    assert client.delete(f"/threads/{thread_id}").json() == {"detail": "Thread not found"}


def test_a_slash_at_the_end_of_a_path_does_not_matter(client: httpx.Client) -> None:
    assert client.get("/threads/").json() == []
    assert client.post("/assistants/", json={"name": "A"}).status_code == 200


def test_a_list_without_messages_tells_how_each_thread_began(client: httpx.Client) -> None:
    silent = new_thread(client)
    talked = new_thread(client)
    long = "Once upon\na time " * 40
    say(client, talked, long)
    say(client, talked, "And then?")
    without = client.get("/threads", params={"include_messages": "false"}).json()
    beginnings = {
        one["thread_id"]: (one["title"], one["first_user_message"], one["message_count"])
        for one in without
    }
    title = " ".join(long.split())[:80]
    assert beginnings == {silent: (None, None, 0), talked: (title, long[:200], 4)}
    assert [one["messages"] for one in without] == [[], []]
    whole = client.get("/threads").json()
    for bare, full in zip(without, whole, strict=True):
        assert {**full, "messages": []} == bare
