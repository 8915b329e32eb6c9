"""Random models through the real converters: none may come out of tolerance."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from act_export import export
from act_export.export import Options
from act_mobile import save_model
from act_mobile.cells import CELLS
from tests.export.conftest import pondering

EXAMPLES = {"onnx": 200, "tflite": 30, "coreml": 30}
SHARDS = 10
"""Each target's examples are split, so that they can run side by side."""


@st.composite
def cases(draw: st.DrawFn) -> tuple[dict[str, Any], Options]:
    """A model and a form to export it in; T M is kept small, it decides the time to convert."""
    max_ponder = draw(st.integers(1, 12))
    sequence: Any = draw(st.sampled_from(["stream", "stream", 1, 2, 3]))
    config = {
        "seed": draw(st.integers(0, 1 << 20)),
        "cell": draw(st.sampled_from(sorted(CELLS))),
        "input_size": draw(st.integers(1, 9)),
        "hidden_size": draw(st.integers(1, 33)),
        "output_size": draw(st.integers(1, 5)),
        "num_layers": 1 if sequence != "stream" else draw(st.integers(1, 2)),
        "max_ponder": max_ponder if sequence == "stream" else min(max_ponder, 5),
        "epsilon": draw(st.sampled_from([0.001, 0.01, 0.1, 0.4])),
        "vocab_size": draw(st.sampled_from([None, None, 7])),
    }
    return config, Options(sequence=sequence, batch=draw(st.integers(1, 3)), samples=60)


@pytest.mark.property
@pytest.mark.parametrize("shard", range(SHARDS))
@pytest.mark.parametrize("target", EXAMPLES)
def test_random_models(target: str, shard: int) -> None:
    passed = 0

    @seed(shard)
    @settings(
        max_examples=EXAMPLES[target] // SHARDS,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(cases())
    def check(case: tuple[dict[str, Any], Options]) -> None:
        nonlocal passed
        config, options = case
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.pt"
            save_model(path, pondering(**config))
            (done,) = export(path, target, output=Path(folder) / "out", options=options)
        found = done.verification
        assert found.passed
        assert found.ponder_steps_wrong == 0
        assert found.time_steps >= 60
        compared = found.ponder_steps_equal + found.ponder_steps_differ
        assert found.ponder_steps_differ <= 0.02 * compared
        torch.compiler.reset()
        passed += 1

    check()
    assert passed >= EXAMPLES[target] // SHARDS
