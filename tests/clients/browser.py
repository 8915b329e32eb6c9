"""A page in a headless browser, served from this process, that answers one job."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tests.clients.client import Refused
from tests.clients.environments import PROGRAMS, SECONDS


class Visit:
    """The job that the page is served, and the answer that it sent back."""

    def __init__(
        self, job: dict[str, Any], folders: Mapping[str, Path], headers: Mapping[str, str]
    ) -> None:
        self.headers = headers
        self.folders = {"programs": PROGRAMS, **folders}
        self.files = {f"/files/{part}": Path(path) for part, path in job["files"].items()}
        places = {part: f"/files/{part}" for part in job["files"]}
        self.job = json.dumps({**job, "files": places}).encode()
        self.answer: dict[str, Any] | None = None
        self.answered = threading.Event()


class Handler(SimpleHTTPRequestHandler):
    """Serves ``/programs``, further folders, ``/files`` and ``/job.json``; takes ``/answers``."""

    extensions_map = {  # noqa: RUF012
        **SimpleHTTPRequestHandler.extensions_map,
        ".mjs": "text/javascript",
        ".wasm": "application/wasm",
    }

    def __init__(self, visit: Visit, *args: Any) -> None:
        self.visit = visit
        super().__init__(*args)

    def translate_path(self, path: str) -> str:
        _, folder, rest = path.split("?", maxsplit=1)[0].split("/", 2)
        if folder == "files":
            return str(self.visit.files[f"/files/{rest}"])
        return str(self.visit.folders[folder] / rest)

    def do_GET(self) -> None:
        if self.path == "/job.json":
            self._send(self.visit.job)
        elif self.path.split("/")[1] in ("files", *self.visit.folders):
            super().do_GET()
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not self.visit.answered.is_set():
            self.visit.answer = json.loads(body)
        self._send(b"{}")
        self.visit.answered.set()

    def end_headers(self) -> None:
        for name, value in self.visit.headers.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, *args: Any) -> None:
        """Stay silent."""

    def _send(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def visit(
    page: str,
    folders: Mapping[str, Path],
    job: dict[str, Any],
    scratch: Path,
    browser: str = "chromium",
    *,
    headers: Mapping[str, str] = MappingProxyType({}),
    seconds: float = SECONDS,
) -> dict[str, Any]:
    """Open a page and wait for its answer.

    Args:
        page: a folder's name and a file in it: ``programs/NAME.html``.
        folders: what the page is served beside ``programs``, by name.
        job: its ``files`` are served, too.
        browser: one of ``BROWSERS``.
        headers: of every response.
        seconds: the most that the answer may take.

    Raises:
        Refused: no answer came.
        FileNotFoundError: there is no such browser.
    """
    asked = Visit(job, folders, headers)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, asked))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with opened(browser, f"http://127.0.0.1:{server.server_port}/{page}", scratch):
            if not asked.answered.wait(seconds) or asked.answer is None:
                raise Refused(f"no answer in {seconds} s")
            return asked.answer
    finally:
        server.shutdown()
        server.server_close()


def _chromium(profile: Path) -> list[str]:
    # In a container and as root there is no sandbox; the page is the tests' own.
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    return [*flags, f"--user-data-dir={profile}"]


def _firefox(profile: Path) -> list[str]:
    profile.mkdir(exist_ok=True)
    return ["--headless", "--no-remote", "--profile", str(profile)]


BROWSERS: dict[str, Callable[[Path], list[str]]] = {
    "chromium": _chromium,
    "firefox-esr": _firefox,
}
"""Options of each browser's program, given the folder of its profile."""


@contextmanager
def opened(browser: str, address: str, scratch: Path) -> Iterator[None]:
    program = shutil.which(browser)
    if program is None:
        raise FileNotFoundError(f"{browser} is not installed: .ci/packages installs it")
    profile = scratch / "profile"
    with (scratch / f"{browser}.log").open("w") as log:
        process = subprocess.Popen(
            [program, *BROWSERS[browser](profile), address], stdout=log, stderr=log
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(profile, ignore_errors=True)
