"""``ActKitCoreML``, type-checked on Linux against hand-written declarations of Core ML."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.swift.compiler import CHECKOUT, WARNINGS_ARE_ERRORS, folders, run

pytestmark = pytest.mark.ios

KIT = "ios_demo/ActKit"
SOURCES = CHECKOUT / KIT / "Sources" / "ActKitCoreML"
MODE_6 = ["-swift-version", "6", "-parse-as-library", "-warnings-as-errors"]


@pytest.fixture(scope="module")
def modules(scratch: Path) -> list[str]:
    """The options by which Swift finds Core ML's declarations and ActKit."""
    command = ["swift", "build", "-c", "release", "--product", "ActKit", *WARNINGS_ARE_ERRORS]
    built = run([*command, *folders(f"/src/{KIT}", "kit")], scratch)
    assert built.returncode == 0, built.stdout
    (scratch / "coreml-stubs").mkdir()
    stubs = [
        "-module-name",
        "CoreML",
        "-emit-module-path",
        "/scratch/coreml-stubs/CoreML.swiftmodule",
    ]
    made = run(["swiftc", *MODE_6, *stubs, "/src/tests/ios/stubs/CoreML.swift"], scratch)
    assert made.returncode == 0, made.stdout
    return ["-I", "/scratch/coreml-stubs", "-I", "/scratch/kit/release/Modules"]


@pytest.mark.parametrize(
    ("written", "instead", "refusal"),
    [
        ("", "", None),
        ("model.prediction(from:", "model.predict(from:", "has no member 'predict'"),
        (
            "return try await model.prediction",
            "return try model.prediction",
            "not marked with 'await'",
        ),
        (
            "PredictingModel: StepModel, @unchecked Sendable",
            "PredictingModel: StepModel",
            "Sendable",
        ),
        # A plan that cannot be had is no reason to refuse a model: asking for it throws nothing.
        ("\\(await planned", "\\(try await planned", "no calls to throwing"),
    ],
    ids=["as written", "name", "await", "sharing", "plan"],
)
def test_sources_are_type_checked(
    scratch: Path, modules: list[str], written: str, instead: str, refusal: str | None
) -> None:
    """Also with a mistake in them, which is found: the sources are not skipped here."""
    copies = scratch / "coreml"
    copies.mkdir(exist_ok=True)
    texts = {path.name: path.read_text() for path in sorted(SOURCES.glob("*.swift"))}
    assert any(written in text for text in texts.values())
    for name, text in texts.items():
        (copies / name).write_text(text.replace(written, instead) if written else text)
    files = [f"/scratch/coreml/{name}" for name in texts]
    done = run(["swiftc", "-typecheck", *MODE_6, *modules, *files], scratch)
    if refusal is None:
        assert done.returncode == 0, done.stdout
    else:
        assert done.returncode != 0
        assert refusal in done.stdout
