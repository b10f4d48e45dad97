"""Upload files and wait for them."""

import time
from typing import Any

import httpx

from tests.support.deadlines import deadline

Document = dict[str, Any]


def upload(client: httpx.Client, path: str, name: str, data: bytes) -> Document:
    """Upload a file to `/assistants/{id}` or `/threads/{id}`."""
    response = client.post(f"{path}/documents", files={"file": (name, data)})
    assert response.status_code == 200, response.text
    document: Document = response.json()
    return document


def finished(client: httpx.Client, document: Document, *, seconds: float = 60) -> Document:
    """The document's status once it is indexed or has failed."""
    end = deadline(seconds)
    while True:
        status: Document = client.get(f"/documents/{document['document_id']}/status").json()
        if status["status"] not in {"pending", "processing"}:
            return status
        assert time.monotonic() < end, status
        time.sleep(0.02)


def indexed(client: httpx.Client, path: str, name: str, data: bytes) -> Document:
    """Upload a file and wait until it can be searched."""
    status = finished(client, upload(client, path, name, data))
    assert status["status"] == "indexed", status
    return status
