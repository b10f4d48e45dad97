"""The published clients of each API: which there are, and how to run a program with one.

A client is named by its language and version, such as `python-1.0.3` or `node-1.5.0`.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pegboard.identifiers import new_id
from tests.support.deadlines import SLOWNESS, patience
from tests.support.server import Server

DRIVERS: Final = Path(__file__).parents[1] / "clients"
OF_THE_PROJECT: Final = "python-1.5.10"  # in the environment itself, not fetched by `make clients`
NODE: Final = "node-1.5.0"
_INSTALLED: Final = Path(__file__).parents[2] / ".clients"
_FETCHED: Final = re.compile(r"^backboard-sdk==(\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Door:
    """A public API of the server, and those who come through it."""

    title: str
    path: str
    drivers: Path  # the programs that drive a client
    clients: tuple[str, ...]  # Python's from the oldest to the newest, then Node's
    packages: Callable[[str], Path | None]  # where a client is; None for the environment itself

    def can_run(self, client: str) -> bool:
        """False only for a client of Node.js where that is missing; any other can be fetched."""
        packages = self.packages(client)
        if packages is None or not _of_node(client):
            return True
        return shutil.which("node") is not None and packages.is_dir()

    def play(self, client: str, driver: str, server: Server) -> str:
        """What a driver prints with this client and a key of its own: DRIVER.py or DRIVER.mjs."""
        url, key = server.url + self.path, f"key-{new_id().hex}"
        packages = self.packages(client)
        if packages and not packages.is_dir():
            raise FileNotFoundError(f"{packages} is missing: run `make clients`")
        if _of_node(client):
            return run(["node", str(self.drivers / f"{driver}.mjs"), url, key, str(packages)])
        return run([sys.executable, str(self.drivers / f"{driver}.py"), url, key], packages)


def version_of(client: str) -> str:
    return client.partition("-")[2]


def run(command: list[str], packages: Path | None = None) -> str:
    """What a program prints, with these packages before all others."""
    own = {"PYTHONUTF8": "1", "PYTHONPATH": str(packages or ""), "PATIENCE": str(SLOWNESS)}
    environment = {**os.environ, **own}
    ran = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=patience(120),
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def _of_node(client: str) -> bool:
    return client.startswith("node-")


def _by_age(clients: Iterable[str]) -> list[str]:
    return sorted(clients, key=lambda it: [int(part) for part in version_of(it).split(".")])


def _of_backboard(client: str) -> Path | None:
    if client == OF_THE_PROJECT:
        return None
    return _INSTALLED / ("node/node_modules/backboard-sdk" if client == NODE else client)


def _listed() -> list[str]:
    text = (DRIVERS / "python.txt").read_text("utf-8")
    return _by_age({OF_THE_PROJECT, *(f"python-{version}" for version in _FETCHED.findall(text))})


def _of_openai(client: str) -> Path:
    if _of_node(client):
        return _INSTALLED / "openai-node" / "node_modules" / f"openai-{version_of(client)}"
    return _INSTALLED / f"openai-{client}"


def _locked() -> list[str]:
    folder = DRIVERS / "openai"
    named = json.loads((folder / "package.json").read_text("utf-8"))["dependencies"]
    node = _by_age(name.replace("openai", "node") for name in named)
    return [*_by_age(path.stem for path in folder.glob("python-*.txt")), *node]


BACKBOARD: Final = Door("Backboard", "/api", DRIVERS, (*_listed(), NODE), _of_backboard)
OPENAI: Final = Door("OpenAI", "/v1", DRIVERS / "openai", tuple(_locked()), _of_openai)
