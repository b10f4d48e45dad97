"""What reads and finds documents and memories, and where their bytes are."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from pegboard import extras
from pegboard.blobs.disk import DiskStore
from pegboard.blobs.s3 import S3Store
from pegboard.blobs.store import BlobStore
from pegboard.composition.database import data_folder
from pegboard.db.signals import Signals
from pegboard.documents.document_search import DocumentSearch
from pegboard.documents.indexing import Indexer
from pegboard.documents.parsing.forked import Readers
from pegboard.documents.parsing.parser import Parser
from pegboard.llm import providers
from pegboard.llm.embeddings.answering import Ask, Embeddings, Input
from pegboard.llm.embeddings.choice import ChosenEmbedder
from pegboard.llm.embeddings.embedder import EmbedderMissing, EmbeddingName, TextKind
from pegboard.llm.embeddings.minilm import MiniLm
from pegboard.llm.embeddings.minilm_network import require_installed
from pegboard.llm.embeddings.remote import RemoteEmbedder
from pegboard.llm.gateway import Gateway, ModelName
from pegboard.llm.litellm import gateway as litellm_gateway
from pegboard.llm.observed import observed_embed
from pegboard.memories.language_model import LanguageMemoryModel
from pegboard.memories.memory_model import MemoryModel
from pegboard.memories.recall import Recall
from pegboard.memories.remembering import Remembering
from pegboard.memories.rules.model import RuleMemoryModel
from pegboard.settings import SandboxMode, Settings
from pegboard.tenants.scope import Scopes

log = structlog.get_logger("pegboard")


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What reading and finding documents and memories needs."""

    blobs: BlobStore
    indexer: Indexer
    lookup: DocumentSearch
    recall: Recall
    remembering: Remembering
    embeddings: Embeddings
    local_embedder: MiniLm | None


def knowledge_of(
    settings: Settings, scopes: Scopes, gateway: Gateway, signals: Signals, readers: Readers
) -> Knowledge:
    blobs = blobs_of(settings)

    def may_ask(provider: str) -> bool:
        return settings.sandbox is not SandboxMode.ALWAYS and providers.is_configured(provider)

    try:
        require_installed()
        local: MiniLm | None = MiniLm()
    except EmbedderMissing as missing:
        log.warning("no_local_embedder", fix=missing.message)
        local = None
    embedders = ChosenEmbedder(
        remote=lambda name: RemoteEmbedder(name, observed_embed(litellm_gateway.embed)),
        local=local,
        is_configured=may_ask,
    )
    recall = Recall(scopes=scopes, embedders=embedders)
    return Knowledge(
        blobs=blobs,
        local_embedder=local,
        indexer=Indexer(
            scopes=scopes,
            blobs=blobs,
            parser=Parser(
                at_once=settings.readers,
                per_tenant=settings.readers_per_tenant,
                start=readers.start,
            ),
            embedders=embedders,
            signals=signals,
        ),
        lookup=DocumentSearch(scopes=scopes, embedders=embedders),
        recall=recall,
        remembering=Remembering(
            scopes=scopes,
            recall=recall,
            model_for=lambda answered: memory_model_of(settings, gateway, answered),
        ),
        embeddings=Embeddings(
            ask=_asking(settings.model_timeout),
            local=local,
            is_configured=may_ask,
            stands_in=settings.sandbox is not SandboxMode.OFF,
            disguised=settings.sandbox is SandboxMode.ALWAYS,
        ),
    )


def _asking(patience: float) -> Ask:
    """Requests for embeddings to providers, counted and timed as those of documents are."""

    async def ask(
        model: ModelName, inputs: Sequence[Input], dims: int | None
    ) -> tuple[list[list[float]], int]:
        used = 0

        async def call(
            name: EmbeddingName, texts: Sequence[str], kind: TextKind
        ) -> list[list[float]]:
            nonlocal used
            vectors, used = await litellm_gateway.embed_inputs(
                model, inputs, dims, patience=patience
            )
            return vectors

        name = EmbeddingName(model.provider, model.name, dims or 0)
        return await observed_embed(call)(name, (), TextKind.PASSAGE), used

    return ask


def memory_model_of(settings: Settings, gateway: Gateway, answered: ModelName) -> MemoryModel:
    """Who extracts facts: the configured memory model, else the one that answered.

    Where the sandbox model answers for it, rules do.
    """
    model = answered
    if settings.memory_model is not None:
        model = ModelName(settings.memory_provider or answered.provider, settings.memory_model)
    return RuleMemoryModel() if gateway.simulates(model) else LanguageMemoryModel(gateway, model)


def blobs_of(settings: Settings) -> BlobStore:
    """Where bytes are; nothing is opened yet. Raises ExtraMissing."""
    if settings.blobs_bucket is not None:
        extras.require("s3", "PEGBOARD_BLOBS_BUCKET needs boto3, which is not installed")
        return S3Store(settings.blobs_bucket, prefix=settings.blobs_prefix)
    return DiskStore(data_folder(settings) / "blobs")
