"""``--device ios`` against a stand-in for ``xcrun devicectl``: see tests/profiling/xcrun.py."""

from __future__ import annotations

import re
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from act_artefact.errors import CheckFailed, UserError
from act_profiling.api import profile
from act_profiling.cli import main
from act_profiling.config import MeasureConfig
from act_profiling.devices.ios import open_named
from act_profiling.devices.ios.device import APP_SECONDS, IosDevice
from act_profiling.devices.ios.devicectl import Devicectl
from act_profiling.devices.ios.discovery import find, find_app
from act_profiling.devices.open import COMPUTE_UNITS
from tests.profiling.conftest import Exported
from tests.profiling.mac import PHONE, ROOT, Mac, calls
from tests.profiling.xcrun import PROCESS

QUICK = MeasureConfig(rounds=2, min_count=8, min_seconds=0, warmup=3, memory=False)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "eval.npz"
    x = np.random.default_rng(0).standard_normal((3, 4, 3), dtype=np.float32)
    np.savez(path, x=x)
    return path


def opened(**options: Any) -> IosDevice:
    tool = Devicectl()
    phone = find(tool, "")
    return IosDevice(tool, phone, find_app(tool, phone), poll_seconds=0.01, **options)


def shorn(call: list[str]) -> list[str]:
    """A call without the options that say where its answer goes."""
    at = call.index("--quiet")
    assert call[at + 1] == "--timeout"
    assert int(call[at + 2]) > 0
    assert call[at + 3] == "--json-output"
    return [*call[:at], *call[at + 5 :]]


def test_a_profile_is_that_of_any_device(mac: Mac, data: Path, exported: Exported) -> None:
    folder = mac()
    artefact = exported("native", "loop", budget_inputs=True)
    report = profile([artefact], data, opened(), config=QUICK, sweep=["max_ponder=1,2"])
    assert report["device"]["name"] == "ios:Ada’s iPhone"
    assert report["device"]["facts"]["model"] == "iPhone 15 Pro"
    assert [each["golden"]["passed"] for each in report["variants"]] == [True, True]
    first, second = (each["ponder_steps"]["mean"] for each in report["variants"])
    assert first == 1 < second <= 2
    # The model went there once, under a name of its contents; its budgets are arguments.
    names = sorted(path.name for path in (folder / "Documents").glob("act-profile-*"))
    assert len([name for name in names if name.endswith(".actn")]) == 1
    launches = [call for call in calls(folder) if "launch" in call]
    assert {call[call.index("--max-ponder") + 1] for call in launches} >= {"1", "2"}


def test_the_calls_are_devicectls(mac: Mac, data: Path, exported: Exported) -> None:
    folder = mac()
    profile([exported("native", "loop")], data, opened(), config=QUICK)
    device = ["--device", PHONE["identifier"]]
    domain = ["--domain-type", "appDataContainer", "--domain-identifier"]
    domain += ["com.example.actmobile.demo"]
    made = [shorn(call) for call in calls(folder)]
    assert made[0] == ["devicectl", "list", "devices"]
    assert made[1] == ["devicectl", "device", "info", "apps", *device]
    copied = [call for call in made if call[1:4] == ["device", "copy", "to"]]
    assert all(call[4:10] == [*device, *domain] for call in copied)
    assert all(call[10] == "--source" and call[12] == "--destination" for call in copied)
    names = [call[13].removeprefix("Documents/") for call in copied[:4]]
    # ProfileFiles of the app goes by them.
    session = r"act-profile-[0-9a-f]{8}"
    model = rf"{session}-model-[0-9a-f]{{16}}\."
    for name, wanted in zip(
        names,
        [
            rf"{model}actn",
            rf"{model}golden\.npz",
            rf"{model}manifest\.json",
            rf"{session}-1\.data\.bin",
        ],
        strict=True,
    ):
        assert re.fullmatch(wanted, name)
    assert len({name.split("-")[2] for name in names}) == 1
    at = next(k for k, call in enumerate(made) if "launch" in call)
    assert made[at - 1] == ["devicectl", "device", "info", "lockState", *device]
    launch = made[at]
    data_name, rows_name = launch[13], launch[15]
    assert re.fullmatch(rf"{session}-1\.rows\.bin", rows_name)
    assert launch == [
        "devicectl", "device", "process", "launch", *device, "--terminate-existing",
        "com.example.actmobile.demo", "--", "--benchmark",
        "--model", launch[11], "--data", data_name, "--rows", rows_name, "--keep", "all",
        "--warmup", "0", "--min-count", "1", "--min-seconds", "0",
    ]  # fmt: skip
    assert made[at + 1] == ["devicectl", "device", "info", "processes", *device]
    assert made[at + 3] == [
        "devicectl", "device", "process", "terminate", *device, "--pid", str(PROCESS),
    ]  # fmt: skip
    sources = [call[11] for call in (made[at + 2], *made[at + 4 : at + 6])]
    assert sources == [f"Documents/{rows_name}{end}" for end in (".status", "", ".facts")]
    assert len({call[call.index("--rows") + 1] for call in made if "launch" in call}) == 4


