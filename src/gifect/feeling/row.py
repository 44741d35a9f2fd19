"""A reading as one row of a table."""

from __future__ import annotations

from dataclasses import dataclass

from gifect.emotions import SEVEN, SEVENTEEN
from gifect.faces.layout import ACTION_UNITS
from gifect.feeling.reading import Reading

__all__ = ["COLUMNS", "Cell", "Column", "flat"]

Cell = str | int | float | None


@dataclass(frozen=True)
class Column:
    """A column of the flat tables: its name and the type of its cells, "string", "int" or "float"."""

    name: str
    kind: str


COLUMNS = (
    Column("source", "string"),
    Column("frames", "int"),
    Column("duration_ms", "int"),
    Column("width", "int"),
    Column("height", "int"),
    Column("loops", "int"),
    Column("emotion", "string"),
    Column("confidence", "float"),
    *(Column(f"score_{name}", "float") for name in SEVEN),
    *(Column(f"intensity_{name}", "float") for name in SEVENTEEN),
    Column("quadrant", "string"),
    Column("valence", "float"),
    Column("arousal", "float"),
    Column("tags", "string"),
    Column("peak_ms", "int"),
    Column("faces", "int"),
    Column("face_expression", "string"),
    *(Column(f"face_au{unit}", "float") for unit in ACTION_UNITS),
    Column("reason", "string"),
    Column("warnings", "string"),
)
"""One row a clip. ``face_...`` is of the main face, its action units the means over its samples; tags and warnings are
joined by "; ", ``reason`` is the weightiest; a cell without a value is empty."""


def flat(reading: Reading) -> list[Cell]:
    """Return the row of a reading, one cell for each of ``COLUMNS``."""
    main = reading.faces[0] if reading.faces else None
    intensities = reading.intensities or {}
    return [
        reading.source,
        reading.frames,
        reading.duration_ms,
        reading.width,
        reading.height,
        reading.loops,
        reading.emotion,
        reading.confidence,
        *reading.scores.values(),
        *(intensities.get(name) for name in SEVENTEEN),
        reading.quadrant,
        reading.valence,
        reading.arousal,
        "; ".join(reading.tags),
        reading.peak_ms,
        len(reading.faces),
        max(main.scores, key=main.scores.__getitem__) if main else None,
        *(main.action_units.get(f"AU{unit}") if main else None for unit in ACTION_UNITS),
        reading.reasons[0].text if reading.reasons else "",
        "; ".join(reading.warnings),
    ]
