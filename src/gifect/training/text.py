"""Train the network that reads texts: taught by labels and by a larger network, calibrated on dev, made small."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np
import onnx
import torch
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as pydantic_dataclass
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from gifect.emotions import SEVEN
from gifect.evaluation.cards import write_card, write_figures
from gifect.evaluation.texts import best_thresholds, ekman_truth, text_figures
from gifect.models.registry import WEIGHTS
from gifect.text.clean import Cleaning
from gifect.text.network import several_of
from gifect.text.pieces import PAD, UNKNOWN, Pieces
from gifect.training import export
from gifect.training.data.text import Texts, head_slices, load_texts, misspelt
from gifect.training.fit import Batch, Plan, fit, fit_temperature
from gifect.training.networks.minilm import MiniLM, minilm_folder, minilm_pieces
from gifect.training.networks.text import TextNet
from gifect.training.recipe import Recipe, TextOptions
from gifect.training.teach import (
    OUTPUTS,
    alike_in_length,
    heads_loss,
    numbered,
    outputs_of,
    padded,
    stacked,
    train_teacher,
)

TRAINED_ON = (
    "GoEmotions (CC BY 4.0), tweets that were found by words of feeling, MELD, ISEAR and EmoTag's ratings of emoji (of "
    "all of them weights alone are shipped); vocabulary and first word vectors of MiniLM (all-MiniLM-L6-v2, Apache-2.0)"
)
TAUGHT = "; what MiniLM, tuned to the same texts, says of them and of captions of GIFs"
EMOJI_TIMES = 8  # how often each rated emoji is shown in an epoch
KEPT = 4000  # texts whose teacher's answers are saved together


@pydantic_dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class TextPlan(TextOptions, Plan):
    """How long and how fast to train, and what."""

    @classmethod
    def of(cls, recipe: Recipe) -> TextPlan:
        """Return the plan of a recipe."""
        return cls(**vars(recipe.fit), **vars(recipe.text))

    @property
    def cleaning(self) -> Cleaning:
        """The steps that are taken, the default ones with those that are named turned over."""
        turned = {name.strip() for name in self.turned.split(",") if name.strip()}
        return replace(Cleaning(), **{name: not getattr(Cleaning(), name) for name in turned})


def choose_pieces(texts: list[str], most: int, cleaning: Cleaning) -> list[str]:
    """Return the pieces of MiniLM that occur in the texts, and its commonest words beside them, ``most`` in all."""
    pieces = minilm_pieces()
    counts = Counter(chain.from_iterable(map(list, numbered(texts, pieces, cleaning))))
    letters = {k for k, piece in enumerate(pieces.vocabulary) if len(piece.removeprefix("##")) == 1 and piece.isascii()}
    wanted = [k for k, _ in counts.most_common(most)]
    words = [k for k, piece in enumerate(pieces.vocabulary) if piece.isascii() and piece.isalpha()]
    chosen = list(dict.fromkeys([*sorted(letters), *wanted, *words]))[: most - 2]
    ends = {pieces.number_of[PAD], pieces.number_of[UNKNOWN]}
    return [PAD, UNKNOWN, *(pieces.vocabulary[k] for k in sorted(set(chosen) - ends))]


def begin_vectors(vocabulary: list[str], width: int) -> Tensor:
    """Return vectors (V, width) of unit deviation to begin with: MiniLM's own, on their principal axes."""
    number_of = minilm_pieces().number_of
    rows = [number_of[piece] for piece in vocabulary]
    vectors = load_file(minilm_folder() / "model.safetensors")["embeddings.word_embeddings.weight"][rows]
    vectors = vectors - vectors.mean(0)
    vectors = vectors @ torch.linalg.eigh(vectors.T @ vectors)[1].flip(1)[:, :width]
    vectors = 0.4 * vectors / vectors.std()
    vectors[0] = 0
    return torch.as_tensor(vectors.contiguous())


