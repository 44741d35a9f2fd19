"""Labels carry the token of the request that brought them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "labels_0002"
down_revision = "labels_0001"
branch_labels = None


def upgrade() -> None:
    """Add the column and its unique index."""
    op.add_column("labels", sa.Column("token", sa.String))
    op.create_index("labels_by_token", "labels", ["token"], unique=True, sqlite_where=sa.text("token IS NOT NULL"))
