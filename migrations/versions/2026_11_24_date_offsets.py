"""The offset from UTC, in minutes, at which an article's dates are shown: that of the place where it was published."""

import sqlalchemy as sa
from alembic import op

revision = "20261124_date_offsets"
down_revision = "20261124_agency_fields"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.add_column("articles", sa.Column("published_offset", sa.SmallInteger(), nullable=True))
    op.add_column("articles", sa.Column("modified_offset", sa.SmallInteger(), nullable=True))


def downgrade() -> None:
    """Take it back."""
    for column in ("modified_offset", "published_offset"):
        op.drop_column("articles", column)
