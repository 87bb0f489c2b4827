"""What the store learns of words, and the snapshots of it that topics are inferred by."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "20261124_word_usage"
down_revision = "20261124_author_counts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "word_usage",
        sa.Column("language", sa.Text(collation="C"), nullable=False),
        sa.Column("word", sa.Text(collation="C"), nullable=False),
        sa.Column("articles", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("language", "word", name="pk_word_usage"),
        comment="In how many of the articles that were learned from a word is; under no word, how many those are.",
    )
    op.create_table(
        "backgrounds",
        sa.Column("number", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("articles", sa.BigInteger(), nullable=False),
        sa.Column("usage", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_backgrounds"),
        comment="Snapshots of word_usage, by language; articles say by which their topics were inferred.",
    )
    op.add_column("articles", sa.Column("background", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("articles", "background")
    op.drop_table("backgrounds")
    op.drop_table("word_usage")
