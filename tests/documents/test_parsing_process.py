"""The process that reads a file: what it may do, and how it ends."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import uvloop

from pegboard.documents.calling_off import Attempt, DocumentGone
from pegboard.documents.formats.faults import UnreadableFile
from pegboard.documents.formats.recognition import NEEDED
from pegboard.documents.formats.sections import Section
from pegboard.documents.parsing.forked import Readers
from pegboard.documents.parsing.fresh import start_fresh
from pegboard.documents.parsing.limits import Limits
from pegboard.documents.parsing.parser import Parsed, Parser, parse
from pegboard.documents.parsing.reading_process import ReaderFailed, Start
from pegboard.identifiers import new_id
from tests.documents import bombs
from tests.documents import made_files as made
from tests.support.deadlines import deadline

NOBODY = 65534

_PARSING = "pegboard.documents.parsing"


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A file that takes seconds to read."""
    path = tmp_path / "page.html"
    path.write_bytes(bombs.page_of_much_work())
    return path


@pytest.fixture(
    params=[
        pytest.param(
            "forked", marks=pytest.mark.skipif(sys.platform != "linux", reason="forks on Linux")
        ),
        "fresh",
    ]
)
def start(request: pytest.FixtureRequest) -> Iterator[Start]:
    """Both ways of starting a reader."""
    if request.param == "fresh":
        yield start_fresh
        return
    readers = Readers()
    yield readers.start
    readers.close()


@pytest.fixture
def forking() -> Iterator[Readers]:
    if sys.platform != "linux":
        pytest.skip("forks on Linux")
    readers = Readers()
    yield readers
    readers.close()


def fork_servers() -> list[psutil.Process]:
    return [
        process
        for process in psutil.Process().children()
        if "pegboard.documents.parsing.fork_server" in process.cmdline()
    ]


def readers() -> Iterator[psutil.Process]:
    for process in psutil.Process().children(recursive=True):
        try:
            command = process.cmdline()
            if "pegboard.documents.parsing.child" in command or (
                "pegboard.documents.parsing.fork_server" in command
                and process.ppid() != os.getpid()
            ):
                yield process
        except psutil.Error:
            continue  # it ended while we looked


def started() -> Iterator[psutil.Process]:
    """What readers have started."""
    for process in psutil.Process().children(recursive=True):
        try:
            if process.name() == "sleep":
                yield process
        except psutil.Error:
            continue  # it ended while we looked


def is_confined(process: psutil.Process) -> bool:
    """Whether a process has taken the last of its limits upon itself."""
    try:
        return "NoNewPrivs:\t1" in Path(f"/proc/{process.pid}/status").read_text()
    except OSError:
        return False


async def confined_reader() -> psutil.Process:
    while True:
        for process in readers():
            if is_confined(process):
                return process
        await asyncio.sleep(0)


def is_alive(process: psutil.Process) -> bool:
    """A zombie is not: it waits for an init that some containers do not have."""
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def limits_of(process: psutil.Process) -> list[list[str]]:
    return [line.split() for line in Path(f"/proc/{process.pid}/limits").read_text().splitlines()]


def descriptors_of(process: psutil.Process) -> list[str]:
    """What each descriptor leads to, in their order."""
    folder = Path(f"/proc/{process.pid}/fd")
    return [str(folder.joinpath(n).readlink()) for n in sorted(os.listdir(folder), key=int)]


def folder_of(process: psutil.Process) -> Path:
    return Path(f"/proc/{process.pid}/cwd").readlink()


def nobody_may_read_python() -> bool:
    return all(folder.stat().st_mode & 1 for folder in Path(os.__file__).resolve().parents)


