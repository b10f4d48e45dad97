"""Every schema there ever was, with data in it as they were written then, is brought up and served.

The rows are planted by SQL: the program that wrote them is gone.
"""

import asyncio
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from alembic import command
from sqlalchemy import Connection, text

from pegboard.db import migration
from pegboard.db.engine import open_engine
from pegboard.db.migration import known_revisions, upgrade_within
from tests.conftest import StartServer
from tests.support.deadlines import patience
from tests.support.postgres import empty_database, query
from tests.support.program import pegboard
from tests.support.steps import WEATHER, messages_of, say, submit

FIRST, DOCUMENTS, MEMORIES = "ae4e4e3fcee2", "423cb7de9a7b", "dc073712d301"
ASSISTANTS_API = "b1d7c03e5a42"

KEY = "a key of old"
TENANT, ASSISTANT, THREAD, WAITING, RUN, PAUSED, DOCUMENT, MEMORY = (
    UUID(int=number, version=4) for number in range(1, 9)
)
THEN = "timestamptz '2026-01-02 03:04:05Z'"
EMBEDDER = "local/all-MiniLM-L6-v2/384"
CALL = {"id": "call_1", "name": "get_weather", "arguments": '{"location": "Oslo"}'}
CALLED = json.dumps([CALL]).replace(":", "\\:")
OPTIONS = json.dumps(
    {"model": {"provider": "openai", "name": "gpt-4o"}, "tools": [WEATHER]}
).replace(":", "\\:")

_RUN = """
    INSERT INTO runs (id, tenant_id, created_at, thread_id, assistant_id, status, options,
                      model_provider, model_name, rounds, input_tokens, output_tokens,
                      cached_input_tokens, cache_write_input_tokens, started_at, ended_at)
    VALUES ('{id}', '{tenant}', {then}, '{thread}', '{assistant}', '{status}', '{options}',
            'openai', 'gpt-4o', 1, 11, 7, 0, 0, {then}, {ended})
"""
_MESSAGE = """
    INSERT INTO messages (id, tenant_id, created_at, thread_id, run_id, role, status, content,
                          tool_calls, model_provider, model_name, tokens)
    VALUES (gen_random_uuid(), '{tenant}', {then}, '{thread}', {run}, '{role}', '{status}',
            {content}, {calls}, 'openai', 'gpt-4o', 5)
"""


def message(thread: UUID, role: str, content: str | None, **more: str) -> str:
    return _MESSAGE.format(
        tenant=TENANT,
        then=THEN,
        thread=thread,
        role=role,
        content="NULL" if content is None else f"'{content}'",
        **{"run": "NULL", "status": "completed", "calls": "NULL", **more},
    )


def run(run_id: UUID, thread: UUID, status: str, ended: str) -> str:
    return _RUN.format(
        id=run_id,
        tenant=TENANT,
        then=THEN,
        thread=thread,
        assistant=ASSISTANT,
        status=status,
        options=OPTIONS,
        ended=ended,
    )


PLANTED: dict[str, list[str]] = {
    FIRST: [
        f"INSERT INTO tenants (id, created_at) VALUES ('{TENANT}', {THEN})",
        f"""
        INSERT INTO api_keys (id, tenant_id, name, prefix, key_hash, minted, created_at)
        VALUES (gen_random_uuid(), '{TENANT}', 'old', '',
                '{hashlib.sha256(KEY.encode()).hexdigest()}', true, {THEN})
        """,
        f"""
        INSERT INTO assistants (id, tenant_id, created_at, updated_at, name, system_prompt, tok_k,
                                tools, embedding_provider, embedding_model_name, embedding_dims)
        VALUES ('{ASSISTANT}', '{TENANT}', {THEN}, {THEN}, 'Ada', 'Be brief', 10,
                '{json.dumps([WEATHER]).replace(":", chr(92) + ":")}',
                'openai', 'text-embedding-3-large', 3072)
        """,
        *(
            f"""
            INSERT INTO threads (id, tenant_id, assistant_id, created_at, updated_at, metadata)
            VALUES ('{thread}', '{TENANT}', '{ASSISTANT}', {THEN}, {THEN}, '{{"b"\\: 1, "a"\\: 2}}')
            """
            for thread in (THREAD, WAITING)
        ),
        message(THREAD, "user", "My name is Sarah."),
        run(RUN, THREAD, "completed", THEN),
        message(THREAD, "assistant", "Hello Sarah.", run=f"'{RUN}'"),
        message(WAITING, "user", "What is the weather in Oslo?"),
        run(PAUSED, WAITING, "requires_action", "NULL"),
        message(
            WAITING,
            "assistant",
            None,
            run=f"'{PAUSED}'",
            status="requires_action",
            calls=f"'{CALLED}'",
        ),
    ],
    DOCUMENTS: [
        f"""
        INSERT INTO documents (id, tenant_id, created_at, updated_at, assistant_id, filename,
                               status, byte_size, sha256, attempts, chunk_count, tokens,
                               embedded_by)
        VALUES ('{DOCUMENT}', '{TENANT}', {THEN}, {THEN}, '{ASSISTANT}', 'ports.txt', 'indexed',
                35, repeat('0', 64), 1, 1, 9, '{EMBEDDER}')
        """,
        f"""
        INSERT INTO chunks (tenant_id, document_id, assistant_id, position, text, tokens,
                            embedded_by, embedding)
        VALUES ('{TENANT}', '{DOCUMENT}', '{ASSISTANT}', 0,
                'The harbour of Oslo opens at seven.', 9, '{EMBEDDER}',
                array_fill(0.05::real, ARRAY[384])::halfvec)
        """,
    ],
    MEMORIES: [
        f"""
        INSERT INTO memories (id, tenant_id, created_at, updated_at, assistant_id, content)
        VALUES ('{MEMORY}', '{TENANT}', {THEN}, {THEN}, '{ASSISTANT}', 'User likes tea')
        """
    ],
    ASSISTANTS_API: [
        f"""UPDATE assistants SET description = 'Old', metadata = '{{"team"\\: "blue"}}'
            WHERE id = '{ASSISTANT}'"""
    ],
}


