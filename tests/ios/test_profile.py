"""``act-profile --device ios`` with rows that ActKit writes, as the app does."""

from __future__ import annotations

from pathlib import Path

import pytest

from act_profiling.api import profile
from act_profiling.config import MeasureConfig
from act_profiling.devices.host import HostDevice
from act_profiling.devices.ios.device import IosDevice
from act_profiling.devices.ios.devicectl import Devicectl
from act_profiling.devices.ios.discovery import find, find_app
from tests.android.models import MODELS
from tests.ios.test_kit import BUILD
from tests.profiling.mac import put_mac
from tests.profiling.xcrun import SWIFT
from tests.swift.compiler import run

pytestmark = pytest.mark.ios

QUICK = MeasureConfig(rounds=1, min_count=10, min_seconds=0, warmup=2, memory=False)


@pytest.fixture(scope="module")
def program(scratch: Path) -> Path:
    """The scratch folder with ActKit's benchmark mode as a program."""
    done = run(["swift", "build", "--product", "act-benchmark", *BUILD], scratch)
    assert done.returncode == 0, done.stdout
    return scratch


@pytest.mark.parametrize("model", ["charlm", "hops"])
def test_actkits_rows_are_those_of_the_runner(
    program: Path, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    """The same golden check, N and metric as on this machine, with and without a budget."""
    monkeypatch.setenv(SWIFT, str(program))
    put_mac(tmp_path / "mac", monkeypatch)
    artefact = models / f"{model}-native-loop-fp32-budget" / "model.actn"
    tool = Devicectl()
    phone = find(tool, "")
    device = IosDevice(tool, phone, find_app(tool, phone), poll_seconds=0.01)
    reports = [
        profile(
            [artefact], MODELS / model / "eval.npz", each, config=QUICK, items=4,
            sweep=["max_ponder=2,5"],
        )
        for each in (device, HostDevice())
    ]  # fmt: skip
    (ours, budget), (host, host_budget) = (each["variants"] for each in reports)
    assert ours["golden"]["passed"]
    assert ours["golden"]["calls"] == host["golden"]["calls"]
    for found, expected in ((ours, host), (budget, host_budget)):
        assert found["ponder_steps"] == expected["ponder_steps"]
        assert found["metric"]["value"] == pytest.approx(expected["metric"]["value"], rel=1e-6)
    assert budget["ponder_steps"]["mean"] > ours["ponder_steps"]["mean"]
