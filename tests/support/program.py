"""The program `pegboard` in processes of their own, called as an operator calls it."""

import atexit
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import IO, Any, Final, Protocol, Self, TypeAlias

from tests.support.fork_server import STATUS

_OWN_SETTINGS: Final = re.compile(r"^PEGBOARD_|_API_KEY$|_BASE_URL$|_API_BASE$|^AWS_|^GOOGLE_")
_LONGEST_SECONDS: Final = 120
_ADDRESS: Final = "PEGBOARD_TESTS_NURSERY"


class Program(Protocol):
    """A process: so much of `subprocess.Popen` as tests use."""

    @property
    def pid(self) -> int: ...
    @property
    def stdout(self) -> IO[str] | None: ...
    @property
    def stderr(self) -> IO[str] | None: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, sig: int, /) -> None: ...
    def terminate(self) -> None: ...
    def kill(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *_: Any) -> None: ...


Launch: TypeAlias = Callable[..., Program]


def pegboard(
    *arguments: str, given: str = "", **settings: str
) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end, with `given` on its standard input."""
    return ended(launch(*arguments, given=given, **settings), *arguments)


def ended(process: Program, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """What became of a process, once it has come to its end."""
    with ThreadPoolExecutor(2) as pool:
        output, errors = (pool.submit(_all_of, pipe) for pipe in (process.stdout, process.stderr))
        try:
            status = process.wait(_LONGEST_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        return subprocess.CompletedProcess(arguments, status, output.result(), errors.result())


def launch(*arguments: str, given: str = "", **settings: str) -> Program:
    """Start a process with these settings and none of the environment's.

    Forked from one that has imported the program, where that can be done.
    """
    if not hasattr(os, "pidfd_open"):
        return execute(*arguments, given=given, **settings)
    with _input_of(given) as source:
        return _Forked(arguments, _environment(settings), source)


def execute(*arguments: str, given: str = "", **settings: str) -> Program:
    """The same, by an interpreter of its own, as users do."""
    with _input_of(given) as source:
        return subprocess.Popen(
            [sys.executable, "-m", "pegboard.cli.program", *arguments],
            env=_environment(settings),
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


def installed(folder: Path, /, *options: str) -> Launch:
    """The script that the installation made, started in a folder, by an interpreter with options.

    Without any the script names its interpreter itself, as for users.
    """
    script = Path(sys.executable).with_name("pegboard")

    def launch_script(*arguments: str, given: str = "", **settings: str) -> Program:
        with _input_of(given) as source:
            return subprocess.Popen(
                [*([sys.executable, *options] if options else []), script, *arguments],
                cwd=folder,
                env=_environment(settings),
                stdin=source,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )

    return launch_script


def lacking(*modules: str) -> Launch:
    """As `execute`, where these modules are not installed."""
    program = (
        f"import sys; sys.modules.update(dict.fromkeys({modules!r}));"
        "from pegboard.cli.program import main; main()"
    )

    def launch_without(*arguments: str, given: str = "", **settings: str) -> Program:
        with _input_of(given) as source:
            return subprocess.Popen(
                [sys.executable, "-c", program, *arguments],
                env=_environment(settings),
                stdin=source,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )

    return launch_without


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    inherited = {k: v for k, v in os.environ.items() if not _OWN_SETTINGS.search(k)}
    return inherited | dict(settings)


@contextmanager
def _input_of(given: str) -> Iterator[int]:
    source, sink = os.pipe()
    try:
        os.write(sink, given.encode())  # little enough for the pipe to hold
        os.close(sink)
        yield source
    finally:
        os.close(source)


def _all_of(pipe: IO[str] | None) -> str:
    assert pipe is not None
    with pipe:
        return pipe.read()


class _Forked:
    """A process that the fork server has forked for us, and waits for."""

    def __init__(
        self, arguments: Sequence[str], environment: Mapping[str, str], source: int
    ) -> None:
        pipes = [os.pipe() for _ in range(3)]
        self.pid = _fork_server().fork(arguments, environment, [source, *(to for _, to in pipes)])
        for _, to in pipes:
            os.close(to)
        self.stdout: IO[str] | None = open(pipes[0][0], encoding="utf-8")  # noqa: SIM115
        self.stderr: IO[str] | None = open(pipes[1][0], encoding="utf-8")  # noqa: SIM115
        self._report = pipes[2][0]
        self._status: int | None = None
        self._asking = threading.Lock()

    def poll(self) -> int | None:
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self._status

    def wait(self, timeout: float | None = None) -> int:
        with self._asking:
            if self._status is None:
                if not select.select([self._report], [], [], timeout)[0]:
                    raise subprocess.TimeoutExpired("pegboard", timeout or 0)
                (self._status,) = STATUS.unpack(os.read(self._report, STATUS.size))
                os.close(self._report)
        assert self._status is not None
        return self._status

    def send_signal(self, sig: int, /) -> None:
        if self.poll() is None:
            os.kill(self.pid, sig)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: Any) -> None:
        for pipe in (self.stdout, self.stderr):
            if pipe is not None:
                pipe.close()
        self.wait()


@contextmanager
def fork_server_for_all() -> Iterator[None]:
    """Within it, the processes of the tests that are started share one fork server."""
    if not hasattr(os, "pidfd_open"):
        yield
        return
    with _running_fork_server() as address:
        os.environ[_ADDRESS] = address
        try:
            yield
        finally:
            del os.environ[_ADDRESS]


@contextmanager
def _running_fork_server() -> Iterator[str]:
    """The address of a new one: a name that Linux keeps for as long as somebody listens."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind("")  # to a free name
        listener.listen()
        address = listener.getsockname().removeprefix(b"\0").decode()
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.fork_server", str(listener.fileno())],
            pass_fds=[listener.fileno()],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
        )
    assert process.stdin is not None
    try:
        yield address
    finally:
        process.stdin.close()
        process.wait()


class _Nursery:
    """The process that forks, from where its address is known."""

    def __init__(self, address: str) -> None:
        self._orders = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._orders.connect(f"\0{address}")
        self._turn = threading.Lock()
        atexit.register(self._orders.close)

    def fork(
        self, arguments: Sequence[str], environment: Mapping[str, str], files: Sequence[int]
    ) -> int:
        order = json.dumps((arguments, dict(environment))).encode()
        with self._turn:
            socket.send_fds(self._orders, [order], files)
            (pid,) = STATUS.unpack(self._orders.recv(STATUS.size))
        return int(pid)


@cache
def _fork_server() -> _Nursery:
    address = os.environ.get(_ADDRESS)
    if address is None:
        mine = ExitStack()
        atexit.register(mine.close)
        address = mine.enter_context(_running_fork_server())
    return _Nursery(address)
