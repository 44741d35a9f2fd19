"""What is done in clips, and ways to weigh it with what faces show.

Prints the acts of the embedded recogniser, all strategies, and the report of "face first, then action".

    python benchmarks/actions.py [--write docs/results]

Needs the labelled data (``GIFECT_DATA``) and the extra ``train``.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

from gifect.evaluation.run import evaluate

PAGES = {"acts": ("Acts", ("acts",)), "strategies": ("Weighing face and action", ("strategies", "precedence"))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    for page, (title, names) in PAGES.items():
        tables = [evaluate(name) for name in names]
        for table in tables:
            print(table.to_text())
        if given.write:
            text = f"# {title}\n\n" + "\n".join(table.to_markdown() for table in tables)
            (given.write / f"{page}.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
