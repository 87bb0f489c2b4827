"""What goes by its age is found by indexes; tombstones of such articles say when those were last sent."""

import sqlalchemy as sa
from alembic import op

revision = "20261201_retention"
down_revision = "20261130_identity"
branch_labels = None
depends_on = None

OLD = "An article that was deleted and stays so when it is sent again."
NEW = "An article that was deleted and stays so when it is sent again: for good, or until long after it was last sent."


def upgrade() -> None:
    """Bring the schema forward; what was deleted so far stays away for good."""
    op.add_column("tombstones", sa.Column("last_sent_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_tombstones_last_sent_at",
        "tombstones",
        ["last_sent_at"],
        postgresql_where=sa.text("last_sent_at IS NOT NULL"),
    )
    op.create_table_comment("tombstones", NEW, existing_comment=OLD)
    op.create_index(
        "ix_submissions_kept",
        "submissions",
        ["finished_at", "id"],
        postgresql_where=sa.text("body IS NOT NULL AND finished_at IS NOT NULL"),
    )
    op.create_index("ix_articles_age", "articles", [sa.text("coalesce(source, '')"), "current_since"])
    op.create_table(
        "retention_rounds",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_retention_rounds_single")),
        sa.PrimaryKeyConstraint("id", name="pk_retention_rounds"),
        comment="One row, once it was applied: when somebody last began to have go what is too old.",
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_table("retention_rounds")
    op.drop_index("ix_articles_age", "articles")
    op.drop_index("ix_submissions_kept", "submissions")
    op.create_table_comment("tombstones", OLD, existing_comment=NEW)
    op.drop_index("ix_tombstones_last_sent_at", "tombstones")
    op.drop_column("tombstones", "last_sent_at")
