"""The native engine's kernels: each set against the portable one, and their exact arm64 work."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from act_profiling.counting import PLUGIN, plugin_folder

ENGINE = Path(__file__).parents[2] / "native" / "engine"
WARNINGS = ["-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-pedantic", "-Werror"]
SANITIZED = ["-O0", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
FLOAT32, INT8 = 0, 2


def compiled(compiler: str, program: str, path: Path, *options: str) -> Path:
    """native/engine/test/``program``.c with all kernels, compiled to ``path``."""
    sources = [ENGINE / "test" / f"{program}.c", *sorted(ENGINE.glob("kernels*.c"))]
    command = [compiler, *WARNINGS, *options, *map(str, sources), "-o", str(path), "-lm"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return path


def run(*command: object, environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_all_sets_compute_the_same(tmp_path: Path) -> None:
    """Also: sigmoid within 1.2e-7 and tanh within 1.5e-7, at every 509th float."""
    printed = run(compiled("cc", "kernels_test", tmp_path / "test", "-O2"))
    assert "portable: largest error of sigmoid" in printed


def test_no_set_reads_or_writes_outside_its_memory(tmp_path: Path) -> None:
    run(compiled("cc", "kernels_test", tmp_path / "test", *SANITIZED), 50021)


def test_products_of_several_vectors(tmp_path: Path) -> None:
    assert "portable: done" in run(compiled("cc", "group_test", tmp_path / "test", "-O2"))
    run(compiled("cc", "group_test", tmp_path / "sanitized", *SANITIZED))


@pytest.mark.device
@pytest.mark.parametrize(("cpu", "fastest"), [("cortex-a53", "neon"), ("cortex-a76", "neon-dot")])
def test_arm64_sets_compute_the_same(tmp_path: Path, cpu: str, fastest: str) -> None:
    program = compiled("aarch64-linux-gnu-gcc", "kernels_test", tmp_path / "test", "-O2", "-static")
    printed = run("qemu-aarch64", "-cpu", cpu, program, 20011)
    assert f"fastest: {fastest}" in printed
    group = compiled("aarch64-linux-gnu-gcc", "group_test", tmp_path / "group", "-O2", "-static")
    assert f"{fastest}: done" in run("qemu-aarch64", "-cpu", cpu, group)
    assert "neon: largest error of sigmoid" in printed


@pytest.mark.device
@pytest.mark.parametrize(
    ("kernels", "store", "most"),
    [("neon", FLOAT32, 30_000), ("neon-dot", INT8, 12_000), ("neon", INT8, 26_000)],
)
def test_work_of_a_ponder_step(tmp_path: Path, kernels: str, store: int, most: int) -> None:
    """arm64 instructions of one LSTM ponder step of 128 units; exact for one compiler."""
    units = 128
    program = compiled(
        "aarch64-linux-gnu-gcc", "kernels_bench", tmp_path / "bench", "-O2", "-static"
    )
    counts = tmp_path / "counts"
    plugin = {"QEMU_PLUGIN": f"file={plugin_folder() / PLUGIN},out={counts}"}
    run("qemu-aarch64", "-cpu", "cortex-a76", program, kernels, units, store, environment=plugin)
    work = json.loads(counts.read_text())
    products = work["fp32_macs"] if store == FLOAT32 else work["int8_macs"]
    assert products >= 4 * units * units
    assert work["instructions"] <= most
