"""A batch on a Ray cluster: the shards as a data set of Ray Data, read by the same function on every machine."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

from gifect.errors import BatchError, GifectError, MissingExtraError
from gifect.scale.plan import Plan
from gifect.scale.run import MARKS, Shard, read_shards, read_told

__all__ = ["read_on_ray"]

ENVIRONMENT = {"OMP_NUM_THREADS": "1"}
GPU_SHARE = 0.125  # of a GPU that a reader takes, if networks run on one
MOST_BLOCKS = 10_000  # into which the shards are divided
REACHED_S = 10.0  # seconds within which a cluster must answer


class _Reader:
    """An actor of Ray: one process of a machine with the networks loaded once.

    An actor or a machine that dies costs the shard that it had, which Ray gives to another. That one finds the mark of
    the first and reads the shard in a child, so that a clip that kills its reader costs one row.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        shard = int(batch["item"][0])
        try:
            # it may be there, by one that died before it could say so
            found, error = read_told(self.plan, shard) or self.read(shard), ""
        except GifectError as fault:
            found, error = Shard(shard, 0, 0), str(fault)
        return {name: [value] for name, value in (asdict(found) | {"error": error}).items()}

    def read(self, shard: int) -> Shard:
        """Read a shard here, or in a child if somebody has begun it."""
        mark = f"begun-{shard}"
        was_begun = mark in self.plan.folder.names(MARKS)
        if not was_begun:
            self.plan.folder.write(f"{MARKS}/{mark}", b"")
        return next(read_shards(self.plan, [shard], jobs=int(was_begun)))


def read_on_ray(
    plan: Plan,
    jobs: int,
    address: str | None = None,
    *,
    stopped: Callable[[], bool] = lambda: False,
) -> Iterator[Shard]:
    """Read the shards that are missing on a cluster, and yield what came of each, in the order in which they end.

    Parameters
    ----------
    plan : of the batch; its folder must be reachable from every machine under the same address.
    jobs : readers at most, over all machines; each takes a core, and an eighth of a GPU if networks run on one.
    address : of a running cluster, such as "auto" or ``ray://host:10001``; without one a cluster of this machine alone
        is started, and ended afterwards.
    stopped : asked between two shards.

    Raises
    ------
    MissingExtraError
        If Ray is not installed.
    BatchError
        If the cluster cannot be reached, or no clip can be read.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray.data
    except ModuleNotFoundError as error:
        raise MissingExtraError("--engine ray", "scale") from error
    missing = plan.missing()
    if not missing:
        return
    if address and address != "auto":
        _check_reached(address)
    for name in ("ray", "ray.data"):
        logging.getLogger(name).setLevel(logging.ERROR)
    settings: dict[str, Any] = (
        {"address": address} if address else {"address": "local", "num_cpus": jobs, "include_dashboard": False}
    )
    try:
        ray.init(**settings, log_to_driver=False, logging_level=logging.ERROR, runtime_env={"env_vars": ENVIRONMENT})
    except Exception as error:  # whatever the network brings
        raise BatchError(f"no cluster at {address or 'this machine'}: {error}") from error
    try:
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        shards = ray.data.from_items(missing, override_num_blocks=min(len(missing), MOST_BLOCKS))
        readers = min(jobs, len(missing))
        done = shards.map_batches(
            _Reader,
            fn_constructor_args=(plan,),
            batch_size=1,
            num_cpus=1,
            num_gpus=GPU_SHARE if plan.options.device == "cuda" else None,
            compute=ray.data.ActorPoolStrategy(min_size=1, max_size=readers, initial_size=readers),
        )
        for row in done.iter_rows():
            if row["error"]:
                raise BatchError(row["error"])
            yield Shard(int(row["number"]), int(row["read"]), int(row["failed"]))
            if stopped():
                return
    except ray.exceptions.RayError as error:
        raise BatchError(f"the cluster gave up: {' '.join(str(error).split())[:300]}") from error
    finally:
        ray.shutdown()


def _check_reached(address: str) -> None:
    """Ray ends the process where nobody answers: look first, and tell."""
    try:
        parts = urlsplit(address if "://" in address else f"//{address}")
        if parts.hostname is None or parts.port is None:
            raise ValueError("expected auto, HOST:PORT or ray://HOST:PORT")
        socket.create_connection((parts.hostname, parts.port), timeout=REACHED_S).close()
    except (OSError, ValueError) as error:
        raise BatchError(f"no cluster at {address}: {error}") from error
