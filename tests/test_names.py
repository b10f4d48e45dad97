"""Names say what they hold: no bare participle is bound.

`told` says that something was told, and neither what nor by whom: `rows`, `body`, `query` do.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).parents[1]
BARE: Final = frozenset(
    {"told", "asked", "found", "kept", "said", "heard", "witnessed", "wished", "wish"}
)

CHECKED: Final = ("app/pegboard/**/*.py", "bench/**/*.py", "tests/**/*.py")


def test_no_name_is_a_bare_participle() -> None:
    files = {file for pattern in CHECKED for file in PROJECT.glob(pattern)}
    assert files
    assert [bare for file in sorted(files) for bare in bare_names(file)] == []


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
