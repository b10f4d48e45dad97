"""Keep what the OpenAI API tells of assistants, threads, messages and runs.

All new columns are empty, which costs nothing on a large table.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "b1d7c03e5a42"
down_revision = "8f20b6d4c1aa"

_COLUMNS = {
    "assistants": (
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("metadata", postgresql.JSON(), nullable=True),
        sa.Column("sampling", postgresql.JSON(), nullable=True),
        sa.Column("tool_resources", postgresql.JSON(), nullable=True),
    ),
    "threads": (sa.Column("tool_resources", postgresql.JSON(), nullable=True),),
    "messages": (
        sa.Column("assistant_id", sa.Uuid(), nullable=True),
        sa.Column("parts", postgresql.JSON(), nullable=True),
        sa.Column("attachments", postgresql.JSON(), nullable=True),
        sa.Column("annotations", postgresql.JSON(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
    ),
    "runs": (
        sa.Column("metadata", postgresql.JSON(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("incomplete_reason", sa.Text(), nullable=True),
    ),
}


def upgrade() -> None:
    for table, columns in _COLUMNS.items():
        for column in columns:
            op.add_column(table, column)
    op.create_index(
        "ix_runs_expires_at",
        "runs",
        ["expires_at"],
        postgresql_where=sa.text(
            "status IN ('queued', 'in_progress', 'requires_action', 'cancelling')"
        ),
    )


def downgrade() -> None:
    op.drop_index("ix_runs_expires_at", table_name="runs")
    for table, columns in _COLUMNS.items():
        for column in columns:
            op.drop_column(table, column.name)
