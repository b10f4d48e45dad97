"""The settings of a command, read from its environment and options, and what is wrong with them."""

import os
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final

from pydantic import ValidationError

from pegboard.db.address import AddressUnusable, read_address
from pegboard.errors import AppError, ErrorKind
from pegboard.settings import Settings

_PREFIX: Final = "PEGBOARD_"
_NAMES: Final = tuple(f"{_PREFIX}{name.upper()}" for name in Settings.model_fields)


class SettingsWrong(AppError):
    """Values that cannot be meant; the message has a line for each."""

    kind = ErrorKind.INVALID
    code = "settings_wrong"


def read_settings(given: Mapping[str, Any]) -> Settings:
    """`given` is what the command line names; None where it names nothing. Raises SettingsWrong."""
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        lines = [f"{_PREFIX}{str(one['loc'][0]).upper()}: {one['msg']}" for one in error.errors()]
        raise SettingsWrong("\n".join(lines)) from error
    if wrong := [*_wrong_addresses(settings)]:
        raise SettingsWrong("\n".join(wrong))
    return settings


def unknown_variables(environment: Mapping[str, str] = os.environ) -> dict[str, str | None]:
    """Variables that look like settings and are none, with the setting that may have been meant."""
    unknown = sorted(
        name for name in environment if name.upper().startswith(_PREFIX) and name not in _NAMES
    )
    return {
        name: next(iter(get_close_matches(name.upper(), _NAMES, n=1, cutoff=0.75)), None)
        for name in unknown
        if name.upper() not in _NAMES  # they are read in any casing
    }


def _wrong_addresses(settings: Settings) -> Iterator[str]:
    """What is wrong with addresses and can be seen without connecting."""
    for name in ("database_url", "database_direct_url"):
        url = getattr(settings, name)
        if url is None:
            continue
        try:
            read_address(url.get_secret_value(), variable=f"{_PREFIX}{name.upper()}")
        except AddressUnusable as error:
            yield error.message
    if settings.database_direct_url is not None and settings.database_url is None:
        yield "PEGBOARD_DATABASE_DIRECT_URL: it is of use beside PEGBOARD_DATABASE_URL only"
