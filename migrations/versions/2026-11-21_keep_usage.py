"""Keep what runs and lessons use, a tenant's default assistant, and what a run found on the web.

The new columns are empty or constant, which costs nothing on a large table. The usage of earlier
runs is taken over from them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "8f20b6d4c1aa"
down_revision = "dc073712d301"


def upgrade() -> None:
    op.create_table(
        "usage_records",
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("output_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cached_input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cache_write_input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cost_usd", sa.Numeric(18, 9), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_usage_records_tenant_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_records")),
    )
    op.create_index(
        "ix_usage_records_tenant_id_created_at", "usage_records", ["tenant_id", "created_at"]
    )
    op.execute(
        """
        INSERT INTO usage_records (id, tenant_id, created_at, purpose, subject_id, provider, model,
                                   input_tokens, output_tokens, cached_input_tokens,
                                   cache_write_input_tokens, cost_usd)
        SELECT id, tenant_id, coalesce(ended_at, created_at), 'run', id, model_provider, model_name,
               input_tokens, output_tokens, cached_input_tokens, cache_write_input_tokens, cost_usd
        FROM runs
        WHERE input_tokens + output_tokens > 0
        """
    )
    op.add_column(
        "assistants",
        sa.Column("is_default", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.create_index(
        "uq_assistants_default",
        "assistants",
        ["tenant_id"],
        unique=True,
        postgresql_where=sa.text("is_default"),
    )
    op.add_column("runs", sa.Column("web_findings", postgresql.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("runs", "web_findings")
    op.drop_index("uq_assistants_default", table_name="assistants")
    op.drop_column("assistants", "is_default")
    op.drop_table("usage_records")
