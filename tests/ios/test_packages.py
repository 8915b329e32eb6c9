"""The demo's Core ML packages, evaluated on the golden bundles that the app checks them with."""

from __future__ import annotations

from pathlib import Path

import pytest

from act_artefact.equality import Agreement
from act_artefact.golden import read_golden
from act_artefact.manifest import read_manifest
from act_export.runtimes import load
from tests.android.models import Exported
from tests.ios.models import COREML

pytestmark = pytest.mark.ios


@pytest.mark.parametrize("package", COREML, ids=lambda each: each.name)
def test_packages_give_the_golden_answers(models: Path, package: Exported) -> None:
    folder = models / package.name
    manifest = read_manifest(folder / "model.manifest.json")
    model = load("coreml", folder / manifest.artefact, manifest.parts)
    found = Agreement()
    bundle = read_golden(manifest, folder)
    for call in bundle:
        found.add(call.answer, model.run(call.inputs))
    assert len(bundle) >= 8
    assert not found.reason()
    assert found.max_abs_error.keys() >= {"y", "remainder"}
