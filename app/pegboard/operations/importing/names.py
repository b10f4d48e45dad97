"""The ids of a dump and what they are here: known from before, our own already, or new."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Uuid, any_, literal
from sqlalchemy.dialects.postgresql import ARRAY

from pegboard.api.openai.originals.places import ids_in, with_ids
from pegboard.assistants.tables import Assistant
from pegboard.db.base import Owned
from pegboard.documents.tables import VectorStore
from pegboard.files.tables import File
from pegboard.messages.tables import Message
from pegboard.operations.importing.lines import Item
from pegboard.originals import operations as originals
from pegboard.originals.ids import imported_id
from pegboard.originals.operations import Known
from pegboard.public_ids import Prefix, prefix_of, public_id, uuid_of
from pegboard.runs.tables import Run
from pegboard.tenants.scope import Scope
from pegboard.threads.tables import Thread

_TABLES: Final[Mapping[Prefix, type[Owned]]] = {
    Prefix.ASSISTANT: Assistant,
    Prefix.THREAD: Thread,
    Prefix.MESSAGE: Message,
    Prefix.RUN: Run,
    Prefix.FILE: File,
    Prefix.VECTOR_STORE: VectorStore,
}


@dataclass(frozen=True, slots=True)
class Names:
    """Of some items: what is `known` by the ids in them, and what the others will be (`new`)."""

    known: Mapping[str, Known]
    new: Mapping[str, UUID]

    def is_there(self, original_id: str) -> bool:
        """Whether it was imported, perhaps to be deleted since."""
        known = self.known.get(original_id)
        return known is not None and known.imported

    def object_id(self, original_id: str) -> UUID:
        known = self.known.get(original_id)
        return self.new[original_id] if known is None else known.object_id

    def translated(self, item: Item) -> Any:
        """What an item says with our ids, as an endpoint would meet it."""
        return with_ids(item.value, self._ours(item.ids))

    def in_ours(self, value: Any) -> Any:
        """A part of what an item says with our ids."""
        return with_ids(value, self._ours(frozenset(ids_in(value))))

    def _ours(self, originals: Collection[str]) -> dict[str, str]:
        prefixes = {text: prefix_of(text) for text in originals}
        return {
            text: public_id(prefix, self.object_id(text))
            for text, prefix in prefixes.items()
            if prefix is not None
        }

    async def keep(self, scope: Scope, items: Sequence[Item], *, imported: Collection[str]) -> None:
        """Keep the ids in these items; the objects of those in `imported` are made."""
        met = {text for item in items for text in item.ids}
        new = {text: object_id for text, object_id in self.new.items() if text in met}
        await originals.keep(scope, new, imported=imported)


async def names_of(scope: Scope, items: Sequence[Item]) -> Names:
    """An id that is first met where another is mentioned gets the moment of who mentions it."""
    ticks: dict[str, int] = {}
    for item in items:
        ticks[item.original_id] = item.tick
    for item in items:
        for text in item.ids:
            ticks.setdefault(text, item.tick)
    known = await originals.known(scope, ticks)
    known |= await _our_own(scope, [text for text in ticks if text not in known])
    new = {
        text: imported_id(tick, tenant_id=scope.tenant_id, original_id=text)
        for text, tick in ticks.items()
        if text not in known
    }
    return Names(known, new)


async def _our_own(scope: Scope, texts: Sequence[str]) -> dict[str, Known]:
    """Those that were made here, by this very tenant: a dump may be of the server it goes to."""
    candidates: defaultdict[Prefix, dict[UUID, str]] = defaultdict(dict)
    for text in texts:
        prefix = prefix_of(text)
        object_id = None if prefix is None else uuid_of(prefix, text)
        if prefix is not None and prefix in _TABLES and object_id is not None:
            candidates[prefix][object_id] = text
    own: dict[str, Known] = {}
    for prefix, ids in candidates.items():
        table = _TABLES[prefix]
        ids_here = await scope.session.scalars(
            scope.select_columns(table, table.id).where(
                table.id == any_(literal(list(ids), ARRAY(Uuid)))
            )
        )
        own |= {ids[object_id]: Known(object_id, imported=True) for object_id in ids_here}
    return own
