"""The published clients of the Backboard API: which there are, and how to run a program with one.

A client is named by its language and version, such as `python-1.0.3` or `node-1.5.0`.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from app.identifiers import new_id

DRIVERS: Final = Path(__file__).parents[1] / "clients"
OF_THE_PROJECT: Final = "python-1.5.10"  # in the environment itself, not fetched by `make clients`
NODE: Final = "node-1.5.0"
_INSTALLED: Final = Path(__file__).parents[2] / ".clients"
_FETCHED: Final = re.compile(r"^backboard-sdk==(\S+)", re.MULTILINE)


def all_clients() -> tuple[str, ...]:
    """Python's from the oldest to the newest, then Node's."""
    listed = (DRIVERS / "python.txt").read_text("utf-8")
    names = {OF_THE_PROJECT, *(f"python-{version}" for version in _FETCHED.findall(listed))}
    return (*sorted(names, key=_age), NODE)


def version_of(client: str) -> str:
    return client.partition("-")[2]


def can_run(client: str) -> bool:
    """False only for Node's client where Node.js is missing; any other can be fetched."""
    return client != NODE or (shutil.which("node") is not None and _folder(client).is_dir())


def play(client: str, driver: str, url: str) -> str:
    """What a driver prints with this client and a key of its own: DRIVER.py or DRIVER.mjs."""
    key = f"key-{new_id().hex}"
    if client == NODE:
        return run(["node", str(DRIVERS / f"{driver}.mjs"), url, key, str(_folder(client))])
    packages = None if client == OF_THE_PROJECT else _folder(client)
    if packages and not packages.is_dir():
        raise FileNotFoundError(f"{packages} is missing: run `make clients`")
    return run([sys.executable, str(DRIVERS / f"{driver}.py"), url, key], packages)


def run(command: list[str], packages: Path | None = None) -> str:
    """What a program prints, with these packages before all others."""
    environment = {**os.environ, "PYTHONUTF8": "1", "PYTHONPATH": str(packages or "")}
    ran = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def _folder(client: str) -> Path:
    return _INSTALLED / ("node" if client == NODE else client)


def _age(client: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version_of(client).split("."))
