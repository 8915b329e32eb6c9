"""``act-profile --device browser`` in headless Chromium, from artefacts to a report."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from act_artefact import chromium
from act_artefact.errors import UserError
from act_artefact.files import digest
from act_artefact.targets import TARGETS
from act_profiling import profile
from act_profiling.cli import main
from act_profiling.config import MeasureConfig
from act_profiling.devices.browser import LOOPBACK
from act_profiling.devices.browser.address import lan_address
from act_profiling.devices.browser.device import BrowserDevice
from act_profiling.devices.browser.server import PageServer
from act_profiling.devices.open import open_devices
from tests.clients.browser import opened
from tests.clients.environments import npm
from tests.clients.exports import MODELS, Artefact, Row, make

pytestmark = pytest.mark.web

WEB = {name: target.web for name, target in TARGETS.items() if target.web is not None}
SHORT = MeasureConfig(rounds=1, min_seconds=0.0)


@pytest.fixture(scope="module")
def program() -> str:
    found = chromium.find_chromium()
    if found is None:
        pytest.skip("no Chromium is installed: .ci/packages installs it")
    return found


@pytest.fixture(params=[True, False], ids=["fine clock", "coarse clock"])
def device(program: str, request: pytest.FixtureRequest) -> Iterator[BrowserDevice]:
    server = PageServer(LOOPBACK, isolated=request.param)
    device = BrowserDevice(server)
    device.browser = chromium.Chromium(program, server.url(LOOPBACK))
    device.greet(60)
    yield device
    device.close()


def test_both_clocks(device: BrowserDevice, artefacts: dict[str, Artefact]) -> None:
    """Answers are those of this machine's engine; a report is of the clock that the page has."""
    paths = [artefacts[name].path for name in ("parity-fp32", "charlm-int8")]
    for path, model in zip(paths, ("parity", "charlm"), strict=True):
        data = MODELS / model / "eval.npz"
        report = profile([path], data, device, items=60, config=SHORT)
        (host,) = open_devices("host")
        expected = profile([path], data, host, items=60, config=SHORT)["variants"][0]
        (variant,) = report["variants"]
        assert variant["golden"]["passed"]
        facts = report["device"]["facts"]
        assert facts["kernels"] == "wasm-simd128"
        assert "HeadlessChrome" in facts["agent"]
        assert facts["visibility"] == "visible in every run"
        assert (facts["clock_us"] < 50) == facts["isolated"]
        assert "a batch of one call as an app makes it" in report["provenance"]["boundary"]
        (timed,) = variant["rounds"]
        assert timed["rows"] == expected["rounds"][0]["rows"] // (1 + _repeats(expected))
        # A machine that does much else refuses numbers, and says why.
        if variant["missing"] is None:
            assert variant["ponder_steps"] == expected["ponder_steps"]
            assert variant["metric"]["value"] == pytest.approx(expected["metric"]["value"], 1e-4)
            assert variant["latency"]["per_call"]["p95"] is None
        else:
            assert "batches are not on a line" in variant["missing"]


def test_images(program: str, tmp_path: Path) -> None:
    """Mazes of several sizes, filled up to the largest: answers are those of this machine."""
    path = make(Row("maze", "loop", dynamic=("height", "width")), "native", tmp_path).path
    data = MODELS / "maze" / "eval.npz"
    (device,) = open_devices("browser")
    try:
        report = profile([path], data, device, items=30, config=SHORT)
    finally:
        device.close()
    (host,) = open_devices("host")
    expected = profile([path], data, host, items=30, config=SHORT)["variants"][0]
    (variant,) = report["variants"]
    assert variant["golden"]["passed"]
    assert variant["rounds"][0]["runtime"] == "act-engine 0.1.0 (wasm-simd128)"
    assert variant["rounds"][0]["rows"] == 30
    # A machine that does much else refuses numbers, and says why.
    if variant["missing"] is None:
        assert variant["ponder_steps"] == expected["ponder_steps"]
        assert variant["metric"]["value"] == pytest.approx(expected["metric"]["value"], 1e-4)
    else:
        assert "batches of one call differ" in variant["missing"]


