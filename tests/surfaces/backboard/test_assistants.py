"""Assistants at the Backboard door."""

import httpx


def test_a_new_assistant_comes_back_whole(client: httpx.Client) -> None:
    made = client.post("/assistants", json={"name": "Ada"}).json()
    assert client.get(f"/assistants/{made['assistant_id']}").json() == made
