"""Output files that are there whole or not at all, and whose folder is known to be writable before the work begins."""

from __future__ import annotations

import contextlib
import secrets
from pathlib import Path
from typing import IO

from gifect.cli.errors import OutputError, UsageError

__all__ = ["OutputFile"]


class OutputFile:
    """A file that gets its name when it is complete; until then it is a hidden one beside it.

    Something that is no regular file (a device, a pipe) is written directly.

    Raises
    ------
    UsageError
        If nothing can be written there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if path.is_dir():
            raise UsageError(f"{path}: a folder, expected a file to write")
        try:
            self.direct = path.exists() and not path.is_file()
            self.target = path.resolve()
            name = f".gifect-{secrets.token_hex(4)}{path.suffix}"
            self.temporary = path if self.direct else self.target.with_name(name)
            self.stream: IO[bytes] = self.temporary.open("wb" if self.direct else "xb")
        except (OSError, RuntimeError) as error:
            raise UsageError(f"{path}: cannot be written: {_of(error)}") from error

    def commit(self) -> None:
        """Give the file its name."""
        try:
            self.stream.close()
            if not self.direct:
                self.temporary.replace(self.target)
        except OSError as error:
            self.discard()
            raise OutputError(f"{self.path}: cannot be written: {_of(error)}") from error

    def discard(self) -> None:
        """Leave no trace."""
        with contextlib.suppress(OSError):  # what could not be flushed to a full disk goes now
            self.stream.close()
        if not self.direct:
            self.temporary.unlink(missing_ok=True)


def _of(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