def write(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


async def test_a_file_is_read_in_a_process_of_its_own(tmp_path: Path, start: Start) -> None:
    path = write(tmp_path, "a.docx", made.docx(made.paragraph("Hello")))
    path.chmod(0o600)
    assert await parse(path, ".docx", start=start) == Parsed((Section("Hello"),), 5)


def test_files_are_read_under_uvloop_as_well(tmp_path: Path, start: Start) -> None:
    path = write(tmp_path, "a.pdf", made.pdf(*made.pdf_pages("Hello")))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(parse(path, ".pdf", start=start)) == Parsed(
            (Section("Hello", place="page 1"),), 5
        )


async def test_nul_characters_and_lone_surrogates_do_not_come_back(
    tmp_path: Path, start: Start
) -> None:
    path = write(tmp_path, "a.json", b'{"a": "x\\u0000y\\ud800z"}')
    assert await parse(path, ".json", start=start) == Parsed((Section("a: xy?z"),), 7)


async def test_a_file_of_blanks_holds_no_text(tmp_path: Path, start: Start) -> None:
    with pytest.raises(UnreadableFile, match="The file holds no text"):
        await parse(write(tmp_path, "a.txt", b" \n\t"), ".txt", start=start)


async def test_a_file_that_takes_too_long_is_given_up(page: Path, start: Start) -> None:
    with pytest.raises(UnreadableFile, match="takes too much time"):
        await parse(page, ".html", limits=Limits(seconds=0.5), start=start)
    assert list(readers()) == []


async def test_what_a_reader_has_started_is_given_up_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: Start
) -> None:
    with tempfile.TemporaryDirectory() as public:  # tmp_path is closed to nobody
        os.chmod(public, 0o755)
        program = write(Path(public), "tesseract", b"#!/bin/sh\nexec /bin/sleep 1000\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", public)
        picture = write(tmp_path, "a.png", made.png([bytes(9)] * 9, 9))
        reading = asyncio.create_task(parse(picture, ".png", start=start))
        while not (sleeping := [one for one in started() if "1000" in one.cmdline()]):
            assert not reading.done()
            await asyncio.sleep(0)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
    end = deadline(1)
    while any(map(is_alive, sleeping)):
        assert time.monotonic() < end


async def test_a_file_that_takes_too_much_of_the_processor_is_given_up(
    page: Path, start: Start
) -> None:
    with pytest.raises(UnreadableFile, match="takes too much time"):
        await parse(page, ".html", limits=Limits(cpu_seconds=1), start=start)


@pytest.mark.requirement("documents.hostile")
async def test_a_file_that_takes_too_much_memory_is_given_up(tmp_path: Path, start: Start) -> None:
    path = write(tmp_path, "a.json", b"[%s1]" % (b"[1.5, 2.5]," * 2_000_000))
    with pytest.raises(UnreadableFile, match="The file takes too much memory to read"):
        await parse(path, ".json", limits=Limits(memory=256 * 1024 * 1024), start=start)


@pytest.mark.requirement("documents.readers")
async def test_a_reader_has_no_secrets_and_few_rights(
    page: Path, monkeypatch: pytest.MonkeyPatch, start: Start
) -> None:
    monkeypatch.setenv("PEGBOARD_SECRET", "hush")
    reading = asyncio.create_task(parse(page, ".html", start=start))
    reader = await confined_reader()
    known = set(reader.environ())
    user = reader.uids().real
    niceness = reader.nice()
    groups = {os.getpgid(reader.pid), os.getsid(reader.pid)}
    limits = limits_of(reader)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert known <= {"PATH", "LANG", "OMP_THREAD_LIMIT", "TESSDATA_PREFIX", "LC_CTYPE"}
    drops = os.geteuid() == 0 and nobody_may_read_python()
    assert user == (NOBODY if drops else os.geteuid())
    assert ["Max", "file", "size", "0", "0", "bytes"] in limits
    assert niceness == min(os.nice(0) + 10, 19)
    assert groups == {reader.pid}
    assert not reader.is_running()


def test_a_reader_loads_nothing_that_only_the_server_needs() -> None:
    code = "import sys, pegboard.documents.parsing.child; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {"asyncio", "socket", "sqlalchemy", "tempfile"} & set(done.stdout.split()) == set()


async def test_a_file_that_is_called_off_is_not_read_on(page: Path, start: Start) -> None:
    attempt = Attempt()
    reading = asyncio.create_task(attempt.unless_called_off(parse(page, ".html", start=start)))
    reader = await confined_reader()
    attempt.call_off()
    with pytest.raises(DocumentGone):
        await reading
    assert not is_alive(reader)
    with pytest.raises(DocumentGone):
        await attempt.unless_called_off(parse(page, ".html", start=start))


async def test_a_file_of_another_tenant_is_read_beside_those_of_one(
    page: Path, tmp_path: Path, start: Start
) -> None:
    parser = Parser(start=start, at_once=2, per_tenant=1)
    first, second = new_id(), new_id()
    slow = [asyncio.create_task(parser.parse(page, ".html", tenant_id=first)) for _ in range(3)]
    await confined_reader()
    small = write(tmp_path, "a.txt", b"Hello")
    assert await parser.parse(small, ".txt", tenant_id=second) == Parsed((Section("Hello"),), 5)
    assert not any(one.done() for one in slow)
    for one in slow:
        one.cancel()
    await asyncio.gather(*slow, return_exceptions=True)


