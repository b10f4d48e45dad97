"""Why a request with a key is neither carried out nor answered as before."""

from collections.abc import Sequence

from pegboard.errors import AppError, ErrorKind
from pegboard.idempotency.attempts import Made


class InvalidKey(AppError):
    code = "invalid_idempotency_key"


class KeyReused(AppError):
    code = "idempotency_key_reused"

    def __init__(self) -> None:
        super().__init__(
            "This Idempotency-Key was used for another request: a key stands for one method, "
            "path, query and body"
        )


class StillRunning(AppError):
    """Asking again a moment later is right, with the same key."""

    kind = ErrorKind.UNAVAILABLE
    code = "idempotent_request_in_progress"
    retry_after = 1.0

    def __init__(self) -> None:
        super().__init__(
            "The first request with this Idempotency-Key is still being carried out; ask again "
            "with the same key"
        )


class AnswerLost(AppError):
    """The request took place and is not done twice, but how it was answered is not known.

    `names` are what its caller calls the things that were `made`.
    """

    kind = ErrorKind.CONFLICT
    code = "idempotent_answer_lost"

    def __init__(self, made: Sequence[Made], *, too_large: bool, names: Sequence[str] = ()) -> None:
        became = "was too large to be kept" if too_large else "was lost when it was cut off"
        made_part = f" It made {', '.join(names)}." if names else ""
        super().__init__(
            "The first request with this Idempotency-Key was carried out, but its answer "
            f"{became}.{made_part} Look at what is there; to do the same once more use a new key"
        )
        self.made = tuple(made)
        self.too_large = too_large
