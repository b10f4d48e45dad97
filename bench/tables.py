"""Plain text tables."""

from collections.abc import Sequence


def table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]], *notes: str) -> str:
    """The first column to the left, figures to the right, notes below."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    lines = [
        "  ".join(
            cell.rjust(width) if at else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in (header, ["-" * width for width in widths], *rows)
    ]
    return "\n".join((f"\n{title}", *(f"  {line}" for line in (*lines, *notes))))


def ms(seconds: float) -> str:
    return f"{seconds * 1000:.2f}"


def mb(count: float) -> str:
    return f"{count / 1e6:.0f}"


def times(ratio: float) -> str:
    return f"{ratio:.2f}x"
