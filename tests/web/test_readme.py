"""The example of act_engine/web/README.md, run in Node beside the files that it names."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from act_engine import Model
from act_engine.wasm import WEB
from tests.clients.exports import Artefact

pytestmark = pytest.mark.web


@pytest.mark.parametrize("name", ["charlm-fp32", "hops-int8"])
def test_the_example_runs(name: str, artefacts: dict[str, Artefact], tmp_path: Path) -> None:
    (example,) = re.findall(r"```js\n(.*?)```", (WEB / "README.md").read_text(), re.DOTALL)
    (tmp_path / "example.mjs").write_text(example)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    for file in (WEB / "act.js", WEB / "act.wasm", artefacts[name].path):
        shutil.copy(file, tmp_path)
    done = subprocess.run(
        ["node", "example.mjs"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    context = Model(artefacts[name].path).context()
    x = 65 if context.model.vocab_size else [0.0] * context.model.input_size
    steps = []
    for budget in (None, None, 2):
        if budget is not None:
            context.set_budget(context.model.halt_threshold, budget)
        context.step(x)
        steps += context.ponder_steps
    first, second, last = steps
    assert done.stdout == f"{first} {second} wasm-simd128\n{last}\n"
