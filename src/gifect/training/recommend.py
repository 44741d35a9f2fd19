"""Learn how much each part of a message counts for a recommendation, from how well clips go with messages."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import minimize

from gifect.feeling.reading import Reading
from gifect.library.add import Options, entry_from
from gifect.library.engine import Engine
from gifect.library.message import FEELINGS, WORDS, understand_message
from gifect.library.recommend import part_scores
from gifect.library.store import Store
from gifect.library.tables import Known
from gifect.library.usual import FILE, USUAL
from gifect.media.likeness import HASH_BITS
from gifect.training.data.clipreadings import read_clips
from gifect.training.data.shared import data_root

__all__ = ["FOLDS", "Judged", "cross_validate", "fit_weights", "judged_replies", "ndcg", "store_of", "train_recommend"]

PARTS = (*FEELINGS, *WORDS)
FOLDS = 10
LEAST_BEST = 2.0  # fit of the best clip of a message that is learnt from
SHOWN = 0.06  # least weight of the emotion that the text shows, which replies alone would make smaller
PENALTY = 1.0  # on the weights of the parts, which are drawn to being alike
CUT = 10  # ranks that nDCG looks at


@dataclass(frozen=True)
class Judged:
    """One message: the scores of its parts for K judged clips (K, P), and how well they go with it (K,), 0 to 3."""

    message: str
    parts: np.ndarray
    fit: np.ndarray


def store_of(readings: Sequence[Reading], folder: Path, names: Mapping[str, str] | None = None) -> Store:
    """Return a store in ``folder`` with the readings as entries; ``names`` of files by the readings' sources, whose
    words become tags, if there are to be such."""
    store = Store(folder)
    for reading in readings:
        place = names[reading.source] if names else reading.source
        entry, tags = entry_from(reading, place, reading.source.ljust(64, "0"), Options(name_tags=bool(names)))
        entry = entry.model_copy(update={"source": reading.source})
        unlike = np.random.default_rng(abs(hash(reading.source))).bytes(HASH_BITS // 8)
        store.add(entry, Known(entry.id, 0, 0), unlike, tags, None)
    return store


def ndcg(scores: np.ndarray, fit: np.ndarray) -> float:
    """Return nDCG@10 of ranking by ``scores`` (K,), the gain of a clip being 2^fit - 1."""
    gains = 2 ** np.asarray(fit, float) - 1
    discount = 1 / np.log2(np.arange(2, min(CUT, len(gains)) + 2))
    best = np.sort(gains)[::-1][: len(discount)] @ discount
    return float(gains[np.argsort(-scores, kind="stable")][: len(discount)] @ discount / best)


def judged_replies(readings: Sequence[Reading]) -> list[Judged]:
    """Return the messages for which some clip goes well, with the parts' scores of their judged clips."""
    table = pd.read_csv(data_root() / "text" / "replies.csv")
    with tempfile.TemporaryDirectory() as folder:
        store = store_of(readings, Path(folder))
        index = Engine(store).index()
        store.close()
    row_of = {reading.source: k for k, reading in enumerate(readings)}
    judged = []
    for message, rows in table.groupby("message", sort=False):
        fit = rows["fit"].to_numpy(float)
        if fit.max() < LEAST_BEST:
            continue
        at = [row_of[name] for name in rows["id"]]
        found = part_scores(index, understand_message(str(message)))
        parts = np.stack([found[part][at] for part in PARTS], 1)
        judged.append(Judged(str(message), parts, fit))
    return judged


def fit_weights(judged: Sequence[Judged]) -> np.ndarray:
    """Return weights of the parts (P,), none below 0: a logistic regression of which of two clips goes better with a
    message, every message counting alike."""
    scale = part_scales(judged)
    apart, weight = [], []
    for own in judged:
        i, j = np.nonzero(own.fit[:, None] > own.fit[None, :])
        gain = 2 ** own.fit[i] - 2 ** own.fit[j]
        apart.append((own.parts[i] - own.parts[j]) / scale)
        weight.append(gain / gain.sum() / len(judged))
    rows, shares = np.concatenate(apart), np.concatenate(weight)

    def loss(values: np.ndarray) -> tuple[float, np.ndarray]:
        margin, centre = rows @ values, values - values.mean()
        wrong = shares / (1 + np.exp(np.clip(margin, -500, 500)))
        cost = float(shares @ np.logaddexp(0, -margin) + PENALTY * (values @ values + centre @ centre))
        return cost, 2 * PENALTY * (values + centre) - wrong @ rows

    bounds = [(SHOWN if part == "text shows" else 0, None) for part in PARTS]
    found = minimize(loss, np.full(len(PARTS), 0.3), jac=True, bounds=bounds, method="L-BFGS-B").x
    return np.asarray(found / scale)


def part_scales(judged: Sequence[Judged]) -> np.ndarray:
    """Return how far the scores of each part spread within a message, (P,)."""
    spread = np.stack([own.parts.std(0) for own in judged])
    return np.asarray(np.sqrt((spread**2).mean(0)) + 1e-6)


def cross_validate(judged: Sequence[Judged], used: Sequence[str] = PARTS) -> np.ndarray:
    """Return nDCG@10 of each message (M,), ranked by weights learnt on others; only the parts ``used`` count."""
    kept = np.array([part in used for part in PARTS], float)
    judged = [Judged(own.message, own.parts * kept, own.fit) for own in judged]
    fold = np.random.default_rng(0).permutation(len(judged)) % FOLDS
    scores = np.zeros(len(judged))
    for k in range(FOLDS):
        weights = fit_weights([own for own, f in zip(judged, fold, strict=True) if f != k])
        for m in np.flatnonzero(fold == k):
            scores[m] = ndcg(judged[m].parts @ weights, judged[m].fit)
    return scores


def train_recommend() -> Path:
    """Learn the weights on all messages, and what is usual on the train clips; write them into the package."""
    usual = np.array([[*r.scores.values(), *(r.intensities or {}).values()] for r in read_clips("train")], np.float64)
    table = json.loads(FILE.read_text(encoding="utf-8"))
    table |= {"mean": _rounded(usual.mean(0)), "deviation": _rounded(usual.std(0))}
    FILE.write_text(json.dumps(table) + "\n", encoding="utf-8")
    vars(USUAL).clear()
    USUAL.__init__(FILE)  # type: ignore[misc]
    judged = judged_replies(read_clips("valid"))
    weights = fit_weights(judged)
    totals = np.concatenate([own.parts @ weights for own in judged])
    table |= {
        "weights": dict(zip(PARTS, _rounded(weights), strict=True)),
        "middle": round(float(np.quantile(totals, 0.9)), 4),
        "spread": round(float(totals.std()), 4),
    }
    FILE.write_text(json.dumps(table) + "\n", encoding="utf-8")
    return FILE


def _rounded(values: np.ndarray) -> list[float]:
    return [round(float(value), 5) for value in values]