def test_without_xcode_it_says_so_in_one_line(
    tmp_path: Path,
    data: Path,
    exported: Exported,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    artefact = exported("native", "loop")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SystemExit) as ended:
        main([str(artefact), "--data", str(data), "--device", "ios"])
    said = capfd.readouterr()
    assert ended.value.code == 2
    assert said.out == ""
    assert "needs a Mac with Xcode 15 or newer" in said.err
    assert len(said.err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("fault", "kind", "reason"),
    [
        ("locked", UserError, "is locked: unlock it, and let its screen on"),
        ("locked at launch", UserError, "is locked: unlock it, and let its screen on"),
        ("cut off", CheckFailed, "the app ended before the run did: it was closed, or iOS"),
        ("endless", CheckFailed, "the run has not ended in 0 s"),
        ("away", CheckFailed, "went away during the run: .*The device is not connected"),
        (
            "damaged",
            CheckFailed,
            "rows are damaged: 7 whole ones came back, the app made 8",
        ),
        ("other facts", CheckFailed, "the runner ended well but said"),
        ("refused", UserError, "the engine cannot .x1b.2Jload it"),
        ("wrong", CheckFailed, "wrong on this device with native engine: N differs in call 0"),
        ("nonsense", CheckFailed, "the app says '.x00.x01.n', not how the run ended"),
    ],
)
def test_faults_of_a_run(
    mac: Mac,
    tmp_path: Path,
    data: Path,
    exported: Exported,
    fault: str,
    kind: type[Exception],
    reason: str,
) -> None:
    mac(fault)
    device = opened(limit_seconds=0, away_seconds=0)
    with pytest.raises(kind, match=reason) as raised:
        profile([exported("native", "loop")], data, device, config=QUICK)
    assert type(raised.value) is kind
    assert len(str(raised.value).splitlines()) == 1
    # Whatever it was, no app goes on measuring.
    made = calls(tmp_path / "mac")
    launched = [call for call in made if "launch" in call and fault != "locked at launch"]
    assert len([call for call in made if "terminate" in call]) == len(launched)


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        (MeasureConfig(threads=2), "--threads: the app's engine has one"),
        (MeasureConfig(cpus="3"), "--cpus: an app cannot choose"),
        (MeasureConfig(min_seconds=3601), "--min-seconds 3601: the app takes at most 3600"),
    ],
)
def test_options_that_an_app_does_not_have(
    mac: Mac, data: Path, exported: Exported, config: MeasureConfig, reason: str
) -> None:
    mac()
    with pytest.raises(UserError, match=reason):
        profile([exported("native", "loop")], data, opened(), config=config)


def test_the_seconds_that_are_asked_for_are_waited_for(
    mac: Mac, data: Path, exported: Exported
) -> None:
    """The limit is of what a run takes beyond them; the golden check asks for none."""
    mac("endless if timed")
    config = replace(QUICK, min_seconds=0.7)
    with pytest.raises(CheckFailed, match="the run has not ended in 1 s"):
        profile([exported("native", "loop")], data, opened(limit_seconds=0), config=config)


