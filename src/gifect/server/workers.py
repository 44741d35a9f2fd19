"""The pool of processes that decode: each has one clip at a time, and is ended and replaced when it passes a limit."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import signal
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from gifect.server.problems import Refusal
from gifect.server.settings import Caps
from gifect.server.watch import Metrics, log_event

__all__ = ["HURRIED", "PATIENT", "Pool", "Task"]

HURRIED, PATIENT = 0, 1  # somebody waits for it; part of a job
RECYCLE_AFTER = 300  # clips
HEAVY_BYTES = 700 << 20  # of memory held after a clip; such a process gives way to a fresh one
START_S = 120  # for a process to load its networks
LINE_BYTES = 1 << 20
THREADS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Task:
    """What is to be done with one file.

    Attributes
    ----------
    do : "read" a clip into ``folder`` (reading.json, about.json, pictures), or write a "still" as the file ``folder``.
    file, name : where it lies, and what to call it.
    """

    do: str
    file: Path
    name: str
    folder: Path
    every_frame: bool = False
    landmarks: bool = False
    captions: bool = False

    def to_line(self, caps: Caps) -> bytes:
        """Return the task as a worker takes it."""
        told = asdict(self) | {"file": str(self.file), "folder": str(self.folder)}
        told |= {"limits": asdict(caps.limits()), "cpu_seconds": caps.cpu_seconds}
        return json.dumps(told).encode() + b"\n"


@dataclass(order=True)
class _Entry:
    order: tuple[int, int]
    task: Task = field(compare=False)
    answer: asyncio.Future[None] = field(compare=False)


class Pool:
    """Workers that take tasks by priority, then by turn.

    Parameters
    ----------
    count : of processes.
    caps : what one clip may cost.
    metrics : where readings are counted.
    """

    def __init__(self, count: int, caps: Caps, metrics: Metrics) -> None:
        self.count = count
        self.caps = caps
        self.metrics = metrics
        self.queue: asyncio.PriorityQueue[_Entry] = asyncio.PriorityQueue()
        self.turns = itertools.count()
        self.hurried = 0
        self.ready = 0
        self.keepers: list[asyncio.Task[None]] = []
        self.processes: set[asyncio.subprocess.Process] = set()

    def start(self) -> None:
        """Start the processes; tasks are taken from now on."""
        self.keepers = [asyncio.create_task(self._keep(), name=f"worker {k}") for k in range(self.count)]

    async def stop(self) -> None:
        """End the processes, whatever they do."""
        for keeper in self.keepers:
            keeper.cancel()
        await asyncio.gather(*self.keepers, return_exceptions=True)
        while not self.queue.empty():
            self._drop(self.queue.get_nowait())

    @staticmethod
    def _drop(entry: _Entry) -> None:
        if not entry.answer.done():
            entry.answer.set_exception(Refusal(503, "the server is stopping", {"Retry-After": "10"}))

    async def run(self, task: Task, priority: int = HURRIED) -> None:
        """Have a task done.

        Raises
        ------
        Refusal
            422 if the file is no clip or passes a limit, 503 if too many wait.
        """
        if priority == HURRIED and self.hurried >= self.caps.waiting:
            raise Refusal(503, f"{self.hurried} clips are waiting already: try again", {"Retry-After": "10"})
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.hurried += priority == HURRIED
        self.metrics.waiting.inc()
        try:
            await self.queue.put(_Entry((priority, next(self.turns)), task, answer))
            await answer
        finally:
            self.hurried -= priority == HURRIED
            self.metrics.waiting.dec()

    async def _keep(self) -> None:
        """Keep one worker alive and busy; start it again when it is gone."""
        failures = 0
        while True:
            process = None
            try:
                process = await self._start()
                failures = 0
                await self._feed(process)
            except (_StartError, OSError) as error:
                failures += 1
                log_event("worker did not start", why=str(error))
                await asyncio.sleep(min(2**failures, 60))
            finally:
                if process is not None:
                    await self._end(process)

    async def _start(self) -> asyncio.subprocess.Process:
        environment = os.environ | dict.fromkeys(THREADS, "1")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "gifect.server.worker", str(self.caps.memory_bytes)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=environment,
            limit=LINE_BYTES,
        )
        self.processes.add(process)
        assert process.stdout is not None
        try:
            line = await asyncio.wait_for(process.stdout.readline(), START_S)
        except TimeoutError:
            line = b""
        if not line:
            await self._end(process)
            raise _StartError(f"ended with code {process.returncode}")
        self.ready += 1
        return process

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        if process in self.processes:
            self.processes.discard(process)
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _feed(self, process: asyncio.subprocess.Process) -> None:
        """Give a worker tasks until it is worn out or gone."""
        try:
            for _ in range(RECYCLE_AFTER):
                entry = await self.queue.get()
                if entry.answer.done():  # whoever asked has gone
                    continue
                try:
                    said = await self._ask(process, entry.task)
                except BaseException:
                    self._drop(entry)
                    raise
                self._settle(entry, said, process)
                if said is None or said.get("spent") or said.get("memory", 0) > HEAVY_BYTES:
                    return
        finally:
            self.ready -= 1

    async def _ask(self, process: asyncio.subprocess.Process, task: Task) -> dict[str, Any] | None:
        """Return what a worker says of a task, None if it was ended."""
        assert process.stdin is not None and process.stdout is not None
        begun, line = time.perf_counter(), b""
        # a pipe whose other end has gone may raise RuntimeError, too
        with contextlib.suppress(TimeoutError, OSError, ValueError, RuntimeError):
            async with asyncio.timeout(self.caps.wall_seconds):
                process.stdin.write(task.to_line(self.caps))
                await process.stdin.drain()
                line = await process.stdout.readline()
        if task.do == "read":
            self.metrics.reading_seconds.observe(time.perf_counter() - begun)
        if not line:
            return None
        said: dict[str, Any] = json.loads(line)
        return said

    def _settle(self, entry: _Entry, said: dict[str, Any] | None, process: asyncio.subprocess.Process) -> None:
        if said is None:
            self.metrics.killed.inc()
            log_event("worker ended", code=process.returncode)
            why = "the clip takes more time or memory than one may take"
            if process.returncode not in (None, -signal.SIGXCPU, -signal.SIGKILL, -signal.SIGABRT):
                why = "the clip brings its decoder down"
            said = {"error": why, "status": 422}
        if entry.task.do == "read":
            self.metrics.readings.labels("read" if said.get("done") else "refused").inc()
        if said.get("fault"):
            log_event("fault in a worker", what=said["fault"])
        if entry.answer.done():
            return
        if said.get("done"):
            entry.answer.set_result(None)
        else:
            entry.answer.set_exception(Refusal(said["status"], said["error"]))


class _StartError(Exception):
    """A worker that ended before it was ready."""
