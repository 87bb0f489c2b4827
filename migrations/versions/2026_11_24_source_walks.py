"""Sources' and languages' articles in order are read from their indexes alone: the time itself stands beside its key."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "20261124_source_walks"
down_revision = "20261124_acronym_uses"
branch_labels = None
depends_on = None

KEY: Any = sa.literal_column("coalesce(published_at, '0001-01-01 00:00:00+00'::timestamptz)")
BY = ("source", "language")


def upgrade() -> None:
    """Bring the schema forward."""
    for column in BY:
        name = f"ix_articles_{column}_newest"
        op.drop_index(name, "articles")
        op.create_index(name, "articles", [column, KEY, "id"], postgresql_include=["published_at"])


def downgrade() -> None:
    """Take it back."""
    for column in BY:
        name = f"ix_articles_{column}_newest"
        op.drop_index(name, "articles")
        op.create_index(name, "articles", [column, KEY, "id"])
