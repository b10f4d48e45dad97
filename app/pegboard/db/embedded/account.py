"""Which system account runs Postgres, and where that account can reach.

Postgres refuses to run as root. A root server therefore lends it to `nobody`, which exists
everywhere; making an account of our own would change the machine behind its administrator's back.
"""

import os
import stat
import sys
from dataclasses import dataclass
from pathlib import Path

_NOBODY = 65534


@dataclass(frozen=True, slots=True)
class Account:
    uid: int
    gid: int


def account_for(cluster: Path) -> Account | None:
    """The account to change to, or None to stay who we are.

    A cluster once made by another account stays with it: its files are readable by no one else.
    """
    if sys.platform == "win32" or os.geteuid() != 0:
        return None
    if cluster.exists() and (owner := cluster.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    return _nobody()


def can_enter(account: Account, folder: Path) -> bool:
    """Whether the account may pass through the folder and all above it.

    Reads the permission bits only. Access lists may allow more; then we are too careful, no worse.
    """
    real = folder.resolve()
    return all(_passable(account, step.stat()) for step in (real, *real.parents))


def give(account: Account | None, *paths: Path) -> None:
    if account is None or sys.platform == "win32":
        return
    for path in paths:
        os.chown(path, account.uid, account.gid, follow_symlinks=False)


def give_tree(account: Account | None, folder: Path) -> None:
    """For a cluster that root has restored from a backup, and so owns."""
    for place, folders, files in os.walk(folder):
        give(account, *(Path(place, name) for name in (*folders, *files)))
    give(account, folder)


def _passable(account: Account, step: os.stat_result) -> bool:
    if step.st_uid == account.uid:
        return bool(step.st_mode & stat.S_IXUSR)
    if step.st_gid == account.gid:
        return bool(step.st_mode & stat.S_IXGRP)
    return bool(step.st_mode & stat.S_IXOTH)


def _nobody() -> Account:
    if sys.platform == "win32":
        raise AssertionError("Windows has no accounts to change to")
    import pwd  # noqa: PLC0415  does not exist on Windows

    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:  # An image without /etc/passwd.
        return Account(_NOBODY, _NOBODY)
    return Account(entry.pw_uid, entry.pw_gid)
