"""Getting public networks: from their official address, or from a folder where they lie already."""

from __future__ import annotations

import http.client
import shutil
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

from gifect.errors import ModelError
from gifect.models.registry import ModelCard, file_digest, model_card, models_folder, verify

TIMEOUT = 60  # seconds without a byte
CHUNK = 1 << 20  # bytes


def pull(name: str, from_folder: Path | None = None) -> Path:
    """Bring the public network ``name`` into the models' folder and return its path.

    A file that is there and right is kept. The file is written under another name and renamed once its checksum
    holds, so that a pull that breaks off leaves nothing.

    Raises
    ------
    ModelError
        If the name is unknown, the network ships with the package, cannot be had, or differs from its checksum.
    """
    card = model_card(name)
    if card.url is None:
        if verify(name):
            return card.path
        raise ModelError(f"{name} ships with gifect, but {card.path} is missing or damaged: install gifect again")
    if verify(name):
        return card.path
    if card.checkpoint and from_folder is None:
        raise ModelError(f"{card.file} is published in another form only: {card.mend}")
    models_folder().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=models_folder()) as folder:
        part = Path(folder) / card.file
        if from_folder is not None:
            if not (from_folder / card.file).is_file():
                raise ModelError(f"no {card.file} in {from_folder}")
            shutil.copyfile(from_folder / card.file, part)
        else:
            _download(card.url, part, card.size)
        found, expected = file_digest(part), card.sha256
        if card.checkpoint:
            expected = _digest_in(from_folder, card)
        if found != expected:
            raise ModelError(f"{card.file} has sha256 {found}, expected {expected}: not kept")
        if card.checkpoint:
            card.digest_path.write_text(f"{found}\n", encoding="utf-8")
        part.replace(card.path)
    return card.path


def _digest_in(folder: Path | None, card: ModelCard) -> str:
    beside = (folder or models_folder()) / card.digest_path.name
    if not beside.is_file():
        raise ModelError(f"no {beside.name} beside {card.file} in {beside.parent}: {card.mend}")
    return beside.read_text(encoding="utf-8").strip()


def _download(url: str, path: Path, size: int) -> None:
    received = 0
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT) as response, open(path, "wb") as sink:
            while chunk := response.read(CHUNK):
                received += len(chunk)
                if received > size:
                    raise ModelError(f"{url} sends more than the {size} bytes of the card: not kept")
                sink.write(chunk)
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
        raise ModelError(f"cannot get {url}: {error}; a copy can be taken with --from FOLDER") from error
    if received < size:
        raise ModelError(f"{url} broke off after {received} of {size} bytes: not kept")
