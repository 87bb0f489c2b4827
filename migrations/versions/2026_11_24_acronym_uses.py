"""What the store learns of acronyms: which meaning the articles of each source give them."""

import sqlalchemy as sa
from alembic import op

revision = "20261124_acronym_uses"
down_revision = "20261124_word_usage"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "acronym_uses",
        sa.Column("acronym", sa.Text(collation="C"), nullable=False),
        sa.Column("meaning", sa.Text(collation="C"), nullable=False),
        sa.Column("source", sa.Text(collation="C"), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("articles", sa.Integer(), nullable=False),
        sa.Column("considered", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("acronym", "meaning", "source", name="pk_acronym_uses"),
        comment="How many articles of a source say that an acronym (a slug) has a meaning (a fold, and as printed first).",
    )
    op.create_index("ix_acronym_uses_new", "acronym_uses", ["acronym"], postgresql_where=sa.text("NOT considered"))


def downgrade() -> None:
    """Take it back; aliases that were learned stay, as those of a taxonomy."""
    op.drop_table("acronym_uses")
