"""What has broken something is claimed apart from the others: the index of turns tells it.

`ix_submissions_turn` was never released; a program that goes by it finds its way in the new one, a little slower.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261205_alone"
down_revision = "20261204_body_storage"
branch_labels = None
depends_on = None

PARTY = "hashtextextended(coalesce(nullif(sender, ''), source, ''), 0)"
QUEUED = "state = 'queued'"


def upgrade() -> None:
    """Bring the schema forward; what is built waits for others, and nobody for it."""
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = '10min'")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_submissions_turns")
        op.create_index(
            "ix_submissions_turns",
            "submissions",
            ["lane", "alone", sa.text(PARTY), "run_at", "id"],
            postgresql_where=sa.text(QUEUED),
            postgresql_concurrently=True,
        )
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_submissions_turn")
        op.execute("SET lock_timeout = '1s'")


def downgrade() -> None:
    """Take it back."""
    op.create_index(
        "ix_submissions_turn",
        "submissions",
        ["lane", sa.text(PARTY), "run_at", "id"],
        postgresql_where=sa.text(QUEUED),
    )
    op.drop_index("ix_submissions_turns", "submissions")
