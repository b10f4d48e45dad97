"""The docstrings of Python's own library: real text that is there on every machine."""

import inspect
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Final

_MODULES: Final = """
    argparse base64 bisect calendar collections contextlib copy difflib filecmp fnmatch functools
    getpass glob gzip hashlib heapq hmac html inspect itertools json linecache math os.path pickle
    pprint queue random re secrets shlex shutil statistics string struct subprocess tempfile
    textwrap threading time timeit traceback urllib.parse uuid weakref zipfile zlib
""".split()  # noqa: SIM905
_SHORTEST: Final = 40


def docstrings() -> dict[str, str]:
    """Text by dotted name, of the public functions and classes; none of them twice."""
    by_name = {f"{name}.{what}": text for name in _MODULES for what, text in _docstrings_of(name)}
    first = {text: name for name, text in reversed(by_name.items())}
    return {name: text for name, text in by_name.items() if first[text] == name}


def _docstrings_of(module_name: str) -> Iterator[tuple[str, str]]:
    module: ModuleType = import_module(module_name)
    for name in sorted(getattr(module, "__all__", dir(module))):
        value = getattr(module, name)
        if name.startswith("_") or not callable(value) or _is_error(value):
            continue
        text = inspect.getdoc(value)
        if text and len(text) >= _SHORTEST:
            yield name, text


def _is_error(value: object) -> bool:
    """Most of their docstrings are inherited, and say nothing."""
    return isinstance(value, type) and issubclass(value, BaseException)
