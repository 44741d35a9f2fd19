"""How well the embedded recogniser names what is done, on the valid split."""

from __future__ import annotations

import numpy as np

from gifect.actions.acts import ACTS
from gifect.evaluation.metrics import mean_average_precision
from gifect.evaluation.tables import Table
from gifect.feeling.cues import see
from gifect.feeling.grade import MEDIA, PEOPLE, grade
from gifect.media.clip import Clip
from gifect.training.data.shared import iterate_clips, reactions

FREQUENT = 30  # acts over which the mean is taken, the most frequent of train


def evaluate_acts() -> Table:
    """Return average precision of each of the 30 most frequent acts, their mean, and how often medium and number of
    people are right."""
    said = []
    for _, mp4 in iterate_clips("valid"):
        clip = Clip.open(mp4)
        said.append(grade(clip, see(clip)))
    rows, learnt = reactions("valid", ["acts", "medium", "people"]), reactions("train", ["acts"])["acts"]
    counts = np.array([sum(act in acts for acts in learnt) for act in ACTS])
    often = np.argsort(-counts, kind="stable")[:FREQUENT]
    truth = np.array([[act in acts for act in ACTS] for acts in rows["acts"]])
    scores = np.stack([grade.acts for grade in said])
    table = Table(
        "Acts, valid split", ["act", "average precision", "share of clips", "clips learnt from"], "gifect evaluate acts"
    )
    found = [k for k in often if truth[:, k].any()]
    mean = mean_average_precision(scores[:, found], truth[:, found])
    table.add(f"mean of {len(found)}", mean, float(truth[:, found].mean()), int(counts[found].sum()))
    for k in found:
        precision = mean_average_precision(scores[:, [k]], truth[:, [k]])
        table.add(ACTS[k].replace("_", " "), precision, float(truth[:, k].mean()), int(counts[k]))
    medium = np.array([MEDIA[int(g.medium.argmax())] for g in said])
    people = np.array([int(g.people.argmax()) for g in said])
    usual = [rows[name].value_counts(normalize=True).max() for name in ("medium", "people")]
    right = [(medium == rows["medium"]).mean(), (people == rows["people"].clip(upper=PEOPLE - 1)).mean()]
    table.notes.append(
        f"Medium ({', '.join(MEDIA)}) right in {right[0]:.1%} of the clips (the commonest alone {usual[0]:.1%}), "
        f"number of people (none, one, more) in {right[1]:.1%} ({usual[1]:.1%})."
    )
    return table
