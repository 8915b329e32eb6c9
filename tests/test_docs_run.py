"""docs/run.md: its programs run on a fresh export and print what the model answers."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch

from act_export import export
from act_mobile import ACTConfig, ACTModel, save_model

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "run.md").read_text()
STEPS = np.random.default_rng(0).standard_normal((5, 1, 8), np.float32)
"""The x of the Python programs: (T, B, I)."""


def programs(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module")
def model() -> ACTModel:
    """A model like README's whose N varies from time step to time step."""
    torch.manual_seed(0)
    config = ACTConfig(input_size=8, hidden_size=64, output_size=4, cell="lstm", max_ponder=10)
    model = ACTModel(config).eval()
    with torch.no_grad():
        model.act.halting[0].weight.mul_(20)
        model.act.halting[0].bias.fill_(-1)
    return model


@pytest.fixture(scope="module")
def folder(model: ACTModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    save_model(folder / "model.pt", model)
    export(folder / "model.pt", "onnx,tflite,native", output=folder / "exported")
    (folder / "native").symlink_to(ROOT / "native")
    return folder


def run(folder: Path, *words: str | Path) -> str:
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def check(printed: str, model: ACTModel, x: npt.NDArray[np.float32]) -> None:
    """Each line is N and y of one time step of ``x``, (T, 1, 8)."""
    with torch.no_grad():
        expected = model(torch.from_numpy(x).transpose(0, 1))
    found = np.array([line.split() for line in printed.splitlines()], float)
    steps = expected.ponder.steps[0, :, 0].numpy()
    assert found[:, 0].tolist() == steps.tolist()
    np.testing.assert_allclose(found[:, 1:], expected.output[0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("program", programs("python"), ids=["onnxruntime", "litert"])
def test_python(program: str, folder: Path, model: ACTModel) -> None:
    check(run(folder, sys.executable, "-c", program), model, STEPS)


def test_c(folder: Path, model: ACTModel) -> None:
    (program,) = programs("c")
    (folder / "program.c").write_text(program)
    (command,) = re.findall(r"^cc .*", PAGE, re.MULTILINE)
    run(folder, "sh", "-c", command)
    x = np.zeros((5, 1, 8), np.float32)
    x[..., 0] = 1
    check(run(folder, "./a.out"), model, x)


def test_swift_parses() -> None:
    import tree_sitter
    import tree_sitter_swift

    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_swift.language()))
    (program,) = programs("swift")
    assert not parser.parse(program.encode()).root_node.has_error
