"""Imports run one way, and what is heavy is loaded late."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src"
MODULES = sorted((SOURCE / "gifect").rglob("*.py"))

LEVELS = {
    "emotions": 0,
    "errors": 0,
    "models": 1,
    "workers": 1,
    "media": 2,
    "faces": 3,
    "actions": 3,
    "captions": 3,
    "sound": 3,
    "text": 3,
    "feeling": 4,
    "gifect": 5,  # the package itself: its public names
    "library": 6,
    "votes": 6,
    "collect": 6,
    "scale": 6,
    "server": 7,
    "cli": 7,
    "__main__": 8,
}
WORKSHOP = {"training", "evaluation"}  # may use the runtime; the runtime may not use them
NETWORK_MAKERS = {"torch", "lightning", "pytorch_lightning", "optuna"}
HEAVY = ("torch", "cv2", "onnxruntime", "av", "pandas", "fastapi", "sqlalchemy")


@dataclass(frozen=True)
class Import:
    """One import: of which module, in which line, and whether only when a function runs or types are checked."""

    module: str
    line: int
    late: bool


def imports_of(path: Path, root: Path) -> Iterator[Import]:
    """Yield every import of a file, relative ones resolved."""
    package = path.relative_to(root).with_suffix("").parts[:-1]

    def walk(node: ast.AST, late: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                yield from (Import(alias.name, child.lineno, late) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                base = ".".join(package[: len(package) - child.level + 1]) if child.level else ""
                module = ".".join(filter(None, [base, child.module or ""]))
                for alias in child.names:
                    named = f"{module}.{alias.name}"
                    is_module = any((root / named.replace(".", "/")).with_suffix(s).exists() for s in ("", ".py"))
                    yield Import(named if is_module else module, child.lineno, late)
            else:
                inner = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
                types = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
                yield from walk(child, late or inner or types)

    yield from walk(ast.parse(path.read_text(encoding="utf-8")), False)


def room_of(module: str) -> str | None:
    """Return the first part below ``gifect``, ``gifect`` for itself, None for others' modules."""
    parts = module.split(".")
    if parts[0] != "gifect":
        return None
    return parts[1] if len(parts) > 1 else "gifect"


def faults_of(path: Path, root: Path) -> list[str]:
    """Return what is wrong with the imports of a file, one line each."""
    parts = path.relative_to(root).with_suffix("").parts
    room = "gifect" if parts[1] == "__init__" else parts[1]
    if room not in LEVELS and room not in WORKSHOP:
        return [f"{path.name}: no room {room!r} in the plan"]
    faults = []
    for found in imports_of(path, root):
        where = f"{'/'.join(parts[1:])}.py:{found.line} imports {found.module}"
        target = room_of(found.module)
        if found.module.split(".")[0] in NETWORK_MAKERS and room != "training":
            faults.append(f"{where}: only training may")
        if target is None or target == room:
            continue
        if target not in LEVELS and target not in WORKSHOP:
            faults.append(f"{where}: no such room in the plan")
        elif room in ("emotions", "errors"):
            faults.append(f"{where}: it imports nothing of ours")
        elif room == "models":
            if target != "errors":
                faults.append(f"{where}: models import errors alone")
        elif room == "gifect":
            if target != "errors" and not found.late:
                faults.append(f"{where}: the package loads all but its errors late")
        elif target in WORKSHOP:
            if room not in WORKSHOP and not (room == "cli" and found.late):
                faults.append(f"{where}: only the commands may, inside of functions")
        elif room in WORKSHOP:
            if target in ("cli", "server"):
                faults.append(f"{where}: against the direction")
        elif LEVELS[target] > LEVELS[room]:
            faults.append(f"{where}: against the direction")
    return faults


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(SOURCE / "gifect").as_posix())
def test_imports_run_one_way(path: Path) -> None:
    assert faults_of(path, SOURCE) == []


@pytest.mark.parametrize(
    ("place", "line", "complaint"),
    [
        ("faces/track.py", "from gifect.feeling.read import read", "against the direction"),
        ("faces/track.py", "def f():\n    import gifect.feeling.read", "against the direction"),
        ("faces/track.py", "from ..feeling import read", "against the direction"),
        ("media/clip.py", "from gifect.faces import boxes", "against the direction"),
        ("emotions.py", "from gifect.errors import GifectError", "nothing of ours"),
        ("models/registry.py", "from gifect.emotions import SEVEN", "errors alone"),
        ("feeling/read.py", "def f():\n    from gifect.training import fit", "only the commands"),
        ("cli/train.py", "from gifect.training import fit", "inside of functions"),
        ("evaluation/metrics.py", "import torch.nn", "only training may"),
        ("training/fit.py", "from gifect.cli import main", "against the direction"),
        ("__init__.py", "from gifect.media.clip import Clip", "late"),
        ("attic/old.py", "import json", "no room"),
    ],
)
def test_a_wrong_import_is_named(tmp_path: Path, place: str, line: str, complaint: str) -> None:
    path = tmp_path / "gifect" / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(line + "\n")
    assert [complaint in fault for fault in faults_of(path, tmp_path)] == [True]


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("faces/track.py", "from gifect.media.clip import Clip"),
        ("faces/track.py", "from .boxes import iou_matrix"),
        ("cli/train.py", "def f():\n    from gifect.training import fit"),
        ("training/fit.py", "import torch\nfrom gifect.evaluation import metrics"),
        ("__init__.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from gifect.media.clip import Clip"),
    ],
)
def test_a_right_import_passes(tmp_path: Path, place: str, line: str) -> None:
    path = tmp_path / "gifect" / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(line + "\n")
    assert faults_of(path, tmp_path) == []


def loaded_by(code: str) -> set[str]:
    """Return which heavy packages a fresh interpreter has loaded after ``code``."""
    report = f"{code}\nimport sys\nprint('loaded:', *[m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", report], capture_output=True, text=True, timeout=60, check=True)
    return set(done.stdout.rsplit("loaded:", 1)[1].split())


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert loaded_by("import gifect; gifect.GifectError; gifect.__version__") == set()


def test_asking_for_the_version_loads_nothing_heavy() -> None:
    code = "import sys; sys.argv = ['gifect', '--version']\nfrom gifect.cli.main import main\n"
    code += "try: main()\nexcept SystemExit as end: assert not end.code"
    assert loaded_by(code) == set()


def test_a_public_name_is_loaded_when_it_is_used() -> None:
    assert "cv2" in loaded_by("import gifect; gifect.Clip")
    with pytest.raises(AttributeError, match="no attribute 'Clop'"):
        __import__("gifect").Clop  # noqa: B018
