"""Keep documents and their chunks, and a queue for the work of indexing them.

Needs the extension pgvector, which the embedded Postgres has. On a table of runs it adds an empty
column, which costs nothing.
"""

import sqlalchemy as sa
from alembic import op
from pgqueuer.queries import Queries
from sqlalchemy.dialects import postgresql
from sqlalchemy.util import await_only

from pegboard.db.columns import HalfVector

revision = "423cb7de9a7b"
down_revision = "ae4e4e3fcee2"


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS vector")
    op.create_table(
        "documents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("assistant_id", sa.Uuid(), nullable=True),
        sa.Column("thread_id", sa.Uuid(), nullable=True),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("status_message", sa.Text(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("byte_size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("chunk_count", sa.Integer(), nullable=False),
        sa.Column("tokens", sa.Integer(), nullable=False),
        sa.Column("embedded_by", sa.Text(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("processing_started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("processing_completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
        *(
            sa.ForeignKeyConstraint(
                [f"{owner}_id"],
                [f"{owner}s.id"],
                name=op.f(f"fk_documents_{owner}_id"),
                ondelete="CASCADE",
            )
            for owner in ("tenant", "assistant", "thread", "message")
        ),
    )
    for column in ("assistant_id", "thread_id", "message_id"):
        op.create_index(f"ix_documents_{column}", "documents", [column])
    op.create_index("ix_documents_tenant_id_sha256", "documents", ["tenant_id", "sha256"])
    op.create_table(
        "chunks",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("assistant_id", sa.Uuid(), nullable=True),
        sa.Column("thread_id", sa.Uuid(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("heading", sa.Text(), nullable=True),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("tokens", sa.Integer(), nullable=False),
        sa.Column("embedded_by", sa.Text(), nullable=False),
        sa.Column("embedding", HalfVector(), nullable=False),
        sa.Column(
            "words",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('english', coalesce(heading, '') || ' ' || text)", persisted=True
            ),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chunks")),
        *(
            sa.ForeignKeyConstraint(
                [f"{owner}_id"],
                [f"{owner}s.id"],
                name=op.f(f"fk_chunks_{owner}_id"),
                ondelete="CASCADE",
            )
            for owner in ("tenant", "document")
        ),
    )
    op.create_index(
        "ix_chunks_assistant_id",
        "chunks",
        ["assistant_id"],
        postgresql_where=sa.text("thread_id IS NULL"),
    )
    op.create_index(
        "ix_chunks_document_id_position", "chunks", ["document_id", "position"], unique=True
    )
    op.create_index("ix_chunks_thread_id", "chunks", ["thread_id"])
    op.add_column("runs", sa.Column("retrieved", postgresql.JSON(), nullable=True))
    _queue("install")


def downgrade() -> None:
    _queue("uninstall")
    op.drop_column("runs", "retrieved")
    op.drop_table("chunks")
    op.drop_table("documents")


def _queue(verb: str) -> None:
    """Let the queue's library make or remove its own tables, on this migration's connection."""
    raw = op.get_bind().connection.driver_connection
    queries = Queries.from_asyncpg_connection(raw)
    await_only(getattr(queries, verb)())
