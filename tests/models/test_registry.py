"""Which networks there are, and loading them safely."""

from __future__ import annotations

import hashlib
from pathlib import Path

import onnxruntime
import pytest
from shelves import Shelf

from gifect.errors import ModelError
from gifect.models import registry


def test_every_card_is_whole() -> None:
    assert registry.available_models()
    for name in registry.available_models():
        card = registry.model_card(name)
        assert card.name == name
        assert card.checkpoint or (len(card.sha256) == 64 and int(card.sha256, 16))
        assert card.size > 0 and card.does and card.licence and card.trained_on
        assert card.url is None or card.url.startswith("https://")


def test_what_ships_is_there_and_what_its_card_says() -> None:
    ours = [name for name in registry.available_models() if registry.model_card(name).url is None]
    assert {"detect", "measure"} <= set(ours)
    for name in ours:
        card = registry.model_card(name)
        assert registry.verify(name), name
        assert card.path.stat().st_size == card.size <= 10_000_000
        assert card.command and card.figures
    assert sum(registry.model_card(name).size for name in ours) < 25_000_000


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ModelError) as raised:
        registry.model_card("detekt")
    assert "'detekt'" in str(raised.value)
    assert all(name in str(raised.value) for name in registry.available_models())


def test_a_network_is_loaded_once() -> None:
    assert registry.load_session("detect") is registry.load_session("detect")


def test_the_folder_of_public_networks_can_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GIFECT_MODELS", str(tmp_path))
    assert registry.models_folder() == tmp_path
    monkeypatch.setenv("GIFECT_MODELS", "")
    assert registry.models_folder().parts[-2:] == ("gifect", "models")


def test_a_damaged_file_is_not_loaded(shelf: Shelf) -> None:
    shelf.add("flipped", b"a network", kept=b"a netwoRk")
    assert not registry.verify("flipped")
    with pytest.raises(ModelError, match=r"flipped\.onnx is damaged .* fetch or install it again"):
        registry.load_session("flipped")


def test_a_missing_file_says_how_to_get_it(shelf: Shelf) -> None:
    shelf.add("public", b"a network")
    shelf.add("ours", b"a network", ships=True)
    assert not registry.verify("public")
    with pytest.raises(ModelError, match="is missing: run: gifect models pull public"):
        registry.load_session("public")
    with pytest.raises(ModelError, match="is missing: install gifect again"):
        registry.load_session("ours")


def test_a_converted_network_is_held_to_the_checksum_beside_it(shelf: Shelf) -> None:
    shelf.add("made", b"a network", url="https://there", checkpoint="made.pt")
    card = registry.model_card("made")
    with pytest.raises(
        ModelError, match=r"get made\.pt from https://there and run: gifect models convert made made\.pt"
    ):
        registry.load_session("made")
    shelf.public.mkdir()
    card.path.write_bytes(b"a network")
    assert not registry.verify("made")
    card.digest_path.write_text(hashlib.sha256(b"a network").hexdigest() + "\n")
    assert registry.verify("made")
    card.path.write_bytes(b"another")
    assert not registry.verify("made")
    with pytest.raises(ModelError, match=r"made\.onnx is damaged"):
        registry.load_session("made")


def test_a_card_that_lacks_something_is_an_error(shelf: Shelf) -> None:
    shelf.write('[half]\nfile = "half.onnx"\n')
    with pytest.raises(ModelError, match=r"models\.toml is damaged: Field required"):
        registry.available_models()


def test_digest_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"gif")
    assert registry.file_digest(tmp_path / "file") == hashlib.sha256(b"gif").hexdigest()


@pytest.mark.parametrize("text", ["[detect\n", "[detect]\nfile = 1\n", None], ids=["syntax", "wrong fields", "missing"])
def test_damaged_cards_give_one_clear_error(text: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cards = tmp_path / "models.toml"
    if text is not None:
        cards.write_text(text)
    monkeypatch.setattr(registry, "CARDS", cards)
    registry.forget_models()
    try:
        with pytest.raises(ModelError, match=r"models\.toml .*install gifect again"):
            registry.available_models()
    finally:
        monkeypatch.undo()
        registry.forget_models()


def test_a_device_that_is_not_there_is_told() -> None:
    with pytest.raises(ModelError, match="no device 'tpu': expected one of cpu, cuda"):
        registry.use_device("tpu")
    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this ONNX Runtime has CUDA")
    with pytest.raises(ModelError, match="has no CUDAExecutionProvider: put onnxruntime-gpu in its place"):
        registry.use_device("cuda")
    assert registry.load_session("detect").get_providers() == ["CPUExecutionProvider"]
