"""Labelers may be unsure of a GIF."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gifect.votes.database import ROW_ID

revision = "labels_0003"
down_revision = "labels_0002"
branch_labels = None


def upgrade() -> None:
    """Add the table and its index."""
    op.create_table(
        "unsure",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("emotion", sa.SmallInteger, nullable=False),
        sa.Column("gif", sa.String, nullable=False),
        sa.Column("labeler", sa.String, nullable=False),
        sa.Column("time_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("unsure_of_labeler", "unsure", ["emotion", "labeler"])
