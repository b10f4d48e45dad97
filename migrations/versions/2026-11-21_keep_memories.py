"""Keep memories, the operations that learn them, and what each has changed.

On a table of runs it adds two empty columns, which costs nothing.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from pegboard.db.columns import HalfVector

revision = "dc073712d301"
down_revision = "423cb7de9a7b"


def upgrade() -> None:
    op.create_table(
        "memories",
        sa.Column("assistant_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("metadata", postgresql.JSON(), nullable=True),
        sa.Column("source", postgresql.JSON(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("embedded_by", sa.Text(), nullable=True),
        sa.Column("embedding", HalfVector(), nullable=True),
        sa.Column(
            "words",
            postgresql.TSVECTOR(),
            sa.Computed("to_tsvector('english', content)", persisted=True),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["assistant_id"],
            ["assistants.id"],
            name=op.f("fk_memories_assistant_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_memories_tenant_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memories")),
    )
    op.create_index("ix_memories_assistant_id_id", "memories", ["assistant_id", "id"], unique=False)
    op.create_table(
        "memory_operations",
        sa.Column("assistant_id", sa.Uuid(), nullable=False),
        sa.Column("thread_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("answer_id", sa.Uuid(), nullable=True),
        sa.Column("model_provider", sa.Text(), nullable=False),
        sa.Column("model_name", sa.Text(), nullable=False),
        sa.Column("recalled", postgresql.JSON(), nullable=True),
        sa.Column("careful", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("changes", postgresql.JSON(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["assistant_id"],
            ["assistants.id"],
            name=op.f("fk_memory_operations_assistant_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_memory_operations_tenant_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memory_operations")),
    )
    op.create_index(
        "ix_memory_operations_assistant_id_id",
        "memory_operations",
        ["assistant_id", "id"],
        unique=False,
    )
    op.create_index(
        "ix_memory_operations_in_progress",
        "memory_operations",
        ["assistant_id"],
        unique=False,
        postgresql_where=sa.text("status = 'in_progress'"),
    )
    op.create_table(
        "memory_changes",
        sa.Column("assistant_id", sa.Uuid(), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("memory_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=True),
        sa.Column("former_content", sa.Text(), nullable=True),
        sa.Column("former_labels", postgresql.JSON(), nullable=True),
        sa.Column("former_source", postgresql.JSON(), nullable=True),
        sa.Column("former_created_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["assistant_id"],
            ["assistants.id"],
            name=op.f("fk_memory_changes_assistant_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["operation_id"],
            ["memory_operations.id"],
            name=op.f("fk_memory_changes_operation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_memory_changes_tenant_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memory_changes")),
    )
    op.create_index(
        "ix_memory_changes_memory_id_id", "memory_changes", ["memory_id", "id"], unique=False
    )
    op.create_index(
        "ix_memory_changes_operation_id", "memory_changes", ["operation_id"], unique=False
    )
    op.add_column("runs", sa.Column("recalled", postgresql.JSON(), nullable=True))
    op.add_column("runs", sa.Column("memory_operation_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column("runs", "memory_operation_id")
    op.drop_column("runs", "recalled")
    op.drop_index("ix_memory_changes_operation_id", table_name="memory_changes")
    op.drop_index("ix_memory_changes_memory_id_id", table_name="memory_changes")
    op.drop_table("memory_changes")
    op.drop_index(
        "ix_memory_operations_in_progress",
        table_name="memory_operations",
        postgresql_where=sa.text("status = 'in_progress'"),
    )
    op.drop_index("ix_memory_operations_assistant_id_id", table_name="memory_operations")
    op.drop_table("memory_operations")
    op.drop_index("ix_memories_assistant_id_id", table_name="memories")
    op.drop_table("memories")
