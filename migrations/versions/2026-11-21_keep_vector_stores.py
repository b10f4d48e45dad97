"""Keep files, and vector stores with the documents made of them.

New columns are empty, which costs nothing; the new indexes on documents and chunks are empty too,
but a large table is read once for each while it cannot be written.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "c9e2a4f71b63"
down_revision = "b1d7c03e5a42"

_OWNERS = {"vector_store": "vector_stores", "file": "files", "batch": "file_batches"}


def upgrade() -> None:
    op.create_table(
        "files",
        *_owned("files"),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("byte_size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index("ix_files_tenant_id_id", "files", ["tenant_id", "id"])
    op.create_table(
        "vector_stores",
        *_owned("vector_stores"),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("metadata", postgresql.JSON(), nullable=True),
        sa.Column("expires_after_days", sa.Integer(), nullable=True),
        sa.Column("last_active_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index("ix_vector_stores_tenant_id_id", "vector_stores", ["tenant_id", "id"])
    op.create_table(
        "file_batches",
        *_owned("file_batches"),
        sa.Column("vector_store_id", sa.Uuid(), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["vector_store_id"],
            ["vector_stores.id"],
            name=op.f("fk_file_batches_vector_store_id"),
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_file_batches_vector_store_id", "file_batches", ["vector_store_id"])
    op.add_column("documents", sa.Column("fault", sa.Text(), nullable=True))
    op.add_column("documents", sa.Column("attributes", postgresql.JSON(), nullable=True))
    op.add_column("documents", sa.Column("chunk_tokens", sa.Integer(), nullable=True))
    op.add_column("documents", sa.Column("chunk_overlap", sa.Integer(), nullable=True))
    for owner, table in _OWNERS.items():
        op.add_column("documents", sa.Column(f"{owner}_id", sa.Uuid(), nullable=True))
        op.create_foreign_key(
            op.f(f"fk_documents_{owner}_id"),
            "documents",
            table,
            [f"{owner}_id"],
            ["id"],
            ondelete="CASCADE",
        )
    op.create_index(
        "ix_documents_vector_store_id_file_id",
        "documents",
        ["vector_store_id", "file_id"],
        unique=True,
        postgresql_where=sa.text("vector_store_id IS NOT NULL"),
    )
    for column_name in ("file_id", "batch_id"):
        op.create_index(
            f"ix_documents_{column_name}",
            "documents",
            [column_name],
            postgresql_where=sa.text(f"{column_name} IS NOT NULL"),
        )
    op.add_column("chunks", sa.Column("vector_store_id", sa.Uuid(), nullable=True))
    op.create_index(
        "ix_chunks_vector_store_id",
        "chunks",
        ["vector_store_id"],
        postgresql_where=sa.text("vector_store_id IS NOT NULL"),
    )


def downgrade() -> None:
    # Without their store they would belong to nobody.
    op.execute("DELETE FROM documents WHERE vector_store_id IS NOT NULL")
    op.drop_column("chunks", "vector_store_id")
    for column in (
        "chunk_overlap",
        "chunk_tokens",
        "attributes",
        "batch_id",
        "file_id",
        "vector_store_id",
        "fault",
    ):
        op.drop_column("documents", column)
    for table in ("file_batches", "vector_stores", "files"):
        op.drop_table(table)


def _owned(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    """What every row has that belongs to a tenant."""
    return (
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f(f"fk_{table}_tenant_id"), ondelete="CASCADE"
        ),
    )
