"""Keys end, are good for some things and for so much; what they use is noted with them.

The new columns are empty or constant, which costs nothing on a large table. The indices take in no
row that is there, but each reads its table once, and holds up writing to it meanwhile.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "e5b70d9a2c14"
down_revision = "e47a90c2d815"

_TIME = sa.DateTime(timezone=True)
_COLUMNS = {
    "api_keys": (
        sa.Column("expires_at", _TIME, nullable=True),
        sa.Column("last_used_at", _TIME, nullable=True),
        sa.Column(
            "permissions",
            postgresql.ARRAY(sa.Text()),
            server_default="{read,write}",
            nullable=False,
        ),
        sa.Column("requests_per_minute", sa.Integer(), nullable=True),
        sa.Column("concurrent_runs", sa.Integer(), nullable=True),
        sa.Column("tokens_per_day", sa.BigInteger(), nullable=True),
    ),
    "runs": (sa.Column("key_id", sa.Uuid(), nullable=True),),
    "usage_records": (sa.Column("key_id", sa.Uuid(), nullable=True),),
    "memory_operations": (sa.Column("key_id", sa.Uuid(), nullable=True),),
}


def upgrade() -> None:
    for table, columns in _COLUMNS.items():
        for column in columns:
            op.add_column(table, column)
    op.create_index(
        "ix_runs_key_id",
        "runs",
        ["key_id"],
        postgresql_where=sa.text(
            "key_id IS NOT NULL AND status IN ('queued', 'in_progress', 'cancelling')"
        ),
    )
    op.create_index(
        "ix_usage_records_key_id_created_at",
        "usage_records",
        ["key_id", "created_at"],
        postgresql_include=["tenant_id", "input_tokens", "output_tokens"],
        postgresql_where=sa.text("key_id IS NOT NULL"),
    )
    op.create_table(
        "request_allowances",
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("spent_until", _TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["key_id"],
            ["api_keys.id"],
            name=op.f("fk_request_allowances_key_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_request_allowances")),
        prefixes=["UNLOGGED"],
    )


def downgrade() -> None:
    op.drop_table("request_allowances")
    op.drop_index("ix_usage_records_key_id_created_at", table_name="usage_records")
    op.drop_index("ix_runs_key_id", table_name="runs")
    for table, columns in _COLUMNS.items():
        for column in columns:
            op.drop_column(table, column.name)
