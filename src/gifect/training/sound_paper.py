"""The experiment of the paper, as far as its text says how it was made: an LSTM on sequences of spectral descriptors,
half mean squared error, SGD with momentum, 300 epochs, judged by a split over clips; and beside it by speakers.

References
----------
Chaudhary, D. and Jangra, P. Modeling of videos emotion recognition system using recurrent neural networks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from gifect.training.networks.sound import OUTLIER, PaperNet

UNITS = (40, 80, 120)
RATE, MOMENTUM, BATCH, EPOCHS = 0.01, 0.9, 50, 300  # at most
LEARNT = 0.02  # error in training at which it ends before that: the least that the paper reports is .021
DECAY = 1e-4  # MATLAB's default
FRAMES = 20  # averaged to one step of 200 ms
HELD_OUT, REPEATS = 0.2, 5  # share of the clips, and how often, of the split over clips


@dataclass(frozen=True)
class PaperFigures:
    """Accuracy, mean recall of the classes and half mean squared error on clips held out, and the error in training."""

    accuracy: float
    recall: float
    loss: float
    training_loss: float


def steps_of(features: list[np.ndarray]) -> list[np.ndarray]:
    """Return sequences (T, 54) with every twenty frames averaged."""
    steps = []
    for rows in features:
        whole = max(len(rows) // FRAMES, 1)
        steps.append(rows[: whole * FRAMES].reshape(whole, -1, rows.shape[1]).mean(1))
    return steps


def speaker_splits(groups: np.ndarray) -> Iterator[np.ndarray]:
    """Yield which of the clips are held out, (S,) bool: two groups at a time, each once."""
    names = np.unique(groups)
    for k in range(0, len(names), 2):
        yield np.isin(groups, names[k : k + 2])


def clip_splits(count: int) -> Iterator[np.ndarray]:
    """Yield which of the clips are held out, (S,) bool, by chance and without regard to who speaks."""
    for repeat in range(REPEATS):
        held = np.zeros(count, bool)
        held[np.random.default_rng(repeat).permutation(count)[: round(HELD_OUT * count)]] = True
        yield held


def judge_paper(
    sequences: list[np.ndarray], target: np.ndarray, classes: int, units: int, held_out: Iterator[np.ndarray]
) -> PaperFigures:
    """Train the paper's network without each of the held-out sets in turn and judge it on them, all together.

    Parameters
    ----------
    sequences : list of float (T, 54).
    target : int (S,), classes.
    held_out : masks (S,) of the clips to judge on.
    """
    guesses, truths, losses, training = [], [], [], []
    for held in held_out:
        scores, error = _train(sequences, target, classes, units, held)
        truth = target[held]
        guesses.append(scores.argmax(1))
        truths.append(truth)
        losses.append(0.5 * ((scores - np.eye(classes)[truth]) ** 2).sum(1))
        training.append(error)
    guess, truth = np.concatenate(guesses), np.concatenate(truths)
    right = guess == truth
    recall = float(np.mean([right[truth == k].mean() for k in np.unique(truth)]))
    return PaperFigures(float(right.mean()), recall, float(np.concatenate(losses).mean()), float(np.mean(training)))


def _train(
    sequences: list[np.ndarray], target: np.ndarray, classes: int, units: int, held: np.ndarray
) -> tuple[np.ndarray, float]:
    """Return scores (H, K) of the clips held out, and the last epoch's error in training."""
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    chosen = np.flatnonzero(~held)
    seen = np.concatenate([sequences[k] for k in chosen])
    mean, scale = seen.mean(0), seen.std(0) + 1e-6
    inputs = [torch.from_numpy(((s - mean) / scale).clip(-OUTLIER, OUTLIER).astype(np.float32)) for s in sequences]
    wanted = torch.eye(classes)[torch.from_numpy(target)]
    net = PaperNet(units, classes, inputs[0].shape[1])
    optimiser = torch.optim.SGD(net.parameters(), lr=RATE, momentum=MOMENTUM, weight_decay=DECAY)
    error = 0.0
    for _ in range(EPOCHS):
        rng.shuffle(chosen)
        errors = []
        for k in range(0, len(chosen) - BATCH + 1, BATCH):
            rows = chosen[k : k + BATCH]
            loss = 0.5 * ((_forward(net, inputs, rows) - wanted[rows]) ** 2).sum(1).mean()
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            errors.append(float(loss.detach()))
        error = float(np.mean(errors))
        if error < LEARNT:
            break
    with torch.no_grad():
        return _forward(net, inputs, np.flatnonzero(held)).numpy(), error


def _forward(net: PaperNet, inputs: list[Tensor], rows: np.ndarray) -> Tensor:
    chosen = [inputs[k] for k in rows]
    padded = torch.nn.utils.rnn.pad_sequence(chosen, batch_first=True)
    scores: Tensor = net(padded, torch.tensor([len(s) for s in chosen]))
    return scores