def teacher_says(plan: TextPlan, texts: Texts, folder: Path) -> np.ndarray:
    """Return the logits (N, K) of the teacher for texts; what was asked before is kept in ``folder``."""
    fit_plan = Plan(epochs=5, steps=plan.teacher_steps // 5, rate=1.5e-4, weight_decay=0.01, warmup=80, average=0.98)
    teacher: MiniLM | None = None
    pieces = minilm_pieces()
    said = []
    for start in range(0, len(texts.texts), KEPT):
        path = folder / f"said-{start}.npy"
        if not path.exists():
            teacher = teacher or train_teacher(fit_plan, 64, folder)
            rows = numbered(texts.texts[start : start + KEPT], pieces)
            with open(path.with_suffix(".part"), "wb") as sink:
                np.save(sink, outputs_of(teacher, rows).astype(np.float16))
            path.with_suffix(".part").replace(path)
        said.append(np.load(path).astype(np.float32))
    return np.concatenate(said)


def taught_loss(net: nn.Module, batch: Batch) -> tuple[Tensor, dict[str, float]]:
    """Return the loss against the labels and, where ``share`` (B,) is above 0, against the teacher's logits."""
    logits = net(batch["numbers"]).float()
    loss, parts = heads_loss(logits, batch["targets"])
    if "said" in batch:
        taught, said = logits.sum() * 0, batch["said"]
        for head, place in head_slices().items():
            ours, theirs = logits[:, place], said[:, place]
            if head == "finer":
                lost = F.binary_cross_entropy_with_logits(ours, torch.sigmoid(theirs), reduction="none").sum(1)
            else:
                lost = -(torch.softmax(theirs, 1) * F.log_softmax(ours, 1)).sum(1)
            taught = taught + lost.mean()
        parts["taught"] = float(taught.detach())
        loss = loss + batch["share"][0] * taught
    return loss, parts


def train_net(
    plan: TextPlan, folder: Path, corpora: tuple[str, ...], said: np.ndarray | None
) -> tuple[TextNet, Pieces]:
    """Train one network on the ``corpora`` of the train split, and by what a teacher ``said`` (N, K) of their texts."""
    learnt, judged = load_texts("train", corpora), load_texts("dev", tuple(c for c in corpora if c != "gifs"))
    vocabulary = choose_pieces(learnt.texts, plan.pieces, plan.cleaning)
    pieces = Pieces(vocabulary)
    rows = numbered(learnt.texts, pieces, plan.cleaning)
    rng = np.random.default_rng(plan.seed)
    typed = numbered([misspelt(text, rng) for text in learnt.texts], pieces, plan.cleaning)
    targets = stacked(learnt)
    dev_rows, dev_targets = numbered(judged.texts, pieces, plan.cleaning), stacked(judged)
    emoji = np.flatnonzero(learnt.corpus == "emoji")
    known = np.flatnonzero(learnt.corpus != "gifs") if said is None else np.arange(len(rows))
    shown = np.concatenate([known, np.repeat(emoji, EMOJI_TIMES)])
    lengths = np.array([len(rows[k]) for k in shown])
    plan = replace(plan, steps=plan.steps or -(-len(shown) // plan.batch))

    def batches(epoch: int) -> Iterator[Batch]:
        rng = np.random.default_rng([plan.seed, epoch])
        for some in alike_in_length(lengths, plan.batch, rng)[: plan.steps]:
            chosen = shown[some]
            slips = rng.random(len(chosen)) < plan.misspelt
            numbers = padded([(typed if slip else rows)[k] for k, slip in zip(chosen, slips, strict=True)])
            batch = {"numbers": numbers, "targets": torch.from_numpy(targets[chosen])}
            if said is not None:
                batch |= {"said": torch.from_numpy(said[chosen]), "share": torch.full((len(chosen),), plan.taught)}
            yield batch

    def evaluate(net: nn.Module) -> dict[str, float]:
        logits = outputs_of(net, dev_rows)
        value, parts = heads_loss(torch.from_numpy(logits), torch.from_numpy(dev_targets))
        return {"score": -float(value), **{f"dev_{k}": v for k, v in parts.items()}}

    torch.manual_seed(plan.seed)
    vectors = begin_vectors(vocabulary, plan.width)
    net = fit(
        TextNet(vectors, OUTPUTS, plan.hidden, plan.inner, plan.dropout), batches, taught_loss, evaluate, plan, folder
    )
    assert isinstance(net, TextNet)
    return net.cpu(), pieces


def train_text(plan: TextPlan, folder: Path) -> Path:
    """Train, calibrate, export and describe the network that reads texts."""
    said = teacher_says(plan, load_texts("train"), folder / "teacher") if plan.taught else None
    corpora = ("goemotions", "tweet", "meld", "isear", "emoji", "gifs")
    net, pieces = train_net(plan, folder / "network", corpora, said)
    path = export_text(net, pieces, plan)
    write_card("text", "reads how a text feels", TRAINED_ON + TAUGHT * bool(plan.taught))
    table = text_figures("gifect train text")
    write_figures("text", table)
    print(table.to_text())
    return path


def export_text(net: TextNet, pieces: Pieces, plan: TextPlan) -> Path:
    """Write the network as ONNX, its scores calibrated and its thresholds chosen on dev, with its vocabulary."""
    dev = load_texts("dev", ("goemotions", "tweet", "meld", "isear"))
    logits, told, places = outputs_of(net, numbered(dev.texts, pieces, plan.cleaning)), stacked(dev), head_slices()
    seven = told[:, places["seven"]]
    even = np.array([1 / (dev.corpus == name).sum() for name in dev.corpus])
    temperatures = {
        "seven": fit_temperature(logits[:, places["seven"]], seven, even),
        "tweet": _temperature(logits[:, places["tweet"]], told[:, places["tweet"]]),
    }
    small = export.TextExport(net, temperatures, places)
    path = WEIGHTS / "text.onnx"
    outputs = ["seven", "finer", "tweet", "embedding"]
    some = padded(numbered(dev.texts[:5], pieces, plan.cleaning))
    export.export(small, {"numbers": some}, outputs, {"numbers": {0: "batch", 1: "pieces"}}, path, True)
    export.halve(path)
    goemotions = dev.subset(dev.corpus == "goemotions")
    finer = 1 / (1 + np.exp(-logits[dev.corpus == "goemotions", places["finer"]]))
    limits = best_thresholds(several_of(finer), ekman_truth(goemotions))
    model = onnx.load(str(path))
    said = {"pieces": "\n".join(pieces.vocabulary), "thresholds": ",".join(f"{v:.4f}" for v in limits)}
    onnx.helper.set_model_props(model, {**said, "labels": ",".join(SEVEN)})
    onnx.save_model(model, str(path))
    return path


def _temperature(logits: np.ndarray, told: np.ndarray) -> float:
    known = ~np.isnan(told[:, 0])
    return fit_temperature(logits[known], told[known], np.ones(int(known.sum())))
