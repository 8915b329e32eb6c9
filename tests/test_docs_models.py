"""docs/models.md is followed word for word: its files are written, its commands run."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "models.md").read_text()
PYTHON = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
COMMANDS = [
    line
    for block in re.findall(r"```\n(act-.*?)```", PAGE, re.DOTALL)
    for line in block.splitlines()
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs")
    own, maze = PYTHON
    (folder / "my_models.py").write_text(own)
    draw = np.random.default_rng(0)
    x = draw.standard_normal((4, 30, 3)).astype(np.float32)
    np.savez(folder / "window.npz", x=x)
    speaker = draw.standard_normal((4, 30, 2)).astype(np.float32)
    np.savez(folder / "eval.npz", x=x, speaker=speaker)
    subprocess.run([sys.executable, "-c", maze], cwd=folder, check=True)
    return folder


@pytest.mark.parametrize("command", COMMANDS)
def test_command(command: str, folder: Path) -> None:
    program, *words = shlex.split(command)
    refused = "--target all" in command
    if refused:  # as the page says below it
        words[words.index("all")] = "onnx,tflite,coreml"
    script = Path(sys.executable).with_name(program)
    done = subprocess.run([script, *words], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
