"""Folders as `docs/export_openai.py` writes them, with objects as OpenAI told them."""

import json
import os
import secrets
import string
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from openai import OpenAI

from tests.support.deadlines import patience
from tests.support.program import pegboard
from tests.support.server import Server

_BODY = string.ascii_letters + string.digits
SCRIPT = Path(__file__).parents[2] / "docs" / "export_openai.py"


def original(prefix: str) -> str:
    """An id as OpenAI makes them."""
    return prefix + "".join(secrets.choice(_BODY) for _ in range(24))


def assistant(**fields: Any) -> dict[str, Any]:
    return {
        "id": original("asst_"),
        "created_at": 1_700_000_000,
        "description": None,
        "instructions": "Be kind",
        "metadata": {},
        "model": "gpt-4o",
        "name": "Ada",
        "object": "assistant",
        "tools": [],
        "response_format": "auto",
        "temperature": 1.0,
        "tool_resources": {"code_interpreter": None, "file_search": None},
        "top_p": 1.0,
        **fields,
    }


def thread(**fields: Any) -> dict[str, Any]:
    return {
        "id": original("thread_"),
        "created_at": 1_700_000_100,
        "metadata": {},
        "object": "thread",
        "tool_resources": {"code_interpreter": None, "file_search": None},
        **fields,
    }


def text(value: str, annotations: list[Any] | None = None) -> dict[str, Any]:
    return {"type": "text", "text": {"value": value, "annotations": annotations or []}}


def message(thread_id: str, value: str = "Hello", **fields: Any) -> dict[str, Any]:
    return {
        "id": original("msg_"),
        "assistant_id": None,
        "attachments": [],
        "completed_at": None,
        "content": [text(value)],
        "created_at": 1_700_000_200,
        "incomplete_at": None,
        "incomplete_details": None,
        "metadata": {},
        "object": "thread.message",
        "role": "user",
        "run_id": None,
        "status": "completed",
        "thread_id": thread_id,
        **fields,
    }


def file(filename: str, content: bytes, **fields: Any) -> dict[str, Any]:
    return {
        "id": original("file-"),
        "bytes": len(content),
        "created_at": 1_700_000_000,
        "filename": filename,
        "object": "file",
        "purpose": "assistants",
        "status": "processed",
        "expires_at": None,
        "status_details": None,
        **fields,
    }


def vector_store(**fields: Any) -> dict[str, Any]:
    return {
        "id": original("vs_"),
        "created_at": 1_700_000_050,
        "file_counts": {
            "cancelled": 0,
            "completed": 1,
            "failed": 0,
            "in_progress": 0,
            "total": 1,
        },
        "last_active_at": 1_700_000_050,
        "metadata": {},
        "name": "Facts",
        "object": "vector_store",
        "status": "completed",
        "usage_bytes": 10,
        "expires_after": None,
        "expires_at": None,
        **fields,
    }


def write_dump(
    folder: Path, *, contents: Mapping[str, bytes] | None = None, **lists: list[Any]
) -> Path:
    """Lists by their names without `.jsonl`; a line that is a text stands as it is."""
    (folder / "files").mkdir(parents=True, exist_ok=True)
    for name, objects in lists.items():
        lines = (one if isinstance(one, str) else json.dumps(one) for one in objects)
        (folder / f"{name}.jsonl").write_text("".join(f"{line}\n" for line in lines))
    for file_id, content in (contents or {}).items():
        (folder / "files" / file_id).write_bytes(content)
    return folder


def export(client: OpenAI, folder: Path, thread_ids: list[str]) -> None:
    """What our own script for exporting gets of a tenant."""
    listed = folder.with_suffix(".txt")
    listed.write_text("\n".join(thread_ids))
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(SCRIPT), str(folder), "--threads", str(listed)],
        env={
            **os.environ,
            "OPENAI_BASE_URL": str(client.base_url),
            "OPENAI_API_KEY": client.api_key,
        },
        capture_output=True,
        text=True,
        timeout=patience(60),
        check=False,
    )
    assert done.returncode == 0, done.stderr


def run_import(
    folder: Path, *arguments: str, key: str = "", given: str | None = None, **settings: str
) -> "subprocess.CompletedProcess[str]":
    """`pegboard import openai`, with the key in the environment or `given` on standard input."""
    settings = {"PEGBOARD_IMPORT_KEY": key, **settings}
    return pegboard("import", "openai", str(folder), *arguments, given=given or "", **settings)


def place_of(server: Server, database_url: str) -> dict[str, str]:
    """Settings under which a command works on what a server serves."""
    return {"PEGBOARD_DATABASE_URL": database_url, "PEGBOARD_DATA_DIR": server.folder.name}
