"""An HTTP server for one page: its files, one job at a time, and what the page posts.

All paths begin with a token that only the address has, so that other programs and other pages can
neither read a model nor post a result. Bodies are bounded by what the job can give.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
import sys
import threading
import time
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from act_artefact.errors import CheckFailed
from act_engine.wasm import WEB
from act_profiling.devices.browser.packages import package_files
from act_profiling.devices.browser.posted import LIMIT, Done, Failed, Hello, parse, parse_end

PAGE = Path(__file__).parent / "page"
KINDS = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
}
KINDS |= {".wasm": "application/wasm", ".txt": "text/plain"}
ISOLATION = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}
"""By which a browser gives a page on a secure origin, as loopback is, its fine clock."""
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
POLL_SECONDS = 10.0
"""For how long the page's question for a job is kept open."""
SOCKET_SECONDS = 30.0
"""For how long a connection may be silent."""
MOST_REQUESTS = 64
"""Connections at once: a browser opens six."""


class PageServer:
    """Serves one page at a time; the newest that has said hello.

    Args:
        host: the address that it listens on.
        packages: a folder of npm's, from which runtimes are served.
        isolated: whether pages may have the fine clock.
    """

    def __init__(self, host: str, packages: Path | None = None, *, isolated: bool = True) -> None:
        self.token = secrets.token_urlsafe(16)
        self.headers = {**HEADERS, **(ISOLATION if isolated else {})}
        self.hello: Hello | None = None
        """Facts that the newest page has given of itself."""
        self.heard = time.monotonic()
        """The time of its last message."""
        self.end: Done | Failed | None = None
        """The run's end; None if another page took over meanwhile."""
        self.ended = False
        self.rows = b""
        self.number = 0
        """Number of the job; 0 before the first."""
        self.packages = packages
        self._package_files = package_files(packages)
        self._changed = threading.Condition()
        self._page = ""
        self._order: dict[str, Any] | None = None
        self._folder = PAGE
        self._limit = 0
        self._closed = False
        self._http = _Server((host, 0), partial(_Handler, self))
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def url(self, host: str) -> str:
        """The page's address as seen from where ``host`` is this machine."""
        return f"http://{host}:{self._http.server_port}/{self.token}/"

    def begin(self, order: Mapping[str, Any], folder: Path, limit: int) -> None:
        """Give the page a job.

        Args:
            order: what is asked of it.
            folder: its files.
            limit: bytes of the rows that it gives.
        """
        with self._changed:
            self.number += 1
            self._order = {**order, "number": self.number}
            self._folder, self._limit = folder, limit
            self.rows, self.end, self.ended = b"", None, False
            self.heard = time.monotonic()
            self._changed.notify_all()

    def wait(self, seconds: float) -> None:
        """Wait until something has changed, or so long."""
        with self._changed:
            self._changed.wait(seconds)

    def close(self) -> None:
        """Tell the page that there is no further job, and stop."""
        with self._changed:
            if self._closed:
                return
            self._closed = True
            self._changed.notify_all()
        self._http.shutdown()
        self._http.server_close()

    # From here on it is the handlers' threads that call.

    def file(self, name: str) -> Path | None:
        """A file of the page by its name in an address, or of the current job."""
        if job := re.fullmatch(r"jobs/(\d{1,9})/([^/]+)", name):
            if int(job[1]) != self.number:
                return None
            found = {quote(each.name, safe=""): each for each in self._folder.iterdir()}
            return found.get(job[2])
        if name.startswith("packages/"):
            return self._package_files.get(name.removeprefix("packages/"))
        files = {each.name: each for each in (*PAGE.iterdir(), WEB / "act.js", WEB / "act.wasm")}
        return files.get(name or "index.html")

    def is_current(self, page: str) -> bool:
        """True for the newest page, which has then been heard of."""
        with self._changed:
            if page != self._page:
                return False
            self.heard = time.monotonic()
            return True

    def next(self, page: str) -> dict[str, Any] | None:
        """Wait for a job for the page.

        The same job is given until the page has posted its end: an answer may be lost.

        Returns:
            The job; an empty one if there is none for a while; None if the page is not the newest,
            or no longer.
        """
        with self._changed:
            self.is_current(page)
            self._changed.wait_for(
                lambda: self._closed or page != self._page or self._waiting(), POLL_SECONDS
            )
            if not self.is_current(page):
                return None
            if self._closed:
                return {"end": True}
            return self._order if self._waiting() else {}

    def _waiting(self) -> bool:
        """True while there is a job whose end nobody has posted."""
        return self._order is not None and not self.ended

    def limit(self, path: str) -> int | None:
        """Bytes that may be posted to a path; None if nothing may be."""
        if path in ("hello", "alive"):
            return 1 << 12
        return {f"rows/{self.number}": self._limit, f"done/{self.number}": LIMIT}.get(path)

    def take(self, path: str, page: str, body: bytes) -> None:
        """Take what a page has posted.

        Raises:
            CheckFailed: it is not what a page posts.
        """
        with self._changed:
            if path == "hello":
                self.hello = parse(body, Hello)
                self._page, self.heard = page, time.monotonic()
                self.ended = self.number > 0
            elif path.startswith("rows/"):
                self.rows = body
            elif path.startswith("done/"):
                self.end, self.ended = parse_end(body), True
            self._changed.notify_all()


