"""Runs of stored submissions through the pipeline, with where their walks stand and what they came to."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261125_reprocessings"
down_revision = "20261124_source_walks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "reprocessings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.Text(), server_default="running", nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("filters", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("pipeline_version", sa.Text(), nullable=False),
        sa.Column("background", sa.Integer(), nullable=False),
        sa.Column("rate", sa.REAL(), nullable=True),
        sa.Column("most_examples", sa.SmallInteger(), nullable=False),
        sa.Column("articles", sa.Integer(), nullable=False),
        sa.Column("after_id", sa.Uuid(), nullable=True),
        sa.Column("until_id", sa.Uuid(), nullable=True),
        sa.Column("tally", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("careful", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("strikes", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("lease_token", sa.Uuid(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('running', 'done', 'cancelled')", name="ck_reprocessings_state"),
        sa.CheckConstraint("lease_token IS NULL OR state = 'running'", name="ck_reprocessings_lease"),
        sa.PrimaryKeyConstraint("id", name="pk_reprocessings"),
        comment="A run of stored submissions through the pipeline: where its walk stands, and what it came to so far.",
    )
    op.create_index(
        "ix_reprocessings_running",
        "reprocessings",
        ["state"],
        unique=True,
        postgresql_where=sa.text("state = 'running'"),
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_table("reprocessings")
