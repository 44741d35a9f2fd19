"""The command line as a whole, and its smaller commands."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
from driving import ENVIRONMENT, gifect

HEAVY = ("av", "cv2", "jinja2", "numpy", "onnxruntime", "pydantic", "torch")


def test_version() -> None:
    try:
        expected = version("gifect")
    except PackageNotFoundError:
        expected = "0+unknown"
    assert gifect("--version").stdout == f"gifect {expected}\n"


@pytest.mark.parametrize("command", [(), ("read",)])
def test_help_documents_the_exit_codes(command: tuple[str, ...]) -> None:
    done = gifect(*command, "--help")
    assert done.returncode == 0
    words = " ".join(done.stdout.split())
    assert "Exit codes: 0 all was done, 1 something could not be read or done, 2 wrong usage" in words


def test_help_and_version_load_nothing_heavy() -> None:
    code = f"import sys, gifect.cli.main; print(sorted(set({HEAVY}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=ENVIRONMENT, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shell_completion(shell: str) -> None:
    environment = {**ENVIRONMENT, "_GIFECT_COMPLETE": f"complete_{shell}", "COMP_WORDS": "gifect re", "COMP_CWORD": "1"}
    environment["_TYPER_COMPLETE_ARGS"] = "gifect re"
    environment["_TYPER_COMPLETE_FISH_ACTION"] = "get-args"
    done = subprocess.run(
        [sys.executable, "-m", "gifect"], capture_output=True, text=True, env=environment, timeout=30, check=False
    )
    assert "read" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("dance",), 2, "No such command 'dance'"),
        (("models", "verify", "dance"), 1, "unknown model 'dance': expected one of"),
        (("models", "pull"), 2, "Missing argument 'NAME"),
        (("models", "pull", "dance"), 1, "unknown model 'dance'"),
        (("train",), 2, "Missing argument 'RECIPE'"),
        (("train", "detect", "--set", "nonsense"), 2, "expected KEY=VALUE"),
    ],
)
def test_an_error_is_one_line(arguments: tuple[str, ...], code: int, words: str) -> None:
    done = gifect(*arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("gifect: ")


def test_an_unknown_evaluation_lists_those_there_are() -> None:
    pytest.importorskip("sklearn")
    done = gifect("evaluate", "dance")
    assert done.returncode == 1
    assert re.fullmatch(r"gifect: no \w+ 'dance': expected one of .*\bdetect\b.*\n", done.stderr)


@pytest.mark.parametrize(("command", "package"), [("train", "torch"), ("evaluate", "pandas")])
def test_without_the_extra_a_line_names_it(command: str, package: str, tmp_path: Path) -> None:
    (tmp_path / f"{package}.py").write_text(f"raise ModuleNotFoundError('not here', name={package!r})")
    environment = {**ENVIRONMENT, "PYTHONPATH": f"{tmp_path}:{ENVIRONMENT.get('PYTHONPATH', '')}"}
    done = subprocess.run(
        [sys.executable, "-m", "gifect", command, "dance"],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.endswith("needs optional packages: pip install 'gifect[train]'\n")
    assert len(done.stderr.splitlines()) == 1


def test_models_are_listed_and_right() -> None:
    listed = gifect("models", "list")
    assert listed.returncode == 0
    verified = gifect("models", "verify")
    assert verified.returncode == 0
    for name in ("detect", "measure"):
        assert name in listed.stdout
        assert f"{name}: right" in verified.stdout


def test_a_model_that_ships_is_pulled_from_where_it_lies() -> None:
    done = gifect("models", "pull", "detect")
    assert done.returncode == 0
    assert Path(done.stdout.strip()).is_file()
