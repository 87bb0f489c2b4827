"""Until when each kept revision was the current one, and what editors say of articles."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261129_corrections"
down_revision = "20261128_source_counts"
branch_labels = None
depends_on = None

OLD = "A revision that is no longer the current one, as it was served; `at` is when it became current."
NEW = "A revision that is no longer the current one, as it was served, and from when until when it was."


def upgrade() -> None:
    """Bring the schema forward; of the revisions that are there none is missing, so each ended when the next began."""
    op.add_column("article_revisions", sa.Column("until", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        """
        UPDATE article_revisions r SET until = coalesce(
            (SELECT n.at FROM article_revisions n WHERE n.article_id = r.article_id AND n.revision = r.revision + 1),
            (SELECT a.updated_at FROM articles a WHERE a.id = r.article_id)
        )
        """
    )
    op.create_table_comment("article_revisions", NEW, existing_comment=OLD)
    op.create_table(
        "corrections",
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("corrected_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("said", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("read", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("read_hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name="fk_corrections_article_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("article_id", name="pk_corrections"),
        comment="What an editor says of an article's fields, and what was last read for those, so that it can be given back.",
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_table("corrections")
    op.create_table_comment("article_revisions", OLD, existing_comment=NEW)
    op.drop_column("article_revisions", "until")
