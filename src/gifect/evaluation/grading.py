"""How well clips are graded: the seventeen intensities and the quadrants, of whole readings and of trained networks.

References
----------
Blake, G. Graphical Feelings: GIF Sentiment Learning, section 5.3 (spread of the predictions, the clips of lowest and of
highest error).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gifect.emotions import QUADRANT_OF, QUADRANTS, SEVENTEEN
from gifect.evaluation import metrics
from gifect.evaluation.tables import Table
from gifect.feeling.read import read
from gifect.models.registry import load_session
from gifect.training.data.clipfeatures import prepare_features, segment_frames
from gifect.training.data.clipsets import PRESENT, quadrant_target, reactions_set
from gifect.training.data.shared import iterate_clips, reactions

if TYPE_CHECKING:
    from gifect.training.recipe import Recipe

COMMAND = "gifect evaluate grade"
COLUMNS = ("id", "medium", "people", "face", "multi", "clear", "text")
EXTREMES = 50  # clips of lowest and of highest error that are looked at
SURE = 2.0  # standard errors by which two groups must differ to be told apart
QUADRANT_AT = np.array([QUADRANTS.index(QUADRANT_OF[e]) for e in SEVENTEEN])


@dataclass(frozen=True, eq=False)
class Graded:
    """N clips as they were labelled and as they were read.

    Attributes
    ----------
    rows : table (N) of what is known of the clips, ``COLUMNS``.
    told, said : float (N, 17) in [0, 1], the intensities labelled and read.
    told_quadrant, said_quadrant : int (N,), index into ``QUADRANTS``; -1 = none.
    peaks_ms : int (N,), when each clip shows most.
    """

    rows: pd.DataFrame
    told: np.ndarray
    said: np.ndarray
    told_quadrant: np.ndarray
    said_quadrant: np.ndarray
    peaks_ms: np.ndarray

    @property
    def errors(self) -> np.ndarray:
        """Of each clip (N,), the root of the squared error, mean over the seventeen."""
        return np.asarray(np.sqrt(((self.said - self.told) ** 2).mean(1)))

    @property
    def confusion(self) -> np.ndarray:
        """How many clips of each quadrant were read as each (4, 5), the last column: as none."""
        has = self.told_quadrant >= 0
        return metrics.confusion_matrix(self.said_quadrant[has], self.told_quadrant[has], len(QUADRANTS))

    def lowest(self, count: int = EXTREMES) -> np.ndarray:
        """Return the ``count`` clips of lowest error, the lowest first."""
        return np.argsort(self.errors, kind="stable")[:count]

    def highest(self, count: int = EXTREMES) -> np.ndarray:
        """Return the ``count`` clips of highest error, the highest first."""
        return np.argsort(-self.errors, kind="stable")[:count]


def evaluate_grader() -> Table:
    """Return how the shipped grader does on the valid split, of each emotion and in all."""
    return grading_table(read_valid())


def read_valid() -> Graded:
    """Read every clip of the valid split."""
    rows = reactions("valid", [*COLUMNS, *SEVENTEEN])
    readings = [read(mp4) for _, mp4 in iterate_clips("valid")]
    told = rows[list(SEVENTEEN)].to_numpy(float)
    return Graded(
        rows=rows[list(COLUMNS)],
        told=told,
        said=np.array([list((r.intensities or {}).values()) for r in readings]),
        told_quadrant=quadrant_target(told),
        said_quadrant=np.array([QUADRANTS.index(r.quadrant) if r.quadrant else -1 for r in readings]),
        peaks_ms=np.array([r.peak_ms or 0 for r in readings]),
    )


def grading_table(graded: Graded) -> Table:
    """Return the figures of the seventeen and their mean; those of the quadrants stand in the notes.

    ``spread`` is the deviation of what is said over that of the labels, ``slope`` that of the line from what is said to
    the labels (1 = calibrated).
    """
    columns = ["what", "nMSE", "r", "RMSE", "explained variance", "said", "labelled", "spread", "slope"]
    table = Table("Seventeen intensities and the quadrant, valid split", columns, COMMAND)
    r, slopes = metrics.correlations(graded.said, graded.told), metrics.slopes(graded.said, graded.told)
    said, told = graded.said.std(0), graded.told.std(0)
    mean = grading_figures(graded.said, graded.told)
    names = ("nmse", "r", "rmse", "explained", "said", "labelled", "spread", "slope")
    table.add("mean of the seventeen", *(mean[n] for n in names))
    for k, emotion in enumerate(SEVENTEEN):
        one, label = graded.said[:, [k]], graded.told[:, [k]]
        figures = [f(one, label) for f in (metrics.rmse, metrics.explained_variance)]
        spread = [float(v) for v in (said[k], told[k], said[k] / told[k], slopes[k])]
        table.add(emotion, metrics.nmse(one, label), float(r[k]), *figures, *spread)
    report = metrics.class_report(graded.confusion)
    unnamed, right = graded.confusion[:, -1].sum(), np.diag(graded.confusion).sum()
    table.notes.append(
        f"Quadrant of the {report.support.sum()} clips that have one: accuracy {report.accuracy:.3f}, macro-F1 "
        f"{report.macro_f1:.3f}, weighted F1 {report.weighted_f1:.3f}; {unnamed} of them were said to have none, which "
        f"counts as wrong (accuracy of the others: {right / max(report.support.sum() - unnamed, 1):.3f})."
    )
    each = zip(QUADRANTS, report.precision, report.recall, report.f1, report.support, strict=True)
    table.notes.append(
        "Precision, recall and F1: "
        + "; ".join(f"{n} {p:.2f}, {c:.2f}, {f:.2f} of {s}" for n, p, c, f, s in each)
        + "."
    )
    table.notes.append(
        f"Mean average precision of emotions labelled {PRESENT} or more: {mean['map']:.3f}. The strongest labelled "
        f"emotion of a clip is read at mean percentile {mean['percentile']:.3f} among all clips."
    )
    table.notes.append(
        "said, labelled: standard deviations of what is read and of the labels; spread: the one over the other."
    )
    return table


def headline(graded: Graded) -> Table:
    """Return the few figures that a model card names."""
    mean, report = grading_figures(graded.said, graded.told), metrics.class_report(graded.confusion)
    happiness = metrics.correlations(graded.said, graded.told)[SEVENTEEN.index("happiness")]
    table = Table("Grader, valid split", ["what", "figure"], COMMAND)
    table.add("17 intensities: mean nMSE", mean["nmse"])
    table.add("17 intensities: mean r", mean["r"])
    table.add("happiness: r", float(happiness))
    table.add("spread of what is said / of the labels", mean["spread"])
    table.add("quadrant: accuracy", report.accuracy)
    table.add("quadrant: macro-F1", report.macro_f1)
    return table


def attention_figures() -> Table:
    """Return what the attending grader says of the clips of the valid split, and how much of its attention lies where
    the keypoints of faces do: the share of the mask on the cells that hold more than the even share of the heat."""
    clips = reactions_set()
    features, rows = prepare_features(clips), np.flatnonzero(clips.split == "valid")
    session = load_session("attend")
    at = segment_frames(session.get_inputs()[0].shape[1], len(rows), None)
    parts = [
        session.run(["intensities", "mask"], features.read(rows[k : k + 1], at[k : k + 1])) for k in range(len(rows))
    ]
    said, mask = (np.concatenate(p) for p in zip(*parts, strict=True))
    figures, heat = grading_figures(said, clips.intensities[rows]), features.heat[rows[:, None], at]
    with_face = heat.sum((2, 3)) > 0
    faces = heat > 1 / heat[0, 0].size
    table = Table("Attending grader, valid split", ["what", "figure"], COMMAND)
    table.add("17 intensities: mean nMSE", figures["nmse"])
    table.add("17 intensities: mean r", figures["r"])
    table.add("share of the attention on faces", float((mask * faces).sum((2, 3))[with_face].mean()))
    table.add("share of the frame that they fill", float(faces.mean((2, 3))[with_face].mean()))
    return table


def grading_figures(said: np.ndarray, told: np.ndarray) -> dict[str, float]:
    """Return the figures of ``said`` against ``told`` (N, E) as means over the emotions, ``slope`` over all values less
    their emotion's mean; emotions that are labelled the same everywhere are left out."""
    some = told.std(0) > metrics.STILL
    said, told = said[:, some], told[:, some]
    pooled = [(v - v.mean(0)).reshape(-1, 1) for v in (said, told)]
    return {
        "nmse": metrics.nmse(said, told),
        "r": float(metrics.correlations(said, told).mean()),
        "rmse": metrics.rmse(said, told),
        "explained": metrics.explained_variance(said, told),
        "said": float(said.std(0).mean()),
        "labelled": float(told.std(0).mean()),
        "spread": float((said.std(0) / told.std(0)).mean()),
        "slope": float(metrics.slopes(*pooled)[0]),
        "percentile": metrics.percentile(said, told, PRESENT),
        "map": metrics.mean_average_precision(said, told >= PRESENT),
    }


