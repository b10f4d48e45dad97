"""Names say what they hold: no bare participle is bound where the code has been cleaned of them.

`told` says that something was told, and neither what nor by whom: `rows`, `body`, `query` do.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

PROJECT: Final = Path(__file__).parents[1]
BARE: Final = frozenset(
    {"told", "asked", "found", "kept", "said", "heard", "witnessed", "wished", "wish"}
)

CLEANED: Final = ("app/pegboard/**/*.py", "bench/**/*.py", "tests/**/*.py")

NOT_YET: Final[tuple[str, ...]] = ()
"""Of what is cleaned, what still binds them: each leaves the list as soon as it does not."""


def test_no_name_is_a_bare_participle() -> None:
    left_out = {file for pattern in NOT_YET for file in PROJECT.glob(pattern)}
    cleaned = {file for pattern in CLEANED for file in PROJECT.glob(pattern)} - left_out
    assert cleaned
    assert [bare for file in sorted(cleaned) for bare in bare_names(file)] == []


@pytest.mark.parametrize("pattern", NOT_YET)
def test_what_is_clean_is_no_longer_left_out(pattern: str) -> None:
    assert any(True for file in PROJECT.glob(pattern) for _ in bare_names(file)), (
        f"{pattern} is clean: take it out of NOT_YET"
    )


def bare_names(file: Path) -> Iterator[str]:
    """Each bare name that a file binds, as `file:line name`; `_told` and `Told` are too."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        for name in _bound_by(node):
            if name.strip("_").lower() in BARE:
                yield f"{file.relative_to(PROJECT)}:{getattr(node, 'lineno', 0)} {name}"


def _bound_by(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
            yield name
        case ast.arg(arg=name):
            yield name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.alias(name=name, asname=renamed):
            yield renamed or name
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name
        case ast.MatchMapping(rest=str(name)) | ast.ExceptHandler(name=str(name)):
            yield name
