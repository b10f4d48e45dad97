"""Files as they are uploaded and listed."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Self

from starlette.datastructures import FormData, UploadFile

from pegboard.api.openai.faults import BadParameter
from pegboard.api.openai.wire.fields import seconds, too_long
from pegboard.api.openai.wire.limits import check_choice, check_range, require
from pegboard.api.openai.wire.lists import Identified
from pegboard.files.tables import File
from pegboard.public_ids import Prefix, public_id
from pegboard.strict_json import BadJson, check_text

PURPOSES: Final = ("assistants", "vision", "batch", "fine-tune", "user_data", "evals")
_LONGEST_NAME: Final = 255
_SHORTEST_LIFE: Final = 3_600
_LONGEST_LIFE: Final = 2_592_000


@dataclass(frozen=True, slots=True)
class FileIn:
    """The form of an upload."""

    file: UploadFile
    purpose: str
    lifetime: timedelta | None

    @classmethod
    def of(cls, form: FormData) -> Self:
        file = form.get("file")
        if not isinstance(file, UploadFile) or not file.filename:
            require("file", None)
        assert isinstance(file, UploadFile)  # noqa: S101  required just before
        _check_name(file.filename or "")
        return cls(file, _purpose(form.get("purpose")), _lifetime(form))


class FileOut(Identified):
    object: str
    bytes: int
    created_at: int | None
    expires_at: int | None
    filename: str
    purpose: str
    status: str
    status_details: str | None

    @classmethod
    def of(cls, file: File) -> Self:
        return cls(
            id=public_id(Prefix.FILE, file.id),
            object="file",
            bytes=file.byte_size,
            created_at=seconds(file.created_at),
            expires_at=seconds(file.expires_at),
            filename=file.filename,
            purpose=file.purpose,
            status="processed",
            status_details=None,
        )


def _purpose(given: object) -> str:
    require("purpose", given)
    if not isinstance(given, str) or given not in PURPOSES:
        shown = given[:50] if isinstance(given, str) else "file"
        raise BadParameter(f"'{shown}' is not one of {list(PURPOSES)} - 'purpose'", param="purpose")
    return given


def _lifetime(form: FormData) -> timedelta | None:
    anchor, given = form.get("expires_after[anchor]"), form.get("expires_after[seconds]")
    if anchor is None and given is None:
        return None
    require("expires_after.anchor", anchor)
    require("expires_after.seconds", given)
    check_choice("expires_after.anchor", str(anchor), ("created_at",))
    try:
        life = int(str(given)[:20])
    except ValueError as error:
        raise BadParameter(
            "Invalid type for 'expires_after.seconds': expected an integer, but got a string "
            "instead.",
            param="expires_after.seconds",
            code="invalid_type",
        ) from error
    check_range("expires_after.seconds", life, least=_SHORTEST_LIFE, most=_LONGEST_LIFE)
    return timedelta(seconds=life)


def _check_name(name: str) -> None:
    try:
        check_text(name)
    except BadJson as error:
        raise BadParameter(f"Invalid file name: {error.problem}.", param="file") from error
    if len(name) > _LONGEST_NAME:
        raise too_long("file", "name", _LONGEST_NAME, len(name))
