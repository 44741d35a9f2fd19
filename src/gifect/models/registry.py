"""The networks: which there are, where they lie, what is known of them, and loading them safely.

Networks of our own lie in the package. Public ones that gifect can use but may not ship are looked for in the folder
named by ``GIFECT_MODELS`` (default: ``~/.local/share/gifect/models``), where ``pull`` puts them. Some of them are
published in another form only; ``convert`` makes them there and writes their checksum beside them.
"""

from __future__ import annotations

import hashlib
import os
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict, ValidationError

from gifect.errors import ModelError

if TYPE_CHECKING:
    import onnxruntime

CARDS = Path(__file__).with_name("models.toml")
WEIGHTS = Path(__file__).with_name("weights")
PROVIDERS: Final = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}
_device = "cpu"


class ModelCard(BaseModel):
    """What is known of one network."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    file: str
    sha256: str = ""
    """empty for a network that is converted: it then stands in a file beside the network"""
    size: int
    """bytes"""
    does: str
    licence: str
    trained_on: str
    command: str = ""
    """how to train it again; empty for public networks"""
    figures: dict[str, float | str] = {}
    """what was measured, by name"""
    url: str | None = None
    """official address of a public network; None for our own, which lie in the package"""
    checkpoint: str = ""
    """name of the public file that ``convert`` makes the network of; ``url`` is then the page where it is found"""

    @property
    def path(self) -> Path:
        """Where the file lies, or would lie."""
        return (WEIGHTS if self.url is None else models_folder()) / self.file

    @property
    def digest_path(self) -> Path:
        """Where the checksum of a converted network lies."""
        return self.path.with_name(f"{self.file}.sha256")

    @property
    def digest(self) -> str:
        """SHA-256 that the file must have, in hexadecimal; empty if it is not known."""
        if not self.checkpoint:
            return self.sha256
        return self.digest_path.read_text(encoding="utf-8").strip() if self.digest_path.is_file() else ""

    @property
    def mend(self) -> str:
        """What to do when the file is missing."""
        if self.checkpoint:
            return f"get {self.checkpoint} from {self.url} and run: gifect models convert {self.name} {self.checkpoint}"
        return f"run: gifect models pull {self.name}" if self.url else "install gifect again"


def models_folder() -> Path:
    """Return the folder of public networks: ``GIFECT_MODELS``, else one in the user's data folder."""
    named = os.environ.get("GIFECT_MODELS")
    return Path(named) if named else Path.home() / ".local" / "share" / "gifect" / "models"


@cache
def _cards() -> dict[str, ModelCard]:
    try:
        table = tomllib.loads(CARDS.read_text(encoding="utf-8"))
        return {name: ModelCard(name=name, **entry) for name, entry in table.items()}
    except ValidationError as error:
        raise ModelError(f"{CARDS} is damaged: {error.errors()[0]['msg']}; install gifect again") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ModelError(f"{CARDS} cannot be read: {error}; install gifect again") from error


def use_device(device: str) -> None:
    """Make networks run on "cpu" or "cuda" from now on, in this process; those that are loaded are loaded again.

    Raises
    ------
    ModelError
        If there is no such device, or the installed ONNX Runtime cannot use it.
    """
    import onnxruntime

    global _device
    if device not in PROVIDERS:
        raise ModelError(f"no device {device!r}: expected one of {', '.join(PROVIDERS)}")
    if PROVIDERS[device] not in onnxruntime.get_available_providers():
        raise ModelError(
            f"the installed ONNX Runtime has no {PROVIDERS[device]}: put onnxruntime-gpu in its place "
            "(pip uninstall onnxruntime, then pip install onnxruntime-gpu)"
        )
    if device != _device:
        _device = device
        load_session.cache_clear()


def forget_models() -> None:
    """Forget cards and loaded networks, so that files that changed are read anew."""
    _cards.cache_clear()
    load_session.cache_clear()


def available_models() -> list[str]:
    """Return the names of all networks that gifect knows, our own first."""
    return list(_cards())


def model_card(name: str) -> ModelCard:
    """Return the card of the network ``name``.

    Raises
    ------
    ModelError
        If there is none; the message lists the names.
    """
    if name not in _cards():
        raise ModelError(f"unknown model {name!r}: expected one of {', '.join(_cards())}")
    return _cards()[name]


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal digits."""
    with open(path, "rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def verify(name: str) -> bool:
    """Return whether the file of ``name`` is there and is what its card says."""
    card = model_card(name)
    return card.path.is_file() and file_digest(card.path) == card.digest


@cache
def load_session(name: str, threads: int = 1) -> onnxruntime.InferenceSession:
    """Return an ONNX Runtime session of the network ``name`` on the device in use, its checksum checked; loaded once.

    Raises
    ------
    ModelError
        If the network is unknown, not there, or not what its card says.
    """
    import onnxruntime

    card = model_card(name)
    if not card.path.is_file():
        raise ModelError(f"{card.path} is missing: {card.mend}")
    data = card.path.read_bytes()
    if hashlib.sha256(data).hexdigest() != card.digest:
        raise ModelError(f"{card.path} is damaged (its checksum differs from the card's): fetch or install it again")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = threads
    options.log_severity_level = 3
    providers = list(dict.fromkeys([PROVIDERS[_device], PROVIDERS["cpu"]]))
    session = onnxruntime.InferenceSession(data, options, providers=providers)
    if session.get_providers()[0] != PROVIDERS[_device]:
        raise ModelError(f"{PROVIDERS[_device]} is installed but cannot start: no GPU, or a driver that does not fit")
    return session
