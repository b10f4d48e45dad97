"""Assistants as the Backboard API writes them.

`description` and `system_prompt` are one value under two names: older clients know only the first.
"""

from datetime import datetime
from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from pegboard.api.backboard.clients import Client
from pegboard.api.backboard.wire.limits import LONGEST_WORD, Prompt
from pegboard.api.backboard.wire.tools import ToolsIn, echoed_tools, tools_of
from pegboard.assistants.operations import DEFAULT_EMBEDDING, DEFAULT_TOK_K, LONGEST_NAME
from pegboard.assistants.tables import Assistant
from pegboard.db.base import JsonDict
from pegboard.lifecycle.cloning import CloneRequest
from pegboard.llm.embeddings.embedder import EmbeddingName
from pegboard.models.entries import ModelType
from pegboard.models.resolution import Fields, Resolver

_EMBEDDING: Final = Fields(model="embedding_model_name", provider="embedding_provider")

Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
EmbeddingWord = Annotated[str, Field(max_length=LONGEST_WORD)]
TokK = Annotated[int, Field(ge=1, le=100)]


class AssistantIn(BaseModel):
    """A new assistant."""

    name: Name
    description: Prompt | None = None
    system_prompt: Prompt | None = None
    tools: ToolsIn | None = None
    tok_k: TokK | None = None
    custom_fact_extraction_prompt: Prompt | None = None
    custom_update_memory_prompt: Prompt | None = None
    embedding_provider: EmbeddingWord | None = None
    embedding_model_name: EmbeddingWord | None = None
    embedding_dims: Annotated[int, Field(ge=1, le=16_000)] | None = None

    def fields(self, resolver: Resolver) -> dict[str, Any]:
        """The arguments of `assistants.create`. Raises NameRefused."""
        embedding = resolver.resolve(
            self.embedding_model_name or DEFAULT_EMBEDDING.model,
            self.embedding_provider or DEFAULT_EMBEDDING.provider,
            fields=_EMBEDDING,
            kind=ModelType.EMBEDDING,
        )
        prompt = self.system_prompt if self.system_prompt is not None else self.description
        return {
            "name": self.name,
            "system_prompt": prompt,
            "tools": None if self.tools is None else tools_of(self.tools),
            "tok_k": self.tok_k or DEFAULT_TOK_K,
            "custom_fact_extraction_prompt": self.custom_fact_extraction_prompt,
            "custom_update_memory_prompt": self.custom_update_memory_prompt,
            "embedding": EmbeddingName(
                embedding.provider,
                embedding.name,
                self.embedding_dims or DEFAULT_EMBEDDING.dims,
            ),
        }


class AssistantChange(BaseModel):
    """Changes of an assistant: what is absent or null stays; the embedding cannot be changed."""

    model_config = ConfigDict(extra="ignore")

    name: Name | None = None
    description: Prompt | None = None
    system_prompt: Prompt | None = None
    tools: ToolsIn | None = None
    tok_k: TokK | None = None
    custom_fact_extraction_prompt: Prompt | None = None
    custom_update_memory_prompt: Prompt | None = None

    def changes(self) -> dict[str, Any]:
        given = self.model_dump(exclude_none=True, exclude={"description", "tools"})
        if self.system_prompt is None and self.description is not None:
            given["system_prompt"] = self.description
        if self.tools is not None:
            given["tools"] = tools_of(self.tools)
        return given


class AssistantOut(BaseModel):
    """An assistant. `id` repeats `assistant_id` for the clients that look for it."""

    assistant_id: UUID
    id: UUID
    name: str
    description: str | None
    system_prompt: str | None
    tools: list[JsonDict] | None
    tok_k: int
    embedding_provider: str
    embedding_model_name: str
    embedding_dims: int
    custom_fact_extraction_prompt: str | None
    custom_update_memory_prompt: str | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, assistant: Assistant, client: Client) -> Self:
        return cls(
            assistant_id=assistant.id,
            id=assistant.id,
            name=assistant.name,
            description=assistant.system_prompt,
            system_prompt=assistant.system_prompt,
            tools=echoed_tools(assistant.tools, client),
            tok_k=assistant.tok_k,
            embedding_provider=assistant.embedding_provider,
            embedding_model_name=assistant.embedding_model_name,
            embedding_dims=assistant.embedding_dims,
            custom_fact_extraction_prompt=assistant.custom_fact_extraction_prompt,
            custom_update_memory_prompt=assistant.custom_update_memory_prompt,
            created_at=assistant.created_at,
            updated_at=assistant.updated_at,
        )


class CloneIn(BaseModel):
    """What is copied besides the configuration, and what is put in its place."""

    copy_documents: bool = True
    copy_memories: bool = True
    name: Name | None = None
    system_prompt: Prompt | None = None

    def clone_request(self) -> CloneRequest:
        return CloneRequest(
            documents=self.copy_documents,
            memories=self.copy_memories,
            name=self.name,
            system_prompt=self.system_prompt,
        )


class CloneOut(BaseModel):
    assistant: AssistantOut
    documents_cloned: int
    memories_cloned: int


class AssistantDeleted(BaseModel):
    message: str
    assistant_id: UUID
    deleted_at: datetime
