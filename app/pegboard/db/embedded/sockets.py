"""Where Postgres listens: a Unix socket nobody else can reach, or a local port on Windows."""

import contextlib
import hashlib
import os
import re
import shutil
import socket
import sys
from pathlib import Path

from pegboard.db.embedded.account import Account
from pegboard.db.embedded.address import Address
from pegboard.db.embedded.cluster import USER, Cluster
from pegboard.db.embedded.placement import make_private

_PORT = 5432  # A socket's file is named after a port, though none is opened.
_LONGEST = 100  # Bytes. sockaddr_un takes 107 on Linux and 103 on macOS.

# What passes through both `unix_socket_directories` (a list with commas and quotes) and
# SQLAlchemy's `?host=` (commas and colons) unharmed.
_PLAIN = re.compile(r"[\w/.+@~ -]+")


def address_of(cluster: Cluster, *, port: int | None = None) -> Address:
    """The same for every start of a cluster, so that connection pools need not be told. On
    Windows that is `port`, as long as it is free."""
    password = cluster.password
    if sys.platform == "win32":
        return Address("127.0.0.1", _free_port(port or 0), USER, password)
    return Address(str(_folder(cluster.folder, password)), _PORT, USER, password)


def make_socket_folder(address: Address, account: Account | None) -> None:
    """Also clears a dead Postgres's socket, whose lock file names a number since given anew."""
    if sys.platform == "win32":
        return
    folder = Path(address.host)
    make_private(folder, account)
    for left in folder.glob(".s.PGSQL.*"):
        left.unlink(missing_ok=True)


def remove_fallback_folder(address: Address, cluster: Cluster) -> None:
    if sys.platform != "win32" and Path(address.host).parent != cluster.folder:
        with contextlib.suppress(OSError):
            shutil.rmtree(address.host)


def _folder(cluster: Path, password: str) -> Path:
    inside = cluster / "socket"
    path = os.fsencode(inside / f".s.PGSQL.{_PORT}")
    if len(path) <= _LONGEST and _PLAIN.fullmatch(str(inside)):
        return inside
    # Short, the same for every start, and not to be guessed and occupied by another account
    # beforehand: hence a hash of the secret. It gives nothing away of 32 random bytes. Not
    # tempfile.gettempdir(), which is long itself on macOS.
    name = hashlib.sha256(b"socket folder " + password.encode()).hexdigest()[:16]
    return Path("/tmp") / f"pegboard-{name}"  # noqa: S108


def _free_port(wanted: int) -> int:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
