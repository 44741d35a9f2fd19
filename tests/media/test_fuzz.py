"""Damaged files give a clip or a ClipError, never anything else.

Seconds by default; GIFECT_FUZZ_SECONDS=300 for longer, and benchmarks/fuzz_decode.py survives even a crash.
"""

from __future__ import annotations

import os
import random
import time

import numpy as np
import pytest
import samples
from hypothesis import given, settings
from hypothesis import strategies as st

from gifect.errors import ClipError
from gifect.media.clip import Clip, Limits

KINDS = samples.every_kind()
TIGHT = Limits(pixels=1_000_000, frames=500, decoded_bytes=30_000_000)
SECONDS = float(os.environ.get("GIFECT_FUZZ_SECONDS", "10"))


def opens_or_refuses(data: bytes) -> None:
    try:
        clip = Clip.open(data, limits=TIGHT)
    except ClipError as error:
        assert str(error).startswith("<bytes>: ")
        return
    assert clip.frames.dtype == np.uint8
    assert clip.frame_count == len(clip.delays_ms) > 0
    assert clip.delays_ms.min() > 0


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_files(kind: str) -> None:
    rng, end, tried = random.Random(kind), time.monotonic() + SECONDS / len(KINDS), 0
    while time.monotonic() < end or tried < 10:
        opens_or_refuses(samples.mutate(KINDS[kind], rng))
        tried += 1


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(KINDS)), st.integers(0, 40), st.binary(max_size=400))
def test_any_bytes_after_a_real_beginning(kind: str, kept: int, rest: bytes) -> None:
    opens_or_refuses(KINDS[kind][:kept] + rest)
