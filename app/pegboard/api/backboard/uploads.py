"""The files of a form, each of them one that can be kept."""

from typing import Final

from starlette.datastructures import FormData, UploadFile

from pegboard.api.backboard.wire.message_request import BadMessage
from pegboard.documents.formats import suffix_of
from pegboard.strict_json import BadJson, check_text

_LONGEST_NAME: Final = 255


def files_of(form: FormData) -> list[UploadFile]:
    """The files of a form, each with a name that can be kept and a type that is taken.

    A form in which no file was chosen carries an empty part without a name.
    """
    files = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
    named = [file for file in files if file.filename]
    for file in named:
        _check_name(file.filename or "")
    return named


def _check_name(name: str) -> None:
    try:
        check_text(name)
    except BadJson as error:
        raise BadMessage(f"The name of a file cannot be kept: {error.problem}") from error
    if len(name) > _LONGEST_NAME:
        raise BadMessage(f"The name of a file is longer than {_LONGEST_NAME} characters")
    suffix_of(name)
