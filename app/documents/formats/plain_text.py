"""Text files of any encoding."""

from charset_normalizer import from_bytes

from app.errors import AppError, Kind


class NotText(AppError):
    kind = Kind.INVALID
    code = "invalid_file"


def read_text(data: bytes) -> str:
    """The text, with its byte order mark and NUL characters removed."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        guess = from_bytes(data).best()
        if guess is None:
            raise NotText("The file is not text in any known encoding") from None
        text = str(guess)
    return text.replace("\x00", "")
