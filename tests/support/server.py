"""A Pegboard server as its users start it: a process of its own."""

import json
import re
import signal
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from pegboard.identifiers import new_id
from tests.support.deadlines import patience
from tests.support.program import Launch, Program, launch


@dataclass
class Server:
    """A running server. Its log is collected, so that it never blocks on a full pipe."""

    process: Program
    url: str
    folder: "tempfile.TemporaryDirectory[str]"
    log: list[str] = field(default_factory=list)
    banner: str = ""
    """The first line that it printed."""

    @property
    def banner_json(self) -> dict[str, Any]:
        """The banner of a server that writes JSON."""
        fields: dict[str, Any] = json.loads(self.banner)
        return fields

    @property
    def api(self) -> str:
        return f"{self.url}/api"

    def client(self, key: str | None = None, **headers: str) -> httpx.Client:
        """A client of the Backboard API with a key, and so a tenant, of its own."""
        return httpx.Client(
            base_url=self.api,
            headers={"X-API-Key": key or f"key-{new_id().hex}", **headers},
            timeout=patience(60),
        )

    def kill(self) -> None:
        """As a crash would."""
        self.process.kill()
        self.process.wait(patience(30))

    def stop(self) -> int:
        """As an operator would; returns the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(patience(30))
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()
        self.folder.cleanup()
        return status


def start_server(by: Launch = launch, /, **settings: str) -> Server:
    """Start `pegboard serve` on a free port with these settings and none of the environment's."""
    folder = tempfile.TemporaryDirectory(prefix="pegboard-", ignore_cleanup_errors=True)
    Path(folder.name).chmod(0o755)
    settings = {"PEGBOARD_DATA_DIR": folder.name, "PEGBOARD_SANDBOX": "always", **settings}
    process = by("serve", "--port", "0", **settings)
    assert process.stdout is not None
    assert process.stderr is not None
    server = Server(process, "", folder)
    reading = threading.Thread(target=server.log.extend, args=(process.stderr,), daemon=True)
    reading.start()
    first = process.stdout.readline()
    match = re.search(r"http://[^\s\",]+", first)
    if match is None:
        process.wait(patience(30))
        reading.join(patience(30))
        server.stop()
        raise RuntimeError("the server did not start:\n" + "".join(server.log))
    server.banner = first
    server.url = match.group()
    return server
