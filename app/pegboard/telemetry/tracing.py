"""Spans of work for whoever follows a request through the server. Off unless a tracer is installed.

Knows no library of traces: `otlp` brings one along where the operator asks for it. Attributes are
ids, counts and names of kinds; nothing that users or models have said.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum, auto
from typing import Final, Protocol, TypeAlias

Value: TypeAlias = str | int | float | bool | Sequence[str]
Attributes: TypeAlias = Mapping[str, Value]


class SpanKind(Enum):
    """Whose work a span is: asked for from outside, asked of others, or our own."""

    SERVER = auto()
    CLIENT = auto()
    INTERNAL = auto()
    CONSUMER = auto()


class Span(Protocol):
    @property
    def traceparent(self) -> str | None:
        """What another process continues the trace by: W3C's header; None where there is none."""
        ...

    def rename(self, name: str) -> None: ...

    def set(self, name: str, value: Value) -> None: ...

    def fail(self, kind: str) -> None:
        """The work failed. `kind` is a code or the name of a class, never a message."""
        ...

    def end(self) -> None: ...


class Tracer(Protocol):
    def begin(
        self, name: str, kind: SpanKind, attributes: Attributes, parent: Span | str | None
    ) -> Span:
        """`parent` may be a span of this process, or the `traceparent` of another's."""
        ...


class _NoSpan:
    traceparent: str | None = None

    def rename(self, name: str) -> None:
        pass

    def set(self, name: str, value: Value) -> None:
        pass

    def fail(self, kind: str) -> None:
        pass

    def end(self) -> None:
        pass


NO_SPAN: Final[Span] = _NoSpan()

_tracer: Tracer | None = None
_present: ContextVar[Span | None] = ContextVar("span", default=None)


def install(tracer: Tracer | None) -> None:
    """Trace from here on with this one; with None no more."""
    global _tracer  # noqa: PLW0603  a process has one, or none
    _tracer = tracer


def begin(
    name: str,
    kind: SpanKind = SpanKind.INTERNAL,
    attributes: Attributes | None = None,
    *,
    parent: str | None = None,
) -> Span:
    """A span beneath the present one, or beneath another process' `parent`; the caller ends it.

    For generators, in which nothing can be made present: each step of one is its caller's.
    """
    if _tracer is None:
        return NO_SPAN
    return _tracer.begin(name, kind, attributes or {}, parent or _present.get())


@contextmanager
def span(
    name: str,
    kind: SpanKind = SpanKind.INTERNAL,
    attributes: Attributes | None = None,
    *,
    parent: str | None = None,
) -> Iterator[Span]:
    """The same, present within the block and in the tasks that are begun there."""
    if _tracer is None:
        yield NO_SPAN
        return
    begun = begin(name, kind, attributes, parent=parent)
    before = _present.set(begun)
    try:
        yield begun
    except BaseException as error:
        begun.fail(type(error).__name__)
        raise
    finally:
        _present.reset(before)
        begun.end()


def traceparent() -> str | None:
    """By what another process continues the present trace."""
    present = _present.get()
    return None if present is None else present.traceparent
