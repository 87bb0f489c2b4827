"""The change feed, its outbox and its state; it begins with what is stored already."""

import sqlalchemy as sa
from alembic import op

revision = "20261126_change_feed"
down_revision = "20261125_reprocessings"
branch_labels = None
depends_on = None

KINDS = "'created', 'revised', 'merged', 'split', 'linked', 'retopiced', 'aliased', 'retracted', 'deleted'"


def what_changed(table: str) -> list[sa.Column[object] | sa.CheckConstraint]:
    """Give the columns that both tables have."""
    return [
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("article_id", sa.Uuid(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=True),
        sa.Column("other_id", sa.Uuid(), nullable=True),
        sa.Column("story_id", sa.Uuid(), nullable=True),
        sa.Column("topic", sa.Text(), nullable=True),
        sa.Column("alias", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(f"kind IN ({KINDS})", name=f"ck_{table}_kind"),
    ]


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "change_outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        *what_changed("change_outbox"),
        sa.PrimaryKeyConstraint("id", name="pk_change_outbox"),
        comment="Changes as their transactions wrote them, not numbered yet: their ids are handed out before the commit.",
    )
    op.create_table(
        "changes",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        *what_changed("changes"),
        sa.PrimaryKeyConstraint("seq", name="pk_changes"),
        comment="The change feed: numbered after the commit, by one at a time, so that nothing appears before what was read.",
    )
    op.create_table(
        "change_feed",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("horizon", sa.BigInteger(), nullable=False),
        sa.Column("linked_seq", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name="ck_change_feed_single"),
        sa.CheckConstraint("horizon <= last_seq", name="ck_change_feed_horizon"),
        sa.PrimaryKeyConstraint("id", name="pk_change_feed"),
        comment="One row: the last number handed out, the last one that is no longer kept, and how far stories are linked.",
    )
    op.execute(
        "INSERT INTO changes (seq, kind, article_id, revision, at) "
        "SELECT row_number() OVER (ORDER BY received_at, id), 'created', id, revision, received_at FROM articles"
    )
    op.execute("INSERT INTO change_feed (id, last_seq, horizon, linked_seq) SELECT 1, count(*), 0, 0 FROM changes")


def downgrade() -> None:
    """Take it back."""
    for table in ("change_feed", "changes", "change_outbox"):
        op.drop_table(table)
