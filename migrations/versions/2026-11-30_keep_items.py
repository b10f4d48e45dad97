"""Keep what an answer consists of, and the tokens of reasoning.

Three columns without a value, or with the same one for all rows: nothing is rewritten, and writing
is held up for no longer than the change of the catalogue takes.
"""

import sqlalchemy as sa
from alembic import op

revision = "7d20c95be3f8"
down_revision = "c41f7a9d2e60"


def upgrade() -> None:
    op.add_column("messages", sa.Column("items", sa.JSON(none_as_null=True)))
    op.add_column("messages", sa.Column("reasoning_tokens", sa.Integer))
    op.add_column(
        "runs", sa.Column("reasoning_tokens", sa.Integer, nullable=False, server_default="0")
    )


def downgrade() -> None:
    op.drop_column("runs", "reasoning_tokens")
    op.drop_column("messages", "reasoning_tokens")
    op.drop_column("messages", "items")
