"""The server of the browser's page: strangers, other pages, and pages that go wrong."""

from __future__ import annotations

import json
import socket
import struct
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from act_artefact.errors import CheckFailed, UserError
from act_profiling.devices import Job, Settings
from act_profiling.devices.browser.device import BrowserDevice
from act_profiling.devices.browser.server import PageServer
from act_profiling.job import DATA_MAGIC
from act_profiling.rows import ROWS_MAGIC

ONE, OTHER = "0" * 16, "1" * 16
HELLO = {
    "agent": "Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0.0.0 Safari/537.36",
    "platform": "Linux",
    "cores": 2,
    "isolated": True,
    "clock_ns": 5000,
    "visible": True,
    "missing": "",
}
DONE = {
    "runtime": "wasm-simd128",
    "clock_ns": 5000,
    "init_ns": 1,
    "first_ns": 1,
    "warmup_ns": 1,
    "batches": [[0, 100, 1e6]],
    "hidden": False,
}
PLAN = """act-plan 1
output y float32 1 1
output ponder_steps int32 1 1
output remainder float32 1 1
"""
ROWS = ROWS_MAGIC + struct.pack("<QQQIIif", 0, 0, 0, 1, 7, 3, 0.5)


class Page:
    """Speaks as a page does."""

    def __init__(self, server: PageServer, name: str = ONE) -> None:
        self.address, self.name = server.url("127.0.0.1"), name

    def ask(self, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        try:
            with urllib.request.urlopen(
                f"{self.address}{path}?page={self.name}", body, timeout=20
            ) as response:
                return response.status, response.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def post(self, path: str, value: Any) -> int:
        return self.ask(path, json.dumps(value).encode())[0]

    def job(self) -> int:
        return int(json.loads(self.ask("next")[1])["number"])


@pytest.fixture
def server() -> Iterator[PageServer]:
    server = PageServer("127.0.0.1")
    yield server
    server.close()


@pytest.fixture
def job(tmp_path: Path) -> Job:
    (tmp_path / "job").mkdir()
    (tmp_path / "job" / "plan.txt").write_text(PLAN)
    (tmp_path / "job" / "data.bin").write_bytes(DATA_MAGIC + struct.pack("<Q", 1))
    return Job(tmp_path / "job", "native")


def running(device: BrowserDevice, job: Job, rows: Path) -> tuple[threading.Thread, list[Any]]:
    """Run a job in a thread; what comes of it is in the list."""
    ends: list[Any] = []

    def run() -> None:
        try:
            ends.append(device.run(job, Settings(), rows))
        except (UserError, CheckFailed) as error:
            ends.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, ends


def test_a_stranger_reads_and_posts_nothing(server: PageServer, job: Job) -> None:
    stranger, page = Page(server), Page(server)
    server.begin({}, job.folder, 100)
    host = server.url("127.0.0.1").removesuffix(f"{server.token}/")
    for stranger.address in (f"{host}{'x' * 22}/", host, f"{host}/"):
        for path in ("", "page.js", "jobs/1/data.bin", "next"):
            assert stranger.ask(path)[0] == 404
        for path in ("hello", "rows/1", "done/1", "alive"):
            assert stranger.post(path, HELLO) == 403
    assert server.hello is None
    assert page.ask("jobs/1/data.bin")[0] == 200


@pytest.mark.parametrize(
    "path", ["jobs/1/../../secret", "jobs/1/..%2Fsecret", "../secret", "jobs/0/plan.txt", "act.py"]
)
def test_no_other_file_is_served(server: PageServer, job: Job, path: str) -> None:
    (job.folder.parent / "secret").write_text("secret")
    server.begin({}, job.folder, 100)
    assert Page(server).ask(path)[0] == 404


@pytest.mark.parametrize("line", [b"GET http://[ HTTP/1.1", b"POST http://[/x HTTP/1.1"])
def test_what_is_no_address_is_refused_without_a_word(
    server: PageServer, line: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    port = urlsplit(server.url("127.0.0.1")).port
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(line + b"\r\nConnection: close\r\n\r\n")
        answer = connection.makefile("rb").read()
    assert answer.startswith((b"HTTP/1.1 404", b"HTTP/1.1 403"))
    assert capfd.readouterr() == ("", "")


def test_the_address_without_its_slash_leads_to_the_page(server: PageServer) -> None:
    address = server.url("127.0.0.1")
    with urllib.request.urlopen(address.rstrip("/"), timeout=20) as response:
        assert response.url == address
        assert b"page.js" in response.read()


def test_bodies_are_bounded(server: PageServer, job: Job) -> None:
    page = Page(server)
    assert page.post("hello", HELLO) == 204
    server.begin({}, job.folder, len(ROWS))
    assert page.ask("rows/1", ROWS)[0] == 204
    assert page.ask("rows/1", ROWS + b"x")[0] == 413
    assert page.ask("hello", b" " * 5000)[0] == 413
    assert page.ask("rows/2", ROWS)[0] == 403
    assert page.ask("hello", b"[1]")[0] == 400
    assert server.rows == ROWS


def test_the_newest_page_measures(server: PageServer) -> None:
    one, other = Page(server, ONE), Page(server, OTHER)
    assert one.post("hello", HELLO) == 204
    assert one.post("alive", "") == 204
    assert other.post("hello", HELLO) == 204
    assert one.post("alive", "") == 410
    assert one.ask("next")[0] == 410
    assert other.post("alive", "") == 204


def waiting(server: PageServer, page: Page) -> tuple[threading.Thread, list[tuple[int, bytes]]]:
    """Ask for a job in a thread, and return once the server waits for one."""
    answers: list[tuple[int, bytes]] = []
    thread = threading.Thread(target=lambda: answers.append(page.ask("next")))
    heard = server.heard
    thread.start()
    while server.heard == heard:
        thread.join(0.01)
    return thread, answers


def test_a_page_that_waits_is_told_that_another_has_taken_over(
    server: PageServer, job: Job
) -> None:
    one, other = Page(server, ONE), Page(server, OTHER)
    one.post("hello", HELLO)
    thread, answers = waiting(server, one)
    other.post("hello", HELLO)
    thread.join(20)
    assert [status for status, _ in answers] == [410]
    server.begin({}, job.folder, 100)
    assert other.job() == 1


def test_a_job_is_given_until_its_end_is_posted(server: PageServer, job: Job) -> None:
    page = Page(server)
    page.post("hello", HELLO)
    server.begin({}, job.folder, len(ROWS))
    # The first answer may never have come.
    assert page.job() == page.job() == 1
    page.ask("rows/1", ROWS)
    page.post("done/1", DONE)
    thread, answers = waiting(server, page)
    server.begin({}, job.folder, 100)
    thread.join(20)
    assert json.loads(answers[0][1])["number"] == 2


def test_what_was_hidden_is_dropped_and_run_again(
    server: PageServer, job: Job, tmp_path: Path
) -> None:
    page, device = Page(server), BrowserDevice(server)
    page.post("hello", HELLO)
    device.greet(5)
    thread, ends = running(device, job, tmp_path / "rows.bin")
    for hidden in (True, False):
        number = page.job()
        page.ask(f"rows/{number}", ROWS)
        page.post(f"done/{number}", {**DONE, "hidden": hidden, "batches": [[0, 100, 1e6]]})
    thread.join(20)
    assert ends[0].facts["batches"] == 1
    assert device.describe()["visibility"] == (
        "hidden during 1 of the runs: dropped, and run again"
    )
    assert struct.unpack_from("<QQQ", (tmp_path / "rows.bin").read_bytes(), 8) == (0, 0, 10_000)


def test_a_page_that_is_opened_again_runs_again(
    server: PageServer, job: Job, tmp_path: Path
) -> None:
    one, other, device = Page(server, ONE), Page(server, OTHER), BrowserDevice(server)
    one.post("hello", HELLO)
    device.greet(5)
    thread, ends = running(device, job, tmp_path / "rows.bin")
    assert one.job() == 1
    other.post("hello", HELLO)
    number = other.job()
    other.ask(f"rows/{number}", ROWS)
    other.post(f"done/{number}", DONE)
    thread.join(20)
    assert ends[0].facts["batches"] == 1
    assert "opened again during 1 of the runs" in device.describe()["visibility"]


@pytest.mark.parametrize(
    ("end", "kind", "message"),
    [
        ({"error": "its batch is 4", "refused": True}, UserError, "browser: its batch is 4"),
        ({"error": "it broke", "refused": False}, CheckFailed, "browser: it broke"),
        ({**DONE, "batches": []}, CheckFailed, "no batch of calls with N = 3"),
        (None, CheckFailed, "the page has said nothing for"),
    ],
)
def test_a_run_that_fails_says_why(
    server: PageServer, job: Job, tmp_path: Path, end: Any, kind: type, message: str
) -> None:
    page, device = Page(server), BrowserDevice(server, silent_seconds=20 if end else 0.5)
    page.post("hello", HELLO)
    device.greet(5)
    thread, ends = running(device, job, tmp_path / "rows.bin")
    if end:
        number = page.job()
        page.ask(f"rows/{number}", ROWS)
        page.post(f"done/{number}", end)
    thread.join(20)
    assert type(ends[0]) is kind
    assert message in str(ends[0])
    assert not (tmp_path / "rows.bin").exists()


def test_no_page_is_a_line(server: PageServer) -> None:
    with pytest.raises(UserError, match="no page was opened in 0 s"):
        BrowserDevice(server).greet(0.1)


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        (HELLO["agent"], "Chrome 156 on Linux, 2 cores"),
        ("Mozilla/5.0 Gecko/20100101 Firefox/153.0", "Firefox 153 on Linux, 2 cores"),
        ("Mozilla/5.0 Version/17.4 Safari/605.1.15", "Safari 17 on Linux, 2 cores"),
        ("Mozilla/5.0 Chrome/140.0 Safari/5.1 Edg/140.0", "Edg 140 on Linux, 2 cores"),
        ("something", "Linux, 2 cores"),
    ],
)
def test_a_browser_is_named(server: PageServer, agent: str, said: str) -> None:
    device = BrowserDevice(server)
    Page(server).post("hello", {**HELLO, "agent": agent})
    device.greet(5)
    assert device.describe()["identity"] == said
    assert device.describe()["clock_us"] == 5.0


@pytest.mark.parametrize(
    ("settings", "target", "message"),
    [
        (Settings(threads=2), "native", "--threads: a page has one"),
        (Settings(cpus="big"), "native", "--cpus"),
        (Settings(), "onnx", "npm install onnxruntime-web@1.30.0, and give"),
    ],
)
def test_what_a_page_cannot_do_is_refused(
    server: PageServer, job: Job, settings: Settings, target: str, message: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=message):
        BrowserDevice(server).run(Job(job.folder, target), settings, tmp_path / "rows.bin")
