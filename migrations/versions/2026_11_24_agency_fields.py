"""What agencies and pages say of an article besides its words: version, urgency, and whether its text is cut."""

import sqlalchemy as sa
from alembic import op

revision = "20261124_agency_fields"
down_revision = "20261123_initial"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.add_column("articles", sa.Column("version", sa.Text(), nullable=True))
    op.add_column("articles", sa.Column("urgency", sa.SmallInteger(), nullable=True))
    op.add_column("articles", sa.Column("truncated", sa.Boolean(), server_default=sa.text("false"), nullable=False))


def downgrade() -> None:
    """Take it back."""
    for column in ("truncated", "urgency", "version"):
        op.drop_column("articles", column)