def on(url: str, work: Callable[[Any], Any]) -> None:
    async def run_work() -> None:
        engine = open_engine(url, pool_size=1)
        async with engine.begin() as connection:
            await work(connection)
        await engine.dispose()

    asyncio.run(run_work())


def plant(url: str, revision: str) -> None:
    """Walk up to a revision, and leave at each step what its program would have written."""

    async def walk(connection: Any) -> None:
        for step in known_revisions():
            await upgrade_within(connection, step)
            for statement in PLANTED.get(step, []):
                await connection.execute(text(statement))
            if step == revision:
                return

    on(url, walk)


def check_served(url: str, start: StartServer, revision: str, data_dir: Path) -> None:
    reached = known_revisions().index(revision)

    def has(step: str) -> bool:
        return known_revisions().index(step) <= reached

    server = start(PEGBOARD_DATABASE_URL=url, PEGBOARD_AUTH="keys", PEGBOARD_DATA_DIR=str(data_dir))
    assert httpx.get(f"{server.url}/readyz", timeout=patience(60)).json() == {"ready": True}
    with server.client(KEY) as client:
        (assistant,) = client.get("/assistants").json()
        assert (assistant["name"], assistant["tools"]) == ("Ada", [WEATHER])
        assert list(client.get(f"/threads/{THREAD}").json()["metadata_"]) == ["b", "a"]
        assert messages_of(client, str(THREAD)) == [
            ("user", "COMPLETED", "My name is Sarah."),
            ("assistant", "COMPLETED", "Hello Sarah."),
        ]
        # Paused by the program of old, and answered by this one.
        paused = {
            "thread_id": str(WAITING),
            "run_id": str(PAUSED),
            "tool_calls": [{"id": CALL["id"]}],
        }
        answered = submit(client, paused, "snow").json()
        assert "status" in answered, answered
        assert (answered["status"], "snow" in answered["content"]) == ("COMPLETED", True)
        assert "Sarah" in say(client, str(THREAD), "What is my name?")["content"]
        documents = client.get(f"/assistants/{ASSISTANT}/documents").json()
        assert [one["filename"] for one in documents] == ["ports.txt"] * has(DOCUMENTS)
        memories = client.get(f"/assistants/{ASSISTANT}/memories").json()["memories"]
        assert [one["content"] for one in memories] == ["User likes tea"] * has(MEMORIES)
    # Taken over from a run that was there before usage was kept.
    recorded = query(url, "SELECT subject_id, input_tokens FROM usage_records ORDER BY created_at")
    assert (RUN, 11) in recorded
    at_v1 = httpx.get(
        f"{server.url}/v1/assistants",
        headers={"Authorization": f"Bearer {KEY}", "OpenAI-Beta": "assistants=v2"},
        timeout=patience(60),
    )
    (assistant,) = at_v1.json()["data"]
    assert assistant["description"] == ("Old" if has(ASSISTANTS_API) else None)


@pytest.mark.parametrize("revision", known_revisions())
@pytest.mark.requirement("operating.migrations")
def test_data_of_every_schema_are_brought_up_and_served(
    revision: str, start: StartServer, postgres_url: str, tmp_path: Path
) -> None:
    url = empty_database(postgres_url)
    plant(url, revision)
    check_served(url, start, revision, tmp_path)


@pytest.mark.parametrize("revision", [FIRST, MEMORIES])
def test_a_backup_of_an_older_schema_is_brought_up_by_its_restore(
    revision: str, start: StartServer, postgres_url: str, tmp_path: Path
) -> None:
    url, other = empty_database(postgres_url), empty_database(postgres_url)
    plant(url, revision)
    taken = pegboard("backup", str(tmp_path / "taken"), PEGBOARD_DATABASE_URL=url)
    assert taken.returncode == 0, taken.stderr
    assert query(url, "SELECT version_num FROM alembic_version") == [(revision,)]
    restored = pegboard(
        "restore",
        str(tmp_path / "taken"),
        PEGBOARD_DATABASE_URL=other,
        PEGBOARD_DATA_DIR=str(tmp_path / "data"),
    )
    assert restored.returncode == 0, restored.stderr
    check_served(other, start, revision, tmp_path / "data")


@pytest.mark.filterwarnings("ignore:Did not recognize type 'halfvec'")
def test_the_migrations_make_just_the_tables_that_the_program_uses(postgres_url: str) -> None:
    def compare(connection: Connection) -> None:
        config = migration._config()
        config.attributes["connection"] = connection
        command.check(config)  # raises where a migration is missing

    async def migrate_and_compare(connection: Any) -> None:
        await upgrade_within(connection, "head")
        await connection.run_sync(compare)

    on(empty_database(postgres_url), migrate_and_compare)
