"""The engine through its JNI shim and Kotlin class on a real JVM; the Swift package parsed."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
import tree_sitter
import tree_sitter_swift

from act_export import export
from act_export.api import Options
from act_mobile import IteratedConfig, IteratedModel, save_model
from act_mobile.ponder_model import PonderModel
from tests.android.jni import act_jni
from tests.android.toolchain import kotlin_jar, kotlin_library, need
from tests.export.conftest import pondering
from tests.export.own_modules import uneven

ENGINE = Path(__file__).parents[2] / "native" / "engine"


@pytest.fixture(scope="module")
def jars() -> list[Path]:
    """Act.kt and the program that drives it, and Kotlin's library."""
    need("npm", "java")
    sources = [
        ENGINE / "bindings/kotlin/io/actmobile/Act.kt",
        Path(__file__).parent / "kotlin/Drive.kt",
    ]
    return [kotlin_jar("drive", sources), kotlin_library()]


@pytest.fixture(scope="module")
def library() -> Path:
    """The folder of libact_jni.so."""
    need("javac", "cmake")
    return act_jni()


MODELS: dict[str, Callable[[], PonderModel]] = {
    "features": lambda: pondering(cell="lstm", num_layers=2),
    "tokens": lambda: pondering(cell="gru", vocab_size=11),
    "image": lambda: uneven(IteratedModel(IteratedConfig(2, 6, 3, 5, 4, max_ponder=4))).eval(),
}


@pytest.mark.android
@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_kotlin_gives_the_models_answers(
    jars: list[Path], library: Path, tmp_path: Path, make: Callable[[], PonderModel]
) -> None:
    model = make()
    save_model(tmp_path / "model.pt", model)
    (done,) = export(
        tmp_path / "model.pt", "native", output=tmp_path / "out", options=Options(samples=40)
    )
    data, expected = answers(model)
    data.tofile(tmp_path / "data.bin")
    ran = subprocess.run(
        ["java", "-Xcheck:jni", f"-Djava.library.path={library}", "-cp", ":".join(map(str, jars)),
         "DriveKt", done.path, tmp_path / "data.bin"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert "WARNING" not in ran.stdout + ran.stderr  # of -Xcheck:jni
    *rows, budget, missing, damaged = ran.stdout.splitlines()
    found = np.array([row.split() for row in rows], np.float32)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    # ACT_BUDGET, ACT_FILE and ACT_NOT_ACTN, with the engine's messages.
    assert budget.startswith("14: the threshold is not")
    assert missing.startswith("2: ")
    assert damaged.startswith("3: ")


def answers(model: PonderModel, time: int = 12) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Inputs, and the model's y, N and R on them: (T, O + 2 L), or one row of an image's."""
    config = model.config
    torch.manual_seed(4)
    if config.vocab_size is not None:
        x = torch.randint(0, config.vocab_size, (1, time), dtype=torch.int32)
    else:
        x = torch.randn(1, *((time,) if config.timed else ()), *config.features)
    with torch.no_grad():
        out = model(x)
    y = out.output if config.timed else out.output.flatten(1)
    rows = torch.cat((y, out.ponder.steps.float(), out.ponder.remainder), -1)
    return x[0].numpy(), (rows[0] if config.timed else rows).numpy()


def test_swift_is_swift() -> None:
    """A parser reads the sources; ``make test-swift`` compiles them."""
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_swift.language()))
    sources = [ENGINE / "Package.swift", *(ENGINE / "bindings/swift").rglob("*.swift")]
    assert len(sources) >= 2
    for source in sources:
        wrong = list(errors(parser.parse(source.read_bytes()).root_node))
        assert not wrong, f"{source}: {wrong}"


def errors(node: tree_sitter.Node) -> Iterator[tuple[int, int]]:
    """Lines and columns."""
    if node.type == "ERROR" or node.is_missing:
        yield node.start_point
    for child in node.children:
        yield from errors(child)
