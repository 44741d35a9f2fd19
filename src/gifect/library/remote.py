"""A library on object storage: a log of small objects that are written once, and a copy of it on this machine.

Each object holds entries as they were after some changes, and the ids of those that were removed. Whoever opens the
library applies, in the order of their names, the objects that it has not seen; what it changes itself it writes as one
more object. Two machines that write at once write two objects: nothing is locked and nothing is lost; of two changes of
the tags of one clip the later stays.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
import secrets
import time
from pathlib import Path
from typing import Any

from gifect.errors import LibraryError, MissingExtraError
from gifect.library.store import Store

__all__ = ["Remote", "copy_folder"]

FORMAT = 1  # of the objects
ENDING = ".json.gz"


def copy_folder(address: str) -> Path:
    """Return the folder of this machine's copy of the library at an address, below ``GIFECT_CACHE``."""
    root = Path(os.environ.get("GIFECT_CACHE") or Path.home() / ".cache" / "gifect")
    return root / "libraries" / hashlib.sha256(address.encode()).hexdigest()[:16]


class Remote:
    """The log at an address that fsspec knows, such as ``s3://bucket/gifs``.

    Raises
    ------
    LibraryError
        If the address is unknown or cannot be reached.
    MissingExtraError
        If fsspec, or what it needs for such addresses, is not installed.
    """

    def __init__(self, address: str, store: Store) -> None:
        self.address, self.store = address, store
        try:
            import fsspec

            self._files, self._root = fsspec.core.url_to_fs(address)
        except ImportError as error:
            raise MissingExtraError(f"a library at {address.partition(':')[0]}:// ({error})", "library") from error
        except ValueError as error:
            raise LibraryError(f"{address}: {error}") from error

    def pull(self) -> None:
        """Apply the objects that this copy has not seen.

        Raises
        ------
        LibraryError
            If they cannot be had, or a later version of gifect wrote them.
        """
        try:
            self._files.invalidate_cache()
            there = self._files.ls(self._root, detail=False) if self._files.exists(self._root) else []
            names = sorted(str(path).rpartition("/")[2] for path in there)
            seen = self.store.applied()
            for name in names:
                if name.endswith(ENDING) and name not in seen:
                    with self._files.open(f"{self._root}/{name}", "rb") as file:
                        content = json.loads(gzip.decompress(file.read()))
                    if content["format"] > FORMAT:
                        raise LibraryError(f"{self.address} holds objects of a later version: upgrade gifect to use it")
                    self.store.apply(name, _unpacked(content["entries"]), content["removed"])
        except OSError as error:
            raise LibraryError(f"{self.address} cannot be read: {error}") from error

    def push(self) -> None:
        """Write what has changed here since the last time as one object.

        Raises
        ------
        LibraryError
            If it cannot be written; it stays in this machine's copy, and the next call tries again.
        """
        last, entries, removed = self.store.unpushed()
        if not entries and not removed:
            return
        name = f"{time.time_ns():020}-{secrets.token_hex(4)}{ENDING}"
        content = {"format": FORMAT, "entries": _packed(entries), "removed": removed}
        try:
            self._files.makedirs(self._root, exist_ok=True)
            with self._files.open(f"{self._root}/{name}", "wb") as file:
                file.write(gzip.compress(json.dumps(content).encode()))
        except OSError as error:
            raise LibraryError(f"{self.address} cannot be written: {error}; the next call tries again") from error
        self.store.pushed(name, last)


def _packed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            name: {"base64": base64.b64encode(cell).decode()} if isinstance(cell, bytes) else cell
            for name, cell in row.items()
        }
        for row in rows
    ]


def _unpacked(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            name: base64.b64decode(cell["base64"]) if isinstance(cell, dict) and "base64" in cell else cell
            for name, cell in row.items()
        }
        for row in rows
    ]
