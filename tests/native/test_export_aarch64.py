"""Golden vectors through the kernels of 64-bit ARM, emulated."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch

from act_mobile.cells import CELLS
from tests.export.conftest import pondering
from tests.model.test_golden import GOLDEN
from tests.native.conftest import built
from tests.native.test_export_models import converted, golden_model

CROSS, QEMU = "aarch64-linux-gnu-gcc", "qemu-aarch64"
DRIVER = Path(__file__).with_name("sequence.c")

PROCESSORS = [("cortex-a53", "portable"), ("cortex-a53", "neon"), ("cortex-a76", "neon-dot")]
SIZES = ("input_size", "hidden_size", "output_size", "max_ponder")
MOST = (10, 70, 6, 13)

pytestmark = pytest.mark.device


@pytest.fixture(scope="module")
def driver() -> Path:
    if shutil.which(QEMU) is None:
        pytest.skip(f"{QEMU} is not installed")
    include = f"-I{DRIVER.parents[2] / 'native' / 'engine'}"
    return built("sequence", "-O2", "-static", include, more=[DRIVER], compiler=CROSS)


def run(driver: Path, processor: str, *arguments: str | Path, x: bytes = b"") -> tuple[int, str]:
    done = subprocess.run(
        [QEMU, "-cpu", processor, driver, *arguments], input=x, capture_output=True, check=False
    )
    return done.returncode, done.stdout.decode() or done.stderr.decode()


@pytest.mark.parametrize(("processor", "kernels"), PROCESSORS)
@pytest.mark.parametrize("index", range(len(GOLDEN["models"])))
def test_golden_vectors(
    index: int, processor: str, kernels: str, driver: Path, tmp_path: Path
) -> None:
    case = GOLDEN["models"][index]
    path, expect = converted(golden_model(case), tmp_path / "m.actn"), case["expect"]
    x = np.array(case["x"], np.float32).tobytes()
    code, answer = run(driver, processor, path, kernels, x=x)
    assert code == 0, answer
    *lines, state = (np.array(line.split(), float) for line in answer.splitlines())
    found = np.array(lines)
    np.testing.assert_allclose(found[:, :-2], expect["y"], atol=1e-5)
    assert found[:, -2].tolist() == expect["ponder_steps"]
    np.testing.assert_allclose(found[:, -1], expect["remainder"], atol=1e-5)
    np.testing.assert_allclose(state, np.concatenate(expect["state"], -1).reshape(-1), atol=1e-5)


@pytest.mark.parametrize(("processor", "kernels"), PROCESSORS)
def test_random_models(processor: str, kernels: str, driver: Path, tmp_path: Path) -> None:
    """300 models, 12 time steps each; N is equal in all of them."""
    draw = np.random.default_rng(7)
    for seed in range(300):
        sizes = dict(zip(SIZES, map(int, draw.integers(1, MOST)), strict=True))
        cell = sorted(CELLS)[seed % len(CELLS)]
        model = pondering(seed, cell=cell, **sizes).eval()
        path = converted(model, tmp_path / "m.actn")
        x = draw.standard_normal((12, sizes["input_size"])).astype(np.float32)
        code, answer = run(driver, processor, path, kernels, x=x.tobytes())
        assert code == 0, answer
        found = np.array([line.split() for line in answer.splitlines()[:-1]], float)
        with torch.no_grad():
            expected = model(torch.from_numpy(x)[None])
        assert found[:, -2].tolist() == expected.ponder.steps[0, :, 0].tolist()
        np.testing.assert_allclose(found[:, :-2], expected.output[0], atol=1e-5)
        np.testing.assert_allclose(found[:, -1], expected.ponder.remainder[0, :, 0], atol=1e-5)


def test_a_processor_without_the_instructions(driver: Path, tmp_path: Path) -> None:
    path = converted(golden_model(GOLDEN["models"][0]), tmp_path / "m.actn")
    code, answer = run(driver, "cortex-a53", path, "neon-dot")
    assert code == 16, "ACT_KERNELS"
    assert "processor" in answer