def trained_figures(recipe: Recipe, folder: Path) -> dict[str, tuple[float, float]]:
    """Train ``recipe.data.parts`` networks into ``folder``, each on another random split of the training clips (the
    rest chooses its epoch), and return mean and deviation over them of what they reach on the valid split.

    Beside ``grading_figures`` there are two accuracies: ``quadrant``, by the head, and ``quadrant_strongest``, the
    quadrant of the emotion said strongest.
    """
    from gifect.training.data.clipfeatures import prepare_features
    from gifect.training.grade import grade, load_clips, split_rows, train_grader

    graders = train_grader(recipe, folder)
    clips = load_clips(recipe.data)
    features = prepare_features(clips)
    _, _, valid = split_rows(clips, recipe.data.folds, 0)
    told, quadrant = clips.intensities[valid].astype(float), clips.quadrant[valid]
    known, has = np.isfinite(told).all(1), quadrant >= 0
    found = []
    for net in graders:
        got = grade(net, features, valid, recipe.data.frames)
        figures = grading_figures(got.intensities[known].astype(float), told[known])
        figures["quadrant"] = float((got.quadrant.argmax(1) == quadrant)[has].mean())
        figures["quadrant_strongest"] = float((QUADRANT_AT[got.intensities.argmax(1)] == quadrant)[has].mean())
        found.append(figures)
    return {k: (float(np.mean(v)), float(np.std(v))) for k in found[0] for v in ([f[k] for f in found],)}


