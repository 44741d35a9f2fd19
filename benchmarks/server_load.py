"""The server under load: votes, searches and uploads at once, from a client of its own over real connections.

    python benchmarks/server_load.py [--seconds 20] [--entries 100000] [--write docs/results/server.md]

Votes are asked at fixed times whatever the answers take, so that a slow answer delays none of the questions after it;
the time of a vote counts from when it was due. Server and client share the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from library_search import fill, queries

from gifect.evaluation.tables import Table
from gifect.votes.store import Store

COMMAND = "python benchmarks/server_load.py"
SAMPLES = Path(__file__).parents[1] / "samples"
RATE = 200  # votes a second
CONNECTIONS = 32
VOTERS = 400  # so that nobody votes faster than a person may
START_S = 120


@dataclass
class Link:
    """One kept connection to the server."""

    host: str
    port: int
    streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, body: bytes = b"", kind: str = "application/json") -> tuple[int, bytes]:
        """Return status and body of an answer."""
        if self.streams is None:
            self.streams = await asyncio.open_connection(self.host, self.port)
        reader, writer = self.streams
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\n"
        head += f"Content-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        told = await reader.readuntil(b"\r\n\r\n")
        headers = told.decode("latin1").lower().split("\r\n")
        length = next((int(line[15:]) for line in headers if line.startswith("content-length:")), 0)
        return int(told.split()[1]), await reader.readexactly(length)


@dataclass
class Served:
    """A server in a process of its own."""

    process: subprocess.Popen[bytes]
    host: str
    port: int
    start_s: float

    @classmethod
    def start(cls, folder: Path, gifs: Path) -> Served:
        """Start one, and wait until it answers."""
        log = folder.with_suffix(".log")
        begun = time.monotonic()
        command = [sys.executable, "-m", "gifect", "serve", "--port", "0", "--data", str(folder), "--gifs", str(gifs)]
        with log.open("wb") as stream:
            process = subprocess.Popen(command, stderr=stream)
        while time.monotonic() - begun < START_S:
            for line in log.read_bytes().splitlines():
                if b'"listening"' in line:
                    parts = urlsplit(json.loads(line)["address"])
                    return cls(process, str(parts.hostname), int(parts.port or 0), time.monotonic() - begun)
            time.sleep(0.01)
        raise SystemExit(log.read_text())

    def link(self) -> Link:
        return Link(self.host, self.port)

    def memory(self) -> float:
        """Return the MB that the server's own process holds."""
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6

    def processor(self) -> float:
        """Return the processor seconds that the server's own process has taken."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    async def wait_ready(self) -> None:
        """Wait until its workers have loaded their networks."""
        link = self.link()
        while json.loads((await link.ask("GET", "/api/v1/health"))[1])["ready"] < 2:
            await asyncio.sleep(0.2)


@dataclass
class Voting:
    """What came of votes: seconds from when each was due, and the numbers under which they were acknowledged."""

    seconds: list[float] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    refused: int = 0

    def percentile(self, share: float) -> float:
        """Return milliseconds within which a share of the votes was answered."""
        return 1000 * float(np.percentile(self.seconds, share))


async def vote(served: Served, rate: float, seconds: float, begin: int = 0) -> Voting:
    """Vote at a steady rate; each vote takes a free connection."""
    free: asyncio.Queue[Link] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        free.put_nowait(served.link())
    voting = Voting()

    async def one(k: int, due: float) -> None:
        link = await free.get()
        left, right = (("laugh.gif", "calm.gif"), ("gasp.gif", "tears.gif"), ("yuck.gif", "glare.gif"))[k % 3]
        told = {"emotion": "pride", "left": left, "right": right, "choice": "left", "voter": f"voter {k % VOTERS}"}
        status, body = await link.ask("POST", "/api/v1/votes", json.dumps(told | {"token": f"request {k}"}).encode())
        free.put_nowait(link)
        voting.seconds.append(time.perf_counter() - due)
        if status == 201:
            voting.numbers.append(json.loads(body)["id"])
        else:
            voting.refused += 1

    start, tasks = time.perf_counter() + 0.1, []
    for k in range(int(rate * seconds)):
        due = start + k / rate
        await asyncio.sleep(max(due - time.perf_counter(), 0))
        tasks.append(asyncio.create_task(one(begin + k, due)))
    await asyncio.gather(*tasks)
    return voting


async def search(served: Served, count: int) -> list[float]:
    """Return the seconds of searches, one after the other."""
    link, found = served.link(), []
    asked = queries()
    await link.ask("GET", "/api/v1/search?top=10&q=happy")  # the index is made by the first
    for k in range(count):
        begun = time.perf_counter()
        status, _ = await link.ask("GET", f"/api/v1/search?top=10&q={quote(asked[k % len(asked)])}")
        found.append(time.perf_counter() - begun)
        assert status == 200
    return found


async def upload(served: Served) -> list[tuple[int, float]]:
    """Return status and seconds of eight uploads at once."""
    clips = [(SAMPLES / f"{name}.gif").read_bytes() for name in ("laugh", "gasp", "tears", "glare", "yuck", "calm")]

    async def one(k: int) -> tuple[int, float]:
        begun = time.perf_counter()
        status, _ = await served.link().ask("POST", "/api/v1/readings", clips[k % len(clips)], "image/gif")
        return status, time.perf_counter() - begun

    return list(await asyncio.gather(*(one(k) for k in range(8))))


async def uploads_while_voting(served: Served, seconds: float, begin: int) -> tuple[Voting, list[tuple[int, float]]]:
    """Upload eight clips at once, again and again, while votes come in."""
    voting = asyncio.create_task(vote(served, RATE / 2, seconds, begin))
    answers = []
    while not voting.done():
        answers += await upload(served)
    return await voting, answers


async def first_page(served: Served) -> tuple[float, int]:
    """Return the seconds and bytes of the first page with all that belongs to it."""
    link = served.link()
    begun = time.perf_counter()
    _, page = await link.ask("GET", "/")
    size = len(page)
    for part in page.decode().split('"'):
        if part.startswith("/static/"):
            size += len((await link.ask("GET", part))[1])
    return time.perf_counter() - begun, size


async def measure(folder: Path, gifs: Path, seconds: float, entries: int, table: Table) -> None:
    served = Served.start(folder, gifs)
    try:
        await served.wait_ready()
        spent, size = await first_page(served)
        table.add("first page with styles and scripts", f"{1000 * spent:.0f} ms, {size / 1000:.0f} kB", "1 s, 150 kB")
        before, spent = served.memory(), served.processor()
        votes = await vote(served, RATE, seconds)
        spent = 1000 * (served.processor() - spent) / len(votes.seconds)
        bar = f"{RATE} / s, p95 50 ms"
        figures = f"p50 {votes.percentile(50):.1f}, p95 {votes.percentile(95):.1f}, p99 {votes.percentile(99):.1f} ms"
        table.add(f"{len(votes.numbers):,} votes at {RATE} a second, {votes.refused} refused", figures, bar)
        table.add("processor time of the server for one of them", f"{spent:.2f} ms", f"{1000 / RATE:.0f} ms")
        times = 1000 * np.array(await search(served, 200))
        table.add(
            f"search of {entries:,} entries",
            f"p50 {np.percentile(times, 50):.1f}, p95 {np.percentile(times, 95):.1f} ms",
            "p95 50 ms",
        )
        mixed, answers = await uploads_while_voting(served, seconds, len(votes.seconds))
        done, slowest = sum(status == 201 for status, _ in answers), max(spent for _, spent in answers)
        table.add(
            f"uploads, 8 at once, while {RATE // 2} votes a second come in",
            f"{done} of {len(answers)} answered, slowest {slowest:.1f} s",
            "all",
        )
        table.add("votes meanwhile", f"p50 {mixed.percentile(50):.1f}, p95 {mixed.percentile(95):.1f} ms", "p95 100 ms")
        table.add("memory of the server's process, before and after", f"{before:.0f}, {served.memory():.0f} MB", "")
        served.process.send_signal(signal.SIGKILL)
        served.process.wait()
        with Store(f"sqlite:///{folder}/gifect.db") as store:
            there = {vote.id for k in range(VOTERS) for vote in store.history(f"voter {k}")}
        acknowledged = {*votes.numbers, *mixed.numbers}
        table.add("acknowledged votes lost by kill -9", f"{len(acknowledged - there)} of {len(acknowledged):,}", "0")
        served = Served.start(folder, gifs)
        table.add("start after it, until it listens", f"{served.start_s:.1f} s", "3 s")
    finally:
        served.process.kill()
        served.process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    load = os.getloadavg()[0]
    table = Table("The server under load", ["what", "figure", "bar"], COMMAND)
    with tempfile.TemporaryDirectory() as place:
        gifs, folder = Path(place) / "gifs", Path(place) / "data"
        gifs.mkdir()
        for sample in SAMPLES.glob("*.gif"):
            shutil.copy(sample, gifs)
        fill(folder / "library", given.entries)
        asyncio.run(measure(folder, gifs, given.seconds, given.entries, table))
    table.notes.append(
        f"{os.cpu_count()} cores, two workers; the client runs on the same machine. Load of the machine by all its "
        f"programs: {load:.0f} before, {os.getloadavg()[0]:.0f} after."
    )
    print(table.to_text())
    if given.write:
        given.write.write_text(f"# The server\n\n{table.to_markdown()}")


if __name__ == "__main__":
    main()
