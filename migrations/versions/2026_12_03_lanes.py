"""Submissions have a lane, and are claimed by the turns of their senders.

Every step takes its lock for a moment alone, may be repeated where it was interrupted, and leaves the program of the
revision before at work: a submission that it takes in is a live one. `ix_submissions_due` is that program's; a later
revision drops it.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261203_lanes"
down_revision = "20261202_api_keys"
branch_labels = None
depends_on = None

OLD = "One request body as it was sent; its row is the job too. `pending`: the items still to do, null for all."
NEW = f"{OLD} `lane`: a backfill yields to what is live. `sender`: whose key it came with, '' without one."
PARTY = "hashtextextended(coalesce(nullif(sender, ''), source, ''), 0)"


def upgrade() -> None:
    """Bring the schema forward."""
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE submissions ADD COLUMN IF NOT EXISTS lane text NOT NULL DEFAULT 'live'")
        op.execute("ALTER TABLE submissions DROP CONSTRAINT IF EXISTS ck_submissions_lane")
        op.execute(
            "ALTER TABLE submissions ADD CONSTRAINT ck_submissions_lane CHECK (lane IN ('live', 'backfill')) NOT VALID"
        )
        op.execute("ALTER TABLE submissions VALIDATE CONSTRAINT ck_submissions_lane")
        op.execute("SET lock_timeout = '10min'")  # what follows waits for others, and nobody for it
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_submissions_turn")
        op.create_index(
            "ix_submissions_turn",
            "submissions",
            ["lane", sa.text(PARTY), "run_at", "id"],
            postgresql_where=sa.text("state = 'queued'"),
            postgresql_concurrently=True,
        )
        op.execute("SET lock_timeout = '1s'")
    op.create_table_comment("submissions", NEW, existing_comment=OLD)


def downgrade() -> None:
    """Take it back; the senders' column stays with the keys that made it."""
    op.create_table_comment("submissions", OLD, existing_comment=NEW)
    op.drop_index("ix_submissions_turn", "submissions")
    op.drop_constraint("ck_submissions_lane", "submissions")
    op.drop_column("submissions", "lane")
