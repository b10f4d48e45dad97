"""Why a page was not fetched. The messages reach a model: they name no address of the inside."""

from pegboard.errors import AppError, ErrorKind


class PageRefused(AppError):
    """We do not fetch this, however often we are asked."""

    kind = ErrorKind.INVALID
    code = "page_refused"


class PageUnavailable(AppError):
    """We tried, and the other side did not deliver."""

    kind = ErrorKind.PROVIDER_FAILED
    code = "page_unavailable"