class _Server(ThreadingHTTPServer):
    """A thread a connection, of which there are not too many."""

    daemon_threads = True

    def __init__(self, *args: Any) -> None:
        self._slots = threading.BoundedSemaphore(MOST_REQUESTS)
        super().__init__(*args)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._slots.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._slots.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent where a browser has closed a connection."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    timeout = SOCKET_SECONDS
    server_version, sys_version = "act-profile", ""

    def __init__(self, pages: PageServer, *args: Any) -> None:
        self._pages = pages
        super().__init__(*args)

    def do_GET(self) -> None:
        path, page = self._path()
        if path is None:
            self._answer(HTTPStatus.NOT_FOUND)
        elif urlsplit(self.path).path == f"/{self._pages.token}":
            # Without the slash, the page's files would be looked for beside it.
            self._answer(HTTPStatus.MOVED_PERMANENTLY, location=f"/{self._pages.token}/")
        elif path == "next":
            order = self._pages.next(page)
            if order is None:
                self._answer(HTTPStatus.GONE)
                return
            self._answer(HTTPStatus.OK, json.dumps(order).encode(), ".json")
        elif file := self._pages.file(path):
            self._answer(HTTPStatus.OK, file.read_bytes(), file.suffix)
        else:
            self._answer(HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        # What is left of a body that is not read would be the next request.
        self.close_connection = True
        path, page = self._path()
        limit = None if path is None else self._pages.limit(path)
        if path is None or limit is None:
            self._answer(HTTPStatus.FORBIDDEN)
            return
        size = self.headers.get("Content-Length", "")
        if not re.fullmatch(r"\d{1,12}", size) or int(size) > limit:
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        if path != "hello" and not self._pages.is_current(page):
            self._answer(HTTPStatus.GONE)
            return
        body = self.rfile.read(int(size))
        if len(body) < int(size):
            return
        try:
            self._pages.take(path, page, body)
        except CheckFailed as error:
            self._answer(HTTPStatus.BAD_REQUEST, str(error).encode())
            return
        self.close_connection = False
        self._answer(HTTPStatus.NO_CONTENT)

    def _path(self) -> tuple[str | None, str]:
        """The path below the token, None for a stranger's; and which page asks."""
        try:
            parts = urlsplit(self.path)
        except ValueError:
            return None, ""
        _, token, *rest = [*parts.path.split("/", 2), ""]
        known = hmac.compare_digest(token.encode(), self._pages.token.encode())
        page = re.fullmatch(r"page=([0-9a-f]{16})", parts.query)
        return "/".join(rest).rstrip("/") if known else None, page[1] if page else ""

    def _answer(
        self, status: HTTPStatus, body: bytes = b"", suffix: str = ".txt", location: str = ""
    ) -> None:
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        for name, value in self._pages.headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        if status != HTTPStatus.NO_CONTENT:
            kind = KINDS.get(suffix, "application/octet-stream")
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Stay silent."""
