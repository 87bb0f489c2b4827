"""What has broken something is claimed apart from the others, by an index of its own.

The program of the revision before goes on without it.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261205_alone"
down_revision = "20261204_body_storage"
branch_labels = None
depends_on = None

PARTY = "hashtextextended(coalesce(nullif(sender, ''), source, ''), 0)"


def upgrade() -> None:
    """Bring the schema forward."""
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = '10min'")  # what follows waits for others, and nobody for it
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_submissions_alone")
        op.create_index(
            "ix_submissions_alone",
            "submissions",
            [sa.text(PARTY), "run_at", "id"],
            postgresql_where=sa.text("state = 'queued' AND alone"),
            postgresql_concurrently=True,
        )
        op.execute("SET lock_timeout = '1s'")


def downgrade() -> None:
    """Take it back."""
    op.drop_index("ix_submissions_alone", "submissions")
