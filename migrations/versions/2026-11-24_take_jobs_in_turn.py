"""Take jobs in turn across tenants, and count a tenant's documents that wait.

Jobs that wait get the name of their tenant, from their payload, and an index by it. The index of
documents takes in those alone that wait, but reads their table once, and holds up writing to it
meanwhile.
"""

import sqlalchemy as sa
from alembic import op

revision = "c41f7a9d2e60"
down_revision = "e5b70d9a2c14"


def upgrade() -> None:
    op.execute("""
        UPDATE pgqueuer
        SET headers = coalesce(headers, '{}') || jsonb_strip_nulls(jsonb_build_object(
            'tenant', convert_from(payload, 'UTF8')::jsonb ->> 'tenant_id'
        ))
        WHERE payload IS NOT NULL
    """)
    op.execute("""
        CREATE INDEX ix_pgqueuer_lane
        ON pgqueuer (entrypoint, (coalesce(headers ->> 'tenant', '')), execute_after, id)
        WHERE status = 'queued'
    """)
    op.create_index(
        "ix_documents_unfinished",
        "documents",
        ["tenant_id"],
        postgresql_where=sa.text("status IN ('pending', 'processing')"),
    )


def downgrade() -> None:
    op.drop_index("ix_documents_unfinished", table_name="documents")
    op.execute("DROP INDEX ix_pgqueuer_lane")
