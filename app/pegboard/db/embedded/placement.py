"""Where a cluster lies: in the data folder, or where the account that runs it can reach.

A folder is made under a passing name and renamed when it is whole. What a kill -9 leaves behind
carries the passing name, and the next start removes it.
"""

import os
import shutil
import sys
from pathlib import Path
from secrets import token_hex

from pegboard.db.embedded.account import Account, can_enter, give

STATE_FOLDER = Path("/var/lib/pegboard")
_NAME = "postgres"
_PASSING = f"{_NAME}.new-"


def cluster_place(data_dir: Path) -> Path:
    return data_dir / _NAME


def has_cluster(data_dir: Path) -> bool:
    return os.path.lexists(cluster_place(data_dir))


def make_passing(data_dir: Path, *, account: Account | None, state: Path = STATE_FOLDER) -> Path:
    """An empty 0700 folder of the account's own, under a passing name.

    Where the account cannot enter the data folder, the name is a link into the state folder. Its
    target is random, so that a removed and remade data folder never meets its old data.
    """
    passing = data_dir / f"{_PASSING}{token_hex(8)}"
    if account is None or can_enter(account, data_dir):
        passing.mkdir(mode=0o700)
    else:
        clusters = state / "clusters"
        make_state_folder(clusters, state=state)
        home = clusters / token_hex(8)
        passing.symlink_to(home)  # First the link: a folder without one is found by nobody.
        home.mkdir(mode=0o700)
    return passing


def settle(passing: Path, place: Path) -> None:
    """Give the finished folder (or link) its lasting name, also across a power cut."""
    os.rename(passing, place)
    if sys.platform == "win32":
        return
    descriptor = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def clear_unfinished(data_dir: Path) -> None:
    for passing in data_dir.glob(f"{_PASSING}*"):
        discard(passing)


def discard(passing: Path) -> None:
    """Tolerant: a straggling initdb may still write. What remains goes with the next start."""
    if passing.is_symlink():
        shutil.rmtree(passing.readlink(), ignore_errors=True)
        passing.unlink(missing_ok=True)
    else:
        shutil.rmtree(passing, ignore_errors=True)


def make_state_folder(folder: Path, *, state: Path) -> None:
    """The state folder and one in it, passable for all and writable for root alone, whatever the
    umask. Those that were there are left as they are."""
    if sys.platform == "win32":
        raise AssertionError("Windows has no account that could need it")
    for step in (state, folder):
        if not step.exists():
            step.mkdir(exist_ok=True)
            step.chmod(0o755)
        elif step.stat().st_uid != os.geteuid() or step.stat().st_mode & 0o022:
            raise PermissionError(1, f"{step} can be written by others", str(step))


def make_private(folder: Path, account: Account | None) -> None:
    """A 0700 folder of the account's. Refuses one that somebody else has put there."""
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        if sys.platform == "win32":
            return
        status, uid = folder.lstat(), account.uid if account else os.geteuid()
        if folder.is_symlink() or status.st_uid != uid or status.st_mode & 0o077:
            raise PermissionError(1, f"{folder} belongs to somebody else", str(folder)) from None
    else:
        give(account, folder)
