"""Run by an interpreter that has gifect from its wheel alone: what ships is whole, and extras are asked for by name.

python tests/wheel.py CLIP
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import subprocess
import sys
from pathlib import Path

import gifect

EXTRAS = {
    ("votes", "stats"): "votes",
    ("collect", "agree"): "collect",
    ("batch", ".", "out"): "scale",
    ("train", "detect"): "train",
}


def main() -> None:
    """Check the installed package; an assertion fails where something is amiss."""
    home = Path(gifect.__file__).parent
    assert "site-packages" in home.parts, home
    for module in ("torch", "sqlalchemy", "sklearn", "pyarrow", "ray", "pandas"):
        assert importlib.util.find_spec(module) is None, module
    for file in (
        "py.typed",
        "models/models.toml",
        "votes/migrations/env.py",
        "votes/migrations/versions/votes_0001.py",
    ):
        assert (home / file).is_file(), file
    reading = gifect.read(sys.argv[1])
    assert reading.emotion == "happiness" and reading.faces, reading
    for arguments, extra in EXTRAS.items():
        done = subprocess.run([sys.executable, "-m", "gifect", *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 1 and f"pip install 'gifect[{extra}]'" in done.stderr, done.stderr
        assert len(done.stderr.splitlines()) == 1, done.stderr
    print(f"gifect {importlib.metadata.version('gifect')} from its wheel reads {reading.emotion}")


if __name__ == "__main__":
    main()