def clip_traits(graded: Graded) -> dict[str, np.ndarray]:
    """Return what is known of each clip, by name: bool (N,) for shares, float (N,) for means."""
    rows, told, said = graded.rows, graded.told, graded.said
    return {
        **{name: (rows["medium"] == name).to_numpy() for name in ("live", "cartoon", "animal", "other")},
        "readable face": (rows["face"] >= 0.5).to_numpy(),
        "several people": (rows["people"] >= 2).to_numpy(),
        "several shots": (rows["multi"] >= 0.5).to_numpy(),
        "caption": (rows["text"].fillna("") != "").to_numpy(),
        "clear": rows["clear"].to_numpy(bool),
        "strong (.75 or more)": told.max(1) >= 0.75,
        "strongest emotion right": said.argmax(1) == told.argmax(1),
        "strongest label": told.max(1),
        "strongest said": said.max(1),
        "emotions labelled .25 or more": (told >= PRESENT).sum(1).astype(float),
    }


def error_analysis(graded: Graded, count: int = EXTREMES) -> tuple[Table, list[str]]:
    """Return the traits of the ``count`` clips of lowest and highest error beside those of all, and what they say in
    words."""
    low, high = graded.lowest(count), graded.highest(count)
    table = Table("What the clips are", ["what", f"{count} lowest", "all", f"{count} highest"], COMMAND)
    traits, errors = clip_traits(graded), graded.errors
    table.add("error (RMSE over the seventeen)", *(float(errors[g].mean()) for g in (low, slice(None), high)))
    differing: list[tuple[float, str]] = []
    for name, values in traits.items():
        means = [float(values[group].mean()) for group in (low, slice(None), high)]
        is_share = values.dtype == bool
        table.add(name, *(f"{m:.0%}" if is_share else f"{m:.2f}" for m in means))
        gap = means[2] - means[0]
        chance = np.sqrt((values[low].var() + values[high].var()) / len(low))
        if is_share and abs(gap) > SURE * chance:
            differing.append((gap, f"{name} ({means[2]:.0%} against {means[0]:.0%})"))
    more = [text for gap, text in sorted(differing, reverse=True) if gap > 0]
    fewer = [text for gap, text in sorted(differing) if gap < 0]
    strength = traits["strongest label"]
    mean = grading_figures(graded.said, graded.told)
    words = [
        f"The error of a clip goes with how strongly it is labelled: r = {np.corrcoef(errors, strength)[0, 1]:.2f}. "
        f"The strongest label is {strength[low].mean():.2f} on average where the error is lowest and "
        f"{strength[high].mean():.2f} where it is highest; what is said there is at most "
        f"{traits['strongest said'][low].mean():.2f} and {traits['strongest said'][high].mean():.2f}.",
        f"What is said varies with a deviation of {mean['said']:.3f}, the labels with {mean['labelled']:.3f} (means "
        f"over the seventeen): {mean['spread']:.0%} of their spread.",
        f"Among the {count} highest there are more of: {', '.join(more) or 'nothing beyond chance'}; fewer of: "
        f"{', '.join(fewer) or 'nothing beyond chance'}.",
        f"Labelled strongest among the lowest: {_commonest(graded.told[low])}; among the highest: "
        f"{_commonest(graded.told[high])}. Said strongest among the highest: {_commonest(graded.said[high])}.",
    ]
    return table, words


def _commonest(intensities: np.ndarray, count: int = 4) -> str:
    number = np.bincount(intensities.argmax(1), minlength=len(SEVENTEEN))
    return ", ".join(f"{SEVENTEEN[k]} {number[k]}" for k in np.argsort(-number, kind="stable")[:count] if number[k])