async def test_a_parser_reads_so_many_files_at_once_and_no_more(page: Path, start: Start) -> None:
    parser = Parser(start=start, at_once=2)
    slow = [asyncio.create_task(parser.parse(page, ".html")) for _ in range(3)]
    end = deadline()
    while len(list(readers())) < 2:
        assert time.monotonic() < end
        await asyncio.sleep(0)
    for _ in range(10):
        assert len(list(readers())) == 2
        await asyncio.sleep(0)
    for one in slow:
        one.cancel()
    await asyncio.gather(*slow, return_exceptions=True)


async def test_as_many_files_as_there_are_come_to_their_turn(tmp_path: Path, start: Start) -> None:
    path = write(tmp_path, "a.txt", b"Hello")
    parser = Parser(start=start, at_once=2)
    reading = asyncio.gather(*(parser.parse(path, ".txt") for _ in range(6)))
    assert await reading == [Parsed((Section("Hello"),), 5)] * 6


async def test_the_server_goes_on_while_a_file_is_read(page: Path, start: Start) -> None:
    clock = asyncio.get_running_loop().time
    reading = asyncio.create_task(parse(page, ".html", limits=Limits(seconds=1), start=start))
    longest, before = 0.0, clock()
    while not reading.done():
        await asyncio.sleep(0)
        longest, before = max(longest, clock() - before), clock()
    with pytest.raises(UnreadableFile):
        await reading
    assert longest < 0.25


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo '[\"ready\"]'; kill -SEGV $$", "The file is damaged: the reader did not survive it"),
        ("echo '[\"ready\"]'; kill -KILL $$", "The file takes too much memory to read"),
        (
            "echo '[\"ready\"]'; echo 'memory allocation of 9 bytes failed' >&2; kill -ABRT $$",
            "The file takes too much memory to read",
        ),
        ("echo '[\"ready\"]'; yes", "The file is damaged: the reader did not survive it"),
        (
            'echo \'["ready"]\'; yes \'["section", "a", null, null]\'',
            "The file is damaged: the reader did not survive it",
        ),
        (
            "echo '[\"ready\"]'; yes | tr -d '\\n'",
            "The file is damaged: the reader did not survive it",
        ),
        ("echo '[\"ready\"]'; exec sleep 100", "The file takes too much time to read"),
        ("yes >&2", "The file takes too much time to read"),
    ],
)
async def test_a_reader_that_was_taken_over_harms_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, reason: str
) -> None:
    path = write(tmp_path, "a.txt", b"Hello")
    program = write(tmp_path, "python", f"#!/bin/sh\n{script}\n".encode())
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    seconds = 1 if "time" in reason else 30
    with pytest.raises(UnreadableFile) as raised:
        await parse(path, ".txt", limits=Limits(seconds=seconds, output=1_000_000))
    assert raised.value.message == reason


async def test_a_reader_that_does_not_start_is_not_the_files_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    with pytest.raises(ReaderFailed):
        await parse(write(tmp_path, "a.txt", b"Hello"), ".txt")


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")
async def test_text_in_images_and_scans_is_read(tmp_path: Path, start: Start) -> None:
    import pypdfium2  # type: ignore[import-untyped]  # noqa: PLC0415

    objects = made.pdf_pages("HELLO WORLD")
    objects[4] = objects[4].replace(b"12 Tf", b"40 Tf")
    bitmap = pypdfium2.PdfDocument(made.pdf(*objects))[0].render(scale=2, grayscale=True)
    data = bytes(bitmap.buffer)
    rows = [data[y * bitmap.stride :][: bitmap.width] for y in range(bitmap.height)]
    picture = write(tmp_path, "a.png", made.png(rows, bitmap.width))
    assert await parse(picture, ".png", start=start) == Parsed((Section("HELLO WORLD"),), 11)

    scan = made.pdf_pages("")
    scan[4] = made.stream(b"400 0 0 200 0 0 cm /Im Do")
    scan[3] = scan[3].replace(b"/Resources <<", b"/Resources << /XObject << /Im 6 0 R >>")
    size = (bitmap.width, bitmap.height)
    words = b"/Type /XObject /Subtype /Image /Width %d /Height %d" % size
    look = b"/ColorSpace /DeviceGray /BitsPerComponent 8"
    scan.append(made.stream(b"".join(rows), words + look))
    path = write(tmp_path, "a.pdf", made.pdf(*scan))
    assert await parse(path, ".pdf", start=start) == Parsed(
        (Section("HELLO WORLD", place="page 1"),), 11
    )


