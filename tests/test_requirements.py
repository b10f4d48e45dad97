"""What is promised and what is tested are the same: docs/requirements.md against the marks."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

TESTS: Final = Path(__file__).parent
PAGE: Final = TESTS.parent / "docs" / "requirements.md"

_ROW: Final = re.compile(r"^\| `(?P<id>[a-z.0-9-]+)` \| (?P<promise>.+) \| (?P<files>.+) \|$", re.M)
_LINK: Final = re.compile(r"\[(?P<name>[^]]+)\]\(\.\./tests/(?P<path>[^)]+)\)")


def promised() -> dict[str, set[str]]:
    """The files that the page names, by the promise that they hold."""
    return {
        row["id"]: {link["path"] for link in _LINK.finditer(row["files"])}
        for row in _ROW.finditer(PAGE.read_text())
    }


def marked() -> dict[str, set[str]]:
    """The files with a test that bears a promise's mark, by the promise."""
    files: dict[str, set[str]] = defaultdict(set)
    for path in TESTS.rglob("test_*.py"):
        for requirement in _marks_in(ast.parse(path.read_text())):
            files[requirement].add(path.relative_to(TESTS).as_posix())
    return files


def _marks_in(module: ast.Module) -> Iterator[str]:
    for function in ast.walk(module):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for decorator in function.decorator_list:
            if (
                isinstance(decorator, ast.Call)
                and ast.unparse(decorator.func) == "pytest.mark.requirement"
            ):
                assert decorator.args, f"{function.name}: a mark names its requirement"
                yield from (ast.literal_eval(argument) for argument in decorator.args)


def test_every_promise_has_a_test() -> None:
    assert sorted(promised().keys() - marked().keys()) == []


def test_every_mark_names_a_promise() -> None:
    assert sorted(marked().keys() - promised().keys()) == []


def test_the_page_names_the_files_that_hold_each_promise() -> None:
    assert promised() == marked()


def test_a_promise_stands_on_the_page_once() -> None:
    ids = [row["id"] for row in _ROW.finditer(PAGE.read_text())]
    assert sorted(ids) == sorted(set(ids))
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    assert len(ids) == len(rows), "a row that is not of the form of the others"
