"""The iOS demo's view models under Swift 6 on Linux, with real inference by the native engine."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.ios.models import put_exports
from tests.swift.compiler import CHECKOUT, WARNINGS_ARE_ERRORS, folders, run

pytestmark = pytest.mark.ios

EXPORTS = {
    "charlm-native": "charlm-native-loop-fp32-budget",
    "hops-native": "hops-native-loop-fp32-budget",
    "maze-native": "maze-native-loop-fp32-budget",
}
"""Models of ``make ios-assets``, and the exports of the tests that are the same."""


def test_view_models_test_themselves(scratch: Path, tmp_path: Path) -> None:
    """Screens, models from outside, history, budget, cancellation, benchmark; no warnings."""
    made = put_exports(tmp_path / "exports")
    for name, export in EXPORTS.items():
        shutil.copytree(made / export, scratch / "app-models" / name)
    variables = {
        "ACT_DEMO_MODELS": "/scratch/app-models",
        "ACT_DEMO_WORDS": "/src/ios_demo/App/Localizable.xcstrings",
    }
    command = ["swift", "test", "--disable-xctest", *WARNINGS_ARE_ERRORS]
    package = folders(
        f"/src/{(CHECKOUT / 'ios_demo' / 'ActDemoCore').relative_to(CHECKOUT)}", "core"
    )
    done = run([*command, *package], scratch, variables)
    assert done.returncode == 0, done.stdout
    assert re.search(r"Test run with \d\d tests passed", done.stdout), done.stdout
    assert "warning" not in done.stdout
    assert '"-swift-version","6"' in (scratch / "core" / "debug.yaml").read_text()
