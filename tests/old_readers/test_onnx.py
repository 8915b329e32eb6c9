"""The oldest ONNX Runtimes that a phone may ship read what is exported today.

Each is installed from the package registry into an environment of its own, kept in pytest's cache,
and answers the golden bundle of freshly exported artefacts there, in a process that has nothing
else of this project.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from act_export import export
from act_export.api import Options
from act_mobile import save_model
from tests.export.conftest import pondering

PYTHONS = {
    "1.14.1": ("3.10", "3.9", "3.8"),
    "1.15.1": ("3.11",),
    "1.17.3": ("3.12",),
    "1.22.1": ("3.13", "3.12", "3.11", "3.10"),
}
"""Releases of ONNX Runtime, oldest first, and the Pythons that they were built for."""

OLDEST = {"fp32": "1.14.1", "fp16": "1.14.1", "int8": "1.22.1"}
"""Opset 18 came with 1.14, products with 8-bit weights with 1.22."""

READER = Path(__file__).with_name("read_onnx.py")

pytestmark = pytest.mark.old_readers


def oldest(precision: str) -> tuple[str, str]:
    """The oldest release that some Python on this machine runs, and that Python."""
    releases = list(PYTHONS)
    for release in releases[releases.index(OLDEST[precision]) :]:
        for version in PYTHONS[release]:
            current = version == f"{sys.version_info.major}.{sys.version_info.minor}"
            python = sys.executable if current else shutil.which(f"python{version}")
            # A version manager puts names on the path that do not run.
            if python and not subprocess.run([python, "-V"], check=False).returncode:
                return release, python
    pytest.skip("no Python on this machine runs an old onnxruntime")


def environment(release: str, base: str, cache: pytest.Cache) -> Path:
    """The Python of an environment with that ONNX Runtime."""
    folder = Path(str(cache.mkdir(f"onnxruntime-{release}")))
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        subprocess.run([base, "-m", "venv", "--clear", folder], check=True)
        packages = [f"onnxruntime=={release}", "numpy<2"]
        subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
        (folder / "complete").touch()
    return python


@pytest.mark.parametrize("precision", OLDEST)
@pytest.mark.parametrize("ponder", ["unroll", "loop", "peeled"])
def test_reads_the_golden_bundle(
    ponder: str, precision: str, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    assert pytestconfig.cache is not None
    release, base = oldest(precision)
    python = environment(release, base, pytestconfig.cache)
    save_model(tmp_path / "model.pt", pondering(hidden_size=48), None)
    options = Options(ponder, precision=precision)  # type: ignore[arg-type]
    x = np.random.default_rng(0).standard_normal((20, 4, 3)).astype(np.float32)
    np.savez(tmp_path / "eval.npz", x=x, targets=np.ones((20, 4, 2), np.float32), metric="mse")
    export(
        tmp_path / "model.pt",
        "onnx",
        output=tmp_path / "out",
        data=tmp_path / "eval.npz",
        options=options,
    )
    answers = tmp_path / "answers.npz"
    files = [tmp_path / "out" / name for name in ("model.onnx", "model.golden.npz")]
    done = subprocess.run(
        [python, "-I", READER, *files, answers], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == release
    golden, found = np.load(files[1]), np.load(answers)
    assert (found["ponder_steps"] == golden["ponder_steps"]).all()
    limit = {"fp32": 1e-5, "fp16": 5e-3, "int8": 5e-2}[precision]
    for name in found.files:
        np.testing.assert_allclose(found[name], golden[name], rtol=limit, atol=limit)
