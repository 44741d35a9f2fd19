"""Votes, voters, GIFs and imports, as the first version wrote them."""

from __future__ import annotations

revision = "votes_0001"
down_revision = None
branch_labels = "votes"


def upgrade() -> None:
    """Nothing: the tables that carry no version are of this form."""
