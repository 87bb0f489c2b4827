"""Canonical topics: aliases, broader topics, codes of taxonomies; and counts by topic, source and time with their deltas."""

import sqlalchemy as sa
from alembic import op

revision = "20261124_topic_counts"
down_revision = "20261124_date_offsets"
branch_labels = None
depends_on = None

NEWEST: list[str | sa.TextClause] = [
    "topic_id",
    sa.text("coalesce(published_at, '0001-01-01 00:00:00+00'::timestamptz)"),
    "article_id",
]
"""With the time itself beside its sort key, a walk reads the index alone."""
ROLL_UP = (
    """
    INSERT INTO topic_deltas (topic_id, source, day, change)
    SELECT x.topic_id, coalesce(a.source, ''), (a.published_at AT TIME ZONE 'UTC')::date, count(*)
    FROM articles a JOIN article_topics x ON x.article_id = a.id GROUP BY 1, 2, 3
    """,
    """
    INSERT INTO topic_deltas (topic_id, source, day, change)
    SELECT 0, coalesce(source, ''), (published_at AT TIME ZONE 'UTC')::date, count(*) FROM articles GROUP BY 1, 2, 3
    """,
)
"""What is stored already is counted like what comes: as deltas, which the workers fold."""


def upgrade() -> None:
    """Bring the schema forward."""
    sort_label = sa.Computed('"left"(lower(label), 100)', persisted=True)
    op.add_column("topics", sa.Column("sort_label", sa.Text(collation="C"), sort_label, nullable=False))
    op.add_column("topics", sa.Column("alias_of", sa.BigInteger(), nullable=True))
    op.add_column("topics", sa.Column("alias_by", sa.Text(), nullable=True))
    op.add_column("topics", sa.Column("canonical_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key("fk_topics_alias_of", "topics", "topics", ["alias_of"], ["id"])
    op.create_foreign_key("fk_topics_canonical_id", "topics", "topics", ["canonical_id"], ["id"])
    op.create_index("ix_topics_alias_of", "topics", ["alias_of"])
    op.create_index("ix_topics_canonical_id", "topics", ["canonical_id"])
    op.create_index("ix_topics_sort_label", "topics", ["sort_label", "id"])
    op.create_table(
        "topic_links",
        sa.Column("narrower_id", sa.BigInteger(), nullable=False),
        sa.Column("broader_id", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["narrower_id"], ["topics.id"], name="fk_topic_links_narrower_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["broader_id"], ["topics.id"], name="fk_topic_links_broader_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("narrower_id", "broader_id", name="pk_topic_links"),
        comment="One topic is narrower than another; `by` is an operator, or the taxonomy that says so.",
    )
    op.create_index("ix_topic_links_broader_id", "topic_links", ["broader_id"])
    op.create_table(
        "topic_codes",
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("topic_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.id"], name="fk_topic_codes_topic_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("scheme", "code", name="pk_topic_codes"),
        comment="The code of a topic in a taxonomy, such as 20000638 in `medtop`.",
    )
    op.create_index("ix_topic_codes_topic_id", "topic_codes", ["topic_id"])
    op.create_table(
        "topic_counts",
        sa.Column("topic_id", sa.BigInteger(), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("start", sa.Date(), nullable=False),
        sa.Column("articles", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("topic_id", "level", "start", name="pk_topic_counts"),
        comment="Articles on a canonical topic (0 is all articles): ever (level 0), published in a month (1), on a day (2); UTC.",
    )
    op.create_index(
        "ix_topic_counts_most",
        "topic_counts",
        [sa.text("articles DESC"), "topic_id"],
        postgresql_where=sa.text("level = 0"),
    )
    op.create_index(
        "ix_topic_counts_start", "topic_counts", ["level", "start", "topic_id"], postgresql_include=["articles"]
    )
    op.create_index("ix_topic_counts_empty", "topic_counts", ["topic_id"], postgresql_where=sa.text("articles = 0"))
    op.create_table(
        "source_topic_counts",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("start", sa.Date(), nullable=False),
        sa.Column("topic_id", sa.BigInteger(), nullable=False),
        sa.Column("articles", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("source", "start", "topic_id", name="pk_source_topic_counts"),
        comment="A source's articles on a canonical topic (0 is all): ever (`start` is -infinity), published in a month.",
    )
    op.create_index("ix_source_topic_counts_topic_id", "source_topic_counts", ["topic_id"])
    op.create_index(
        "ix_source_topic_counts_most",
        "source_topic_counts",
        ["source", sa.text("articles DESC"), "topic_id"],
        postgresql_where=sa.text("start = '-infinity'::date"),
    )
    op.create_index(
        "ix_source_topic_counts_empty",
        "source_topic_counts",
        ["topic_id"],
        postgresql_where=sa.text("articles = 0"),
    )
    op.create_table(
        "source_boilerplate",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("topic_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", "topic_id", name="pk_source_boilerplate"),
        comment="Topics that most articles of a source are on: its section or slogan, and no subject of the article.",
    )
    op.create_table(
        "topic_deltas",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("topic_id", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("change", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_topic_deltas"),
        comment="Changes of counts, written with the articles and folded into the counts later; both together are exact.",
    )
    op.create_index("ix_topic_deltas_topic_id", "topic_deltas", ["topic_id"])
    for statement in ROLL_UP:
        op.execute(statement)
    op.drop_index("ix_article_topics_newest", "article_topics")
    op.create_index("ix_article_topics_newest", "article_topics", NEWEST, postgresql_include=["published_at"])
    op.drop_index("ix_articles_newest", "articles")
    op.create_index("ix_articles_newest", "articles", [NEWEST[1], "id"], postgresql_include=["published_at"])


def downgrade() -> None:
    """Take it back."""
    op.drop_index("ix_article_topics_newest", "article_topics")
    op.create_index("ix_article_topics_newest", "article_topics", NEWEST)
    op.drop_index("ix_articles_newest", "articles")
    op.create_index("ix_articles_newest", "articles", [NEWEST[1], "id"])
    for table in (
        "topic_deltas", "source_boilerplate", "source_topic_counts", "topic_counts", "topic_codes", "topic_links",
    ):  # fmt: skip
        op.drop_table(table)
    for column in ("sort_label", "canonical_id", "alias_by", "alias_of"):
        op.drop_column("topics", column)
