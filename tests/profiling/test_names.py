"""Artefacts of any name are profiled: the plan that the runner reads has each as one word."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from act_profiling.cli import command
from tests.profiling.conftest import Exported


@pytest.mark.parametrize("name", ["a model", "été", "a%20b", "日本 語;x $(y) 'z'", "n" * 200])
@pytest.mark.parametrize("target", ["onnx", "native"])
def test_profiled(exported: Exported, tmp_path: Path, target: str, name: str) -> None:
    artefact = exported(target, "loop")
    here = tmp_path / f"{name}{artefact.suffix}"
    shutil.copyfile(artefact, here)
    shutil.copyfile(artefact.with_suffix(".golden.npz"), tmp_path / f"{name}.golden.npz")
    manifest = json.loads(artefact.with_suffix(".manifest.json").read_text())
    (tmp_path / f"{name}.manifest.json").write_text(json.dumps({**manifest, "artefact": here.name}))
    np.savez(tmp_path / "eval.npz", x=np.ones((1, 3, 3), np.float32))
    quick = ("--rounds", "1", "--min-count", "1", "--min-seconds", "0", "--json")
    line = ["profile", str(here), "--data", str(tmp_path / "eval.npz"), *quick]
    done = CliRunner().invoke(command, line, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    (variant,) = json.loads(done.stdout)["variants"]
    assert variant["label"] == here.name
    assert variant["missing"] is None
