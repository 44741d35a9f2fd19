"""Files on a disk or in an object store, by address: read, listed, and written whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gifect.errors import BatchError, MissingExtraError

__all__ = ["Folder", "is_remote", "open_input", "walk"]


def is_remote(address: str) -> bool:
    """Whether an address names a store such as ``s3://`` rather than a file of this machine."""
    return "://" in address and not address.startswith("file://")


def _filesystem(address: str) -> tuple[Any, str]:
    try:
        import fsspec
    except ModuleNotFoundError as error:
        raise MissingExtraError("batch", "scale") from error
    try:
        filesystem, path = fsspec.url_to_fs(address)
    except (ImportError, ValueError) as error:
        raise BatchError(f"{address}: {error}") from error
    return filesystem, str(path)


def open_input(address: str) -> Any:
    """Return an open binary file of an address.

    Raises
    ------
    BatchError
        If there is none, or its store cannot be reached.
    """
    filesystem, path = _filesystem(address)
    try:
        return filesystem.open(path, "rb")
    except Exception as error:  # every store has errors of its own
        raise BatchError(f"{address}: {_of(error)}") from error


def walk(address: str, endings: tuple[str, ...]) -> Iterator[str]:
    """Yield the addresses of the files below a folder that have one of the endings, in the order of their names."""
    if not is_remote(address):
        folder = address.removeprefix("file://")
        for parent, folders, names in os.walk(folder):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                if name.lower().endswith(endings) and not name.startswith("."):
                    yield os.path.join(parent, name)  # noqa: PTH118
        return
    filesystem, path = _filesystem(address)
    try:
        found = filesystem.find(path)
    except Exception as error:
        raise BatchError(f"{address}: {_of(error)}") from error
    for name in found:
        if name.lower().endswith(endings):
            yield filesystem.unstrip_protocol(name)


class Folder:
    """A folder of results.

    Parameters
    ----------
    address : path or URL.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.filesystem, self.root = _filesystem(address)
        self.is_local = not is_remote(address)

    def names(self, below: str = "") -> list[str]:
        """Return the names of the whole files in a folder below, none if there is no such folder."""
        path = f"{self.root}/{below}" if below else self.root
        self.filesystem.invalidate_cache()
        if not self.filesystem.isdir(path):
            return []
        found = (name.rsplit("/", 1)[-1] for name in self.filesystem.ls(path, detail=False))
        return sorted(name for name in found if not name.startswith("."))

    def sweep(self, below: str) -> None:
        """Remove what writing left in a folder below when it was broken off; nobody may be writing there."""
        if self.is_local:
            for part in Path(self.root, below).glob(".*"):
                part.unlink(missing_ok=True)

    def remove(self, below: str) -> None:
        """Remove a folder below, if it is there."""
        if self.names(below):
            self.filesystem.rm(f"{self.root}/{below}", recursive=True)

    def read(self, name: str) -> bytes:
        """Return the content of a file."""
        return bytes(self.filesystem.cat_file(f"{self.root}/{name}"))

    def write(self, name: str, data: bytes) -> None:
        """Write a file that is there whole or, whatever crashes, not at all; an object store does so by itself.

        Raises
        ------
        BatchError
            If it cannot be written.
        """
        try:
            if not self.is_local:
                self.filesystem.pipe_file(f"{self.root}/{name}", data)
                return
            target = Path(self.root, name)
            target.parent.mkdir(parents=True, exist_ok=True)
            part = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
            try:
                with part.open("wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                part.replace(target)
            finally:
                part.unlink(missing_ok=True)
        except Exception as error:
            raise BatchError(f"{self.address}/{name} cannot be written: {_of(error)}") from error


def _of(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
