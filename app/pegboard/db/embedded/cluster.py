"""A cluster: the folder with the data, its password, and who made it. Found, or made whole."""

import contextlib
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe

from pegboard.db.embedded.account import Account, account_for, give, give_tree
from pegboard.db.embedded.binaries import Binaries, find_binaries
from pegboard.db.embedded.child import gone, spawn
from pegboard.db.embedded.errors import DataFolderUnusable, WrongPostgresVersion, program_failure
from pegboard.db.embedded.output import last_lines
from pegboard.db.embedded.placement import (
    clear_unfinished,
    cluster_place,
    discard,
    make_passing,
    settle,
)

USER = "pegboard"

# Written into postgresql.conf once, where an operator may change them. The log keeps one file
# for each day of the week and writes over last week's, so it needs no cleaning.
_DEFAULTS = {
    "max_connections": "200",
    "shared_buffers": "64MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_destination": "stderr",
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "postgres-%a.log",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_truncate_on_rotation": "on",
    "log_checkpoints": "off",
    # Values and statements hold what users wrote.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}


@dataclass(frozen=True, slots=True)
class Cluster:
    """`folder` is its real path: the name in the data folder may be a link."""

    folder: Path
    account: Account | None
    binaries: Binaries

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def password(self) -> str:
        return read_password(self.folder)


def read_password(folder: Path) -> str:
    return (folder / "password").read_text().strip()


async def open_cluster(data_dir: Path, *, named: Path | None, durable: bool) -> Cluster:
    """The cluster of a data folder we own, made if there is none. Raises OSError as it comes."""
    clear_unfinished(data_dir)
    place = cluster_place(data_dir)
    if place.is_symlink() and not place.exists():
        raise DataFolderUnusable(
            data_dir,
            f"its Postgres lay in {place.readlink()}, which is gone; put it back from a backup, or"
            f" remove the link {place} to begin anew",
        )
    account = account_for(place)
    binaries = await find_binaries(named, account=account)
    if not place.exists():
        await _make(place, account=account, binaries=binaries, durable=durable)
    elif account is not None and place.stat().st_uid == 0:
        give_tree(account, place.resolve())
    cluster = Cluster(place.resolve(), account, binaries)
    _require_same_major(cluster)
    return cluster


async def _make(place: Path, *, account: Account | None, binaries: Binaries, durable: bool) -> None:
    passing = make_passing(place.parent, account=account)
    try:
        folder = passing.resolve()
        password, maker = folder / "password", folder / "made_by"
        password.touch(mode=0o600)
        password.write_text(token_urlsafe(32))
        maker.write_text(f"{binaries}\n")
        give(account, password, maker, folder)
        await _initdb(folder, account=account, binaries=binaries, durable=durable)
        settle(passing, place)
    except BaseException:
        discard(passing)
        raise


async def _initdb(
    folder: Path, *, account: Account | None, binaries: Binaries, durable: bool
) -> None:
    command: list[str | Path] = [
        binaries.program("initdb"),
        f"--pgdata={folder / 'data'}",
        f"--username={USER}",
        f"--pwfile={folder / 'password'}",
        "--auth=scram-sha-256",
        "--locale=C.UTF-8",
        "--encoding=UTF8",
        *(f"--set={name}={value}" for name, value in _DEFAULTS.items()),
        *([] if durable else ["--no-sync"]),
    ]
    log = folder / "initdb.log"
    with log.open("wb") as output:
        child = spawn(
            command,
            account=account,
            output=output.fileno(),
            folder=folder,
            death_signal="KILL",  # Nothing to save: the half-made folder is removed.
        )
    try:
        await gone(child.pid, running=lambda: child.poll() is None)
    finally:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        child.wait()
    if child.returncode != 0:
        raise program_failure(folder.parent, "initdb failed", last_lines(log))
    log.unlink()


def _require_same_major(cluster: Cluster) -> None:
    try:
        major = (cluster.data / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        raise DataFolderUnusable(cluster.folder, "it holds no Postgres cluster") from None
    if major == str(cluster.binaries.major):
        return
    try:
        maker = f", made by {(cluster.folder / 'made_by').read_text().strip()}"
    except OSError:
        maker = ""
    raise WrongPostgresVersion(
        f"{cluster.folder} is a cluster of Postgres {major}{maker}; the programs at hand are"
        f" {cluster.binaries}. Set PEGBOARD_POSTGRES_BIN to Postgres {major}, or move the data"
        " over with pg_dump"
    )
