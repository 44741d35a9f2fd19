"""What a real Chromium makes of animated pictures: its WebCodecs ImageDecoder, asked over a local server."""

from __future__ import annotations

import contextlib
import http.server
import json
import queue
import shutil
import subprocess
import tempfile
import threading
import urllib.parse
from dataclasses import dataclass

import numpy as np

PAGE = b"""<!doctype html><script>
(async () => {
  for (const [name, type] of await (await fetch('/list')).json()) {
    const about = {name, delays: [], formats: [], error: ''}, parts = [];
    try {
      const data = await (await fetch('/file/' + name)).arrayBuffer();
      const decoder = new ImageDecoder({data, type, colorSpaceConversion: 'none'});
      await decoder.tracks.ready; await decoder.completed;
      about.repeats = String(decoder.tracks.selectedTrack.repetitionCount);
      for (let frameIndex = 0; frameIndex < decoder.tracks.selectedTrack.frameCount; frameIndex++) {
        const {image, complete} = await decoder.decode({frameIndex});
        const pixels = new Uint8Array(image.allocationSize());
        await image.copyTo(pixels);
        Object.assign(about, {width: image.codedWidth, height: image.codedHeight});
        about.formats.push(image.format);
        about.delays.push(image.duration / 1000);
        parts.push(pixels); image.close();
      }
    } catch (error) { about.error = String(error); }
    await fetch('/result?' + encodeURIComponent(JSON.stringify(about)), {method: 'POST', body: new Blob(parts)});
  }
  await fetch('/result?' + encodeURIComponent('null'), {method: 'POST', body: ''});
})();
</script>"""


@dataclass
class Seen:
    """RGBA frames (T, H, W, 4), delays in ms, repeats after the first play ("Infinity" for ever), an error or ""."""

    frames: np.ndarray
    delays_ms: list[float]
    repeats: str
    error: str


def find_chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def decode_all(files: dict[str, tuple[str, bytes]], seconds: float = 120) -> dict[str, Seen]:
    """Decode files {name: (MIME type, bytes)} in Chromium."""
    results: queue.Queue[tuple[dict, bytes] | None] = queue.Queue()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body, kind = PAGE, "text/html"
            if self.path == "/list":
                body, kind = json.dumps([[name, mime] for name, (mime, _) in files.items()]).encode(), "text/json"
            elif self.path.startswith("/file/"):
                kind, body = files[self.path[6:]]
            elif self.path != "/":
                body = b""
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            about = json.loads(urllib.parse.unquote(self.path.split("?", 1)[1]))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()
            results.put(about and (about, body))

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    seen = {}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile, _running(profile, server.server_port):
        while (result := results.get(timeout=seconds)) is not None:
            about, body = result
            seen[about["name"]] = _seen(about, body)
    server.shutdown()
    server.server_close()
    return seen


def _seen(about: dict, body: bytes) -> Seen:
    frames = np.zeros((0, 0, 0, 4), np.uint8)
    if about["delays"]:
        frames = np.frombuffer(body, np.uint8).reshape(len(about["delays"]), about["height"], about["width"], 4).copy()
        for frame, layout in zip(frames, about["formats"], strict=True):
            if layout.startswith("BGR"):
                frame[...] = frame[..., [2, 1, 0, 3]]
            if layout.endswith("X"):
                frame[..., 3] = 255
    return Seen(frames, about["delays"], about.get("repeats", ""), about["error"])


@contextlib.contextmanager
def _running(profile: str, port: int):
    command = [find_chromium(), "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    command += ["--no-first-run", f"--user-data-dir={profile}", f"http://127.0.0.1:{port}/"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)
