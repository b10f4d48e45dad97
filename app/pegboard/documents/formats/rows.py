"""Table rows as lines that can be read alone: "Name: Ada; Price: 3"."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

_LONGEST_NAME: Final = 80


def readable_rows(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """One line a row. The first row of two or more cells is the header if it looks like one;
    rows before it (a title above the table) and tables without one are left as they are."""
    names: Sequence[str] | None = None
    seeking = True
    named_something = False
    for row in rows:
        cells = [" ".join(cell.split()) for cell in row]
        filled = sum(map(bool, cells))
        if not filled:
            continue
        if seeking and filled > 1:
            seeking = False
            if _are_names(cells):
                names = cells
                continue
        if names is None:
            yield " | ".join(filter(None, cells))
        else:
            named_something = True
            yield "; ".join(_pairs(names, cells))
    if names is not None and not named_something:
        yield " | ".join(filter(None, names))


def _are_names(cells: Sequence[str]) -> bool:
    names = [cell for cell in cells if cell]
    return (
        len(set(names)) == len(names)
        and len(names) * 2 > len(cells)
        and all(len(name) <= _LONGEST_NAME and any(map(str.isalpha, name)) for name in names)
    )


def _pairs(names: Sequence[str], cells: Sequence[str]) -> Iterator[str]:
    for column, cell in enumerate(cells):
        if not cell:
            continue
        name = names[column] if column < len(names) else ""
        yield f"{name}: {cell}" if name else cell
