"""Vector stores: made anew of the same files, which the server reads once it is up."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from pydantic import ValidationError

from pegboard.api.openai.wire.store_files import StoreFileIn
from pegboard.api.openai.wire.vector_stores import StoreIn
from pegboard.documents import store_files, stores
from pegboard.documents.attaching import Copies
from pegboard.documents.cloning import copied_bytes
from pegboard.documents.store_files import NewStoreFile
from pegboard.documents.tables import VectorStore
from pegboard.errors import AppError, NotFound
from pegboard.files import operations as files
from pegboard.operations.importing.files import moment
from pegboard.operations.importing.import_context import ImportContext, given, skip_of
from pegboard.operations.importing.kinds import STORE_FILES
from pegboard.operations.importing.lines import Item
from pegboard.operations.importing.names import Names, names_of
from pegboard.operations.importing.report import Skip
from pegboard.tenants.scope import Scope

_EXPIRED: Final = "expired"


async def take_store(scope: Scope, item: Item, names: Names) -> None:
    """Make the store, still empty. It counts as used now, unless its time was over already."""
    fields = given(item.value, "name", "description", "expires_after", "metadata")
    store = await stores.create(
        scope,
        **StoreIn.model_validate(fields).given(),
        store_id=names.object_id(item.original_id),
        created_at=moment(item.value["created_at"]),
    )
    if item.value.get("status") == _EXPIRED:
        store.expires_at = store.created_at


async def fill_store(context: ImportContext, item: Item) -> None:
    """Put those of its files into a store that are here and not in it yet."""
    async with context.scopes(context.tenant_id) as scope:
        names = await names_of(scope, [item])
    if names.is_there(item.original_id):
        await fill(context, item, names, names.object_id(item.original_id))


async def fill(context: ImportContext, item: Item, names: Names, store_id: UUID) -> None:
    """Put the files that an item names into a store; nothing, where that was deleted since."""
    counts = context.report.of(STORE_FILES)
    wanted: list[NewStoreFile] = []
    async with context.scopes(context.tenant_id) as scope:
        try:
            store = await stores.get(scope, store_id)
        except NotFound:
            return
        for file in _files(item.value):
            original_id = str(file.get("id"))[:100]
            try:
                attachment = _attachment(names.in_ours(file))
                if await _is_in(scope, store, attachment):
                    counts.already += 1
                    continue
                await _check(scope, store, attachment, original_id)
                wanted.append(attachment)
            except (Skip, AppError, ValidationError) as reason:
                counts.skip(item.place, skip_of(reason, original_id))
    for attachment in wanted:
        async with (
            copied_bytes([attachment.file_id], context.blobs) as copies,
            context.scopes(context.tenant_id) as scope,
        ):
            await store_files.attach(scope, store_id, [attachment], Copies([copies]))
        counts.imported += 1


def _files(value: dict[str, Any]) -> Sequence[dict[str, Any]]:
    """As objects of their own, `files`, or by their ids alone, `file_ids`."""
    files = value.get("files")
    if isinstance(files, list):
        return [one for one in files if isinstance(one, dict)]
    ids = value.get("file_ids")
    return [{"id": one} for one in ids] if isinstance(ids, list) else []


def _attachment(value: dict[str, Any]) -> NewStoreFile:
    strategy = value.get("chunking_strategy")
    sized = isinstance(strategy, dict) and strategy.get("type") == "static"
    return StoreFileIn(
        file_id=value.get("id") or "",
        attributes=value.get("attributes"),
        chunking_strategy=strategy if sized else None,
    ).attachment()


async def _is_in(scope: Scope, store: VectorStore, attachment: NewStoreFile) -> bool:
    try:
        await store_files.get(scope, store.id, attachment.file_id)
    except NotFound:
        return False
    return True


async def _check(
    scope: Scope, store: VectorStore, attachment: NewStoreFile, original_id: str
) -> None:
    if stores.has_expired(store):
        raise Skip("its vector store has expired", original_id)
    try:
        await files.get(scope, attachment.file_id)
    except NotFound as error:
        raise Skip("its file is not here", original_id) from error
