"""A real nginx in front of a server, as docs/operations.md sets one up."""

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.support.deadlines import patience, wait_until

PROGRAM: Final = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")

_DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "operations.md"
_AROUND: Final = """\
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {inside}
}}
"""


@contextmanager
def running_nginx(server_url: str, *, folder: Path) -> Iterator[str]:
    """The address of a proxy to the server, for as long as the block."""
    assert PROGRAM is not None
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    example = re.search(r"```nginx\n(.*?)```", _DOCUMENT.read_text(), re.S)
    assert example is not None
    place = server_url.removeprefix("http://")
    inside = re.sub(r"(server [\d.:]+; )+", f"server {place}; ", example.group(1))
    inside = inside.replace("server {\n", f"server {{\n    listen 127.0.0.1:{port};\n", 1)
    assert place in inside
    settings = folder / "nginx.conf"
    settings.write_text(_AROUND.format(folder=folder, inside=inside))
    process = subprocess.Popen(
        [PROGRAM, "-p", folder, "-e", folder / "error.log", "-c", settings],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: process.poll() is None and _listens(port))
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(patience(30))


def _listens(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0
