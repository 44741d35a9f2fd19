"""A table of measured figures, for the terminal and for ``docs/results``."""

from __future__ import annotations

import platform
import subprocess
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]


@dataclass
class Table:
    """Rows of figures under ``columns``; ``notes`` stand below, ``command`` is what measured them."""

    title: str
    columns: list[str]
    command: str
    rows: list[list[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, *cells: object) -> None:
        """Append a row; floats are shown with three decimals."""
        if len(cells) != len(self.columns):
            raise ValueError(f"expected {len(self.columns)} cells, found {len(cells)}")
        self.rows.append([f"{c:.3f}" if isinstance(c, float) else str(c) for c in cells])

    def to_text(self) -> str:
        """Return the table in aligned columns."""
        widths = [max(map(len, column)) for column in zip(self.columns, *self.rows, strict=True)]
        lines = [
            "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip()
            for row in [self.columns, *self.rows]
        ]
        return "\n".join([self.title, "", *lines, "", *self.notes]).rstrip() + "\n"

    def to_markdown(self) -> str:
        """Return the table as a page section with date, commit, machine and command."""
        lines = [f"## {self.title}", "", f"Measured {date.today()} at commit {commit()} by `{self.command}`", ""]
        lines += [f"on {platform.machine()}, Python {platform.python_version()}.", ""]
        lines += ["| " + " | ".join(row) + " |" for row in [self.columns, ["---"] * len(self.columns), *self.rows]]
        return "\n".join([*lines, "", *(f"{n}\n" for n in self.notes)])


def commit() -> str:
    """Return the short name of the commit that is checked out, "unknown" outside a repository."""
    found = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    return found.stdout.strip() or "unknown"
