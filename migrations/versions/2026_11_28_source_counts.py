"""Figures of sources, with their deltas: roll-ups for scorecards."""

import sqlalchemy as sa
from alembic import op

revision = "20261128_source_counts"
down_revision = "20261127_stories"
branch_labels = None
depends_on = None

FIGURES = (
    "figure IN ('articles', 'with_author', 'with_date', 'with_topics', 'assumed_utc', 'after_arrival', 'revisions', 'lag', "
    "'duplicates', 'sightings', 'rejected', 'reason', 'failed', 'pause')"
)
LAG = "extract(epoch FROM a.received_at - a.published_at)::float8"
FILL_ARTICLES = f"""
    INSERT INTO source_deltas (source, figure, detail, change)
    SELECT coalesce(a.source, ''), figure, detail, sum(number) FROM articles a CROSS JOIN LATERAL (VALUES
        ('articles', '', 1),
        ('with_author', '', (cardinality(a.authors) > 0)::int),
        ('with_date', '', (a.published_at IS NOT NULL)::int),
        ('with_topics', '', EXISTS (SELECT FROM article_topics x WHERE x.article_id = a.id)::int),
        ('assumed_utc', '', coalesce(a.published_zone = 'assumed_utc', false)::int),
        ('after_arrival', '', coalesce(a.published_precision IN ('second', 'minute')
            AND a.published_at > a.current_since + interval '5 minutes'
            AND a.published_at <= a.current_since + interval '14 hours', false)::int),
        ('revisions', '', a.revision - 1),
        ('lag', (CASE WHEN {LAG} < 1 THEN -1 ELSE floor(8 * ln({LAG}) / ln(2::float8))::int END)::text,
            coalesce(a.published_precision IN ('second', 'minute') AND a.published_zone <> 'assumed_utc'
            AND a.published_at <= a.received_at + interval '5 minutes'
            AND a.published_at >= a.received_at - interval '30 days', false)::int)
    ) AS figures (figure, detail, number)
    WHERE number <> 0 GROUP BY 1, 2, 3
"""  # noqa: S608 - of constants alone
FILL_SIGHTINGS = """
    INSERT INTO source_deltas (source, figure, detail, change)
    SELECT coalesce(source, ''), 'sightings', '', sum(count) FROM sightings GROUP BY 1
"""
FILL_ITEMS = """
    INSERT INTO source_deltas (source, figure, detail, change)
    SELECT coalesce(s.source, ''), figure, detail, count(*)
    FROM submission_items i JOIN submissions s ON s.id = i.submission_id CROSS JOIN LATERAL (VALUES
        (i.outcome, ''),
        ('reason', coalesce(left(regexp_replace(split_part(left(reason, 1000), '; ', 1), '[0-9]+', '#', 'g'), 200), ''))
    ) AS figures (figure, detail)
    WHERE i.outcome = 'rejected' OR i.outcome = 'failed' AND figure = 'failed' GROUP BY 1, 2, 3
"""
FILL_SOURCES = """
    INSERT INTO sources (source, articles, first_seen, last_seen)
    SELECT source, 0, min(first_at), max(last_at) FROM (
        SELECT coalesce(source, '') AS source, min(received_at) AS first_at, max(received_at) AS last_at FROM articles GROUP BY 1
        UNION ALL
        SELECT coalesce(source, ''), min(received_at), max(last_at) FROM sightings GROUP BY 1
        UNION ALL
        SELECT coalesce(s.source, ''), min(s.received_at), max(s.received_at)
        FROM submission_items i JOIN submissions s ON s.id = i.submission_id
        WHERE i.outcome IN ('rejected', 'failed', 'deleted', 'retracted') GROUP BY 1
    ) heard GROUP BY source
"""


def upgrade() -> None:
    """Bring the schema forward; pauses between arrivals are learned from now on."""
    op.create_table(
        "sources",
        sa.Column("source", sa.Text(collation="C"), nullable=False),
        sa.Column("articles", sa.BigInteger(), nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("source", name="pk_sources"),
        comment="Every source that was heard, with its articles and its first and last arrival; '' are those without one.",
    )
    op.create_index("ix_sources_most", "sources", [sa.text("articles DESC"), "source"])
    op.create_index("ix_sources_latest", "sources", [sa.text("last_seen DESC"), "source"])
    op.create_table(
        "source_counts",
        sa.Column("source", sa.Text(collation="C"), nullable=False),
        sa.Column("figure", sa.Text(collation="C"), nullable=False),
        sa.Column("detail", sa.Text(collation="C"), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(FIGURES, name=op.f("ck_source_counts_figure")),
        sa.PrimaryKeyConstraint("source", "figure", "detail", name="pk_source_counts"),
        comment="The figures of a source's scorecard; lags and pauses are histograms with logarithmic buckets.",
    )
    op.create_table(
        "source_deltas",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("source", sa.Text(collation="C"), nullable=False),
        sa.Column("figure", sa.Text(collation="C"), nullable=False),
        sa.Column("detail", sa.Text(collation="C"), nullable=False),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(FIGURES, name=op.f("ck_source_deltas_figure")),
        sa.PrimaryKeyConstraint("id", name="pk_source_deltas"),
        comment="Changes of sources' figures, folded later; `at` is the arrival that the change came with, if it did.",
    )
    op.create_index("ix_source_deltas_source", "source_deltas", ["source"])
    for fill in (FILL_ARTICLES, FILL_SIGHTINGS, FILL_ITEMS, FILL_SOURCES):
        op.execute(fill)


def downgrade() -> None:
    """Take it back."""
    for table in ("source_deltas", "source_counts", "sources"):
        op.drop_table(table)
