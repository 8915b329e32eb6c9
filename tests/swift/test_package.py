"""The engine's Swift package, compiled by Swift 6 on Linux, and a package that uses it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from act_artefact.golden import GoldenCall, read_golden
from act_artefact.manifest import read_manifest
from act_export import export
from tests.swift.compiler import (
    CHECKOUT,
    WARNINGS_ARE_ERRORS,
    assert_formatted,
    folders,
    make_scratch,
    run,
)

pytestmark = pytest.mark.swift

PARITY = CHECKOUT / "models" / "parity"
ENGINE, CONSUMER = "/src/native/engine", "/src/tests/swift/consumer"

# All of it: what crosses threads is checked after types.
COMPILE = [
    "swiftc",
    *("-c", "-swift-version", "6", "-o", "/scratch/crossing.o"),
    *("-I", "/scratch/engine/release/Modules"),
    *("-Xcc", f"-I{ENGINE}/bindings/swift/include"),
    "-Xcc",
    "-fmodule-map-file=/scratch/engine/release/CAct.build/module.modulemap",
]
CROSSING = """
import Act

func answer(of {name}: {type}, to x: [Float]) async throws -> [Float] {{
    async let y = {name}{context}.step(x)
    return try await y + {name}{context}.step(x)
}}
"""


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that Swift's programs see as /scratch."""
    return make_scratch(tmp_path_factory)


@pytest.fixture(scope="module")
def engine(scratch: Path) -> str:
    """The output of the engine's build, as apps are built."""
    command = ["swift", "build", "-c", "release", *WARNINGS_ARE_ERRORS]
    done = run([*command, *folders(ENGINE, "engine")], scratch)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def golden(scratch: Path) -> dict[str, str]:
    """The variable that names a folder with model.actn and golden.json."""
    folder, data = scratch / "golden", PARITY / "eval.npz"
    (done,) = export(PARITY / "model.pt", "native", output=folder, data=data)
    assert done.path.name == "model.actn"
    manifest = read_manifest(folder / "model.manifest.json")
    calls = [as_json(call) for call in read_golden(manifest, folder)]
    assert len(calls) >= 8
    (folder / "golden.json").write_text(json.dumps(calls))
    return {"ACT_GOLDEN": "/scratch/golden"}


def as_json(call: GoldenCall) -> dict[str, Any]:
    """A call as the consumer's ``GoldenCall`` decodes it; every array flat."""
    names = {"y": "y", "remainders": "remainder", "nextState": "h0_out"}
    outputs, tolerance = call.answer.outputs, call.answer.tolerance
    y = outputs["y"]
    # The consumer allows no other N, and y this error.
    assert not call.answer.on_threshold.any()
    np.testing.assert_allclose(tolerance["y"], 1e-5 * (1 + np.abs(y)), rtol=1e-5)
    return {
        "x": call.inputs["x"].ravel().tolist(),
        "state": call.inputs["h0"].ravel().tolist(),
        **{name: outputs[of].ravel().tolist() for name, of in names.items()},
        "ponderSteps": outputs["ponder_steps"].ravel().tolist(),
        "tolerance": {name: tolerance[of].ravel().tolist() for name, of in names.items()},
    }


def test_engine_builds_without_warnings_in_mode_6(scratch: Path, engine: str) -> None:
    assert "Build complete!" in engine
    assert "warning" not in engine
    assert '"-swift-version","6"' in (scratch / "engine" / "release.yaml").read_text()


def test_consumer_gets_the_golden_answers(scratch: Path, golden: dict[str, str]) -> None:
    command = ["swift", "test", "--disable-xctest", *folders(CONSUMER, "consumer")]
    done = run(command, scratch, golden)
    assert done.returncode == 0, done.stdout
    assert "warning" not in done.stdout
    assert re.search(r"Test run with \d\d tests passed", done.stdout), done.stdout

    # Built beside the tests: a program that has no libm but the engine's.
    alone = run(["/scratch/consumer/debug/Alone", "/scratch/golden/model.actn"], scratch)
    assert re.fullmatch(r"\S+: 1 outputs\n", alone.stdout), alone.stdout


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"name": "model", "type": "ActModel", "context": ".context()"}, None),
        ({"name": "context", "type": "ActContext", "context": ""}, "risks causing data races"),
    ],
    ids=["model", "context"],
)
def test_models_are_shared_and_contexts_are_not(
    scratch: Path, given: dict[str, str], refusal: str | None
) -> None:
    (scratch / "crossing.swift").write_text(CROSSING.format(**given))
    done = run([*COMPILE, "/scratch/crossing.swift"], scratch)
    if refusal is None:
        assert done.returncode == 0, done.stdout
        assert not done.stdout
    else:
        assert done.returncode != 0
        assert refusal in done.stdout


def test_sources_are_formatted(scratch: Path) -> None:
    assert_formatted([CHECKOUT / "native" / "engine" / "Package.swift", *swift_files()], scratch)


def swift_files() -> list[Path]:
    return [
        path
        for folder in ("native/engine/bindings/swift", "tests/swift")
        for path in sorted((CHECKOUT / folder).rglob("*.swift"))
    ]
