"""Schemathesis over the document of the API: no fault, nothing that the document does not say."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from running import SAMPLES, made_token, running

from gifect.models.registry import available_models

pytest.importorskip("schemathesis", reason="needs schemathesis")


def run(folder: Path, gifs: Path, *options: str) -> None:
    secret = made_token(folder, "root", "admin")
    with running(folder, "--auth", "--no-limit-rates", "--gifs", str(gifs)) as server:
        server.client.token = secret
        list(server.client.follow_job(server.client.add_to_library([SAMPLES / "laugh.gif"]).id))
        command = [sys.executable, "-m", "schemathesis.cli", "run", f"{server.address}/api/v1/openapi.json"]
        command += [
            "-H",
            f"Authorization: Bearer {secret}",
            "--request-timeout",
            "120",
            "--generation-database",
            "none",
        ]
        # whether a valid request is accepted depends on what is there: GIFs, queues, votes
        command += ["--exclude-checks", "positive_data_acceptance", *options]
        if "text" not in available_models():
            command += ["--exclude-path-regex", "^/api/v1/(text|recommend)$"]
        environment = {**os.environ, "NO_COLOR": "1", "HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "hypothesis")}
        done = subprocess.run(command, capture_output=True, text=True, timeout=1500, env=environment, cwd=folder)
        faults = [line for line in server.lines() if line.get("event") in ("fault", "fault in a worker")]
    assert faults == []
    assert done.returncode == 0, done.stdout[-6000:]


def test_examples_of_the_document(tmp_path: Path, gifs: Path) -> None:
    run(tmp_path, gifs, "--phases", "examples")


@pytest.mark.slow
def test_edges_and_noise(tmp_path: Path, gifs: Path) -> None:
    run(tmp_path, gifs, "--phases", "coverage,fuzzing", "--max-examples", "10")
