"""A page in headless Chromium, served from this process, that answers one job."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.clients.client import Refused
from tests.clients.environments import PROGRAMS, SECONDS


class Visit:
    """The job that the page is served, and the answer that it sent back."""

    def __init__(self, job: dict[str, Any], packages: Path) -> None:
        self.packages = packages
        self.files = {f"/files/{part}": Path(path) for part, path in job["files"].items()}
        places = {part: f"/files/{part}" for part in job["files"]}
        self.job = json.dumps({**job, "files": places}).encode()
        self.answer: dict[str, Any] | None = None
        self.answered = threading.Event()


class Handler(SimpleHTTPRequestHandler):
    """Serves ``/programs``, ``/packages``, ``/files`` and ``/job.json``; takes ``/answers``."""

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
        return str({"programs": PROGRAMS, "packages": self.visit.packages}[folder] / rest)

    def do_GET(self) -> None:
        if self.path == "/job.json":
            self._send(self.visit.job)
        elif self.path.startswith(("/programs/", "/packages/", "/files/")):
            super().do_GET()
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not self.visit.answered.is_set():
            self.visit.answer = json.loads(body)
        self._send(b"{}")
        self.visit.answered.set()

    def log_message(self, *args: Any) -> None:
        """Stay silent."""

    def _send(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def visit(page: str, packages: Path, job: dict[str, Any], scratch: Path) -> dict[str, Any]:
    """Open ``programs/PAGE`` and wait for its answer.

    Args:
        packages: the ``node_modules`` that it is served.

    Raises:
        Refused: no answer came.
        FileNotFoundError: there is no Chromium.
    """
    asked = Visit(job, packages)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, asked))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with _chromium(f"http://127.0.0.1:{server.server_port}/programs/{page}", scratch):
            if not asked.answered.wait(SECONDS) or asked.answer is None:
                raise Refused(f"no answer in {SECONDS} s")
            return asked.answer
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def _chromium(address: str, scratch: Path) -> Iterator[None]:
    program = shutil.which("chromium")
    if program is None:
        raise FileNotFoundError("chromium is not installed: .ci/packages installs it")
    # In a container and as root there is no sandbox; the page is the tests' own.
    command = [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    profile = f"--user-data-dir={scratch / 'profile'}"
    with (scratch / "chromium.log").open("w") as log:
        process = subprocess.Popen([*command, profile, address], stdout=log, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(scratch / "profile", ignore_errors=True)
