"""Nothing that lies in the folder a program is started in is run by it."""

from pathlib import Path

import pytest

from tests.conftest import StartServer
from tests.support.documents import indexed
from tests.support.postgres import new_database
from tests.support.program import ended, installed

MARKER = "executed"
MODULES = ("pegboard/__init__.py", "asyncio.py", "uvicorn.py", "alembic.py", "sitecustomize.py")


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A folder whose modules go by the names of ours and of what we import."""
    folder = tmp_path / "hostile"
    for name in MODULES:
        module = folder / name
        module.parent.mkdir(parents=True, exist_ok=True)
        module.write_text(f"open({str(tmp_path / MARKER)!r}, 'a').write(__file__ + '\\n')\n")
    return folder


def executed(hostile: Path) -> str:
    marker = hostile.with_name(MARKER)
    return marker.read_text() if marker.exists() else ""


@pytest.mark.requirement("operating.own-code")
def test_the_processes_of_a_server_run_nothing_of_its_folder_nor_of_pythonpath(
    start: StartServer, postgres_url: str, hostile: Path
) -> None:
    server = start(
        # What the first process itself takes from PYTHONPATH is between its user and Python.
        installed(hostile, "-I"),
        PEGBOARD_DATABASE_URL=new_database(postgres_url),
        PEGBOARD_WORKERS="2",
        PYTHONPATH=str(hostile),
    )
    with server.client("k") as client:
        made = client.post("/assistants", json={"name": "Ada"}).json()
        indexed(
            client,
            f"/assistants/{made['assistant_id']}",
            "note.md",
            b"# A note\n\nRead by another process.",
        )
    assert server.stop() == 0
    assert executed(hostile) == ""


@pytest.mark.requirement("operating.own-code")
def test_commands_run_nothing_of_the_folder_they_are_started_in(
    postgres_url: str, hostile: Path, tmp_path: Path
) -> None:
    database = {"PEGBOARD_DATABASE_URL": new_database(postgres_url)}
    database["PEGBOARD_DATA_DIR"] = str(tmp_path / "data")
    launch = installed(hostile)
    for command in (("migrate",), ("backup", str(tmp_path / "copy")), ("doctor",)):
        done = ended(launch(*command, **database), *command)
        assert done.returncode == 0, done.stderr
    with launch("worker", **database) as worker:
        assert worker.stderr is not None
        assert any("worker_started" in line for line in worker.stderr)
        worker.terminate()
    assert worker.wait() == 0
    assert executed(hostile) == ""
