"""The network that reads texts: embedding, two-way LSTM, full layers."""

from __future__ import annotations

import torch
from torch import Tensor, nn

HIDDEN_WORDS = 0.08  # share of pieces that are hidden in training


class TextNet(nn.Module):
    """Numbers of word pieces (B, T), 0 where a text has ended -> logits (B, K) of all heads, side by side.

    What the LSTM says at each piece is pooled in two ways, by its maximum and by a mean whose weights are learnt, and
    goes through one full layer to the heads.

    Parameters
    ----------
    vectors : float32 (V, E), which the embedding begins with; row 0 is the padding.
    """

    def __init__(self, vectors: Tensor, outputs: int, hidden: int = 128, inner: int = 96, dropout: float = 0.4) -> None:
        super().__init__()
        self.embedding = nn.Embedding(len(vectors), vectors.shape[1], padding_idx=0, _weight=vectors)
        self.lstm = nn.LSTM(vectors.shape[1], hidden, batch_first=True, bidirectional=True)
        self.attention = nn.Linear(2 * hidden, 1)
        self.drop_in, self.drop = nn.Dropout(dropout / 2), nn.Dropout(dropout)
        self.inner = nn.Linear(4 * hidden, inner)
        self.heads = nn.Linear(inner, outputs)

    def forward(self, numbers: Tensor) -> Tensor:
        """Return the logits."""
        if self.training:
            hidden = (torch.rand(numbers.shape) < HIDDEN_WORDS) & (numbers != 0)
            numbers = numbers.masked_fill(hidden, 1)
        return self.read(numbers, self.embedding(numbers))[0]

    def read(self, numbers: Tensor, vectors: Tensor) -> tuple[Tensor, Tensor]:
        """Return the logits, and the embedding (B, inner) of the whole text that they are read from.

        Parameters
        ----------
        vectors : float (B, T, E), those of the pieces.
        """
        present = numbers != 0
        packed = nn.utils.rnn.pack_padded_sequence(
            self.drop_in(vectors), present.sum(1), batch_first=True, enforce_sorted=False
        )
        states = nn.utils.rnn.pad_packed_sequence(self.lstm(packed)[0], batch_first=True)[0]
        gone = ~present[..., None]
        highest = states.masked_fill(gone, -1.0).amax(1)
        shares = torch.softmax(self.attention(states).masked_fill(gone, -30.0), 1)
        mean = (states * shares).sum(1)
        embedding = torch.relu(self.inner(self.drop(torch.cat([highest, mean], 1))))
        return self.heads(self.drop(embedding)), embedding
