"""The floor: the least that a server can do which keeps a conversation and asks a provider.

FastAPI, asyncpg and httpx, nothing else. A turn is two durable transactions, each of one statement
(Postgres commits it by itself, which saves the round trips of BEGIN and COMMIT): the user's
message, and the answer. In between the thread is read and the provider asked. No accounts, no
runs, no checks, no recovery, no log.
"""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import httpx
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from bench.listening import serve

_TABLE = """
CREATE TABLE messages (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    thread_id uuid NOT NULL,
    role text NOT NULL,
    content text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ix_messages_thread_id_id ON messages (thread_id, id);
"""
_INSERT = "INSERT INTO messages (thread_id, role, content) VALUES ($1, $2, $3) RETURNING id"
_HISTORY = "SELECT role, content FROM messages WHERE thread_id = $1 ORDER BY id"


class MessageIn(BaseModel):
    content: str
    stream: bool = False


class MessageOut(BaseModel):
    message_id: int
    thread_id: UUID
    role: str
    content: str


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with (
        asyncpg.create_pool(os.environ["FLOOR_DATABASE_URL"], min_size=10, max_size=10) as pool,
        httpx.AsyncClient(base_url=os.environ["FLOOR_UPSTREAM"], timeout=60) as client,
    ):
        await pool.execute(_TABLE)
        app.state.pool = pool
        app.state.client = client
        yield


app = FastAPI(lifespan=_lifespan)


@app.get("/healthz")
async def healthz() -> str:
    return "ok"


@app.post("/threads/{thread_id}/messages", response_model=MessageOut)
async def add_message(
    thread_id: UUID, message: MessageIn, request: Request
) -> MessageOut | StreamingResponse:
    pool, client = request.app.state.pool, request.app.state.client
    async with pool.acquire() as connection:
        await connection.execute(_INSERT, thread_id, "user", message.content)
        rows = await connection.fetch(_HISTORY, thread_id)
    prompt = {"model": "gpt-4o", "messages": [dict(row) for row in rows], "stream": message.stream}
    if message.stream:
        frames = _stream(pool, client, thread_id, prompt)
        return StreamingResponse(frames, media_type="text/event-stream")
    answer = await client.post("/chat/completions", json=prompt)
    content = answer.json()["choices"][0]["message"]["content"]
    message_id = await pool.fetchval(_INSERT, thread_id, "assistant", content)
    return MessageOut(message_id=message_id, thread_id=thread_id, role="assistant", content=content)


async def _stream(
    pool: Any, client: httpx.AsyncClient, thread_id: UUID, prompt: dict[str, Any]
) -> AsyncIterator[str]:
    """Each piece as it comes; the answer is stored before the end is told."""
    pieces: list[str] = []
    async with client.stream("POST", "/chat/completions", json=prompt) as answer:
        async for line in answer.aiter_lines():
            if not line.startswith("data: {"):
                continue
            for choice in json.loads(line[6:])["choices"]:
                if piece := choice["delta"].get("content"):
                    pieces.append(piece)
                    yield f'data: {{"type":"content","content":{json.dumps(piece)}}}\n\n'
    message_id = await pool.fetchval(_INSERT, thread_id, "assistant", "".join(pieces))
    yield f'data: {{"type":"end","message_id":{message_id}}}\n\n'


if __name__ == "__main__":
    serve(app)
