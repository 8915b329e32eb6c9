"""``act-profile`` on the emulated phone, from artefacts to a report."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from act_export import Options, export
from act_mobile import save_model
from act_profiling import open_devices, profile
from act_profiling.cli import main
from act_profiling.config import MeasureConfig
from act_profiling.devices.adb import AdbDevice
from act_profiling.devices.emulated.device import EmulatedDevice
from act_profiling.devices.emulated.namespace import Unavailable
from tests.export.conftest import pondering
from tests.profiling.test_equality import MODELS, other_weights

pytestmark = pytest.mark.device


def test_a_whole_profile_in_arm64(tmp_path: Path) -> None:
    """Checked against the golden bundle, judged, counted; no time; the phone is left clean."""
    save_model(tmp_path / "m.pt", pondering())
    draw = np.random.default_rng(0)
    x, targets = draw.standard_normal((2, 9, 3)), draw.integers(0, 2, (2, 9))
    data = tmp_path / "eval.npz"
    np.savez(data, x=x.astype(np.float32), targets=targets, metric="accuracy")
    paths = []
    for target in ("onnx", "tflite"):
        options = Options(ponder="loop", samples=5)
        out = tmp_path / target
        (done,) = export(tmp_path / "m.pt", target, output=out, data=data, options=options)
        paths.append(done.path)
    try:
        (device,) = open_devices("emulated")
    except Unavailable as error:
        pytest.skip(str(error))
    assert isinstance(device, EmulatedDevice)
    try:
        config = MeasureConfig(rounds=1, warmup=1)
        report = profile(paths, data, device, config=config, page=tmp_path / "report.html")
        AdbDevice.close(device)  # the phone itself is still there
        left = device._connection.output("ls -A /data/local/tmp")
    finally:
        device.close()

    assert left == ""
    assert report["cost"] == "instructions"
    onnx, tflite = report["variants"]
    for variant in (onnx, tflite):
        assert variant["golden"]["passed"]
        assert variant["instructions"]["line"]["per_step"] > 1_000
        assert variant["operators"] == []
    assert onnx["ponder_steps"]["mean"] == tflite["ponder_steps"]["mean"]
    assert onnx["metric"] == tflite["metric"]
    assert "µs" not in (tmp_path / "report.html").read_text()


def test_other_weights_fail_over_adb(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The command ends with exit code 1, and says which tensor is off."""
    try:
        for device in open_devices("emulated"):
            device.close()
    except Unavailable as error:
        pytest.skip(str(error))
    options = Options("loop", samples=20)
    data = MODELS / "charlm" / "eval.npz"
    good, bad = tmp_path / "good", tmp_path / "bad"
    export(MODELS / "charlm/model.pt", "onnx", output=good, data=data, options=options)
    artefacts = good / "model.onnx", other_weights(good, bad, 10.0)
    where = ("--data", data, "--items", "1", "--rounds", "1", "--device", "emulated")
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in (*artefacts, *where)])
    said = capfd.readouterr().err
    assert ended.value.code == 1
    assert "bad/model.onnx on emulated:cortex-a76: golden check failed: y is off by" in said
