"""Keep files, find them, let them go. A file that is past its time is not found any more.

Knows nothing of what is made of files: whoever removes one sees to that.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, or_

from pegboard import clock
from pegboard.blobs.store import REMOVE_BLOB, StoredBlob, blob_key
from pegboard.db.pages import Page, Rows, rows_of
from pegboard.errors import NotFound
from pegboard.files.tables import File
from pegboard.jobs.queue import enqueue
from pegboard.tenants.scope import Scope

EXPIRE_FILE = "expire_file"
NOUN = "File"


async def keep(
    scope: Scope,
    file_id: UUID,
    *,
    filename: str,
    purpose: str,
    blob: StoredBlob,
    lifetime: timedelta | None = None,
) -> File:
    """Make a file of bytes that are in the blob store under its id."""
    moment = clock.now()
    file = File(
        id=file_id,
        tenant_id=scope.tenant_id,
        created_at=moment,
        filename=filename,
        purpose=purpose,
        byte_size=blob.size,
        sha256=blob.sha256,
        expires_at=None if lifetime is None else moment + lifetime,
    )
    scope.session.add(file)
    if lifetime is not None:
        await enqueue(
            scope.session,
            EXPIRE_FILE,
            after=lifetime,
            tenant_id=str(scope.tenant_id),
            file_id=str(file_id),
        )
    return file


async def get(scope: Scope, file_id: UUID) -> File:
    (file,) = await get_all(scope, [file_id])
    return file


async def get_all(scope: Scope, file_ids: Sequence[UUID], *, hold: bool = False) -> list[File]:
    """All of these files, in this order; NotFound for the first that is missing.

    With `hold` they stay until this transaction ends.
    """
    files = {file.id: file for file in await present(scope, file_ids, hold=hold)}
    for file_id in file_ids:
        if file_id not in files:
            raise NotFound(NOUN, file_id)
    return [files[file_id] for file_id in file_ids]


async def present(scope: Scope, file_ids: Sequence[UUID], *, hold: bool = False) -> list[File]:
    """Those of these files that are there, in the order in which they were uploaded."""
    query = scope.select(File).where(File.id.in_(file_ids), _lasting()).order_by(File.id)
    if hold:
        query = query.with_for_update(read=True, key_share=True)
    return list(await scope.session.scalars(query))


async def listed(scope: Scope, page: Page, *, purpose: str | None = None) -> Rows[File]:
    query = scope.select(File).where(_lasting())
    if purpose is not None:
        query = query.where(File.purpose == purpose)
    return await rows_of(scope.session, query, page, key=File.id)


async def remove(scope: Scope, file: File) -> None:
    """Remove a file; its bytes follow once this is committed."""
    await scope.session.delete(file)
    await scope.session.flush()
    await enqueue(scope.session, REMOVE_BLOB, key=blob_key(file.id))


def _lasting() -> ColumnElement[bool]:
    return or_(File.expires_at.is_(None), File.expires_at > clock.now())
