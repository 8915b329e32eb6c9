"""README and docs are followed word for word: their commands and Python programs run in page order.

Each page has a folder of its own, in which only what a reader must have is put beforehand
(``GIVEN``). What is not run is listed with the reason (``NOT_RUN``), and a list entry that no page
has any more fails.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

from act_mobile import ACTConfig, ACTModel, save_model

pytestmark = pytest.mark.docs

ROOT = Path(__file__).parents[1]
PAGES = ["README.md", *(f"docs/{page.name}" for page in sorted((ROOT / "docs").glob("*.md")))]

BENCHMARK = "a benchmark, which takes minutes to hours; make bench runs the shorter ones"
TARGET = "made by .ci/run itself"
TEMPLATE = "a template or a part of a command: words in it stand for the reader's own"
PACKAGE = "installs a package that make install has installed already"
LONG = "a training of tens of minutes, recorded with what it gave"
SKTIME = "needs sktime, of a hundred megabytes; tests/datasets reads series that it makes"
NOT_RUN = {
    "make install": TARGET,
    "make demo": TARGET,
    "make test": TARGET,
    "make bench": BENCHMARK,
    "make docs": TARGET,
    "make test-android": "needs a JDK; .ci/run itself makes it",
    "make test-swift": "needs Swift; .ci/run itself makes it",
    "make test-ios": "needs Swift; .ci/run itself makes it",
    "make verify-coreml": "needs a Mac; tests/export/test_apple.py has all but Apple's programs",
    "make emulated-device": TARGET,
    "python benchmarks/*": BENCHMARK,
    "python -m benchmarks.*": BENCHMARK,
    "make web-engine": "needs zig; make test-web, made by .ci/run, does the same and compares",
    "python -m act_engine.wasm": "needs zig; make test-web, made by .ci/run, does the same",
    "make test-web": TARGET,
    "make web": "exports four models, as make demo does; tests/web builds the page with its own",
    "pip install onnxruntime": PACKAGE,
    "pip install ai-edge-litert": PACKAGE,
    "pip install 'act-mobile[browser]'": PACKAGE,
    "pip install executorch==1.5.1": "needed by a benchmark alone",
    "npm install onnxruntime-web": "the page's web program runs in a browser",
    "act-profile exported/onnx/model.onnx exported/tflite/model.tflite*": (
        "needs a phone; tests/device has the real adb with an emulated one"
    ),
    "act-train parity --bits 16 --seed 1 --init models/parity/model.pt*": LONG,
    "act-train parity --bits 16 --seed S*": LONG,
    "act-train charlm --halting skip --tau 0.3 --halting-bias -1 --steps 150": (
        "a part of a command, quoted with what it gave; it has no -o"
    ),
    "act-profile out/parity*/model.actn*": (
        "eleven variants take minutes; make demo, made by .ci/run, profiles the same kind of set"
    ),
    "pip install act-mobile[*": PACKAGE,
    "act-data series PLAID*": SKTIME,
    "act-train own --train data/*": LONG,
    "act-train TASK*": TEMPLATE,
    "act-train own": TEMPLATE,
    "act-data series": TEMPLATE,
    "act-train charlm --text book.txt": TEMPLATE,
    "act-train --halting fixed:K": TEMPLATE,
    "act-export --budget-inputs": TEMPLATE,
    "act-export --target native": TEMPLATE,
    "act-export --target native --web": TEMPLATE,
    "act-profile compare": TEMPLATE,
    "act-profile --device browser": TEMPLATE,
    "act-profile --device ios": TEMPLATE,
    "act-profile compare A B": TEMPLATE,
}
"""Commands that are not run, with the reason; ``*`` stands for any further words."""

COMMAND = re.compile(r"(?:act-\w+|torchrun|python|pip|npm|make|unzip|cc) \S")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$|(?<!`)`([^`]+)`(?!`)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Step:
    """One program of a page: a block of commands, a single command, or Python."""

    language: str
    """``sh`` or ``python``."""
    text: str


def steps(page: str) -> Iterator[Step]:
    """Yield the programs of a page in order, inline commands included."""
    for language, block, inline in BLOCK.findall((ROOT / page).read_text()):
        if language == "python":
            yield Step("python", block)
        elif block and not language and any(map(COMMAND.match, block.splitlines())):
            yield Step("sh", block)
        elif COMMAND.match(inline):
            yield Step("sh", inline.replace("\n", " ") + "\n")


def commands(block: str) -> list[str]:
    """Split a block into its commands, those over several lines as one."""
    return re.split(r"(?<!\\)\n", block.rstrip("\n"))


def not_run(command: str) -> str | None:
    """Return the entry of ``NOT_RUN`` that the command matches, if any."""
    bare = re.sub(r"\s+#.*", "", command).strip()
    starts = (name for name in NOT_RUN if name.endswith("*") and bare.startswith(name[:-1]))
    return bare if bare in NOT_RUN else next(starts, None)


def random_data(path: Path, features: int, outputs: int, **more: int) -> None:
    """Write an ``eval.npz`` of 8 sequences, and further inputs with their features."""
    draw = np.random.default_rng(0)
    sizes = {"x": features, "targets": outputs, **more}
    arrays = {
        name: draw.standard_normal((8, 30, size)).astype(np.float32) for name, size in sizes.items()
    }
    np.savez(path, metric="mse", **arrays)  # type: ignore[arg-type]


TAGGER = """
from torch import nn
from act_mobile import ACT

class tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.act, self.head = ACT(8, 16, max_ponder=5), nn.Linear(16, 4)

    def forward(self, x):
        return self.head(self.act(x).output)
"""


def own_module(folder: Path) -> None:
    """Write ``my.models:tagger``, its weights, and data for it and for README's model."""
    (folder / "my").mkdir()
    (folder / "my" / "models.py").write_text(TAGGER)
    names: dict[str, type[torch.nn.Module]] = {}
    exec(TAGGER, names)
    torch.save(names["tagger"]().state_dict(), folder / "tagger.pt")
    random_data(folder / "eval.npz", 8, 4)


def book(folder: Path) -> None:
    """Write ``book.txt``, a text of the reader's own."""
    text = (ROOT / "act_mobile" / "tasks" / "data" / "shakespeare.txt").read_text()
    (folder / "book.txt").write_text(text[:20_000])


def parity(folder: Path) -> None:
    """Write ``model.pt``, the trained parity model, and a part of its data as ``eval.npz``."""
    shutil.copy(ROOT / "models" / "parity" / "model.pt", folder)
    with np.load(ROOT / "models" / "parity" / "eval.npz") as file:
        arrays = {name: value[:256] if value.ndim else value for name, value in file.items()}
    np.savez(folder / "eval.npz", **arrays)


def readme(folder: Path) -> None:
    own_module(folder)
    book(folder)


def models(folder: Path) -> None:
    """Write my_models.py, the file that the page shows, and the data that it describes."""
    (shown, _) = (step.text for step in steps("docs/models.md") if step.language == "python")
    (folder / "my_models.py").write_text(shown)
    random_data(folder / "eval.npz", 3, 4, speaker=2)
    random_data(folder / "window.npz", 3, 4)


def native(folder: Path) -> None:
    """Write a model of three features and two outputs, and the program that the page shows."""
    model = ACTModel(ACTConfig(input_size=3, hidden_size=16, output_size=2, max_ponder=10))
    save_model(folder / "model.pt", model)
    random_data(folder / "eval.npz", 3, 2)
    program("docs/native.md")(folder)


def program(page: str) -> Callable[[Path], None]:
    """Return what writes ``program.c``, the first C program that the page shows."""

    def write(folder: Path) -> None:
        blocks = BLOCK.findall((ROOT / page).read_text())
        shown = next(block for language, block, _ in blocks if language == "c")
        (folder / "program.c").write_text(shown)

    return write


def run_page(folder: Path) -> None:
    config = ACTConfig(input_size=8, hidden_size=64, output_size=4, cell="lstm", max_ponder=10)
    save_model(folder / "model.pt", ACTModel(config))
    program("docs/run.md")(folder)


GIVEN: dict[str, Callable[[Path], None]] = {
    "README.md": readme,
    "docs/export.md": parity,
    "docs/forms.md": own_module,
    "docs/models.md": models,
    "docs/native.md": native,
    "docs/profiling.md": parity,
    "docs/run.md": run_page,
    "docs/training.md": book,
    "docs/web.md": parity,
}
"""Files a reader of each page has beforehand, besides this repository's models/ and native/."""

PRELUDE = {
    "docs/export.md": "import numpy as np\n"
    "x, h0 = np.ones((1, 16), np.float32), np.zeros((1, 128), np.float32)\n",
    "docs/native.md": "import numpy as np\n"
    "x, xs = np.ones(3, np.float32), np.ones((5, 3), np.float32)\n",
}
"""The reader's own data, by the names that the page's Python programs call them."""


@pytest.mark.parametrize("page", [page for page in PAGES if list(steps(page))])
def test_page(page: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "models", tmp_path / "models")
    (tmp_path / "native").symlink_to(ROOT / "native")
    GIVEN.get(page, lambda folder: None)(tmp_path)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for step in steps(page):
        if step.language == "python":
            words = [sys.executable, "-c", PRELUDE.get(page, "") + step.text]
        else:
            run = "\n".join(line for line in commands(step.text) if not not_run(line))
            words = ["bash", "-euxo", "pipefail", "-c", run]
        done = subprocess.run(
            words,
            cwd=tmp_path,
            env=os.environ | {"PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{step.text}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"


def test_what_is_not_run_is_on_a_page() -> None:
    found = {
        not_run(line) for page in PAGES for step in steps(page) for line in commands(step.text)
    }
    assert found >= NOT_RUN.keys()
