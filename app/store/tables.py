"""Every table, with what a row means; states are text under a CHECK, constraints have names."""

from typing import Final

from sqlalchemy import (
    ARRAY,
    REAL,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
    false,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

STATES: Final = ("queued", "processing", "done", "quarantined")
LANES: Final = ("live", "backfill")
PARTY: Final = "hashtextextended(coalesce(nullif(sender, ''), source, ''), 0)"
"""Who takes turns with others at the queue: whose key a submission came with, else whose text it is; as a number."""
OUTCOMES: Final = (
    "stored", "revised", "unchanged", "duplicate", "rejected", "failed", "retracted", "deleted",
)  # fmt: skip
SOURCE_FIGURES: Final = (
    "articles", "with_author", "with_date", "with_topics", "assumed_utc", "after_arrival", "revisions", "lag",
    "duplicates", "sightings", "rejected", "reason", "failed", "pause",
)  # fmt: skip
"""What is counted of a source; `detail` is the bucket of a lag or pause, the words of a reason, else nothing."""
SCOPES: Final = ("ingest", "read", "admin")
"""What a key may be good for."""
REPROCESSING_STATES: Final = ("running", "done", "cancelled")
CHANGE_KINDS: Final = (
    "created", "revised", "merged", "split", "linked", "retopiced", "aliased", "retracted", "deleted",
)  # fmt: skip
UNDATED_LAST: Final = "coalesce({}, '0001-01-01 00:00:00+00'::timestamptz)"
"""The sort key of newest first: articles without a date come last."""
UNDATED_LAST_ASCENDING: Final = "coalesce({}, '9999-12-31 00:00:00+00'::timestamptz)"
"""The sort key of oldest first: articles without a date come last there too."""


def moment(name: str, *, nullable: bool = False) -> Column[object]:
    """Give an aware timestamp column."""
    return Column(name, DateTime(timezone=True), nullable=nullable)


def one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    """Give the CHECK that keeps a text column to its vocabulary."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


submissions = Table(
    "submissions",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("received_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("content_type", Text, nullable=False),
    Column("body", LargeBinary),
    Column("body_bytes", Integer, nullable=False),
    Column("source", Text),
    Column("sender", Text, nullable=False, server_default=""),
    Column("hints", JSONB, nullable=False),
    Column("state", Text, nullable=False, server_default="queued"),
    Column("run_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("alone", Boolean, nullable=False, server_default=text("false")),
    Column("lease_token", Uuid),
    moment("lease_until", nullable=True),
    Column("pending", ARRAY(Integer)),
    Column("error", Text),
    moment("finished_at", nullable=True),
    Column("lane", Text, nullable=False, server_default="live"),
    one_of("state", STATES),
    one_of("lane", LANES),
    CheckConstraint("(state = 'processing') = (lease_token IS NOT NULL)", name="lease"),
    Index("ix_submissions_due", "run_at", "id", postgresql_where=text("state = 'queued'")),
    Index(
        "ix_submissions_turns", "lane", "alone", text(PARTY), "run_at", "id", postgresql_where=text("state = 'queued'")
    ),
    Index("ix_submissions_leased", "lease_until", postgresql_where=text("state = 'processing'")),
    Index("ix_submissions_received_at_id", "received_at", "id"),
    Index("ix_submissions_source_received_at_id", "source", "received_at", "id"),
    Index("ix_submissions_quarantined", "id", postgresql_where=text("state = 'quarantined'")),
    Index(
        "ix_submissions_kept",
        "finished_at",
        "id",
        postgresql_where=text("body IS NOT NULL AND finished_at IS NOT NULL"),
    ),
    comment="One request body as it was sent; its row is the job too. `pending`: the items still to do, null for all. "
    "`lane`: a backfill yields to what is live. `sender`: whose key it came with, '' without one.",
)

submission_items = Table(
    "submission_items",
    metadata,
    Column("submission_id", Uuid, ForeignKey("submissions.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("outcome", Text, nullable=False),
    Column("article_id", Uuid),
    Column("reason", Text),
    Column("span_start", Integer),
    Column("span_end", Integer),
    one_of("outcome", OUTCOMES),
    Index("ix_submission_items_article_id", "article_id", postgresql_where=text("article_id IS NOT NULL")),
    Index("ix_submission_items_failed", "submission_id", "position", postgresql_where=text("outcome = 'failed'")),
    comment="What became of each item of a submission; the span is its byte range where the body holds several.",
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("principal", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column(
        "submission_id",
        Uuid,
        ForeignKey("submissions.id", ondelete="CASCADE", deferrable=True, initially="DEFERRED"),
        nullable=False,
    ),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Index("ix_idempotency_keys_created_at", "created_at"),
    Index("ix_idempotency_keys_submission_id", "submission_id"),
    comment="An Idempotency-Key with the digest of type, query and body that it came with.",
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("prefix", Text, nullable=False, unique=True),
    Column("hash", LargeBinary, nullable=False),
    Column("previous_hash", LargeBinary),
    moment("previous_until", nullable=True),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("sources", ARRAY(Text)),
    Column("rate_limit", Text),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    moment("last_used_at", nullable=True),
    moment("expires_at", nullable=True),
    moment("revoked_at", nullable=True),
    CheckConstraint("cardinality(scopes) > 0 AND scopes <@ ARRAY['ingest', 'read', 'admin']", name="scopes"),
    CheckConstraint("sources IS NULL OR (cardinality(sources) > 0 AND NOT 'admin' = ANY(scopes))", name="sources"),
    Index("ix_api_keys_name", "name", unique=True, postgresql_where=text("revoked_at IS NULL")),
    comment="Who may send and read. `hash` is the SHA-256 of the key; the one before it holds until `previous_until`.",
)

articles = Table(
    "articles",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("submission_id", Uuid, ForeignKey("submissions.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("url", Text),
    Column("guid", Text),
    Column("source", Text),
    Column("title", Text),
    Column("lead", Text),
    Column("language", Text),
    Column("authors", ARRAY(Text), nullable=False),
    Column("agency", Text),
    moment("published_at", nullable=True),
    Column("published_precision", Text),
    Column("published_zone", Text),
    Column("published_offset", SmallInteger),
    moment("modified_at", nullable=True),
    Column("modified_offset", SmallInteger),
    Column("dateline_place", Text),
    Column("rights", Text),
    Column("topic_lists", JSONB, nullable=False),
    Column("blocks", JSONB, nullable=False),
    Column("text", Text, nullable=False),
    Column("word_count", Integer, nullable=False),
    Column("repairs", JSONB, nullable=False),
    Column("evidence", JSONB, nullable=False),
    Column("content_hash", LargeBinary, nullable=False),
    Column("field_hash", LargeBinary, nullable=False),
    Column("processing", Text, nullable=False),
    Column("pipeline_version", Text, nullable=False),
    Column("background", Integer),
    Column("version", Text),
    Column("urgency", SmallInteger),
    Column("truncated", Boolean, nullable=False, server_default=text("false")),
    moment("received_at"),
    moment("current_since"),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("words", TSVECTOR, nullable=False),
    Column("stems", TSVECTOR, nullable=False),
    one_of("published_precision", ("second", "minute", "day", "month")),
    one_of("published_zone", ("stated", "source", "assumed_utc")),
    one_of("processing", ("full", "fallback")),
    Index("ix_articles_newest", text(UNDATED_LAST.format("published_at")), "id", postgresql_include=["published_at"]),
    Index("ix_articles_oldest", text(UNDATED_LAST_ASCENDING.format("published_at")), "id"),
    Index("ix_articles_received_at_id", "received_at", "id"),
    Index(
        "ix_articles_source_newest",
        "source",
        text(UNDATED_LAST.format("published_at")),
        "id",
        postgresql_include=["published_at"],
    ),
    Index(
        "ix_articles_language_newest",
        "language",
        text(UNDATED_LAST.format("published_at")),
        "id",
        postgresql_include=["published_at"],
    ),
    Index("ix_articles_submission_id", "submission_id"),
    Index("ix_articles_age", text("coalesce(source, '')"), "current_since"),
    Index("ix_articles_words", "words", postgresql_using="gin"),
    Index("ix_articles_stems", "stems", postgresql_using="gin"),
    comment="The current revision of each article; `current_since` is the arrival that it came with.",
)

tombstones = Table(
    "tombstones",
    metadata,
    Column("article_id", Uuid, primary_key=True),
    Column("deleted_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    moment("last_sent_at", nullable=True),
    Column("remains", JSONB),
    Index("ix_tombstones_last_sent_at", "last_sent_at", postgresql_where=text("last_sent_at IS NOT NULL")),
    comment="An article that was deleted and stays so when it is sent again: for good, or until long after it was last sent. "
    "`remains`: what tells it from others that share a key with it, hashed.",
)

article_keys = Table(
    "article_keys",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("key", LargeBinary, primary_key=True),
    Column("article_id", Uuid, nullable=False),
    Index("ix_article_keys_article_id", "article_id"),
    comment="What an article is known by (guid, url, content), hashed; outlives the article, for tombstones.",
)

article_revisions = Table(
    "article_revisions",
    metadata,
    Column("article_id", Uuid, ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    moment("at"),
    moment("until", nullable=True),
    Column("article", JSONB, nullable=False),
    comment="A revision that is no longer the current one, as it was served, and from when until when it was.",
)

sightings = Table(
    "sightings",
    metadata,
    Column("article_id", Uuid, ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    Column("route", LargeBinary, primary_key=True),
    Column("source", Text),
    Column("url", Text),
    Column("submission_id", Uuid, ForeignKey("submissions.id"), nullable=False),
    moment("received_at"),
    moment("last_at"),
    Column("count", Integer, nullable=False),
    Column("said", LargeBinary),
    Index("ix_sightings_submission_id", "submission_id"),
    comment="Arrivals of an article by one route; `route` hashes source and url, the submission is the first one's, `said` hashes what the last one says.",
)

article_authors = Table(
    "article_authors",
    metadata,
    Column("article_id", Uuid, ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    Column("position", SmallInteger, primary_key=True),
    Column("name", Text, nullable=False),
    Column("fold", Text, nullable=False),
    moment("published_at", nullable=True),
    moment("received_at"),
    Index("ix_article_authors_received_at", "fold", "received_at", "article_id"),
    Index(
        "ix_article_authors_newest",
        "fold",
        text(UNDATED_LAST.format("published_at")),
        "article_id",
        postgresql_include=["published_at"],
    ),
    comment="The persons of a byline in order; `fold` is the name blind to case and accents.",
)

author_counts = Table(
    "author_counts",
    metadata,
    Column("fold", Text(collation="C"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("articles", Integer, nullable=False),
    Index(
        "ix_author_counts_most",
        text("articles DESC"),
        "fold",
        postgresql_where=text("name = ''"),
    ),
    Index("ix_author_counts_empty", "fold", postgresql_where=text("articles = 0")),
    comment="Articles of a person by each printing of their name; under no name, of all printings.",
)

author_deltas = Table(
    "author_deltas",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("fold", Text(collation="C"), nullable=False),
    Column("name", Text, nullable=False),
    Column("change", Integer, nullable=False),
    Index("ix_author_deltas_fold", "fold"),
    comment="Changes of authors' counts, written with the articles and folded later, as those of topics are.",
)

topics = Table(
    "topics",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("slug", Text, nullable=False, unique=True),
    Column("label", Text, nullable=False),
    Column("fold", Text, nullable=False, unique=True),
    Column("search", TSVECTOR, nullable=False),
    Column("sort_label", Text(collation="C"), Computed('"left"(lower(label), 100)', persisted=True), nullable=False),
    Column("alias_of", BigInteger, ForeignKey("topics.id")),
    Column("alias_by", Text),
    Column("canonical_id", BigInteger, ForeignKey("topics.id")),
    Index("ix_topics_search", "search", postgresql_using="gin"),
    Index("ix_topics_alias_of", "alias_of"),
    Index("ix_topics_canonical_id", "canonical_id"),
    Index("ix_topics_sort_label", "sort_label", "id"),
    comment="One subject; `fold` is the key under which its spellings meet, `search` its label for prefix search.",
)
CANONICAL: Final = func.coalesce(topics.c.canonical_id, topics.c.id)
"""The topic that a topic counts as: the end of its chain of aliases, itself where it is none."""

topic_links = Table(
    "topic_links",
    metadata,
    Column("narrower_id", BigInteger, ForeignKey("topics.id", ondelete="CASCADE"), primary_key=True),
    Column("broader_id", BigInteger, ForeignKey("topics.id", ondelete="CASCADE"), primary_key=True),
    Column("by", Text, nullable=False),
    Index("ix_topic_links_broader_id", "broader_id"),
    comment="One topic is narrower than another; `by` is an operator, or the taxonomy that says so.",
)

topic_codes = Table(
    "topic_codes",
    metadata,
    Column("scheme", Text, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("topic_id", BigInteger, ForeignKey("topics.id", ondelete="CASCADE"), nullable=False),
    Index("ix_topic_codes_topic_id", "topic_id"),
    comment="The code of a topic in a taxonomy, such as 20000638 in `medtop`.",
)

topic_counts = Table(
    "topic_counts",
    metadata,
    Column("topic_id", BigInteger, primary_key=True, autoincrement=False),
    Column("level", SmallInteger, primary_key=True, autoincrement=False),
    Column("start", Date, primary_key=True),
    Column("articles", Integer, nullable=False),
    Index("ix_topic_counts_most", text("articles DESC"), "topic_id", postgresql_where=text("level = 0")),
    Index("ix_topic_counts_start", "level", "start", "topic_id", postgresql_include=["articles"]),
    Index("ix_topic_counts_empty", "topic_id", postgresql_where=text("articles = 0")),
    comment="Articles on a canonical topic (0 is all articles): ever (level 0), published in a month (1), on a day (2); UTC.",
)

source_topic_counts = Table(
    "source_topic_counts",
    metadata,
    Column("source", Text, primary_key=True),
    Column("start", Date, primary_key=True),
    Column("topic_id", BigInteger, primary_key=True, autoincrement=False),
    Column("articles", Integer, nullable=False),
    Index("ix_source_topic_counts_topic_id", "topic_id"),
    Index(
        "ix_source_topic_counts_most",
        "source",
        text("articles DESC"),
        "topic_id",
        postgresql_where=text("start = '-infinity'::date"),
    ),
    Index("ix_source_topic_counts_empty", "topic_id", postgresql_where=text("articles = 0")),
    comment="A source's articles on a canonical topic (0 is all): ever (`start` is -infinity), published in a month.",
)

source_boilerplate = Table(
    "source_boilerplate",
    metadata,
    Column("source", Text, primary_key=True),
    Column("topic_id", BigInteger, primary_key=True, autoincrement=False),
    comment="Topics that most articles of a source are on: its section or slogan, and no subject of the article.",
)

topic_deltas = Table(
    "topic_deltas",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("topic_id", BigInteger, nullable=False),
    Column("source", Text, nullable=False),
    Column("day", Date),
    Column("change", Integer, nullable=False),
    Index("ix_topic_deltas_topic_id", "topic_id"),
    comment="Changes of counts, written with the articles and folded into the counts later; both together are exact.",
)

topic_spellings = Table(
    "topic_spellings",
    metadata,
    Column("slug", Text, primary_key=True),
    Column("topic_id", BigInteger, ForeignKey("topics.id", ondelete="CASCADE"), nullable=False),
    Index("ix_topic_spellings_topic_id", "topic_id"),
    comment="Every slug under which a subject was printed, its own included.",
)

article_topics = Table(
    "article_topics",
    metadata,
    Column("article_id", Uuid, ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    Column("topic_id", BigInteger, ForeignKey("topics.id"), primary_key=True),
    Column("position", SmallInteger, nullable=False),
    Column("label", Text, nullable=False),
    Column("score", REAL, nullable=False),
    Column("origins", ARRAY(Text), nullable=False),
    Column("mentions", Integer, nullable=False),
    moment("published_at", nullable=True),
    moment("received_at"),
    Index(
        "ix_article_topics_newest",
        "topic_id",
        text(UNDATED_LAST.format("published_at")),
        "article_id",
        postgresql_include=["published_at"],
    ),
    Index("ix_article_topics_received_at", "topic_id", "received_at", "article_id"),
    comment="A subject of an article, as that article prints it; the times are the article's, for the index.",
)

reprocessings = Table(
    "reprocessings",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    moment("finished_at", nullable=True),
    Column("state", Text, nullable=False, server_default="running"),
    Column("dry_run", Boolean, nullable=False),
    Column("filters", JSONB, nullable=False),
    Column("pipeline_version", Text, nullable=False),
    Column("background", Integer, nullable=False),
    Column("rate", REAL),
    Column("most_examples", SmallInteger, nullable=False),
    Column("articles", Integer, nullable=False),
    Column("after_id", Uuid),
    Column("until_id", Uuid),
    Column("tally", JSONB, nullable=False, server_default=text("'{}'")),
    Column("careful", SmallInteger, nullable=False, server_default="0"),
    Column("strikes", SmallInteger, nullable=False, server_default="0"),
    Column("lease_token", Uuid),
    moment("lease_until", nullable=True),
    one_of("state", REPROCESSING_STATES),
    CheckConstraint("lease_token IS NULL OR state = 'running'", name="lease"),
    Index("ix_reprocessings_running", "state", unique=True, postgresql_where=text("state = 'running'")),
    comment="A run of stored submissions through the pipeline: where its walk stands, and what it came to so far.",
)

word_usage = Table(
    "word_usage",
    metadata,
    Column("language", Text(collation="C"), primary_key=True),
    Column("word", Text(collation="C"), primary_key=True),
    Column("articles", Integer, nullable=False),
    comment="In how many of the articles that were learned from a word is; under no word, how many those are.",
)

acronym_uses = Table(
    "acronym_uses",
    metadata,
    Column("acronym", Text(collation="C"), primary_key=True),
    Column("meaning", Text(collation="C"), primary_key=True),
    Column("source", Text(collation="C"), primary_key=True),
    Column("label", Text, nullable=False),
    Column("articles", Integer, nullable=False),
    Column("considered", Boolean, nullable=False, server_default=false()),
    Index("ix_acronym_uses_new", "acronym", postgresql_where=text("NOT considered")),
    comment="How many articles of a source say that an acronym (a slug) has a meaning (a fold, and as printed first).",
)

backgrounds = Table(
    "backgrounds",
    metadata,
    Column("number", Integer, Identity(), primary_key=True),
    Column("made_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("articles", BigInteger, nullable=False),
    Column("usage", JSONB, nullable=False),
    comment="Snapshots of word_usage, by language; articles say by which their topics were inferred.",
)

workers = Table(
    "workers",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("seen_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    comment="A worker's sign of life.",
)


def what_changed() -> tuple[Column[object] | CheckConstraint, ...]:
    """Give the columns that say what changed, the same on its way and in the feed."""
    return (
        Column("kind", Text, nullable=False),
        Column("article_id", Uuid),
        Column("revision", Integer),
        Column("other_id", Uuid),
        Column("story_id", Uuid),
        Column("topic", Text),
        Column("alias", Text),
        Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
        one_of("kind", CHANGE_KINDS),
    )


change_outbox = Table(
    "change_outbox",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    *what_changed(),
    comment="Changes as their transactions wrote them, not numbered yet: their ids are handed out before the commit.",
)

changes = Table(
    "changes",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    *what_changed(),
    comment="The change feed: numbered after the commit, by one at a time, so that nothing appears before what was read.",
)

change_feed = Table(
    "change_feed",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("last_seq", BigInteger, nullable=False),
    Column("horizon", BigInteger, nullable=False),
    Column("linked_seq", BigInteger, nullable=False),
    CheckConstraint("id = 1", name="single"),
    CheckConstraint("horizon <= last_seq", name="horizon"),
    comment="One row: the last number handed out, the last one that is no longer kept, and how far stories are linked.",
)


article_signatures = Table(
    "article_signatures",
    metadata,
    Column("article_id", Uuid, primary_key=True),
    Column("keys", ARRAY(BigInteger), nullable=False),
    comment="The keys of an article's text, in order; written by the linker alone.",
)

story_keys = Table(
    "story_keys",
    metadata,
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("article_id", Uuid, primary_key=True),
    comment="Under which keys a text is found among near-duplicates: a row a key, so that a look-up may stop.",
)

article_ties = Table(
    "article_ties",
    metadata,
    Column("article_id", Uuid, primary_key=True),
    Column("other_id", Uuid, primary_key=True),
    Column("rule", Text, nullable=False),
    Column("score", REAL, nullable=False),
    CheckConstraint("article_id < other_id", name="once"),
    Index("ix_article_ties_other_id", "other_id"),
    comment="Two articles that tell the same text: by which rule, and how alike; written by the linker alone.",
)

partings = Table(
    "partings",
    metadata,
    Column("article_id", Uuid, primary_key=True),
    Column("other_id", Uuid, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("article_id < other_id", name="once"),
    Index("ix_partings_other_id", "other_id"),
    comment="Two articles of which somebody said that they are not the same; they are never in one story again.",
)

stories = Table(
    "stories",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("original_id", Uuid, nullable=False),
    Column("size", Integer, nullable=False),
    Column("sources", Integer, nullable=False),
    moment("first_at"),
    moment("last_at"),
    Index("ix_stories_last_at", "last_at", "id"),
    Index("ix_stories_size", "size", "id"),
    comment="Two or more articles that tell the same text; the times are of publication, else of arrival.",
)

story_members = Table(
    "story_members",
    metadata,
    Column("article_id", Uuid, primary_key=True),
    Column("story_id", Uuid, nullable=False),
    Column("source", Text),
    Column("duplicate_of", Uuid),
    Column("rule", Text),
    Column("score", REAL),
    CheckConstraint("(duplicate_of IS NULL) = (rule IS NULL)", name="rule"),
    Index("ix_story_members_story_id", "story_id", "article_id"),
    comment="An article's story, and of which article it is a duplicate; null for the one that was published first.",
)

sources = Table(
    "sources",
    metadata,
    Column("source", Text(collation="C"), primary_key=True),
    Column("articles", BigInteger, nullable=False),
    moment("first_seen", nullable=True),
    moment("last_seen", nullable=True),
    Index("ix_sources_most", text("articles DESC"), "source"),
    Index("ix_sources_latest", text("last_seen DESC"), "source"),
    comment="Every source that was heard, with its articles and its first and last arrival; '' are those without one.",
)

source_counts = Table(
    "source_counts",
    metadata,
    Column("source", Text(collation="C"), primary_key=True),
    Column("figure", Text(collation="C"), primary_key=True),
    Column("detail", Text(collation="C"), primary_key=True),
    Column("number", BigInteger, nullable=False),
    one_of("figure", SOURCE_FIGURES),
    comment="The figures of a source's scorecard; lags and pauses are histograms with logarithmic buckets.",
)

source_deltas = Table(
    "source_deltas",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("source", Text(collation="C"), nullable=False),
    Column("figure", Text(collation="C"), nullable=False),
    Column("detail", Text(collation="C"), nullable=False),
    Column("change", BigInteger, nullable=False),
    moment("at", nullable=True),
    one_of("figure", SOURCE_FIGURES),
    Index("ix_source_deltas_source", "source"),
    comment="Changes of sources' figures, folded later; `at` is the arrival that the change came with, if it did.",
)

corrections = Table(
    "corrections",
    metadata,
    Column("article_id", Uuid, ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    Column("corrected_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("said", JSONB, nullable=False),
    Column("read", JSONB, nullable=False),
    Column("read_hash", LargeBinary, nullable=False),
    comment="What an editor says of an article's fields, and what was last read for those, so that it can be given back.",
)

key_sharers = Table(
    "key_sharers",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("key", LargeBinary, primary_key=True),
    Column("article_id", Uuid, primary_key=True),
    Index("ix_key_sharers_article_id", "article_id"),
    comment="Articles that share a key with the one that holds it, and were told apart from it.",
)

merged_articles = Table(
    "merged_articles",
    metadata,
    Column("article_id", Uuid, primary_key=True),
    Column("into_id", Uuid, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Index("ix_merged_articles_into_id", "into_id"),
    comment="Articles that turned out to be another one, which is there in their place.",
)

retention_rounds = Table(
    "retention_rounds",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    moment("begun_at"),
    CheckConstraint("id = 1", name="single"),
    comment="One row, once it was applied: when somebody last began to have go what is too old.",
)
