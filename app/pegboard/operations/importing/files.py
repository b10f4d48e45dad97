"""Files: their bytes go to the blob store first, then the row that makes a file of them."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any, BinaryIO, Final
from uuid import UUID

from pydantic import BaseModel, Field, ValidationError

from pegboard import clock
from pegboard.api.openai.wire.files import PURPOSES
from pegboard.blobs.store import StoredBlob, blob_key
from pegboard.files import operations as files
from pegboard.operations.importing.dump import NotPlain
from pegboard.operations.importing.import_context import ImportContext, skip_of
from pegboard.operations.importing.kinds import FILES
from pegboard.operations.importing.lines import Item
from pegboard.operations.importing.names import Names, names_of
from pegboard.operations.importing.report import Counts, Skip
from pegboard.tenants.scope import Scope

_PIECE: Final = 256 * 1024
_OUTPUTS: Final = ("assistants_output", "batch_output", "fine-tune-results")


class DumpedFile(BaseModel):
    filename: Annotated[str, Field(min_length=1, max_length=255)]
    purpose: str
    bytes: Annotated[int, Field(ge=0)] | None = None
    expires_at: Annotated[int, Field(ge=0, lt=2**36)] | None = None


async def take_file(context: ImportContext, item: Item, counts: Counts) -> None:
    """Import one file. Without its bytes its id is kept, for them to be brought later."""
    async with context.scopes(context.tenant_id) as scope:
        names = await names_of(scope, [item])
    if names.is_there(item.original_id):
        counts.already += 1
        return
    file_id = names.object_id(item.original_id)
    try:
        dumped = _checked(item)
        blob = await _put(context, item.original_id, file_id, dumped)
    except (Skip, ValidationError) as reason:
        counts.skip(item.place, skip_of(reason, item.original_id))
        async with context.scopes(context.tenant_id) as scope:
            await names.keep(scope, [item], imported=())
        return
    try:
        async with context.scopes(context.tenant_id) as scope:
            await _keep(scope, item, names, dumped, blob)
    except BaseException:
        await context.blobs.remove(blob_key(file_id))
        raise
    counts.imported += 1


def _checked(item: Item) -> DumpedFile:
    dumped = DumpedFile.model_validate(item.value)
    if dumped.purpose not in {*PURPOSES, *_OUTPUTS}:
        raise Skip("a purpose that is not known", f"{item.original_id}: {dumped.purpose[:50]}")
    if dumped.expires_at is not None and dumped.expires_at <= clock.now().timestamp():
        raise Skip("has expired", item.original_id)
    return dumped


async def _put(
    context: ImportContext, original_id: str, file_id: UUID, dumped: DumpedFile
) -> StoredBlob:
    try:
        source = await asyncio.to_thread(context.dump.open_bytes, original_id)
    except NotPlain as error:
        raise Skip("its bytes are no plain file", f"files/{original_id}") from error
    if source is None:
        raise Skip(f"its bytes are not in {FILES.name}/", original_id)
    with source:
        size = await asyncio.to_thread(source.seek, 0, 2)
        if size > context.max_file:
            raise Skip(f"more than {context.max_file} bytes (PEGBOARD_MAX_UPLOAD)", original_id)
        if dumped.bytes is not None and size != dumped.bytes:
            raise Skip("not as long as it says", f"{original_id}: {size}, not {dumped.bytes} bytes")
        await asyncio.to_thread(source.seek, 0)
        return await context.blobs.put(blob_key(file_id), _pieces(source))


async def _pieces(source: BinaryIO) -> AsyncIterator[bytes]:
    while piece := await asyncio.to_thread(source.read, _PIECE):
        yield piece


async def _keep(
    scope: Scope, item: Item, names: Names, dumped: DumpedFile, blob: StoredBlob
) -> None:
    lifetime = None
    if dumped.expires_at is not None:
        lifetime = moment(dumped.expires_at) - clock.now()
    file = await files.keep(
        scope,
        names.object_id(item.original_id),
        filename=dumped.filename,
        purpose=dumped.purpose,
        blob=blob,
        lifetime=lifetime,
    )
    file.created_at = moment(item.value["created_at"])
    await scope.session.flush()
    await names.keep(scope, [item], imported={item.original_id})


def moment(second: Any) -> datetime:
    return datetime.fromtimestamp(second, UTC)
