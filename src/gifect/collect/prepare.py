"""From a list of videos and times to clips, frames and flow, a folder a class.

Every row of the list ends as one line of the log, ``prepare.jsonl``, written when its files are complete, so that a run
that was broken off goes on where it stopped. ``mapping.csv`` and ``failed.csv`` are made of the log.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, fields
from functools import partial
from pathlib import Path
from typing import Final

from gifect.collect.clipmaking import FETCHED, Plan, Prepared, make_clips
from gifect.collect.videolist import Wanted
from gifect.errors import CollectError
from gifect.workers import work_through

__all__ = ["LOG", "prepare"]

LOG: Final = "prepare.jsonl"


def prepare(
    rows: Iterable[Wanted],
    plan: Plan,
    jobs: int = 2,
    *,
    again: bool = False,
    seconds: float = 900.0,
    stopped: Callable[[], bool] = lambda: False,
) -> Iterator[Prepared]:
    """Make clips of rows and yield what became of each; what an earlier run has settled is not looked at again.

    Each video is fetched once, however many rows it has, and does not stay.

    Parameters
    ----------
    rows : what is wanted.
    plan : what is made of them.
    jobs : processes.
    again : ask again for what was gone, too.
    seconds : that a video may take.
    stopped : asked between two videos; once it says so, no further one is begun.

    Raises
    ------
    CollectError
        If the address of the plan is none, or two rows would have the same files.
    """
    rows = list(rows)
    if "{id}" not in plan.address:
        raise CollectError(f"the address {plan.address!r} has no place for {{id}}")
    if len({wanted.place.lower() for wanted in rows}) < len(rows):
        raise CollectError("two rows have the same id, times and class: expected each once")
    plan.folder.mkdir(parents=True, exist_ok=True)
    for left in plan.folder.glob(f"{FETCHED}*"):  # what a crash left
        shutil.rmtree(left, ignore_errors=True)
    log = plan.folder / LOG
    before = _read_log(log)
    videos: dict[str, list[Wanted]] = {}
    for wanted in rows:
        if not _is_settled(before.get(wanted.place), plan, again):
            videos.setdefault(wanted.id, []).append(wanted)
    work = partial(make_clips, plan=plan)
    with log.open("ab") as file:
        for found in work_through(videos.values(), work, _of_dead_worker, jobs, stopped=stopped, seconds=seconds):
            file.write("".join(json.dumps(asdict(one)) + "\n" for one in found).encode())
            file.flush()
            os.fsync(file.fileno())
            yield from found
    write_tables(plan.folder)


def _read_log(log: Path) -> dict[str, Prepared]:
    """Return by place what the log says last of each row."""
    if not log.exists():
        return {}
    content = log.read_bytes()
    os.truncate(log, content.rfind(b"\n") + 1)  # half a line is what a crash left
    try:
        found = [Prepared(**json.loads(line)) for line in log.open("rb")]
    except (ValueError, TypeError) as error:
        raise CollectError(f"{log} is damaged: {error}; take it away to begin anew") from error
    return {one.wanted.place: one for one in found}


def _is_settled(found: Prepared | None, plan: Plan, again: bool) -> bool:
    if found is None or found.state == "failed" or (again and found.state == "gone"):
        return False
    if found.state != "kept":
        return True
    lacks = (plan.pictures and not found.pictures) or (plan.flow and not found.flows and found.frames > 1)
    return not lacks and (plan.folder / found.file).is_file()


def _of_dead_worker(rows: list[Wanted], why: str) -> list[Prepared]:
    return [Prepared.of(wanted, "failed", why) for wanted in rows]


def write_tables(folder: Path) -> None:
    """Write ``mapping.csv`` (the clips) and ``failed.csv`` (the other rows, and why) of what the log says."""
    found = _read_log(folder / LOG).values()
    names = [field.name for field in fields(Prepared)]
    tables = {
        "mapping.csv": (["file", *(n for n in names if n not in ("file", "state", "why"))], True),
        "failed.csv": (["id", "start_s", "end_s", "label", "state", "why"], False),
    }
    for name, (columns, kept) in tables.items():
        part = folder / f".{name}.part"
        with part.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
            writer.writerows(asdict(one) for one in found if (one.state == "kept") == kept)
        part.replace(folder / name)
