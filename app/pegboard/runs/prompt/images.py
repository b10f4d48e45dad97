"""Pictures that are files → the bytes that a model is shown."""

import base64
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final
from uuid import UUID

import anyio

from pegboard.blobs.store import BlobMissing, BlobStore, blob_key
from pegboard.errors import NotFound
from pegboard.files import operations as files
from pegboard.llm.gateway import Image, UserTurn
from pegboard.runs.prompt.window import SizedTurn
from pegboard.tenants.scope import Scopes

MOST_BYTES: Final = 20 * 2**20
"""Of all pictures of a prompt together; the newest come first."""

_BEGINNINGS: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
)


class Pictures:
    def __init__(self, scopes: Scopes, blobs: BlobStore) -> None:
        self._scopes = scopes
        self._blobs = blobs

    async def shown(self, tenant_id: UUID, turns: Sequence[SizedTurn]) -> Sequence[SizedTurn]:
        """The turns with the bytes of their pictures.

        A picture that is gone, that is none, or that is too much is left out.
        """
        left = MOST_BYTES
        loaded_turns: list[SizedTurn] = []
        for sized in reversed(turns):
            turn = sized.turn
            if isinstance(turn, UserTurn) and any(image.file_id for image in turn.images):
                images = []
                for image in turn.images:
                    loaded = await self._loaded(tenant_id, image, left)
                    if loaded is not None:
                        images.append(loaded)
                        left -= 0 if image.file_id is None else len(loaded.url)
                sized = replace(sized, turn=replace(turn, images=tuple(images)))  # noqa: PLW2901
            loaded_turns.append(sized)
        return loaded_turns[::-1]

    async def _loaded(self, tenant_id: UUID, image: Image, most: int) -> Image | None:
        if image.file_id is None:
            return image
        try:
            async with self._scopes(tenant_id) as scope:
                file = await files.get(scope, image.file_id)
            if file.byte_size > most:
                return None
            async with self._blobs.local(blob_key(file.id)) as path:
                url = await anyio.to_thread.run_sync(_data_url, path)
        except (NotFound, BlobMissing):
            return None
        return None if url is None else Image(url, image.detail)


def _data_url(path: Path) -> str | None:
    content = path.read_bytes()
    kind = _kind_of(content)
    return None if kind is None else f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _kind_of(content: bytes) -> str | None:
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in _BEGINNINGS if content.startswith(start)), None)
