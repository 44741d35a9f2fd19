"""Jobs and their clips, as the first version wrote them."""

from __future__ import annotations

revision = "jobs_0001"
down_revision = None
branch_labels = "jobs"


def upgrade() -> None:
    """Nothing: the tables that carry no version are of this form."""
