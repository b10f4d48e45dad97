"""Original ids as they are met in requests and answers: the same few, again and again."""

from collections import OrderedDict
from collections.abc import Collection
from typing import Final, Generic, TypeVar
from uuid import UUID

from pegboard.originals import operations
from pegboard.tenants.scope import Scopes

_REMEMBERED: Final = 20_000
Key = TypeVar("Key")
Value = TypeVar("Value")


class Directory:
    """Finds ids in both directions. What was found is remembered: it never changes."""

    def __init__(self, scopes: Scopes) -> None:
        self._scopes = scopes
        self._objects: _Memory[tuple[UUID, str], UUID] = _Memory()
        self._originals: _Memory[tuple[UUID, UUID], str] = _Memory()

    async def objects_of(self, tenant_id: UUID, original_ids: Collection[str]) -> dict[str, UUID]:
        """What the tenant has under these ids; those that it does not know are left out."""
        objects, unknown = {}, []
        for original_id in original_ids:
            object_id = self._objects.get((tenant_id, original_id))
            if object_id is None:
                unknown.append(original_id)
            else:
                objects[original_id] = object_id
        if unknown:
            async with self._scopes(tenant_id) as scope:
                stored = await operations.known(scope, unknown)
            for original_id, one in stored.items():
                objects[original_id] = one.object_id
                self._objects.keep((tenant_id, original_id), one.object_id)
        return objects

    async def originals_of(self, tenant_id: UUID, object_ids: Collection[UUID]) -> dict[UUID, str]:
        """What the tenant's objects were called; those that were made here are left out."""
        originals, unknown = {}, []
        for object_id in object_ids:
            original_id = self._originals.get((tenant_id, object_id))
            if original_id is None:
                unknown.append(object_id)
            else:
                originals[object_id] = original_id
        if unknown:
            async with self._scopes(tenant_id) as scope:
                stored = await operations.originals_of(scope, unknown)
            for object_id, original_id in stored.items():
                originals[object_id] = original_id
                self._originals.keep((tenant_id, object_id), original_id)
        return originals


class _Memory(Generic[Key, Value]):
    """The pairs that were used last."""

    def __init__(self) -> None:
        self._values: OrderedDict[Key, Value] = OrderedDict()

    def get(self, key: Key) -> Value | None:
        value = self._values.get(key)
        if value is not None:
            self._values.move_to_end(key)
        return value

    def keep(self, key: Key, value: Value) -> None:
        self._values[key] = value
        if len(self._values) > _REMEMBERED:
            self._values.popitem(last=False)
