"""Write what OpenAI keeps of your assistants into a folder, for `pegboard import openai`.

    OPENAI_API_KEY=… python export_openai.py FOLDER --threads thread_ids.txt

Needs nothing but the `openai` package (1.21 or newer). OpenAI has no list of threads: their ids are
where your application keeps them; write them into a file, one a line. OPENAI_BASE_URL names another
server to export from. What is written already is written anew.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TextIO

import openai


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where to write; made if it is not there")
    parser.add_argument("--threads", type=Path, help="a file of thread ids, one a line")
    asked = parser.parse_args()
    client = openai.OpenAI(max_retries=5, default_headers={"OpenAI-Beta": "assistants=v2"})
    (asked.folder / "files").mkdir(parents=True, exist_ok=True)
    missing = export_files(client, asked.folder)
    export_stores(client, asked.folder)
    write(asked.folder / "assistants.jsonl", client.beta.assistants.list(order="asc", limit=100))
    thread_ids = asked.threads.read_text().split() if asked.threads else []
    missing += export_threads(client, asked.folder, thread_ids)
    for line in missing:
        print(line, file=sys.stderr)
    return 1 if missing else 0


def export_files(client: openai.OpenAI, folder: Path) -> list[str]:
    """Names and bytes. OpenAI does not give back what was uploaded for assistants."""
    missing = []
    with opened(folder / "files.jsonl") as lines:
        for file in client.files.list():
            put(lines, file)
            place = folder / "files" / file.id
            try:
                client.files.content(file.id).write_to_file(place)
            except openai.APIStatusError as error:
                place.unlink(missing_ok=True)
                missing.append(f"{file.id} ({file.filename}): no bytes: {error.message}")
    return missing


def export_stores(client: openai.OpenAI, folder: Path) -> None:
    """Each with its files, as `files`."""
    place: Any = client if hasattr(client, "vector_stores") else client.beta  # before 1.66
    stores = place.vector_stores
    with opened(folder / "vector_stores.jsonl") as lines:
        for store in stores.list(order="asc", limit=100):
            files = stores.files.list(store.id, order="asc", limit=100)
            put(lines, store, files=[as_json(file) for file in files])


def export_threads(client: openai.OpenAI, folder: Path, thread_ids: Iterable[str]) -> list[str]:
    missing = []
    with opened(folder / "threads.jsonl") as threads, opened(folder / "messages.jsonl") as said:
        for thread_id in thread_ids:
            try:
                put(threads, client.beta.threads.retrieve(thread_id))
                for message in client.beta.threads.messages.list(thread_id, order="asc", limit=100):
                    put(said, message)
            except openai.APIStatusError as error:
                missing.append(f"{thread_id}: {error.message}")
    return missing


def write(path: Path, objects: Iterable[Any]) -> None:
    with opened(path) as lines:
        for one in objects:
            put(lines, one)


def opened(path: Path) -> TextIO:
    return open(path, "w", encoding="utf-8")


def put(lines: TextIO, one: Any, **more: Any) -> None:
    lines.write(json.dumps({**as_json(one), **more}) + "\n")


def as_json(one: Any) -> Any:
    """The object as it was on the wire."""
    return json.loads(one.to_json(indent=None, exclude_unset=True))


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
