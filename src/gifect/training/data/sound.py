"""Sounds with emotions: the Emo-DB recordings, and any folder of sounds with a table of valence and arousal."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from gifect.emotions import QUADRANTS, RUSSELL_EIGHT, SPEECH_ANGLES, SPEECH_SEVEN, direction_of, quadrant_at, sector_at
from gifect.errors import DataError
from gifect.sound.decode import load_sound
from gifect.sound.recognise import MODEL_RATE, levelled
from gifect.training.data.shared import data_root

SUFFIXES = (".wav", ".mp3", ".flac", ".ogg", ".opus", ".m4a", ".mp4", ".webm", ".mkv", ".aiff", ".wma")
COLUMNS = {
    "name": ("file", "filename", "name", "song_id", "musicid", "id", "clip", "video"),
    "valence": ("valence", "valence_mean", "mean(valence)", "valence(mean)", "v"),
    "arousal": ("arousal", "arousal_mean", "mean(arousal)", "arousal(mean)", "a"),
    "group": ("group", "speaker", "artist", "singer", "album", "film"),
}
"""What the columns of a list may be called; case and blanks do not count. A list without groups has one a sound."""


@dataclass(frozen=True)
class SoundTable:
    """Sounds, what they express, and who made them.

    Attributes
    ----------
    waves : list of float32 (N,), mono at ``MODEL_RATE``, brought to one level.
    angles : float (S,), direction on the circumplex in degrees.
    groups : str (S,), of the same speaker, artist or film; never on both sides of a split.
    labels : str (S,), the classes of the source; empty strings where it has ratings alone.
    """

    waves: list[np.ndarray]
    angles: np.ndarray
    groups: np.ndarray
    labels: np.ndarray

    def targets(self, kind: str) -> tuple[np.ndarray, tuple[str, ...]]:
        """Return class indices (S,) and the names of the classes: "emotions", "quadrants" or "sectors".

        Raises
        ------
        DataError
            If the kind is unknown, or the sounds have no emotions by name.
        """
        if kind == "emotions" and all(self.labels):
            return np.array([SPEECH_SEVEN.index(name) for name in self.labels]), SPEECH_SEVEN
        if kind == "quadrants":
            return np.array([QUADRANTS.index(quadrant_at(angle)) for angle in self.angles]), QUADRANTS
        if kind == "sectors":
            return np.array([RUSSELL_EIGHT.index(sector_at(angle)) for angle in self.angles]), RUSSELL_EIGHT
        raise DataError(
            f"no target {kind!r} for these sounds: expected emotions (where they are named), quadrants or sectors"
        )


def emodb() -> SoundTable:
    """Return the 535 utterances of Emo-DB: ten actors, German, seven emotions.

    References
    ----------
    Burkhardt, F. et al. (2005). A database of German emotional speech. Interspeech.
    """
    path = data_root() / "audio" / "emodb.parquet"
    if not path.is_file():
        raise DataError(f"no {path}: set GIFECT_DATA to the folder that holds audio/emodb.parquet")
    rows = pd.read_parquet(path)
    waves = [levelled(load_sound(sound, rate=MODEL_RATE).samples) for sound in rows["ogg"]]
    angles = np.array([SPEECH_ANGLES[name] for name in rows["emotion"]], float)
    return SoundTable(waves, angles, rows["speaker"].to_numpy(str), rows["emotion"].to_numpy(str))


def rated_sounds(folder: Path, table: Path, low: float, high: float) -> SoundTable:
    """Return the sounds of a folder with the valence and arousal that a CSV gives them.

    The lists of DEAM (``song_id, valence_mean, arousal_mean``, 1 to 9) and PMEmo (``musicId, Mean(arousal),
    Mean(valence)``, 0 to 1) are read as they are; so is any list with a column for the file (with or without its
    suffix), one for valence and one for arousal, and perhaps one for the artist or film (``COLUMNS``). Sounds longer
    than 30 s give their most representative 30 s.

    Parameters
    ----------
    low, high : float
        The ends of the scale of the ratings; their middle is the middle of the circumplex.

    Raises
    ------
    DataError
        If a column, a file or a sensible rating is missing; the message names it.
    """
    rows = _list(table)
    ratings = rows[["valence", "arousal"]].to_numpy(float)
    bad = ~np.isfinite(ratings).all(1) | (ratings < low).any(1) | (ratings > high).any(1)
    if bad.any():
        first = rows.iloc[int(bad.argmax())]
        raise DataError(
            f"{table}: {first['name']} has valence {first['valence']} and arousal {first['arousal']}, outside of the "
            f"scale {low:g} to {high:g}: give the true ends with --set low=... --set high=..."
        )
    files = {path.stem: path for path in sorted(folder.rglob("*")) if path.suffix.lower() in SUFFIXES}
    found = [files.get(Path(name).stem if Path(name).suffix.lower() in SUFFIXES else name) for name in rows["name"]]
    missing = [name for name, path in zip(rows["name"], found, strict=True) if path is None]
    if missing:
        raise DataError(
            f"{folder}: no sound for {len(missing)} of {len(rows)} rows of {table.name}, first {missing[0]!r}"
        )
    waves = [levelled(load_sound(path, rate=MODEL_RATE).samples) for path in found if path]
    away = (ratings - (low + high) / 2) / ((high - low) / 2)
    angles = np.array([direction_of(valence, arousal) for valence, arousal in away])
    return SoundTable(waves, angles, rows["group"].to_numpy(str), np.full(len(rows), ""))


def _list(table: Path) -> pd.DataFrame:
    try:
        rows = pd.read_csv(table, dtype=str, skipinitialspace=True)
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise DataError(f"{table} cannot be read as CSV: {error}") from error
    plain = {"".join(str(column).lower().split()): column for column in rows.columns}
    chosen = {}
    for wanted, names in COLUMNS.items():
        column = next((plain[name] for name in names if name in plain), None)
        if column is not None:
            chosen[wanted] = rows[column].str.strip()
        elif wanted != "group":
            raise DataError(
                f"{table}: no column for {wanted}: expected one of {', '.join(names)}; found {', '.join(plain)}"
            )
    frame = pd.DataFrame(chosen).dropna(subset=["name"])
    if frame.empty:
        raise DataError(f"{table} lists no sound")
    for column in ("valence", "arousal"):
        frame[column] = pd.to_numeric(frame[column], errors="coerce")
    return frame if "group" in frame else frame.assign(group=frame["name"])
