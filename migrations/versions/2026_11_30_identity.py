"""Keys that several articles share, and articles that turned out to be another."""

import sqlalchemy as sa
from alembic import op

revision = "20261130_identity"
down_revision = "20261129_corrections"
branch_labels = None
depends_on = None

BEFORE = "Arrivals of an article by one route; `route` hashes source and url, the submission is the first one's"


def upgrade() -> None:
    """Bring the schema forward."""
    op.add_column("sightings", sa.Column("said", sa.LargeBinary(), nullable=True))
    op.create_table_comment(
        "sightings", f"{BEFORE}, `said` hashes what the last one says.", existing_comment=f"{BEFORE}."
    )
    op.create_table(
        "key_sharers",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "key", "article_id", name="pk_key_sharers"),
        comment="Articles that share a key with the one that holds it, and were told apart from it.",
    )
    op.create_index("ix_key_sharers_article_id", "key_sharers", ["article_id"])
    op.create_table(
        "merged_articles",
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("into_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("article_id", name="pk_merged_articles"),
        comment="Articles that turned out to be another one, which is there in their place.",
    )
    op.create_index("ix_merged_articles_into_id", "merged_articles", ["into_id"])


def downgrade() -> None:
    """Take it back."""
    op.create_table_comment(
        "sightings", f"{BEFORE}.", existing_comment=f"{BEFORE}, `said` hashes what the last one says."
    )
    op.drop_column("sightings", "said")
    op.drop_table("merged_articles")
    op.drop_table("key_sharers")
