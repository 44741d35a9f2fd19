"""One full-size forward of each I3D stream: processor time and memory, in ONNX Runtime on one thread.

    python benchmarks/i3d.py [--write docs/results/i3d.md]

The weights do not matter for the time: where the networks are not at hand, random ones are exported first.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

from gifect.actions.i3d import SIDE, STREAMS, WINDOW
from gifect.evaluation.tables import Table
from gifect.models.registry import model_card

COMMAND = "python benchmarks/i3d.py"
BARS = {"processor time, s": 3.0, "peak memory, MB": 1500}
RUNS = 3

FORWARD = """
import resource, sys, time
import numpy, onnxruntime
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = options.inter_op_num_threads = 1
session = onnxruntime.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
given = session.get_inputs()[0]
kind = numpy.uint8 if "uint8" in given.type else numpy.int8
clip = numpy.random.default_rng(0).integers(0, 127, given.shape, dtype=kind)
session.run(None, {given.name: clip})
times = []
for _ in range(int(sys.argv[2])):
    started = time.process_time()
    session.run(None, {given.name: clip})
    times.append(time.process_time() - started)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(min(times), peak)
"""


def network(stream: str, folder: Path) -> Path:
    """Return the ONNX file of a stream: the one at hand, else one with random weights."""
    path = model_card(STREAMS[stream]).path
    if path.is_file():
        return path
    import torch

    from gifect.training.convert import export_i3d
    from gifect.training.networks.i3d import I3D

    torch.manual_seed(0)
    made = folder / f"{stream}.onnx"
    export_i3d(I3D(stream), made)
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    title = f"I3D, one forward of {WINDOW} x {SIDE} x {SIDE}, one thread"
    table = Table(title, ["stream", "processor time, s", "peak memory, MB"], COMMAND)
    with tempfile.TemporaryDirectory() as folder:
        for stream in STREAMS:
            path = network(stream, Path(folder))
            done = subprocess.run(
                [sys.executable, "-c", FORWARD, str(path), str(RUNS)], capture_output=True, text=True, check=True
            )
            seconds, peak = map(float, done.stdout.split())
            table.add(stream, f"{seconds:.2f}", f"{peak:.0f}")
    table.add("bar", *(f"{BARS[column]:g}" for column in table.columns[1:]))
    print(table.to_text())
    if given.write:
        given.write.write_text("# I3D\n\n" + table.to_markdown())


if __name__ == "__main__":
    main()
