"""The teacher of the text network: MiniLM, tuned to feelings, and what it says of every text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from sklearn.metrics import f1_score
from torch import Tensor, nn
from torch.nn import functional as F

from gifect.text.clean import Cleaning, clean
from gifect.text.pieces import Pieces
from gifect.training.data.text import HEADS, Texts, head_slices, load_texts
from gifect.training.fit import Batch, Plan, fit
from gifect.training.networks.minilm import MiniLM, minilm_pieces

LONGEST = 40  # pieces of a text that are read
BUCKET = 50  # batches whose texts are sorted by length together
OUTPUTS = sum(len(labels) for labels in HEADS.values())
JUDGED = 1000  # texts of dev that the teacher is judged on
TWEETS = 6000  # that the teacher learns from; they are much alike
FROZEN = 2  # layers of the teacher that stay as they were published, and its embeddings


def numbered(
    texts: list[str], pieces: Pieces, cleaning: Cleaning | None = None, most: int = LONGEST
) -> list[np.ndarray]:
    """Return the numbers of the pieces of each text, cleaned; one at least."""
    return [np.array(pieces.numbers(clean(t, cleaning), most) or [pieces.unknown], np.int64) for t in texts]


def padded(rows: list[np.ndarray]) -> Tensor:
    """Return rows of numbers as one tensor (B, T), 0 behind their ends."""
    out = np.zeros((len(rows), max(map(len, rows))), np.int64)
    for k, row in enumerate(rows):
        out[k, : len(row)] = row
    return torch.from_numpy(out)


def alike_in_length(lengths: np.ndarray, batch: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Return rows in random batches whose texts are about as long as each other."""
    order = rng.permutation(len(lengths))
    batches = []
    for start in range(0, len(order), batch * BUCKET):
        some = order[start : start + batch * BUCKET]
        some = some[np.argsort(lengths[some], kind="stable")]
        batches += [some[k : k + batch] for k in range(0, len(some), batch)]
    return [batches[k] for k in rng.permutation(len(batches))]


def heads_loss(logits: Tensor, targets: Tensor) -> tuple[Tensor, dict[str, float]]:
    """Return the sum over heads of the mean cross entropy over the texts whose ``targets`` (B, K) they know."""
    total, parts = logits.sum() * 0, {}
    for head, place in head_slices().items():
        said, told = logits[:, place].float(), targets[:, place]
        known = ~told[:, 0].isnan()
        if not known.any():
            continue
        said, told = said[known], told[known]
        if head == "finer":
            loss = F.binary_cross_entropy_with_logits(said, told, reduction="none").sum(1)
        else:
            loss = -(told * F.log_softmax(said, 1)).sum(1)
        parts[head] = float(loss.detach().mean())
        total = total + loss.sum() / len(logits)
    return total, parts


def outputs_of(net: nn.Module, rows: list[np.ndarray], batch: int = 128) -> np.ndarray:
    """Return the logits (N, K) of a network for numbered texts."""
    order = np.argsort([len(row) for row in rows], kind="stable")
    out = np.zeros((len(rows), OUTPUTS), np.float32)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=isinstance(net, MiniLM)):
        for start in range(0, len(order), batch):
            some = order[start : start + batch]
            out[some] = net(padded([rows[k] for k in some])).float().numpy()
    return out


def stacked(texts: Texts) -> np.ndarray:
    """Return the targets (N, K) of all heads side by side."""
    return np.concatenate([texts.targets[head] for head in HEADS], 1)


def train_teacher(plan: Plan, batch: int, folder: Path) -> MiniLM:
    """Return MiniLM tuned to the labelled texts; a run that was cut short goes on."""
    learnt, judged = load_texts("train", ("goemotions", "tweet", "meld", "isear", "emoji")), load_texts("dev")
    rng = np.random.default_rng(plan.seed)
    tweets = np.flatnonzero(learnt.corpus == "tweet")
    learnt = learnt.subset(np.setdiff1d(np.arange(len(learnt.texts)), rng.permutation(tweets)[TWEETS:]))
    judged = judged.subset(rng.permutation(np.flatnonzero(judged.corpus != "gifs"))[:JUDGED])
    pieces = minilm_pieces()
    rows, targets = numbered(learnt.texts, pieces), stacked(learnt)
    dev_rows, dev_targets = numbered(judged.texts, pieces), stacked(judged)
    lengths = np.array([len(row) for row in rows])

    def batches(epoch: int) -> Iterator[Batch]:
        # An epoch is a part of the texts, so that little is lost when a run is cut short.
        whole, part = divmod(epoch * plan.steps, -(-len(rows) // batch))
        order = alike_in_length(lengths, batch, np.random.default_rng([plan.seed, whole]))
        order += alike_in_length(lengths, batch, np.random.default_rng([plan.seed, whole + 1]))
        for some in order[part : part + plan.steps]:
            yield {"numbers": padded([rows[k] for k in some]), "targets": torch.from_numpy(targets[some])}

    def loss(net: nn.Module, found: Batch) -> tuple[Tensor, dict[str, float]]:
        return heads_loss(net(found["numbers"]), found["targets"])

    def evaluate(net: nn.Module) -> dict[str, float]:
        said = outputs_of(net, dev_rows)
        value, parts = heads_loss(torch.from_numpy(said), torch.from_numpy(dev_targets))
        seven = head_slices()["seven"]
        truth = dev_targets[:, seven].argmax(1)
        score = float(f1_score(truth, said[:, seven].argmax(1), average="macro"))
        return {"score": -float(value), "dev_f1": score, **{f"dev_{k}": v for k, v in parts.items()}}

    torch.manual_seed(plan.seed)
    net = MiniLM(OUTPUTS)
    for part in (net.words, net.places, net.norm, *net.blocks[:FROZEN]):
        part.requires_grad_(False)
    trained = fit(net, batches, loss, evaluate, plan, folder)
    assert isinstance(trained, MiniLM)
    return trained
