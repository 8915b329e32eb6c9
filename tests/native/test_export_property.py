"""Random models with every kind of kernels that runs here: none may come out of tolerance."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest

from act_engine import ActError
from act_export import export
from act_export.api import Options
from act_export.runtimes.native import NativeRuntime
from act_export.samples import samples_for
from act_export.sensitivity import Reference
from act_export.subject import load_subject
from act_export.verify import Verification, verify
from act_mobile import save_model
from tests.export.conftest import pondering
from tests.export.test_property import CHOSEN, LOOPED, SHARDS, check_examples, models

KERNELS = ("portable", "avx2", "avx512", "neon", "neon-dot")


def checked(folder: Path, kernels: str, config: dict[str, Any], options: Options) -> Verification:
    """Export a model, and check the file once more with these kernels."""
    save_model(folder / "model.pt", pondering(**config))
    (done,) = export(folder / "model.pt", "native", output=folder / "out", options=options)
    subject = load_subject(folder / "model.pt")
    interface = done.manifest.interface
    samples = samples_for(subject, None, options.samples)
    steps = Reference(subject, "fp32").steps(interface, options.form, samples, options.samples)
    return verify(steps, interface, NativeRuntime(done.path, kernels), samples)


@pytest.mark.property
@pytest.mark.parametrize("shard", CHOSEN)
@pytest.mark.parametrize("kernels", KERNELS)
def test_random_models(kernels: str, shard: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            checked(Path(folder), kernels, {}, Options("loop", samples=1))
        except ActError as error:
            pytest.skip(f"{kernels}: {error}")

    def run(drawn: tuple[dict[str, Any], Options], folder: Path) -> Verification:
        return checked(folder, kernels, *drawn)

    check_examples(models(["loop"]), LOOPED["native"] // SHARDS, shard, run)
