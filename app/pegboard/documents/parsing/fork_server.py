"""What readers are forked from: `python -m pegboard.documents.parsing.fork_server PARENT`.

It has loaded every reader's library once, and never sees a file: what it is sent goes, unread, to
a child that reads one file and dies. Linux alone; and of one thread alone, or what a fork copies
could be held by a thread that is not copied.

Its standard input is a socket of packets, JSON arrays each. It receives `["read", number, suffix,
limits]` together with four descriptors (the file, its output, its errors, its folder) and
`["kill", number]`; it sends `["ready"]` once, and `["ended", number, return code or null]` of each
reader, null for one that could not be forked.
"""

import gc
import json
import os
import select
import signal
import socket
import sys
import traceback
from contextlib import suppress
from typing import Any, Final, NoReturn

from pegboard.documents.formats import ACCEPTED, reader_of
from pegboard.documents.parsing.child import read_file
from pegboard.documents.parsing.confinement import bind_to, lower_priority
from pegboard.documents.parsing.limits import Limits
from pegboard.documents.parsing.wire import LONGEST_PACKET

_DESCRIPTORS: Final = 4


def main(parent: int) -> None:
    gc.disable()  # what is loaded stays: collecting it would copy its pages in every reader
    lower_priority()
    bind_to(parent)
    for suffix in ACCEPTED:
        reader_of(suffix)
    import charset_normalizer  # noqa: F401, PLC0415  loaded by readers where they have to guess

    gc.freeze()
    _ForkServer(socket.socket(fileno=0)).serve()


class _ForkServer:
    def __init__(self, server: socket.socket) -> None:
        self._server = server
        self._readers: dict[int, int] = {}  # by process id, the number
        self._woken, self._wake = os.pipe()

    def serve(self) -> None:
        """Until the server is gone, or has closed its end."""
        os.set_blocking(self._woken, False)
        os.set_blocking(self._wake, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        poll = select.poll()
        poll.register(self._server, select.POLLIN)
        poll.register(self._woken, select.POLLIN)
        with suppress(ConnectionError):
            self._tell("ready")
            while True:
                readable = {descriptor for descriptor, _ in poll.poll()}
                if self._woken in readable:
                    os.read(self._woken, LONGEST_PACKET)
                    self._reap()
                if self._server.fileno() in readable and not self._listen():
                    break
        for pid in self._readers:
            _kill_group(pid)

    def _tell(self, *words: str | int | None) -> None:
        self._server.send(json.dumps(words).encode())

    def _listen(self) -> bool:
        packet, descriptors, _, _ = socket.recv_fds(self._server, LONGEST_PACKET, _DESCRIPTORS)
        try:
            match json.loads(packet) if packet else None:
                case None:
                    return False
                case ["read", number, suffix, limits]:
                    self._fork(number, suffix, limits, descriptors)
                case ["kill", number]:
                    for pid in [pid for pid, known in self._readers.items() if known == number]:
                        _kill_group(pid)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        return True

    def _fork(self, number: int, suffix: str, limits: str, descriptors: list[int]) -> None:
        parent = os.getpid()
        try:
            pid = os.fork()
        except OSError:
            self._tell("ended", number, None)
            return
        if pid == 0:
            _read_and_die(suffix, limits, descriptors, parent=parent)
        self._readers[pid] = number

    def _reap(self) -> None:
        """Bury the dead. Their groups go first: until then nobody else can have their number."""
        while self._readers:
            dead = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if dead is None:
                return
            _kill_group(dead.si_pid)
            _, status = os.waitpid(dead.si_pid, 0)
            number = self._readers.pop(dead.si_pid)
            self._tell("ended", number, os.waitstatus_to_exitcode(status))


def _read_and_die(suffix: str, limits: str, descriptors: list[int], **known: Any) -> NoReturn:
    """Become what a process started for this file would be, and never return to the loop."""
    status = 1
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        file, output, errors, folder = descriptors
        os.fchdir(folder)
        for descriptor, standard in ((file, 0), (output, 1), (errors, 2)):
            os.dup2(descriptor, standard)
        os.closerange(3, max(descriptors) + 1)  # came last, so they are the highest
        gc.enable()
        lower_priority(by=0)
        read_file(suffix, Limits.from_json(limits), **known)
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        with suppress(BaseException):
            sys.stderr.flush()
        os._exit(status)


def _kill_group(pid: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)  # it may not have its group yet
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


if __name__ == "__main__":
    main(int(sys.argv[1]))
