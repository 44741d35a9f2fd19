"""The plan of a batch, written before it begins: which inputs belong to which shard, and with which options.

The folder of a batch holds ``plan/shard-000000.parquet`` and so on with the inputs, ``readings/shard-000000.parquet``
with exactly one row for each of them, and ``manifest.json``. A shard is done when its readings are there; nothing else
has to be remembered, so a batch that was broken off in any way goes on by doing the shards that are missing.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import asdict, astuple, dataclass, fields
from itertools import islice
from typing import Any, Final

from gifect import __version__
from gifect.errors import BatchError
from gifect.models.registry import available_models, model_card
from gifect.scale.inputs import Input, find_inputs
from gifect.scale.reading import Options
from gifect.scale.storage import Folder

__all__ = ["MANIFEST", "Plan", "finish_manifest", "open_plan", "parquet_bytes", "shard_name"]

MANIFEST: Final = "manifest.json"
LAYOUT: Final = 1  # version of the folder's layout


@dataclass(frozen=True)
class Plan:
    """Shards of a batch.

    Attributes
    ----------
    folder : of the results.
    options : of the readings.
    inputs, shard_size : how many inputs there are, and how many a shard has at most.
    """

    folder: Folder
    options: Options
    inputs: int
    shard_size: int

    @property
    def shards(self) -> int:
        """How many shards there are."""
        return -(-self.inputs // self.shard_size)

    def size_of(self, shard: int) -> int:
        """Return how many inputs a shard has."""
        return min(self.shard_size, self.inputs - shard * self.shard_size)

    def inputs_of(self, shard: int) -> list[Input]:
        """Return the inputs of a shard."""
        import pyarrow.parquet as pq

        table = pq.read_table(io.BytesIO(self.folder.read(f"plan/{shard_name(shard)}")))
        return [Input(**row) for row in table.to_pylist()]

    def missing(self) -> list[int]:
        """Return the shards that are not done."""
        done = set(self.folder.names("readings"))
        return [shard for shard in range(self.shards) if shard_name(shard) not in done]


def shard_name(shard: int) -> str:
    """Return the name of a shard's file."""
    return f"shard-{shard:06d}.parquet"


def parquet_bytes(table: Any) -> bytes:
    """Return an Arrow table as a Parquet file."""
    import pyarrow.parquet as pq

    held = io.BytesIO()
    pq.write_table(table, held, compression="zstd")
    return held.getvalue()


def open_plan(address: str, output: str, options: Options, shard_size: int) -> Plan:
    """Return the plan that lies in a folder of results, or write it if there is none.

    Raises
    ------
    BatchError
        If the folder holds something else, or a batch of other inputs, options, networks or version.
    """
    folder = Folder(output)
    names = folder.names()
    asked = {
        "layout": LAYOUT,
        "gifect": __version__,
        "input": address,
        "options": asdict(options),
        "networks": {name: model_card(name).sha256 for name in available_models() if model_card(name).url is None},
    }
    if MANIFEST not in names:
        if set(names) - {"plan"}:
            raise BatchError(f"{output} is not empty and holds no batch: expected a new folder")
        inputs = _write_plan(folder, address, shard_size)
        _write_manifest(folder, asked | {"inputs": inputs, "shard": shard_size})
        return Plan(folder, options, inputs, shard_size)
    try:
        known = json.loads(folder.read(MANIFEST))
        changed = [key for key in asked if known[key] != asked[key]]
        plan = Plan(folder, options, int(known["inputs"]), int(known["shard"]))
    except (ValueError, KeyError, TypeError) as error:
        raise BatchError(f"{output}/{MANIFEST} is damaged: {error!r}") from error
    if changed:
        differs = "; ".join(f"{key} was {_short(known[key])}, is {_short(asked[key])}" for key in changed)
        raise BatchError(f"{output} holds another batch ({differs}): expected the same call, or a new folder")
    return plan


def _short(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) < 120 else text[:120] + "..."


def _write_manifest(folder: Folder, content: dict[str, Any]) -> None:
    folder.write(MANIFEST, json.dumps(content, indent=1).encode() + b"\n")


def _write_plan(folder: Folder, address: str, shard_size: int) -> int:
    import pyarrow as pa

    kinds = {"number": pa.int64(), "row": pa.int64()}
    schema = pa.schema([(field.name, kinds.get(field.name, pa.string())) for field in fields(Input)])
    inputs: Iterator[Input] = find_inputs(address)
    count = shard = 0
    while part := list(islice(inputs, shard_size)):
        columns = [
            pa.array(cells, field.type)
            for cells, field in zip(zip(*map(astuple, part), strict=True), schema, strict=True)
        ]
        folder.write(f"plan/{shard_name(shard)}", parquet_bytes(pa.Table.from_arrays(columns, schema=schema)))
        count, shard = count + len(part), shard + 1
    return count


def finish_manifest(plan: Plan, summary: dict[str, Any]) -> None:
    """Add to the manifest what came of the batch."""
    known = json.loads(plan.folder.read(MANIFEST))
    _write_manifest(plan.folder, known | {"summary": summary})
