"""Every example of the README and of docs/, as it is printed, against a server.

Of an example only the address is replaced, and the names that it leaves to its reader. One that is
not run says here why, so that none is forgotten. Each must end by itself: `run` does not wait as
long as the server keeps idle connections.
"""

import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from pegboard.identifiers import new_id
from tests.support.deadlines import patience
from tests.support.published_clients import BACKBOARD, NODE, run
from tests.support.server import Server
from tests.support.steps import WEATHER, new_thread, say

ROOT: Final = Path(__file__).parents[1]
KEY: Final = "any-key-you-like"
"""The examples' own: they run on a server that no other test has a key of this name at."""

_BLOCK: Final = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ADDRESS: Final = re.compile(r"http://(127\.0\.0\.1|localhost):8000")

NOT_RUN: Final[Mapping[str, str]] = {
    "make serve": "installs and serves until it is stopped; CI's own first step",
    "make test": "is this",
    "cp .env.example .env": "needs Docker",
    "git pull && docker compose": "needs Docker",
    "make faults": "kills servers for hours; tests/faults tries a part",
    "pegboard keys create --name laptop": "takes ids of the reader's own; see test_keys.py",
    "pip install openai": "needs OpenAI; the import is tried by tests/operations/importing",
    "PEGBOARD_IMPORT_KEY=the-key": "needs a dump; tried by tests/operations/importing",
    "OTEL_EXPORTER_OTLP_ENDPOINT=": "serves until it is stopped; see tests/telemetry",
    "pegboard backup": "see test_backup.py",
    "pegboard keys list": "takes ids of the reader's own; see test_keys.py",
}
"""Why an example is not run here, by how it begins. What is no program is of another language."""

_PREPARED: Final[Mapping[str, str]] = {
    "response = await client.add_message(": """
        import asyncio
        from backboard import BackboardClient

        async def main():
            client = BackboardClient(api_key="KEY", base_url="URL/api")
            assistant = await client.create_assistant(name="Guide")
            thread = await client.create_thread(assistant.assistant_id)
            EXAMPLE
            assert response.content == "Forty-two."

        asyncio.run(main())
    """,
    "client.beta.threads.runs.create_and_poll(": """
        from openai import OpenAI

        client = OpenAI(base_url="URL/v1", api_key="KEY")
        assistant = client.beta.assistants.create(model="gpt-4o")
        thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hi"}])
        EXAMPLE
        answer = client.beta.threads.messages.list(thread.id).data[0].content[0].text.value
        assert answer == "Forty-two."
    """,
    "client.beta.threads.create(": """
        from openai import OpenAI

        client = OpenAI(base_url="URL/v1", api_key="KEY")
        EXAMPLE
    """,
}
"""What stands around an example that is a part of a program, by how it begins."""


@dataclass(frozen=True)
class Example:
    page: str
    language: str
    text: str

    def begins(self, words: str) -> bool:
        return self.text.startswith(words)


def _examples() -> list[Example]:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    return [
        Example(page.name, language, text)
        for page in pages
        for language, text in _BLOCK.findall(page.read_text("utf-8"))
        if language in {"sh", "python", "js"}
    ]


EXAMPLES: Final = [one for one in _examples() if not any(one.begins(words) for words in NOT_RUN)]
SHELL: Final = [one for one in EXAMPLES if one.language == "sh"]
PROGRAMS: Final = [one for one in EXAMPLES if one.language != "sh"]


def _at(server: Server, text: str) -> str:
    return _ADDRESS.sub(server.url, text)


def _within(program: str, part: str) -> str:
    """A program with a part of it in its place, as deep as that place is."""
    (line,) = re.findall(r"^ *EXAMPLE\n", program, re.MULTILINE)
    depth = line.removesuffix("EXAMPLE\n")
    return textwrap.dedent(program.replace(line, textwrap.indent(part, depth)))


def test_no_reason_is_given_for_what_is_not_there() -> None:
    examples = _examples()
    assert [words for words in NOT_RUN if not any(one.begins(words) for one in examples)] == []
    assert [words for words in _PREPARED if not any(one.begins(words) for one in PROGRAMS)] == []


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("page", sorted({one.page for one in SHELL}))
def test_what_is_typed_into_a_shell(server: Server, page: str) -> None:
    """The examples of a page in one shell, in their order; each call is answered as it says."""
    key = f"key-{new_id().hex}"
    with server.client(key) as client:
        find_user = {**WEATHER, "function": {**WEATHER["function"], "name": "find_user"}}
        thread_id = new_thread(client, tools=[WEATHER, find_user])
        run_id = say(client, thread_id, "Hello")["run_id"]
    examples = "".join(one.text for one in SHELL if one.page == page)
    given = {
        "API": server.api,
        "KEY": f"X-API-Key: {key}",
        "THREAD": thread_id,
        "RUN": run_id,
    }
    lines = [
        "set -euo pipefail",
        "curl() { command curl --no-progress-meter -w '%{stderr}%{http_code}\\n' \"$@\"; }",
        *(f"{name}='{value}'" for name, value in given.items()),
        examples,
    ]
    text = _at(server, "\n".join(lines))
    for words, meant in (("your-key", key), ("your-thread-id", thread_id), (KEY, key)):
        text = text.replace(words, meant)
    ran = subprocess.run(
        ["bash", "-c", text],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=patience(60),
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    statuses = ran.stderr.split()
    refused = ["429"] if page == "sandbox.md" else []  # the example of an error
    assert [status for status in statuses if status != "200"] == refused, ran.stdout
    calls = re.findall(r"\bcurl -|^say (?:true|false)", examples, re.MULTILINE)
    assert len(statuses) == len(calls) - examples.count("say() {")


@pytest.mark.parametrize("example", PROGRAMS, ids=lambda one: f"{one.page}-{one.language}")
def test_a_program_runs_and_ends(server: Server, example: Example, tmp_path: Path) -> None:
    text = example.text
    for words, around in _PREPARED.items():
        if example.begins(words):
            text = _within(around, text).replace("URL", server.url).replace("KEY", KEY)
    text = _at(server, text)
    if example.language == "js":
        packages = BACKBOARD.packages(NODE)
        if packages is None or not BACKBOARD.can_run(NODE):
            pytest.skip("Node.js is not installed")
        (tmp_path / "node_modules").symlink_to(packages.parent)
        program = tmp_path / "example.mjs"
        program.write_text(text, "utf-8")
        output = run(["node", str(program)])
    else:
        program = tmp_path / "example.py"
        program.write_text(text, "utf-8")
        output = run([sys.executable, str(program)])
    assert output.strip() or example.page != "README.md"
