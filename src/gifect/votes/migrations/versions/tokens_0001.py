"""Tokens, as the first version wrote them."""

from __future__ import annotations

revision = "tokens_0001"
down_revision = None
branch_labels = "tokens"


def upgrade() -> None:
    """Nothing: the tables that carry no version are of this form."""
