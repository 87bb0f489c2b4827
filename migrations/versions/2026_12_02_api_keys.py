"""API keys, and whose submission it is."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "20261202_api_keys"
down_revision = "20261201_retention"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward; what was sent so far is nobody's."""
    op.add_column("submissions", sa.Column("sender", sa.Text(), server_default="", nullable=False))
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=True),
        sa.Column("previous_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("scopes", ARRAY(sa.Text()), nullable=False),
        sa.Column("sources", ARRAY(sa.Text()), nullable=True),
        sa.Column("rate_limit", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "cardinality(scopes) > 0 AND scopes <@ ARRAY['ingest', 'read', 'admin']", name=op.f("ck_api_keys_scopes")
        ),
        sa.CheckConstraint(
            "sources IS NULL OR (cardinality(sources) > 0 AND NOT 'admin' = ANY(scopes))",
            name=op.f("ck_api_keys_sources"),
        ),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
        sa.UniqueConstraint("prefix", name="uq_api_keys_prefix"),
        comment="Who may send and read. `hash` is the SHA-256 of the key; the one before it holds until `previous_until`.",
    )
    op.create_index(
        "ix_api_keys_name", "api_keys", ["name"], unique=True, postgresql_where=sa.text("revoked_at IS NULL")
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_table("api_keys")
    op.drop_column("submissions", "sender")
