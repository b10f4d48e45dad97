"""What an installation without extras says and does, at the command line and at the API."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from pegboard.extras import MODULES
from tests.conftest import StartServer
from tests.support.documents import finished, upload
from tests.support.postgres import new_database
from tests.support.program import ended, lacking
from tests.support.steps import new_thread, say

PROJECT = Path(__file__).parents[1]
EVERY = tuple(module for modules in MODULES.values() for module in modules)
NOWHERE = {"PEGBOARD_DATABASE_URL": "postgresql://u@127.0.0.1:1/x"}
DATABASE = "No database: name a Postgres in PEGBOARD_DATABASE_URL, or "
BUCKET = "PEGBOARD_BLOBS_BUCKET needs boto3, which is not installed"
TRACES = "Traces are asked for, and OpenTelemetry is not installed"


def test_the_extras_are_those_of_the_project() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    extras = set(project["optional-dependencies"]) - {"all", "dev"}
    assert set(MODULES) == extras
    assert project["optional-dependencies"]["all"] == [f"pegboard[{','.join(sorted(extras))}]"]


def test_every_module_is_imported_without_any_extra() -> None:
    program = (
        f"import sys; sys.modules.update(dict.fromkeys({EVERY!r}))\n"
        "import importlib, pkgutil, pegboard\n"
        "for module in pkgutil.walk_packages(pegboard.__path__, 'pegboard.'):\n"
        "    if module.name != 'pegboard.telemetry.otlp':\n"
        "        importlib.import_module(module.name)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.parametrize(
    ("extra", "command", "settings", "says"),
    [
        ("embedded", ("serve",), {}, DATABASE),
        ("embedded", ("serve", "--workers", "2"), {}, DATABASE),
        ("embedded", ("worker",), {}, DATABASE),
        ("embedded", ("keys", "list"), {}, DATABASE),
        # The database is nowhere: what is missing is said before anything is opened.
        ("s3", ("serve",), NOWHERE | {"PEGBOARD_BLOBS_BUCKET": "b"}, BUCKET),
        ("s3", ("serve", "--workers", "2"), NOWHERE | {"PEGBOARD_BLOBS_BUCKET": "b"}, BUCKET),
        ("s3", ("worker",), NOWHERE | {"PEGBOARD_BLOBS_BUCKET": "b"}, BUCKET),
        ("otel", ("serve",), NOWHERE | {"PEGBOARD_TRACES": "otlp"}, TRACES),
        ("otel", ("worker",), NOWHERE | {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c"}, TRACES),
    ],
)
@pytest.mark.requirement("operating.extras")
def test_what_needs_a_missing_extra_ends_with_2_and_the_command_that_installs_it(
    extra: str, command: tuple[str, ...], settings: dict[str, str], says: str, tmp_path: Path
) -> None:
    without = lacking(*MODULES[extra])  # type: ignore[index]
    folder = tmp_path / "data"
    process = without(*command, PEGBOARD_DATA_DIR=str(folder), PEGBOARD_PORT="0", **settings)
    refused = ended(process, *command)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith(f"pegboard: {says}")
    assert refused.stderr.endswith(f": pip install 'pegboard[{extra}]'\n")
    assert refused.stderr.count("\n") == 1
    assert not folder.exists()


@pytest.mark.requirement("operating.extras")
def test_a_bare_installation_serves_on_a_postgres_that_is_named(
    start: StartServer, postgres_url: str, tmp_path: Path
) -> None:
    server = start(
        lacking(*EVERY),
        PEGBOARD_DATABASE_URL=new_database(postgres_url),
        PEGBOARD_DATA_DIR=str(tmp_path),
        PEGBOARD_LOG_FORMAT="json",
    )
    with server.client("k") as client:
        thread_id = new_thread(client)
        assert say(client, thread_id, "Hello")["status"] == "COMPLETED"
        document = finished(
            client, upload(client, f"/threads/{thread_id}", "notes.txt", b"A lighthouse.")
        )
    assert document["status"] == "error"
    assert "pip install 'pegboard[local-embeddings]'" in document["status_message"]
    server.stop()
    (warning,) = [line for line in server.log if '"no_local_embedder"' in line]
    assert "pip install 'pegboard[local-embeddings]'" in warning


def test_the_doctor_says_which_extras_there_are(tmp_path: Path) -> None:
    examined = ended(
        lacking("boto3", *MODULES["embedded"])("doctor", PEGBOARD_DATA_DIR=str(tmp_path))
    )
    assert examined.returncode == 1
    lines = [line.split(maxsplit=2) for line in examined.stdout.splitlines()]
    findings = {subject: (level, text) for level, subject, text in lines}
    assert findings["extras"] == ("OK", "local-embeddings, otel; not installed: embedded, s3")
    assert findings["database"][0] == "FAIL"
    assert "pip install 'pegboard[embedded]'" in findings["database"][1]


def test_the_doctor_says_what_the_settings_want_and_is_not_there() -> None:
    settings = {"PEGBOARD_BLOBS_BUCKET": "b", "PEGBOARD_TRACES": "otlp"}
    examined = ended(lacking(*EVERY)("doctor", **NOWHERE, **settings))
    assert examined.returncode == 1
    failed = [line for line in examined.stdout.splitlines() if line.startswith("FAIL")]
    assert [line.split()[1] for line in failed] == ["extras", "files", "database"]
    assert "pegboard[otel]" in failed[0]
    assert "pegboard[s3]" in failed[1]
