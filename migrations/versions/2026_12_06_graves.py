"""A tombstone remembers, in hashes, what tells its article from others that share a guid or a link with it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "20261206_graves"
down_revision = "20261205_alone"
branch_labels = None
depends_on = None

OLD = "An article that was deleted and stays so when it is sent again: for good, or until long after it was last sent."
NEW = f"{OLD} `remains`: what tells it from others that share a key with it, hashed."


def upgrade() -> None:
    """Bring the schema forward."""
    op.add_column("tombstones", sa.Column("remains", JSONB))
    op.create_table_comment("tombstones", NEW, existing_comment=OLD)


def downgrade() -> None:
    """Take it back."""
    op.create_table_comment("tombstones", OLD, existing_comment=NEW)
    op.drop_column("tombstones", "remains")
