"""Create, change, list and remove assistants."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import Insert, insert

from pegboard import clock
from pegboard.assistants.tables import Assistant
from pegboard.assistants.tools import Tools
from pegboard.db.pages import Page, Rows, rows_of
from pegboard.errors import NotFound
from pegboard.identifiers import new_id
from pegboard.llm.embeddings.embedder import EmbeddingName
from pegboard.tenants.scope import Scope

DEFAULT_EMBEDDING: Final = EmbeddingName("openai", "text-embedding-3-large", 3072)
DEFAULT_TOK_K: Final = 10
NOUN: Final = "Assistant"
LONGEST_NAME: Final = 255
_COPY: Final = " Copy"
DEFAULT_NAME: Final = "Default Assistant"
CHANGEABLE: Final = frozenset(
    {
        "name",
        "system_prompt",
        "tools",
        "tok_k",
        "custom_fact_extraction_prompt",
        "custom_update_memory_prompt",
        "description",
        "model",
        "labels",
        "sampling",
        "tool_resources",
    }
)


async def create(
    scope: Scope,
    *,
    name: str,
    system_prompt: str | None = None,
    tools: Tools | None = None,
    tok_k: int = DEFAULT_TOK_K,
    custom_fact_extraction_prompt: str | None = None,
    custom_update_memory_prompt: str | None = None,
    embedding: EmbeddingName = DEFAULT_EMBEDDING,
    **settings: Any,
) -> Assistant:
    """`settings` is what else can be changed: `description`, `model`, `labels` and their like."""
    moment = clock.now()
    assistant = Assistant(
        id=new_id(),
        tenant_id=scope.tenant_id,
        created_at=moment,
        updated_at=moment,
        name=name,
        system_prompt=system_prompt,
        tools=tools,
        tok_k=tok_k,
        custom_fact_extraction_prompt=custom_fact_extraction_prompt,
        custom_update_memory_prompt=custom_update_memory_prompt,
        embedding_provider=embedding.provider,
        embedding_model_name=embedding.model,
        embedding_dims=embedding.dims,
        **settings,
    )
    scope.session.add(assistant)
    return assistant


async def held(scope: Scope, assistant_id: UUID) -> Assistant:
    """The assistant, which nobody else changes or removes before this transaction ends."""
    assistant = await scope.held(Assistant, assistant_id)
    if assistant is None:
        raise NotFound(NOUN, assistant_id)
    return assistant


async def default(scope: Scope) -> UUID:
    """The tenant's default assistant, made when first asked for; there until this transaction ends.

    Of two first requests, the second waits for the first and finds its assistant. One that is
    deleted in that moment is made again.
    """
    there = (
        scope.select_columns(Assistant, Assistant.id)
        .where(Assistant.is_default)
        .with_for_update(read=True, key_share=True)
    )
    made: UUID | None = await scope.session.scalar(there)
    while made is None:
        made = await scope.session.scalar(_default(scope).returning(Assistant.id))
        if made is None:
            made = await scope.session.scalar(there)
    return made


def _default(scope: Scope) -> Insert:
    moment = clock.now()
    return (
        insert(Assistant)
        .values(
            id=new_id(),
            tenant_id=scope.tenant_id,
            created_at=moment,
            updated_at=moment,
            name=DEFAULT_NAME,
            is_default=True,
            tok_k=DEFAULT_TOK_K,
            embedding_provider=DEFAULT_EMBEDDING.provider,
            embedding_model_name=DEFAULT_EMBEDDING.model,
            embedding_dims=DEFAULT_EMBEDDING.dims,
        )
        .on_conflict_do_nothing(
            index_elements=[Assistant.tenant_id], index_where=text("is_default")
        )
    )


async def get(scope: Scope, assistant_id: UUID) -> Assistant:
    return await scope.get(Assistant, assistant_id, noun=NOUN)


def embedding_of(assistant: Assistant) -> EmbeddingName:
    """Which model reads an assistant's documents and memories; fixed for its life."""
    return EmbeddingName(
        assistant.embedding_provider, assistant.embedding_model_name, assistant.embedding_dims
    )


async def clone(
    scope: Scope, source: Assistant, *, name: str | None, system_prompt: str | None
) -> Assistant:
    """An assistant configured like another; what is given replaces what was there."""
    return await create(
        scope,
        name=name or f"{source.name[: LONGEST_NAME - len(_COPY)]}{_COPY}",
        system_prompt=source.system_prompt if system_prompt is None else system_prompt,
        tools=source.tools,
        tok_k=source.tok_k,
        custom_fact_extraction_prompt=source.custom_fact_extraction_prompt,
        custom_update_memory_prompt=source.custom_update_memory_prompt,
        embedding=embedding_of(source),
    )


async def hold(scope: Scope, assistant_id: UUID) -> None:
    """See that an assistant is there and stays until this transaction ends. Raises NotFound."""
    held = await scope.session.scalar(
        scope.select_columns(Assistant, Assistant.id)
        .where(Assistant.id == assistant_id)
        .with_for_update(read=True, key_share=True)
    )
    if held is None:
        raise NotFound(NOUN, assistant_id)


async def change(scope: Scope, assistant_id: UUID, changes: dict[str, Any]) -> Assistant:
    """Set the given fields and leave the others. A field outside CHANGEABLE is a KeyError."""
    if not changes.keys() <= CHANGEABLE:
        raise KeyError(*(changes.keys() - CHANGEABLE))
    assistant = await get(scope, assistant_id)
    for field, value in changes.items():
        setattr(assistant, field, value)
    assistant.updated_at = clock.now()
    return assistant


async def page(scope: Scope, requested: Page) -> Rows[Assistant]:
    return await rows_of(scope.session, scope.select(Assistant), requested, key=Assistant.id)


async def list_page(
    scope: Scope, *, skip: int, limit: int, name: str | None = None
) -> Sequence[Assistant]:
    """Assistants in the order of their creation; `name` matches exactly."""
    page = scope.select(Assistant).order_by(Assistant.id).offset(skip).limit(limit)
    if name is not None:
        page = page.where(Assistant.name == name)
    return (await scope.session.scalars(page)).all()


async def remove(scope: Scope, assistant_id: UUID) -> Assistant:
    """Remove an assistant with its threads and all that hangs on them."""
    assistant = await get(scope, assistant_id)
    await scope.session.delete(assistant)
    return assistant