def _repeats(variant: dict[str, Any]) -> int:
    """Count the runs of the data after the first."""
    return -(-variant["latency"]["per_call"]["count"] // variant["ponder_steps"]["time_steps"]) - 1


def test_other_weights_fail_in_the_page(
    program: str, artefacts: dict[str, Artefact], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    bad = _replaced(artefacts["parity-fp32"].path, artefacts["parity-int8"].path, tmp_path / "bad")
    data = MODELS / "parity" / "eval.npz"
    words = [bad, "--data", data, "--items", 1, "--rounds", 1, "--device", "browser"]
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    said = capfd.readouterr().err
    assert ended.value.code == 1
    assert "on browser: golden check failed: y is off by" in said


def _replaced(path: Path, by: Path, folder: Path) -> Path:
    """An export whose artefact is another one, of the same tensors."""
    shutil.copytree(path.parent, folder)
    shutil.copy(by, folder / path.name)
    file = folder / f"{path.stem}.manifest.json"
    manifest = {**json.loads(file.read_text()), "sha256": digest(by)}
    file.write_text(json.dumps({**manifest, "size": by.stat().st_size}))
    return folder / path.name


@pytest.fixture(scope="module")
def packages(pytestconfig: pytest.Config) -> Path:
    """Install the other runtimes and return npm's folder."""
    assert pytestconfig.cache is not None
    folder = pytestconfig.cache.mkdir("web-runtimes")
    npm(folder, [f"{each.package}@{each.version}" for each in WEB.values()])
    return folder / "node_modules"


def test_other_runtimes_beside_it(
    program: str, packages: Path, artefacts: dict[str, Artefact], tmp_path: Path
) -> None:
    """ONNX and TFLite files, with their state fed back, give the engine's N in the same page."""
    paths = [artefacts["charlm-fp32"].path]
    for target in WEB:
        (tmp_path / target).mkdir()
        paths.append(make(Row("charlm", "loop"), target, tmp_path / target).path)
    (device,) = open_devices("browser", runtime=packages)
    try:
        report = profile(paths, MODELS / "charlm" / "eval.npz", device, items=8, config=SHORT)
    finally:
        device.close()
    names = ["act-engine 0.1.0 (", "ONNX Runtime Web 1.30.0 (", "LiteRT.js 2.5.3 ("]
    steps = []
    for variant, name in zip(report["variants"], names, strict=True):
        assert variant["golden"]["passed"]
        assert variant["rounds"][0]["runtime"].startswith(name)
        if variant["missing"] is None:
            steps.append(variant["ponder_steps"])
        else:
            assert "batches are not on a line" in variant["missing"]
    assert all(each == steps[0] for each in steps)


@pytest.mark.parametrize(
    ("flag", "missing"),
    [
        ("--jitless", "WebAssembly:"),
        ("--no-enable-sse4-1", "WebAssembly SIMD:"),
    ],
)
def test_a_browser_that_lacks_something(program: str, flag: str, missing: str) -> None:
    server = PageServer(LOOPBACK)
    device = BrowserDevice(server)
    flags = (f"--js-flags={flag}",)
    device.browser = chromium.Chromium(program, server.url(LOOPBACK), flags)
    try:
        with pytest.raises(UserError, match=f"this browser has no {missing} use Chrome 91"):
            device.greet(60)
    finally:
        device.close()


def test_what_is_measured_while_hidden_is_dropped(
    program: str, artefacts: dict[str, Artefact], tmp_path: Path
) -> None:
    """Another tab is opened over the page during a run, and closed once the run was dropped."""
    server = PageServer(LOOPBACK)
    device = BrowserDevice(server)
    # The last of two such flags holds.
    flags = ("--remote-debugging-port=0", f"--user-data-dir={tmp_path}")
    device.browser = chromium.Chromium(program, server.url(LOOPBACK), flags)
    try:
        device.greet(60)
        port = int((tmp_path / "DevToolsActivePort").read_text().split()[0])
        data, config = MODELS / "parity" / "eval.npz", MeasureConfig(rounds=1, min_seconds=5)
        path = artefacts["parity-fp32"].path
        with ThreadPoolExecutor(1) as pool:
            done = pool.submit(profile, [path], data, device, items=60, config=config)
            _wait_until(server, lambda: server.number == 3)
            begun = server.heard
            # The page tells that it is alive once it has run for a second.
            _wait_until(server, lambda: server.heard > begun + 0.5)
            tab = json.loads(_devtools(port, "new?about:blank", "PUT"))["id"]
            _wait_until(server, lambda: server.number == 4)
            _devtools(port, f"close/{tab}", "GET")
            report = done.result(60)
    finally:
        device.close()
    facts = report["device"]["facts"]
    assert facts["visibility"] == "hidden during 1 of the runs: dropped, and run again"
    assert len(report["variants"][0]["rounds"]) == 1


def _wait_until(server: PageServer, holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < until
        server.wait(0.1)


def _devtools(port: int, what: str, method: str) -> bytes:
    request = urllib.request.Request(f"http://127.0.0.1:{port}/json/{what}", method=method)
    with urllib.request.urlopen(request, timeout=20) as response:
        return bytes(response.read())


def test_a_network_has_the_coarse_clock(program: str) -> None:
    """An address that is not loopback is no secure origin: the page is told so, and works."""
    try:
        address = lan_address()
    except UserError as error:
        pytest.skip(str(error))
    server = PageServer("0.0.0.0")
    device = BrowserDevice(server)
    device.browser = chromium.Chromium(program, server.url(address))
    try:
        device.greet(60)
    finally:
        device.close()
    facts = device.describe()
    assert not facts["isolated"]
    assert facts["clock_us"] > 50


def test_a_browser_of_ones_own(artefacts: dict[str, Artefact], tmp_path: Path) -> None:
    """The address is printed; whatever browser opens it is measured."""
    path, data = artefacts["parity-int8"].path, MODELS / "parity" / "eval.npz"
    command = [sys.executable, "-m", "act_profiling.cli", path, "--data", data, "--items", "60"]
    command += ["--device", "browser:open", "--rounds", "1", "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        address = process.stderr.readline().removeprefix("Open this page in a browser: ").strip()
        try:
            with opened("firefox-esr", address, tmp_path):
                said, _ = process.communicate(timeout=120)
        except FileNotFoundError as missing:
            process.kill()
            pytest.skip(str(missing))
    assert process.returncode == 0
    report = json.loads(said)
    assert report["variants"][0]["golden"]["passed"]
    assert report["device"]["identity"].startswith("Firefox ")


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A folder for temporary files whose path is short: below pytest's own, that of Chromium's
    socket may be longer than the 107 bytes that a socket's may have, and Chromium aborts."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def test_ctrl_c_leaves_nothing(
    program: str, artefacts: dict[str, Artefact], temporary: Path
) -> None:
    command = [sys.executable, "-m", "act_profiling.cli", artefacts["charlm-fp32"].path]
    command += ["--data", MODELS / "charlm" / "eval.npz", "--device", "browser", "--rounds", "50"]
    environment = {**os.environ, "TMPDIR": str(temporary)}
    with subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A test run in the background of a shell ignores it, and so would its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    ) as process:
        assert process.stderr is not None
        assert "golden check" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    assert list(temporary.iterdir()) == []
    shown = subprocess.run(["ps", "-ww", "-eo", "args"], capture_output=True, text=True, check=True)
    assert str(temporary) not in shown.stdout
