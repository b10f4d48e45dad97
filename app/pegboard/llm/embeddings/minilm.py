"""The model that works offline: all-MiniLM-L6-v2, English, 384 dimensions.

Knows how to keep the event loop and the queries from waiting. The network itself is in
`minilm_network`.
"""

import asyncio
import threading
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from pegboard.fairness import FairLimiter
from pegboard.llm.embeddings.embedder import EmbeddingName, TextKind
from pegboard.llm.embeddings.in_order import each_in_order
from pegboard.llm.embeddings.minilm_network import DIMS, Network, load_network

LOCAL: Final = EmbeddingName("local", "all-MiniLM-L6-v2", DIMS)


class MiniLm:
    """Loads the network at first use, in a thread.

    Queries have a thread of their own, so that one never waits for the passages of an upload.
    Texts are handed to their threads one by one and lane by lane, so that uploads take turns and
    a tenant's many do not hold up another's one.
    """

    def __init__(
        self, *, passage_threads: int = 1, load: Callable[[], Network] = load_network
    ) -> None:
        self._load_network = load
        self._network: Network | None = None
        self._loading = threading.Lock()
        self._threads = {TextKind.QUERY: 1, TextKind.PASSAGE: passage_threads}
        self._executors = {
            kind: ThreadPoolExecutor(threads, thread_name_prefix=f"minilm-{kind}")
            for kind, threads in self._threads.items()
        }
        # One text more than there are threads is handed over, so that none is idle meanwhile.
        self._turns = {
            kind: FairLimiter(threads + 1, threads + 1) for kind, threads in self._threads.items()
        }

    @property
    def name(self) -> EmbeddingName:
        return LOCAL

    async def load(self) -> None:
        """Do now what the first text would wait for; raises what `embed` would."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._executors[TextKind.QUERY], self._loaded)

    async def embed(
        self, texts: Sequence[str], kind: TextKind, *, lane: Hashable = None
    ) -> list[list[float]]:
        loop = asyncio.get_running_loop()

        async def embed_one(text: str) -> list[float]:
            async with self._turns[kind].slot(lane):
                return await loop.run_in_executor(self._executors[kind], self._embed, text)

        return await each_in_order(texts, embed_one, at_once=self._threads[kind])

    def close(self) -> None:
        """Begin no more texts. Those begun end by themselves."""
        for executor in self._executors.values():
            executor.shutdown(wait=False, cancel_futures=True)

    def _embed(self, text: str) -> list[float]:
        return self._loaded().embed(text)

    def _loaded(self) -> Network:
        with self._loading:
            if self._network is None:
                self._network = self._load_network()
            return self._network
