"""Tags as search terms and as features: what positive samples are tagged with, and a bag of tags from a dictionary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from gifect.errors import CollectError

__all__ = ["GENERIC", "SPARSITY", "bag_of_tags", "make_dictionary", "normalise_tag", "top_tags"]

SPARSITY = 0.995  # a tag that a larger share of the GIFs lacks is left out of a dictionary
GENERIC = frozenset(
    ("anime", "cartoon", "cartoons & comics", "film", "gif", "giphytrending", "movie", "movies", "reaction")
    + ("reactions", "sports", "tv", "video")
)
"""Tags that tell of the medium or of nothing, not of a feeling."""


def normalise_tag(tag: str) -> str:
    """Return a tag in lower case, without marks in front and with single spaces."""
    return " ".join(tag.lower().lstrip("#").split())


def _distinct(tags: Iterable[str]) -> set[str]:
    return {tag for tag in map(normalise_tag, tags) if tag}


def top_tags(
    tags: Sequence[Iterable[str]], positive: Sequence[bool], count: int = 10, generic: frozenset[str] = GENERIC
) -> list[str]:
    """Return the most frequent tags of the positive samples, most frequent first, generic ones struck out.

    Parameters
    ----------
    tags : of each GIF.
    positive : of each GIF, whether it is a positive sample.
    count : how many, at most.
    generic : tags that are no search terms.
    """
    found = Counter(
        tag for own, is_positive in zip(tags, positive, strict=True) if is_positive for tag in _distinct(own)
    )
    ranked = sorted(found, key=lambda tag: (-found[tag], tag))
    return [tag for tag in ranked if tag not in generic][:count]


def make_dictionary(tags: Sequence[Iterable[str]], sparsity: float = SPARSITY) -> list[str]:
    """Return the tags of at least a share ``1 - sparsity`` of the GIFs, most frequent first.

    Raises
    ------
    CollectError
        If the threshold is not in [0, 1].
    """
    if not 0 <= sparsity <= 1:
        raise CollectError(f"the sparsity is {sparsity}: expected a share from 0 to 1")
    found = Counter(tag for own in tags for tag in _distinct(own))
    least = (1 - sparsity) * len(tags) - 1e-9
    return [tag for tag in sorted(found, key=lambda tag: (-found[tag], tag)) if found[tag] >= least]


def bag_of_tags(tags: Sequence[Iterable[str]], dictionary: Sequence[str]) -> NDArray[np.float64]:
    """Return for each GIF which tags of the dictionary it has, (N, D), each row of length 1, or 0 if it has none."""
    place = {tag: k for k, tag in enumerate(dictionary)}
    bag = np.zeros((len(tags), len(dictionary)))
    for row, own in zip(bag, tags, strict=True):
        row[[place[tag] for tag in _distinct(own) if tag in place]] = 1
    return np.asarray(bag / np.maximum(np.linalg.norm(bag, axis=1, keepdims=True), 1))
