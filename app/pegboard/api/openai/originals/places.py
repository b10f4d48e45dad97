"""Where ids stand in what clients send and read. Pure.

Under keys that say so: `id`, `thread_id`, `vector_store_ids`. What people or models wrote is never
looked at, nor what clients keep with an object.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pegboard.public_ids import prefix_of

_OPAQUE: Final = frozenset({"metadata", "attributes", "parameters", "json_schema"})


def ids_in(value: Any) -> Iterator[str]:
    """All ids of a body, some of them more than once."""
    if isinstance(value, list):
        for one in value:
            yield from ids_in(one)
    elif isinstance(value, dict):
        for key, one in value.items():
            if _holds_ids(key):
                yield from _ids(one)
            if key not in _OPAQUE:
                yield from ids_in(one)


def with_ids(value: Any, names: Mapping[str, str]) -> Any:
    """A body like this one, with other names for ids."""
    if isinstance(value, list):
        return [with_ids(one, names) for one in value]
    if not isinstance(value, dict):
        return value
    return {key: _renamed(key, one, names) for key, one in value.items()}


def _renamed(key: str, value: Any, names: Mapping[str, str]) -> Any:
    if _holds_ids(key):
        if isinstance(value, str):
            return names.get(value, value)
        if isinstance(value, list):
            return [
                names.get(one, one) if isinstance(one, str) else with_ids(one, names)
                for one in value
            ]
    return value if key in _OPAQUE else with_ids(value, names)


def _holds_ids(key: str) -> bool:
    return key == "id" or key.endswith(("_id", "_ids"))


def _ids(value: Any) -> Iterator[str]:
    for one in value if isinstance(value, list) else (value,):
        if isinstance(one, str) and prefix_of(one) is not None:
            yield one
