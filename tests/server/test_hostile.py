"""A hundred hostile files and thirty hostile addresses: each refused clearly, and the server as it was."""

from __future__ import annotations

import json
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hostile import ADDRESSES, hostile
from running import SAMPLES, running

from gifect.server.client import RequestError

MIB = 1 << 20


@pytest.mark.slow
def test_hostile_files_are_refused_and_leave_nothing(tmp_path: Path) -> None:
    files = list(hostile())
    assert len(files) >= 100
    with running(tmp_path, "--workers", "2") as server:
        for _ in range(3):
            server.client.read(SAMPLES / "laugh.gif")
        before = server.memory()
        for name, data in files:
            answer = server.ask("POST", "/api/v1/readings", data, {"Content-Type": "application/octet-stream"})
            assert (name, answer.status) in ((name, 422), (name, 413)), (name, answer.body[:300])
            assert answer.headers["content-type"] == "application/problem+json"
            told = answer.json["detail"]
            assert 10 < len(told) < 600 and str(tmp_path) not in told and "GIFECT_MAX" not in told, (name, told)
        assert server.client.read(SAMPLES / "laugh.gif").reading.emotion == "happiness"
        assert server.memory() < before + 64 * MIB
        data = server.folder / "data"
        assert not list((data / "incoming").iterdir())
        assert len(list((data / "readings").iterdir())) == 4
        children = [
            int(pid)
            for pid in Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
        ]
        assert len(children) == 2


def test_hostile_addresses_are_refused(tmp_path: Path) -> None:
    assert len(ADDRESSES) >= 30
    with running(tmp_path, "--workers", "1") as server:
        port = urlsplit(server.address).port
        for address in ADDRESSES:
            body = json.dumps({"url": address.format(port=port)}).encode()
            begun = time.monotonic()
            answer = server.ask("POST", "/api/v1/readings", body, {"Content-Type": "application/json"})
            assert (address, answer.status) == (address, 422)
            assert "allow_private" not in answer.json["detail"]
            assert time.monotonic() - begun < 20
        with pytest.raises(RequestError, match="not a public address"):
            server.client.read(f"http://127.0.0.1:{port}/static/icon.svg")
