"""Stories: signatures of texts, ties between them, what they come to, and what was told apart."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261127_stories"
down_revision = "20261126_change_feed"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward; the linker begins with the first change, and so links what is stored already."""
    op.create_table(
        "article_signatures",
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("keys", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.PrimaryKeyConstraint("article_id", name="pk_article_signatures"),
        comment="The keys of an article's text, in order; written by the linker alone.",
    )
    op.create_table(
        "story_keys",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("key", "article_id", name="pk_story_keys"),
        comment="Under which keys a text is found among near-duplicates: a row a key, so that a look-up may stop.",
    )
    op.create_table(
        "article_ties",
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("score", sa.REAL(), nullable=False),
        sa.CheckConstraint("article_id < other_id", name="ck_article_ties_once"),
        sa.PrimaryKeyConstraint("article_id", "other_id", name="pk_article_ties"),
        comment="Two articles that tell the same text: by which rule, and how alike; written by the linker alone.",
    )
    op.create_index("ix_article_ties_other_id", "article_ties", ["other_id"])
    op.create_table(
        "partings",
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("article_id < other_id", name="ck_partings_once"),
        sa.PrimaryKeyConstraint("article_id", "other_id", name="pk_partings"),
        comment="Two articles of which somebody said that they are not the same; they are never in one story again.",
    )
    op.create_index("ix_partings_other_id", "partings", ["other_id"])
    op.create_table(
        "stories",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("original_id", sa.Uuid(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sources", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_stories"),
        comment="Two or more articles that tell the same text; the times are of publication, else of arrival.",
    )
    op.create_index("ix_stories_last_at", "stories", ["last_at", "id"])
    op.create_index("ix_stories_size", "stories", ["size", "id"])
    op.create_table(
        "story_members",
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("story_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("duplicate_of", sa.Uuid(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("score", sa.REAL(), nullable=True),
        sa.CheckConstraint("(duplicate_of IS NULL) = (rule IS NULL)", name="ck_story_members_rule"),
        sa.PrimaryKeyConstraint("article_id", name="pk_story_members"),
        comment="An article's story, and of which article it is a duplicate; null for the one that was published first.",
    )
    op.create_index("ix_story_members_story_id", "story_members", ["story_id", "article_id"])


def downgrade() -> None:
    """Take it back."""
    for table in ("story_members", "stories", "partings", "article_ties", "story_keys", "article_signatures"):
        op.drop_table(table)
