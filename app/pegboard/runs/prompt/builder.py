"""What a model is to read: the thread's talk, with what documents and memory have for it."""

import asyncio
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from pegboard.documents.document_search import DocumentMatches, DocumentSearch
from pegboard.documents.search_scope import DocumentsNotIndexed
from pegboard.llm.gateway import ModelName, Prompt
from pegboard.memories.recall import Recall
from pegboard.models.catalogue import Catalogue
from pegboard.runs.model.server_tools import NoTools, ServerTools
from pegboard.runs.model.snapshots import ContextUsage, Recalled, Retrieved, RunSnapshot
from pegboard.runs.prompt.context import assemble
from pegboard.runs.prompt.images import Pictures
from pegboard.runs.prompt.run_context import RunContext

MEMORIES: Final = 10
"""How many memories the model is given; twice as many with memory_pro."""

SETTLING_SECONDS: Final = 8.0
"""How long a search waits for what was said a moment ago to be extracted."""

_QUOTED: Final = 4_000
_LIGHT: Final = 4_000
"""Characters of instructions that are counted in less time than a thread takes."""


@dataclass(frozen=True, slots=True)
class AssembledPrompt:
    """`recalled` is None where memory was not to be searched; `tools` are ours, answered here."""

    prompt: Prompt
    usage: ContextUsage
    retrieved: tuple[Retrieved, ...]
    recalled: tuple[Recalled, ...] | None
    tools: ServerTools


class PromptBuilder:
    def __init__(
        self,
        *,
        catalogue: Catalogue,
        lookup: DocumentSearch,
        recall: Recall,
        pictures: Pictures,
        web: ServerTools,
        patience: float,
    ) -> None:
        """`patience`: seconds that a run waits for the files of its message to be indexed.

        `web` is what a model may use whose caller lets it search.
        """
        self._catalogue = catalogue
        self._lookup = lookup
        self._recall = recall
        self._pictures = pictures
        self._web = web
        self._patience = patience

    async def build(self, context: RunContext, before: RunSnapshot) -> AssembledPrompt:
        """For a run that left off as `before`. Raises AppError where the model cannot be asked."""
        model = context.options.model
        tools = self._web if context.options.web and self._takes_tools(model) else NoTools()
        matches = await self._look_up(context)
        recalled = await self._recall_memories(context)
        turns = await self._pictures.shown(context.run.tenant_id, context.prepared.turns)
        fit = partial(
            assemble,
            replace(context.prepared, turns=turns),
            matches,
            recalled or (),
            context.options,
            findings=before.findings,
            server_tools=tools.tools,
            window=self._catalogue.window_of(model),
            model_name=context.run.model.name,
        )
        heavy = context.options.tools or len(context.options.instructions) > _LIGHT
        prompt, usage = await asyncio.to_thread(fit) if heavy else fit()
        return AssembledPrompt(prompt, usage, _retrieved(matches), recalled, tools)

    def _takes_tools(self, model: ModelName) -> bool:
        """A model that is known to take none would refuse the whole request."""
        known = self._catalogue.find(model)
        return known is None or known.tools is not False

    async def _look_up(self, context: RunContext) -> DocumentMatches:
        """What the thread's documents say to the message, once its own files are indexed."""
        if not context.look_up or context.prepared.question_id is None:
            return DocumentMatches()
        run = context.run
        if context.awaited:
            try:
                await self._lookup.wait_for(run.tenant_id, context.awaited, patience=self._patience)
            except DocumentsNotIndexed:
                if not context.options.cite:
                    raise
        return await self._lookup.find(
            run.tenant_id,
            thread_id=run.thread_id,
            assistant_id=run.assistant_id,
            question=context.prepared.question,
            message_id=context.prepared.question_id,
            top=context.options.passages,
            least=context.options.least_rating,
            vector_store_ids=context.options.vector_store_ids,
        )

    async def _recall_memories(self, context: RunContext) -> tuple[Recalled, ...] | None:
        """What memory has for the message; None where it is not to be searched."""
        use, run = context.options.memory, context.run
        if not use.searches or run.assistant_id is None:
            return None
        memories = await self._recall.find(
            run.tenant_id,
            run.assistant_id,
            context.prepared.question,
            top=MEMORIES * 2 if use.careful else MEMORIES,
            patience=SETTLING_SECONDS,
        )
        return tuple(Recalled(one.id, one.content, one.score) for one in memories)


def _retrieved(matches: DocumentMatches) -> tuple[Retrieved, ...]:
    return tuple(
        Retrieved(
            one.document_id,
            one.filename,
            one.positions,
            one.rating,
            one.file_id,
            one.text[:_QUOTED] if one.file_id is not None else None,
            one.attributes,
        )
        for one in matches.passages
    )
