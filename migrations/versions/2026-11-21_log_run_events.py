"""Log the events of runs, and count how often a run was taken up.

The new column has a constant default, which costs nothing.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "e5b8d1f04c27"
down_revision = "c9e2a4f71b63"


def upgrade() -> None:
    op.add_column("runs", sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("runs", sa.Column("events", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "run_events",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("events", postgresql.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "first", name="pk_run_events"),
        sa.ForeignKeyConstraint(
            ["run_id"], ["runs.id"], name="fk_run_events_run_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="fk_run_events_tenant_id", ondelete="CASCADE"
        ),
    )


def downgrade() -> None:
    op.drop_table("run_events")
    op.drop_column("runs", "events")
    op.drop_column("runs", "attempts")
