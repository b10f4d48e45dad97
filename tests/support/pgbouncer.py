"""A real pgbouncer in front of a database, where the machine has one."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy.engine import make_url

from tests.support.deadlines import patience, wait_until

PROGRAM: Final = shutil.which("pgbouncer", path=os.environ.get("PATH", "") + ":/usr/sbin")

_SETTINGS: Final = """\
[databases]
{name} = host={host} port={port} dbname={name} user={user} password={password}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
default_pool_size = {pool}
max_client_conn = 200
{more}
"""


@contextmanager
def running_pgbouncer(
    url: str, *, mode: str, folder: Path, pool: int = 20, more: str = ""
) -> Iterator[str]:
    """The URL of the same database through a pgbouncer in `mode`, for as long as the block."""
    assert PROGRAM is not None
    address = make_url(url)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        listen = free.getsockname()[1]
    settings = folder / "pgbouncer.ini"
    settings.write_text(
        _SETTINGS.format(
            name=address.database,
            host=address.query.get("host") or address.host,
            port=address.query.get("port") or address.port or 5432,
            user=address.username,
            password=address.password,
            listen=listen,
            mode=mode,
            pool=pool,
            more=more,
        )
    )
    settings.chmod(0o644)
    # It refuses to run as root; the tests' Postgres is nobody's then, and lets nobody in.
    as_other = ["-u", "nobody"] if os.geteuid() == 0 else []
    log = (folder / "pgbouncer.log").open("wb")
    process = subprocess.Popen(
        [PROGRAM, *as_other, settings], stdin=subprocess.DEVNULL, stdout=log, stderr=log
    )
    try:
        wait_until(lambda: process.poll() is None and _listens(listen))
        yield f"postgresql://any:any@127.0.0.1:{listen}/{address.database}"
    finally:
        process.terminate()
        process.wait(patience(30))
        log.close()


def _listens(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0
