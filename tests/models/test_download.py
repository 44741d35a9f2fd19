"""Getting public networks: whole and right, or not at all."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator

import pytest
from shelves import Server, Shelf

from gifect.errors import ModelError
from gifect.models.download import CHUNK, pull

CONTENT = os.urandom(CHUNK) + b"the end"  # more than one read


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server(CONTENT) as running:
        yield running


def test_a_network_is_taken_from_its_address(shelf: Shelf, server: Server) -> None:
    shelf.add("net", CONTENT, url=f"{server.address}/whole")
    path = pull("net")
    assert path == shelf.public / "net.onnx"
    assert path.read_bytes() == CONTENT
    assert shelf.files() == ["net.onnx"]


def test_what_is_there_and_right_is_not_fetched_again(shelf: Shelf, server: Server) -> None:
    shelf.add("net", CONTENT, url=f"{server.address}/once", kept=CONTENT)
    pull("net")
    assert "/once" not in server.asked


def test_what_is_there_and_damaged_is_replaced(shelf: Shelf, server: Server) -> None:
    shelf.add("net", CONTENT, url=f"{server.address}/whole", kept=b"rubbish")
    assert pull("net").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("path", "complaint"),
    [
        ("absent", "404"),
        ("broken", rf"broke off after {len(CONTENT) // 2} of {len(CONTENT)} bytes: not kept"),
        ("chunked-broken", "IncompleteRead"),
        ("unsized", f"sends more than the {len(CONTENT)} bytes"),
    ],
)
def test_a_download_that_goes_wrong_leaves_nothing(shelf: Shelf, server: Server, path: str, complaint: str) -> None:
    shelf.add("net", CONTENT, url=f"{server.address}/{path}")
    with pytest.raises(ModelError, match=complaint):
        pull("net")
    assert shelf.files() == []


def test_other_bytes_of_the_same_number_are_not_kept(shelf: Shelf, server: Server) -> None:
    shelf.add("net", bytes(len(CONTENT)), url=f"{server.address}/whole", kept=b"an old one")
    with pytest.raises(ModelError, match=r"has sha256 [0-9a-f]{64}, expected [0-9a-f]{64}: not kept"):
        pull("net")
    assert (shelf.public / "net.onnx").read_bytes() == b"an old one"
    assert shelf.files() == ["net.onnx"]


def test_a_server_that_does_not_answer_points_to_a_copy(shelf: Shelf) -> None:
    shelf.add("net", CONTENT, url="http://127.0.0.1:9/net")
    with pytest.raises(ModelError, match="a copy can be taken with --from FOLDER"):
        pull("net")


def test_a_network_is_taken_from_a_folder(shelf: Shelf) -> None:
    shelf.add("net", CONTENT)
    (shelf.elsewhere / "net.onnx").write_bytes(CONTENT)
    assert pull("net", from_folder=shelf.elsewhere).read_bytes() == CONTENT
    assert (shelf.elsewhere / "net.onnx").exists()


def test_a_wrong_copy_in_a_folder_is_not_kept(shelf: Shelf) -> None:
    shelf.add("net", CONTENT)
    (shelf.elsewhere / "net.onnx").write_bytes(CONTENT[::-1])
    with pytest.raises(ModelError, match="not kept"):
        pull("net", from_folder=shelf.elsewhere)
    assert shelf.files() == []


def test_a_folder_without_it_is_named(shelf: Shelf) -> None:
    shelf.add("net", CONTENT)
    with pytest.raises(ModelError, match=r"no net\.onnx in .*elsewhere"):
        pull("net", from_folder=shelf.elsewhere)


def test_what_is_converted_is_not_fetched_but_taken_with_its_checksum(shelf: Shelf) -> None:
    shelf.add("made", CONTENT, checkpoint="made.pt")
    with pytest.raises(ModelError, match=r"published in another form only: get made\.pt from .* gifect models convert"):
        pull("made")
    (shelf.elsewhere / "made.onnx").write_bytes(CONTENT)
    with pytest.raises(ModelError, match=r"no made\.onnx\.sha256 beside made\.onnx in .*elsewhere"):
        pull("made", from_folder=shelf.elsewhere)
    (shelf.elsewhere / "made.onnx.sha256").write_text(hashlib.sha256(CONTENT).hexdigest())
    assert pull("made", from_folder=shelf.elsewhere).read_bytes() == CONTENT
    assert shelf.files() == ["made.onnx", "made.onnx.sha256"]
    (shelf.elsewhere / "made.onnx").write_bytes(CONTENT[:-1])
    (shelf.public / "made.onnx").unlink()
    with pytest.raises(ModelError, match="not kept"):
        pull("made", from_folder=shelf.elsewhere)


def test_what_ships_is_not_fetched(shelf: Shelf) -> None:
    shelf.add("ours", CONTENT, ships=True, kept=CONTENT)
    assert pull("ours") == shelf.shipped / "ours.onnx"
    (shelf.shipped / "ours.onnx").unlink()
    with pytest.raises(ModelError, match=r"ships with gifect, but .* install gifect again"):
        pull("ours")


def test_an_unknown_name_is_refused(shelf: Shelf) -> None:
    shelf.add("net", CONTENT)
    with pytest.raises(ModelError, match="unknown model 'nett': expected one of net"):
        pull("nett")
