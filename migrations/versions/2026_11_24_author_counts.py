"""Counts of articles by author, with their deltas; an author's articles know when they arrived."""

import sqlalchemy as sa
from alembic import op

revision = "20261124_author_counts"
down_revision = "20261124_topic_counts"
branch_labels = None
depends_on = None

NEWEST: list[str | sa.TextClause] = [
    "fold",
    sa.text("coalesce(published_at, '0001-01-01 00:00:00+00'::timestamptz)"),
    "article_id",
]


def upgrade() -> None:
    """Bring the schema forward."""
    op.add_column("article_authors", sa.Column("received_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE article_authors x SET received_at = a.received_at FROM articles a WHERE a.id = x.article_id")
    op.alter_column("article_authors", "received_at", nullable=False)
    op.drop_index("ix_article_authors_newest", "article_authors")
    op.create_index("ix_article_authors_newest", "article_authors", NEWEST, postgresql_include=["published_at"])
    op.create_index("ix_article_authors_received_at", "article_authors", ["fold", "received_at", "article_id"])
    op.create_table(
        "author_counts",
        sa.Column("fold", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("articles", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("fold", "name", name="pk_author_counts"),
        comment="Articles of a person by each printing of their name; under no name, of all printings.",
    )
    op.create_index(
        "ix_author_counts_most",
        "author_counts",
        [sa.text("articles DESC"), "fold"],
        postgresql_where=sa.text("name = ''"),
    )
    op.create_index("ix_author_counts_empty", "author_counts", ["fold"], postgresql_where=sa.text("articles = 0"))
    op.create_table(
        "author_deltas",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("fold", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("change", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_author_deltas"),
        comment="Changes of authors' counts, written with the articles and folded later, as those of topics are.",
    )
    op.create_index("ix_author_deltas_fold", "author_deltas", ["fold"])
    op.execute(
        "INSERT INTO author_deltas (fold, name, change) SELECT fold, name, count(*) FROM article_authors GROUP BY 1, 2"
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_table("author_deltas")
    op.drop_table("author_counts")
    op.drop_index("ix_article_authors_received_at", "article_authors")
    op.drop_index("ix_article_authors_newest", "article_authors")
    op.create_index("ix_article_authors_newest", "article_authors", NEWEST)
    op.drop_column("article_authors", "received_at")
