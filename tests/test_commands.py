"""What every command of `pegboard` has in common: versions, mistakes, progress."""

import io
import tomllib
from pathlib import Path

import pytest

from pegboard.cli.progress_display import BAR_SECONDS, LINE_SECONDS, ProgressDisplay
from tests.conftest import StartServer
from tests.support.postgres import empty_database
from tests.support.program import pegboard

PROJECT = Path(__file__).parents[1]


def test_the_version_is_told_without_any_setting() -> None:
    done = pegboard("--version", PEGBOARD_PORT="seven")
    version = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["version"]
    assert (done.returncode, done.stdout, done.stderr) == (0, f"pegboard {version}\n", "")


@pytest.mark.parametrize(
    ("command", "settings", "says"),
    [
        (("serve",), {"PEGBOARD_PORT": "seven"}, "PEGBOARD_PORT: "),
        (("serve", "--workers", "0"), {}, "PEGBOARD_WORKERS: "),
        (("worker",), {"PEGBOARD_AUTH": "perhaps"}, "PEGBOARD_AUTH: "),
        (("serve",), {"PEGBOARD_HOST": "0.0.0.0", "PEGBOARD_AUTH": "open"}, "PEGBOARD_ALLOW_OPEN"),
        (("keys", "create", "--scopes", "all"), {}, "Scopes are"),
        (("keys", "create", "--requests-per-minute", "many"), {}, "--requests-per-minute"),
        (
            ("migrate",),
            {"PEGBOARD_DATABASE_DIRECT_URL": "postgresql://h/db"},
            "PEGBOARD_DATABASE_DIRECT_URL: ",
        ),
    ],
)
@pytest.mark.requirement("access.safe-exposure")
def test_values_that_cannot_be_meant_end_with_2_and_a_line(
    command: tuple[str, ...], settings: dict[str, str], says: str
) -> None:
    wrong = pegboard(*command, **settings)
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert says in wrong.stderr
    assert wrong.stderr.startswith("pegboard: ")
    assert wrong.stderr.count("\n") == 1


@pytest.mark.requirement("operating.settings")
def test_two_wrong_values_are_two_lines() -> None:
    wrong = pegboard("serve", PEGBOARD_PORT="seven", PEGBOARD_JOBS="perhaps")
    assert wrong.returncode == 2
    names = [line.split(": ")[1] for line in wrong.stderr.splitlines()]
    assert names == ["PEGBOARD_PORT", "PEGBOARD_JOBS"]


@pytest.mark.requirement("operating.settings")
def test_a_variable_that_is_no_setting_is_told_with_the_nearest(
    start: StartServer, postgres_url: str
) -> None:
    server = start(
        PEGBOARD_DATABASE_URL=empty_database(postgres_url),
        PEGBOARD_GRACE_SECOND="3",
        PEGBOARD_SERVICE_HOST="10.0.0.1",
        PEGBOARD_LOG_FORMAT="json",
    )
    server.stop()
    lines = [line for line in server.log if '"unknown_setting"' in line]
    assert ['"PEGBOARD_GRACE_SECONDS"' in line for line in lines] == [True, False]
    assert '"PEGBOARD_SERVICE_HOST"' in lines[1]


def test_a_list_that_is_empty_says_so(database_url: str, postgres_url: str) -> None:
    database = {"PEGBOARD_DATABASE_URL": empty_database(postgres_url)}
    for command in (("keys", "list"), ("runs", "stuck")):
        listed = pegboard(*command, **database)
        assert (listed.returncode, listed.stdout) == (0, "")
        assert listed.stderr.startswith("No ")


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_a_bar_that_grows_and_goes() -> None:
    screen, moments = Screen(), iter([0, 0, BAR_SECONDS / 2, BAR_SECONDS])
    display = ProgressDisplay(screen, clock=lambda: next(moments))
    display("messages", 0, 2_000)
    display("messages", 500, 2_000)  # too soon to be shown
    display("messages", 1_000, 2_000)
    shown = screen.getvalue().split("\r")
    assert [line.rstrip() for line in shown if line] == [
        f"messages             [{'.' * 30}] 0 of 2,000",
        f"messages             [{'#' * 15}{'.' * 15}] 1,000 of 2,000",
    ]
    display.close()
    assert screen.getvalue().endswith(f"\r{' ' * len(shown[-1])}\r")


def test_elsewhere_a_line_is_logged_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    screen, moments = io.StringIO(), iter([0, LINE_SECONDS / 2, LINE_SECONDS])
    display = ProgressDisplay(screen, clock=lambda: next(moments))
    display("messages", 500, 2_000)  # a command may be done by then
    display("messages", 1_000, 2_000)
    display.close()
    assert screen.getvalue() == ""
    printed = capsys.readouterr()
    assert (printed.out + printed.err).count("progress") == 1