def test_the_app_takes_as_many_seconds_as_the_device_says() -> None:
    kit = ROOT / "ios_demo" / "ActKit" / "Sources" / "ActKit"
    found = re.search(r"mostSeconds = ([\d.]+)", (kit / "Benchmark.swift").read_text())
    assert found
    assert float(found[1]) == APP_SECONDS


def test_other_artefacts_and_runtimes_are_refused(
    mac: Mac, tmp_path: Path, data: Path, exported: Exported
) -> None:
    mac()
    with pytest.raises(UserError, match="the app runs coreml or native artefacts, not onnx"):
        profile([exported("onnx", "loop")], data, opened(), config=QUICK)
    with pytest.raises(UserError, match="--device ios runs what the demo app brings"):
        open_named("", runtime=tmp_path, keep=False)


@pytest.mark.parametrize(
    ("target", "units", "runtime"),
    [
        ("coreml", None, []),
        ("coreml", "cpuAndNeuralEngine", ["--runtime", "coreml-cpuAndNeuralEngine"]),
        ("native", "cpuOnly", []),
    ],
)
def test_core_mls_processors_are_chosen(
    mac: Mac, data: Path, exported: Exported, target: str, units: str | None, runtime: list[str]
) -> None:
    folder = mac("cut off")
    chosen = [] if units is None else ["--compute-units", units]
    artefact = exported(target, "loop")
    with pytest.raises(SystemExit) as ended:
        main([str(artefact), "--data", str(data), "--device", "ios", *chosen])
    assert ended.value.code == 1
    (launch,) = [call for call in calls(folder) if "launch" in call]
    given = launch[launch.index("--benchmark") + 1 :]
    assert given[: given.index("--model")] == runtime
    assert opened(compute_units=units).describe()["compute_units"] == (units or "all")


def test_processors_are_named_as_the_app_names_them() -> None:
    demo = ROOT / "ios_demo"
    units = (demo / "ActKit" / "Sources" / "ActKitCoreML" / "CoreMLRuntime.swift").read_text()
    (cases,) = re.findall(r"enum ComputeUnits: String.*?\n +case (.+)\n", units)
    assert tuple(cases.split(", ")) == COMPUTE_UNITS
    runtimes = (demo / "App" / "Sources" / "Runtimes.swift").read_text()
    assert 'id: "coreml-\\(units.rawValue)"' in runtimes


def test_other_devices_have_no_such_processors(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["a.onnx", "--data", "eval.npz", "--compute-units", "cpuOnly"])
    assert ended.value.code == 2
    assert "--compute-units: is for --device ios" in capfd.readouterr().err


def test_an_interrupted_run_ends(mac: Mac, data: Path, exported: Exported) -> None:
    from act_profiling.devices import Interrupted

    folder = mac("endless")
    device = opened()
    device.interrupt()
    with pytest.raises(Interrupted):
        profile([exported("native", "loop")], data, device, config=QUICK)
    assert "terminate" in calls(folder)[-1]


@pytest.fixture
def heard() -> Iterator[None]:
    """Ctrl-C is heard, also where what started the tests ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard")
def test_ctrl_c_ends_the_app(mac: Mac, data: Path, exported: Exported) -> None:
    folder = mac("endless")

    def interrupt() -> None:
        # From the second question on, so that the launch's answer is there.
        while sum("processes" in call for call in calls(folder)) < 2:
            waiting.wait(0.01)
        signal.raise_signal(signal.SIGINT)

    waiting = threading.Event()
    device, artefact = opened(), exported("native", "loop")
    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        profile([artefact], data, device, config=QUICK)
    thread.join()
    assert shorn(calls(folder)[-1])[-2:] == ["--pid", str(PROCESS)]
    assert "terminate" in calls(folder)[-1]
