"""Ways to weigh what the face shows and what is done, measured beside each other on the valid split."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.metrics import precision_recall_fscore_support

from gifect.actions.acts import acts_say
from gifect.actions.i3d import streams_at_hand
from gifect.emotions import SEVEN
from gifect.evaluation import metrics
from gifect.evaluation.tables import Table
from gifect.feeling.acting import weigh_grade
from gifect.feeling.cues import see
from gifect.feeling.fuse import fuse
from gifect.feeling.grade import grade
from gifect.feeling.precedence import action_emotion, expression_emotion, face_first, rule_emotion
from gifect.media.clip import Clip
from gifect.training.data.shared import iterate_clips, reactions

PAPER = "face first by action units, then action"


def predictions() -> tuple[dict[str, np.ndarray], pd.DataFrame]:
    """Return for each strategy the class index of every valid clip (N,), and the table of the clips.

    The action is that of the embedded recogniser; rows with I3D are there if one of its networks is at hand.
    """
    recogniser = "i3d" if streams_at_hand() else None
    said: dict[str, list[str]] = {}

    def note(strategy: str, emotion: str | None) -> None:
        said.setdefault(strategy, []).append(emotion or "neutral")

    for _, mp4 in iterate_clips("valid"):
        clip = Clip.open(mp4)
        cues = see(clip, actions=recogniser)
        verdict, graded = fuse(clip, cues), grade(clip, cues)
        rule, shown, done = rule_emotion(cues.faces), expression_emotion(cues.faces), _strongest(acts_say(graded.acts))
        note("always the commonest class", "happiness")
        note("face alone, by action units", rule)
        note("face alone, by expression", shown)
        note("scene alone", _strongest(graded.faceless))
        note("action alone", done)
        note(PAPER, face_first(rule, done)[0])
        note("face first by expression, then action", face_first(shown, done)[0])
        note("learnt fusion of face and scene by their statistics", _strongest(verdict.scores))
        note("the grader's classes", _strongest(graded.seven))
        note("learnt fusion: the grader's classes and the acts", _strongest(weigh_grade(verdict, graded).scores))
        if recogniser:
            by_i3d = action_emotion(cues.actions)
            note("I3D alone", by_i3d)
            note("face first by expression, then I3D", face_first(shown, by_i3d)[0])
    index = {name: k for k, name in enumerate(SEVEN)}
    rows = reactions("valid", ["id", "e7", "clear", "face"])
    return {strategy: np.array([index[e] for e in names]) for strategy, names in said.items()}, rows


def _strongest(scores: np.ndarray) -> str:
    return SEVEN[int(scores.argmax())]


def evaluate_strategies() -> Table:
    """Return accuracy and macro-F1 of every strategy: all clips, clear ones, and those with and without a face."""
    groups = {"all": "all", "clear": "clear", "face": "clear, face", "noface": "clear, no face"}
    columns = ["strategy", *(f"{name}: {figure}" for name in groups.values() for figure in ("accuracy", "F1"))]
    table = Table("Ways to weigh face and action, valid split", columns, "gifect evaluate strategies")
    guesses, rows = predictions()
    for strategy, guess in guesses.items():
        figures = metrics.seven_figures(guess, rows)
        table.add(strategy, *(figures[f"{group}_{figure}"] for group in groups for figure in ("acc", "f1")))
    return table


def evaluate_report() -> Table:
    """Return the classification report of "face first, then action" over all valid clips, as the paper prints it."""
    columns = ["emotion", "precision", "recall", "F1", "clips"]
    table = Table(f"Classification report: {PAPER}, valid split", columns, "gifect evaluate precedence")
    guesses, rows = predictions()
    guess, truth = guesses[PAPER], np.array([SEVEN.index(e) for e in rows["e7"]])
    labels = np.arange(len(SEVEN))
    parts = precision_recall_fscore_support(truth, guess, labels=labels, zero_division=0.0)
    for name, precision, recall, f1, clips in zip(SEVEN, *parts, strict=True):
        table.add(name, float(precision), float(recall), float(f1), int(clips))
    for average in ("macro", "weighted"):
        mean = precision_recall_fscore_support(truth, guess, labels=labels, average=average, zero_division=0.0)
        table.add(f"{average} average", *map(float, mean[:3]), len(truth))
    table.add("accuracy", "", "", float((guess == truth).mean()), len(truth))
    return table
