"""A real Chromium that notes every complaint and every request to another host; axe, which looks for barriers."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

AXE = "axe-core@4.10.3"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "gifect-tests"


def axe_source() -> str:
    """Return axe's script, fetched once by npm; skips where that cannot be."""
    path = CACHE / f"{AXE}.js"
    if not path.is_file():
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip("needs axe-core: npm is not installed")
        CACHE.mkdir(parents=True, exist_ok=True)
        command = [npm, "pack", AXE, "--pack-destination", str(CACHE), "--silent"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=CACHE)
        if done.returncode:
            pytest.skip(f"needs axe-core: npm cannot fetch it ({done.stderr.strip()[:200]})")
        archive = CACHE / done.stdout.strip().splitlines()[-1]
        with tarfile.open(archive) as opened:
            script = opened.extractfile("package/axe.min.js")
            assert script is not None
            path.write_bytes(script.read())
        archive.unlink()
    return path.read_text(encoding="utf-8")


@dataclass
class Visit:
    """A page, and what the browser said of it."""

    page: object
    complaints: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)


@contextmanager
def visiting(address: str, **options: object) -> Iterator[Visit]:
    """Yield a fresh browser's page; at its end nothing may have been complained about or asked elsewhere."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("needs Chromium: apt install chromium")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        context = browser.new_context(base_url=address, **options)
        context.set_default_timeout(60_000)
        page = context.new_page()
        visit = Visit(page)

        def heard(message: object) -> None:
            if message.type in ("error", "warning"):  # type: ignore[attr-defined]
                visit.complaints.append(message.text)  # type: ignore[attr-defined]

        def asked(request: object) -> None:
            if not request.url.startswith((address, "blob:", "data:")):  # type: ignore[attr-defined]
                visit.elsewhere.append(request.url)  # type: ignore[attr-defined]

        page.on("console", heard)
        page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        page.on("request", asked)
        yield visit
        browser.close()
    assert visit.complaints == []
    assert visit.elsewhere == []


def barriers(page: object) -> list[str]:
    """Return axe's serious and critical findings, a line each."""
    page.evaluate(axe_source())  # type: ignore[attr-defined]
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]  # type: ignore[attr-defined]
    return [
        f"{one['id']}: {node['html'][:160]}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