async def test_without_tesseract_the_reason_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: Start
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    picture = write(tmp_path, "a.png", made.png([bytes(9)] * 9, 9))
    with pytest.raises(UnreadableFile) as raised:
        await parse(picture, ".png", start=start)
    assert raised.value.message == NEEDED
    scan = write(tmp_path, "a.pdf", made.pdf(*made.pdf_pages("")))
    with pytest.raises(UnreadableFile) as raised:
        await parse(scan, ".pdf", start=start)
    assert raised.value.message == f"The PDF holds no text, only pictures. {NEEDED}"


@pytest.mark.parametrize("forks", [True, False])
def test_a_reader_dies_with_the_server(page: Path, forks: bool) -> None:
    code = (
        "import asyncio, pathlib, sys; from pegboard.documents.parsing.parser import parse\n"
        "from pegboard.documents.parsing.forked import Readers\n"
        "from pegboard.documents.parsing.fresh import start_fresh\n"
        "start = Readers().start if sys.argv[2] == 'True' else start_fresh\n"
        "asyncio.run(parse(pathlib.Path(sys.argv[1]), '.html', start=start))"
    )
    server = psutil.Popen([sys.executable, "-c", code, str(page), str(forks)])
    while not any(map(is_confined, children := server.children(recursive=True))):
        pass
    server.send_signal(signal.SIGKILL)
    server.wait()
    end = deadline(1)
    while any(map(is_alive, children)):
        assert time.monotonic() < end


async def test_files_are_read_by_children_of_one_fork_server(
    tmp_path: Path, forking: Readers
) -> None:
    path = write(tmp_path, "a.txt", b"Hello")
    parser = Parser(start=forking.start)
    assert await parser.parse(path, ".txt") == Parsed((Section("Hello"),), 5)
    [server] = fork_servers()
    await asyncio.gather(*(parser.parse(path, ".txt") for _ in range(6)))
    assert fork_servers() == [server]
    assert server.children() == []  # nor a zombie
    assert server.num_threads() == 1
    assert server.nice() == min(os.nice(0) + 10, 19)
    assert set(server.environ()) <= {"PATH", "LANG", "OMP_THREAD_LIMIT", "TESSDATA_PREFIX"}
    assert server.open_files() == []


async def test_a_fork_server_holds_nothing_of_a_file_that_is_being_read(
    page: Path, forking: Readers
) -> None:
    reading = asyncio.create_task(parse(page, ".html", start=forking.start))
    reader = await confined_reader()
    [server] = fork_servers()
    there, here = folder_of(reader), folder_of(server)
    files = descriptors_of(reader)
    end = deadline()
    while len(descriptors_of(server)) > 5:  # it gives away what it was sent right after forking
        assert time.monotonic() < end
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert (str(here), here == there) == ("/", False)
    # The file and two pipes. Its own way out is a copy of the one that was its output.
    assert files[0] == str(page)
    assert all(name.startswith("pipe:") for name in files[1:])
    assert server.children() == []


async def test_a_killed_reader_is_told_apart_from_a_killed_fork_server(
    page: Path, tmp_path: Path, forking: Readers
) -> None:
    reading = asyncio.create_task(parse(page, ".html", start=forking.start))
    (await confined_reader()).kill()
    with pytest.raises(UnreadableFile, match="The file takes too much memory to read"):
        await reading
    [server] = fork_servers()
    reading = asyncio.create_task(parse(page, ".html", start=forking.start))
    reader = await confined_reader()
    server.kill()
    with pytest.raises(ReaderFailed):  # so that the job is tried again
        await reading
    end = deadline(1)
    while is_alive(reader):
        assert time.monotonic() < end
    small = write(tmp_path, "a.txt", b"Hello")
    assert await parse(small, ".txt", start=forking.start) == Parsed((Section("Hello"),), 5)
    assert server not in fork_servers()


async def test_where_no_fork_server_starts_a_fresh_process_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forking: Readers
) -> None:
    program = write(
        tmp_path,
        "python",
        f'#!/bin/sh\ncase "$*" in *fork_server*) exit 1;; esac\n'
        f'exec {sys.executable} "$@"\n'.encode(),
    )
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    path = write(tmp_path, "a.txt", b"Hello")
    assert await parse(path, ".txt", start=forking.start) == Parsed((Section("Hello"),), 5)


async def test_a_fork_server_without_work_ends(tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("forks on Linux")
    readers = Readers(idle=0)
    path = write(tmp_path, "a.txt", b"Hello")
    for _ in range(2):
        assert await parse(path, ".txt", start=readers.start) == Parsed((Section("Hello"),), 5)
        end = deadline()
        while fork_servers():
            assert time.monotonic() < end
            await asyncio.sleep(0)
