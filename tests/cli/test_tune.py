"""``gifect tune`` and the report of ``gifect evaluate``: calls that cannot be meant as they stand."""

from __future__ import annotations

import pytest
from driving import gifect


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("tune",), "Missing argument 'RECIPE'"),
        (("tune", "kavan", "--trials", "0"), "Invalid value for '--trials'"),
        (("tune", "kavan", "--set", "nonsense"), "expected KEY=VALUE"),
        (("evaluate", "detect", "--report", "out"), "--report is there for grade, not for detect"),
    ],
)
def test_wrong_usage_is_one_line(arguments: tuple[str, ...], words: str) -> None:
    done = gifect(*arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
