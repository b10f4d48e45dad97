"""How many documents of one tenant may wait to be indexed."""

from typing import Final

from sqlalchemy import text

from pegboard.errors import AppError, ErrorKind
from pegboard.tenants.scope import Scope

RETRY_AFTER_SECONDS: Final = 15

# The statuses are written out as in the condition of `ix_documents_unfinished`.
_PENDING: Final = text("""
    SELECT count(*) FROM (
        SELECT 1 FROM documents
        WHERE tenant_id = :tenant_id AND status IN ('pending', 'processing')
        LIMIT :at_most
    ) AS waiting
""")


class TooManyPending(AppError):
    """The tenant has as many documents waiting as it may have."""

    kind = ErrorKind.EXHAUSTED
    code = "too_many_pending_documents"
    retry_after = RETRY_AFTER_SECONDS


async def check_pending(scope: Scope, count: int, *, at_most: int) -> None:
    """Raise TooManyPending unless so many more documents may be added.

    Uploads at the same moment do not see each other, so that a few more may come to wait.
    """
    counted = {"tenant_id": scope.tenant_id, "at_most": at_most}
    pending = await scope.session.scalar(_PENDING, counted)
    # Where none waits, more at once than may wait are taken: refused, they would be so for ever.
    if pending and pending + count > at_most:
        raise TooManyPending(
            f"{pending} files are waiting to be indexed, and {at_most} may: try again later"
        )
