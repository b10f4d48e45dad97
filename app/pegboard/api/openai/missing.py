"""What is not there, in OpenAI's words and with the id that was asked for."""

from typing import Final

from pegboard.errors import AppError, ErrorKind, NotFound
from pegboard.public_ids import Prefix, public_id

_FILE: Final = "File"
NOUNS: Final = {
    "Assistant": (Prefix.ASSISTANT, "assistant"),
    "Thread": (Prefix.THREAD, "thread"),
    "Message": (Prefix.MESSAGE, "message"),
    "Run": (Prefix.RUN, "run"),
    "Run step": (Prefix.STEP, "run step"),
    _FILE: (Prefix.FILE, "file"),
    "Vector store": (Prefix.VECTOR_STORE, "vector store"),
    "Vector store file": (Prefix.FILE, "file"),
    "File batch": (Prefix.FILE_BATCH, "file batch"),
}
"""The rooms' nouns: how their ids begin, and what they are called here."""


class Missing(AppError):
    """There is no such object, or it is somebody else's."""

    kind = ErrorKind.NOT_FOUND
    code = ""

    def __init__(self, noun: str, text: str) -> None:
        if noun == _FILE:
            super().__init__(f"No such File object: {text[:100]}")
            self.param: str | None = "id"
        else:
            super().__init__(f"No {NOUNS[noun][1]} found with id '{text[:100]}'.")
            self.param = None


def in_our_words(error: AppError) -> AppError:
    """The same error; a row that was not found is named as the client knows it."""
    if isinstance(error, NotFound) and error.noun in NOUNS and error.row_id is not None:
        return Missing(error.noun, public_id(NOUNS[error.noun][0], error.row_id))
    return error
