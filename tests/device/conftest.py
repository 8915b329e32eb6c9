"""A private adb, jobs, and what runs them on a device that is not there."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from act_artefact.interface import Interface, StatePair, Tensor
from act_artefact.manifest import Manifest
from act_profiling.adb import Adb, session
from act_profiling.adb.discovery import connect
from act_profiling.devices import Job
from act_profiling.devices.app import app_programs
from act_profiling.devices.emulated.emulation import private_environment
from act_profiling.job import Call, write_data, write_plan
from act_profiling.programs import DeviceProgram, Programs
from act_profiling.rows import read_rows
from tests.device.double import Double

CALLS, SEQUENCE = 40, 5
FIRST_CALLS = tuple(range(0, CALLS, SEQUENCE))
ROW_SIZE = 40

MANIFEST = Manifest(
    artefact="model.onnx",
    target="onnx",
    ponder="loop",
    sequence="stream",
    precision="fp32",
    batch=1,
    interface=Interface(
        inputs=(Tensor("x", "float32", (1, 3)), Tensor("h0", "float32", (1, 4))),
        outputs=(
            Tensor("y", "float32", (1, 2)),
            Tensor("ponder_steps", "int32", (1, 1)),
            Tensor("remainder", "float32", (1, 1)),
            Tensor("h0_out", "float32", (1, 4)),
        ),
        states=(StatePair("h0", "h0_out"),),
    ),
    model={},
    task={},
    epsilon=0.01,
    max_ponder=10,
    metric=None,
    labels=None,
    vocabulary=None,
)


@pytest.fixture(scope="session")
def adb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Adb]:
    """adb with a server, keys and a port of its own."""
    client = Adb(private_environment(tmp_path_factory.mktemp("adb-home")))
    yield client
    client.call(["kill-server"])


@pytest.fixture(autouse=True)
def heard() -> Iterator[None]:
    """Ctrl-C and the like are heard, also where what started the tests ignores them."""
    handlers = {
        signal.SIGINT: signal.default_int_handler,
        signal.SIGTERM: signal.SIG_DFL,
        signal.SIGHUP: signal.SIG_DFL,
    }
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "BEAT_SECONDS", 0.2)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """Forty calls in sequences of five, and a file of 300 KB to be pushed."""
    folder = tmp_path / "job"
    folder.mkdir()
    rng = np.random.default_rng(0)
    (folder / "model.onnx").write_bytes(rng.bytes(300_000))
    write_plan(folder / "plan.txt", MANIFEST)
    calls = (
        Call(rng.random((1, 3), np.float32), np.array([call in FIRST_CALLS]))
        for call in range(CALLS)
    )
    write_data(folder / "data.bin", MANIFEST, calls)
    return Job(folder, "onnx", FIRST_CALLS)


@pytest.fixture
def standin_runner(tmp_path: Path) -> Callable[..., Programs]:
    """Programs whose runner is the stand-in, with these orders."""

    def programs(**orders: object) -> Programs:
        library = tmp_path / "orders.json"
        library.write_text(json.dumps(orders))
        runner = tmp_path / "act-runner"
        source = Path(__file__).with_name("standin.py").read_text()
        runner.write_text(f"#!{sys.executable} -ES\n{source}")
        files = {"act-runner": runner, "library.so": library}

        def choose(target: str, abis: Sequence[str]) -> DeviceProgram:
            return DeviceProgram(files, ("./act-runner",), "library.so")

        return choose

    return programs


@pytest.fixture
def standin(standin_runner: Callable[..., Programs]) -> Callable[..., Programs]:
    """The stand-in as act-runner."""
    return standin_runner


@pytest.fixture
def standin_in_app(tmp_path: Path, double: Double) -> Callable[..., Programs]:
    """The same in the app of the double: its process is the stand-in."""

    def programs(**orders: object) -> Programs:
        (tmp_path / "orders.json").write_text(json.dumps(orders))
        here = Path(__file__)
        process, runner = here.with_name("standin_process.py"), here.with_name("standin.py")
        words = [process, runner, tmp_path / "orders.json"]
        double.install_app([sys.executable, "-ES", *(str(word) for word in words)])
        return app_programs()

    return programs


def measured(rows: Path) -> list[tuple[int, int]]:
    """(repeat, call) of every row, whose contents are checked."""
    places = []
    for row in read_rows(rows, MANIFEST, "ponder"):
        assert row.outputs["ponder_steps"] == row.call % 7 + 1
        assert row.nanoseconds == 1000 + row.call
        places.append((row.repeat, row.call))
    return places


ONCE = [(0, call) for call in range(CALLS)]
"""Every call, once, in order."""


@pytest.fixture
def double(tmp_path: Path, adb: Adb) -> Iterator[Double]:
    """A phone that adb knows; faults are set by the test."""
    with Double(tmp_path / "phone") as device:
        connect(adb, device.serial)
        yield device
    adb.call(["disconnect", device.serial])
