"""The first schema: submissions as queue, articles with their keys, topics, authors, sightings and revisions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261123_initial"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "article_keys",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "key", name=op.f("pk_article_keys")),
        comment="What an article is known by (guid, url, content), hashed; outlives the article, for tombstones.",
    )
    op.create_index("ix_article_keys_article_id", "article_keys", ["article_id"], unique=False)
    op.create_table(
        "submissions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("body_bytes", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("hints", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), server_default="queued", nullable=False),
        sa.Column("run_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("alone", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("lease_token", sa.Uuid(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pending", sa.ARRAY(sa.Integer()), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'processing') = (lease_token IS NOT NULL)", name=op.f("ck_submissions_lease")),
        sa.CheckConstraint(
            "state IN ('queued', 'processing', 'done', 'quarantined')", name=op.f("ck_submissions_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submissions")),
        comment="One request body as it was sent; its row is the job too. `pending`: the items still to do, null for all.",
    )
    op.create_index(
        "ix_submissions_due",
        "submissions",
        ["run_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.create_index(
        "ix_submissions_leased",
        "submissions",
        ["lease_until"],
        unique=False,
        postgresql_where=sa.text("state = 'processing'"),
    )
    op.create_index(
        "ix_submissions_quarantined",
        "submissions",
        ["id"],
        unique=False,
        postgresql_where=sa.text("state = 'quarantined'"),
    )
    op.create_index("ix_submissions_received_at_id", "submissions", ["received_at", "id"], unique=False)
    op.create_index(
        "ix_submissions_source_received_at_id", "submissions", ["source", "received_at", "id"], unique=False
    )
    op.create_table(
        "tombstones",
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_tombstones")),
        comment="An article that was deleted and stays so when it is sent again.",
    )
    op.create_table(
        "topics",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("fold", sa.Text(), nullable=False),
        sa.Column("search", postgresql.TSVECTOR(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_topics")),
        sa.UniqueConstraint("fold", name=op.f("uq_topics_fold")),
        sa.UniqueConstraint("slug", name=op.f("uq_topics_slug")),
        comment="One subject; `fold` is the key under which its spellings meet, `search` its label for prefix search.",
    )
    op.create_index("ix_topics_search", "topics", ["search"], unique=False, postgresql_using="gin")
    op.create_table(
        "workers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workers")),
        comment="A worker's sign of life.",
    )
    op.create_table(
        "articles",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("guid", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("lead", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("authors", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("agency", sa.Text(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_precision", sa.Text(), nullable=True),
        sa.Column("published_zone", sa.Text(), nullable=True),
        sa.Column("modified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dateline_place", sa.Text(), nullable=True),
        sa.Column("rights", sa.Text(), nullable=True),
        sa.Column("topic_lists", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("blocks", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("word_count", sa.Integer(), nullable=False),
        sa.Column("repairs", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("field_hash", sa.LargeBinary(), nullable=False),
        sa.Column("processing", sa.Text(), nullable=False),
        sa.Column("pipeline_version", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("current_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("words", postgresql.TSVECTOR(), nullable=False),
        sa.Column("stems", postgresql.TSVECTOR(), nullable=False),
        sa.CheckConstraint("processing IN ('full', 'fallback')", name=op.f("ck_articles_processing")),
        sa.CheckConstraint(
            "published_precision IN ('second', 'minute', 'day', 'month')", name=op.f("ck_articles_published_precision")
        ),
        sa.CheckConstraint(
            "published_zone IN ('stated', 'source', 'assumed_utc')", name=op.f("ck_articles_published_zone")
        ),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name=op.f("fk_articles_submission_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_articles")),
        comment="The current revision of each article; `current_since` is the arrival that it came with.",
    )
    op.create_index(
        "ix_articles_language_newest",
        "articles",
        ["language", sa.literal_column("coalesce(published_at, '0001-01-01 00:00:00+00'::timestamptz)"), "id"],
        unique=False,
    )
    op.create_index(
        "ix_articles_newest",
        "articles",
        [sa.literal_column("coalesce(published_at, '0001-01-01 00:00:00+00'::timestamptz)"), "id"],
        unique=False,
    )
    op.create_index(
        "ix_articles_oldest",
        "articles",
        [sa.literal_column("coalesce(published_at, '9999-12-31 00:00:00+00'::timestamptz)"), "id"],
        unique=False,
    )
    op.create_index("ix_articles_received_at_id", "articles", ["received_at", "id"], unique=False)
    op.create_index(
        "ix_articles_source_newest",
        "articles",
        ["source", sa.literal_column("coalesce(published_at, '0001-01-01 00:00:00+00'::timestamptz)"), "id"],
        unique=False,
    )
    op.create_index("ix_articles_stems", "articles", ["stems"], unique=False, postgresql_using="gin")
    op.create_index("ix_articles_submission_id", "articles", ["submission_id"], unique=False)
    op.create_index("ix_articles_words", "articles", ["words"], unique=False, postgresql_using="gin")
    op.create_table(
        "idempotency_keys",
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submissions.id"],
            name=op.f("fk_idempotency_keys_submission_id"),
            ondelete="CASCADE",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("principal", "key", name=op.f("pk_idempotency_keys")),
        comment="An Idempotency-Key with the digest of type, query and body that it came with.",
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"], unique=False)
    op.create_index("ix_idempotency_keys_submission_id", "idempotency_keys", ["submission_id"], unique=False)
    op.create_table(
        "submission_items",
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("article_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("span_start", sa.Integer(), nullable=True),
        sa.Column("span_end", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('stored', 'revised', 'unchanged', 'duplicate', 'rejected', 'failed', 'retracted', 'deleted')",
            name=op.f("ck_submission_items_outcome"),
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_submission_items_submission_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("submission_id", "position", name=op.f("pk_submission_items")),
        comment="What became of each item of a submission; the span is its byte range where the body holds several.",
    )
    op.create_index(
        "ix_submission_items_article_id",
        "submission_items",
        ["article_id"],
        unique=False,
        postgresql_where=sa.text("article_id IS NOT NULL"),
    )
    op.create_index(
        "ix_submission_items_failed",
        "submission_items",
        ["submission_id", "position"],
        unique=False,
        postgresql_where=sa.text("outcome = 'failed'"),
    )
    op.create_table(
        "topic_spellings",
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("topic_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["topic_id"], ["topics.id"], name=op.f("fk_topic_spellings_topic_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_topic_spellings")),
        comment="Every slug under which a subject was printed, its own included.",
    )
    op.create_index("ix_topic_spellings_topic_id", "topic_spellings", ["topic_id"], unique=False)
    op.create_table(
        "article_authors",
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("fold", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_article_authors_article_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("article_id", "position", name=op.f("pk_article_authors")),
        comment="The persons of a byline in order; `fold` is the name blind to case and accents.",
    )
    op.create_index(
        "ix_article_authors_newest",
        "article_authors",
        ["fold", sa.literal_column("coalesce(published_at, '0001-01-01 00:00:00+00'::timestamptz)"), "article_id"],
        unique=False,
    )
    op.create_table(
        "article_revisions",
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("article", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_article_revisions_article_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("article_id", "revision", name=op.f("pk_article_revisions")),
        comment="A revision that is no longer the current one, as it was served; `at` is when it became current.",
    )
    op.create_table(
        "article_topics",
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("topic_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("score", sa.REAL(), nullable=False),
        sa.Column("origins", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("mentions", sa.Integer(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_article_topics_article_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.id"], name=op.f("fk_article_topics_topic_id")),
        sa.PrimaryKeyConstraint("article_id", "topic_id", name=op.f("pk_article_topics")),
        comment="A subject of an article, as that article prints it; the times are the article's, for the index.",
    )
    op.create_index(
        "ix_article_topics_newest",
        "article_topics",
        ["topic_id", sa.literal_column("coalesce(published_at, '0001-01-01 00:00:00+00'::timestamptz)"), "article_id"],
        unique=False,
    )
    op.create_index(
        "ix_article_topics_received_at", "article_topics", ["topic_id", "received_at", "article_id"], unique=False
    )
    op.create_table(
        "sightings",
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("route", sa.LargeBinary(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_sightings_article_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name=op.f("fk_sightings_submission_id")),
        sa.PrimaryKeyConstraint("article_id", "route", name=op.f("pk_sightings")),
        comment="Arrivals of an article by one route; `route` hashes source and url, the submission is the first one's.",
    )
    op.create_index("ix_sightings_submission_id", "sightings", ["submission_id"], unique=False)


def downgrade() -> None:
    """Take it back."""
    op.drop_index("ix_sightings_submission_id", table_name="sightings")
    op.drop_table("sightings")
    op.drop_index("ix_article_topics_received_at", table_name="article_topics")
    op.drop_index("ix_article_topics_newest", table_name="article_topics")
    op.drop_table("article_topics")
    op.drop_table("article_revisions")
    op.drop_index("ix_article_authors_newest", table_name="article_authors")
    op.drop_table("article_authors")
    op.drop_index("ix_topic_spellings_topic_id", table_name="topic_spellings")
    op.drop_table("topic_spellings")
    op.drop_index(
        "ix_submission_items_failed", table_name="submission_items", postgresql_where=sa.text("outcome = 'failed'")
    )
    op.drop_index(
        "ix_submission_items_article_id",
        table_name="submission_items",
        postgresql_where=sa.text("article_id IS NOT NULL"),
    )
    op.drop_table("submission_items")
    op.drop_index("ix_idempotency_keys_submission_id", table_name="idempotency_keys")
    op.drop_index("ix_idempotency_keys_created_at", table_name="idempotency_keys")
    op.drop_table("idempotency_keys")
    op.drop_index("ix_articles_words", table_name="articles", postgresql_using="gin")
    op.drop_index("ix_articles_submission_id", table_name="articles")
    op.drop_index("ix_articles_stems", table_name="articles", postgresql_using="gin")
    op.drop_index("ix_articles_source_newest", table_name="articles")
    op.drop_index("ix_articles_received_at_id", table_name="articles")
    op.drop_index("ix_articles_oldest", table_name="articles")
    op.drop_index("ix_articles_newest", table_name="articles")
    op.drop_index("ix_articles_language_newest", table_name="articles")
    op.drop_table("articles")
    op.drop_table("workers")
    op.drop_index("ix_topics_search", table_name="topics", postgresql_using="gin")
    op.drop_table("topics")
    op.drop_table("tombstones")
    op.drop_index("ix_submissions_source_received_at_id", table_name="submissions")
    op.drop_index("ix_submissions_received_at_id", table_name="submissions")
    op.drop_index(
        "ix_submissions_quarantined", table_name="submissions", postgresql_where=sa.text("state = 'quarantined'")
    )
    op.drop_index("ix_submissions_leased", table_name="submissions", postgresql_where=sa.text("state = 'processing'"))
    op.drop_index("ix_submissions_due", table_name="submissions", postgresql_where=sa.text("state = 'queued'"))
    op.drop_table("submissions")
    op.drop_index("ix_article_keys_article_id", table_name="article_keys")
    op.drop_table("article_keys")
