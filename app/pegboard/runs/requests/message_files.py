"""The files of new messages: that they are there, and that the thread's runs can search them."""

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from pegboard.documents import store_files
from pegboard.documents.attaching import Copies
from pegboard.documents.own_stores import own_store
from pegboard.documents.store_files import NewStoreFile
from pegboard.errors import AppError
from pegboard.files import operations as files
from pegboard.messages.parts import FilePart
from pegboard.runs.requests.new_messages import NewMessage
from pegboard.tenants.scope import Scope
from pegboard.threads import operations as threads

PICTURES: Final = (".png", ".jpg", ".jpeg", ".gif", ".webp")
_DAYS: Final = 7
"""How long the store lasts that a message's files are put into, from its last use on."""


class UnsupportedPicture(AppError):
    """A file that is to be shown is none that models see."""

    code = "unsupported_file"

    def __init__(self, file_id: UUID) -> None:
        super().__init__(f"File {file_id} is no picture: its name ends in none of {PICTURES}")
        self.file_id = file_id


def searched(messages: Iterable[NewMessage]) -> Sequence[UUID]:
    """The files that `attach` needs copies of."""
    return [one.file_id for new in messages for one in new.attachments if one.is_searched]


async def check(scope: Scope, messages: Sequence[NewMessage]) -> None:
    """Raises NotFound for a file that is not there, and UnsupportedPicture."""
    attached = [one.file_id for new in messages for one in new.attachments]
    shown = [
        part.file_id for new in messages for part in new.parts or () if isinstance(part, FilePart)
    ]
    if not attached and not shown:
        return
    await files.get_all(scope, attached)
    for file in await files.get_all(scope, shown):
        if not file.filename.lower().endswith(PICTURES):
            raise UnsupportedPicture(file.id)


async def attach(
    scope: Scope, thread_id: UUID, messages: Sequence[NewMessage], copies: Copies
) -> None:
    """Put the files that are to be searched into the store of a thread that is locked."""
    wanted = [NewStoreFile(file_id) for file_id in searched(messages)]
    if not wanted:
        return
    thread = await threads.get(scope, thread_id)
    store_id = await own_store(scope, thread, expires_after_days=_DAYS)
    await store_files.attach(scope, store_id, wanted, copies)
