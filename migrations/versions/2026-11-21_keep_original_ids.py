"""Keep the ids that imported objects had elsewhere.

A new table, and an empty column on tenants: neither costs anything, however much is stored.
"""

import sqlalchemy as sa
from alembic import op

revision = "e47a90c2d815"
down_revision = "e5f0a86c2d17"


def upgrade() -> None:
    op.create_table(
        "original_ids",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("original_id", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "original_id", name=op.f("pk_original_ids")),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_original_ids_tenant_id"),
            ondelete="CASCADE",
        ),
    )
    op.create_index(
        "ix_original_ids_tenant_id_object_id",
        "original_ids",
        ["tenant_id", "object_id"],
        unique=True,
    )
    op.add_column("tenants", sa.Column("imported_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("tenants", "imported_at")
    op.drop_table("original_ids")
