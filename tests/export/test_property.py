"""Random models and modules through the real converters: none may come out of tolerance."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from act_export import export
from act_export.api import Options
from act_export.targets import TARGETS
from act_export.verify import Verification
from act_mobile import IteratedConfig, IteratedModel, save_model
from act_mobile.cells import CELLS
from act_mobile.halting import parse_halting
from tests.export import own_modules
from tests.export.conftest import pondering

UNROLLED = {"onnx": 200, "tflite": 30, "coreml": 30}
LOOPED = {"onnx": 100, "tflite": 100, "coreml": 100, "native": 300}
ITERATED = {"onnx": 40, "tflite": 20, "coreml": 20, "native": 40}
OWN = 20
SHARDS = 10
"""Each target's examples are split, so that they can run side by side."""
CHOSEN = range(int(os.environ.get("ACT_PROPERTY_SHARDS", SHARDS)))
"""The shards that run: CI takes the first, `make test-property` all."""


HALTING = ["act", "act", "act", "pondernet", "pondernet:0.5", "skip"]


def kinds(halting: str) -> tuple[str, ...]:
    """The kinds of ponder loop that can express a policy."""
    return parse_halting(halting, max_ponder=1, epsilon=0.01).kinds


@st.composite
def models(draw: st.DrawFn, ponders: list[Any]) -> tuple[dict[str, Any], Options]:
    """A model and a form to export it in; unrolled, T M is kept small: it decides the time."""
    halting = draw(st.sampled_from(HALTING))
    ponder = draw(st.sampled_from([p for p in ponders if p in kinds(halting)]))
    unrolled = ponder == "unroll"
    max_ponder = draw(st.integers(1, 12))
    sequences = ["stream", "stream", 1, 2, 3] if unrolled else ["stream", "stream", 1, 4, "dynamic"]
    sequence: Any = "stream" if ponder == "host" else draw(st.sampled_from(sequences))
    small = unrolled and sequence != "stream"
    config = {
        "seed": draw(st.integers(0, 1 << 20)),
        "cell": draw(st.sampled_from(sorted(CELLS))),
        "input_size": draw(st.integers(1, 9)),
        "hidden_size": draw(st.integers(1, 33)),
        "output_size": draw(st.integers(1, 5)),
        "num_layers": 1 if small else draw(st.integers(1, 2)),
        "max_ponder": min(max_ponder, 5) if small else max_ponder,
        "epsilon": draw(st.sampled_from([0.001, 0.01, 0.1, 0.4])),
        "vocab_size": draw(st.sampled_from([None, None, 7])),
        "halting": halting,
    }
    budget = not unrolled and draw(st.booleans())
    return config, Options(ponder, sequence, draw(st.integers(1, 3)), budget, samples=60)


@st.composite
def iterated_models(draw: st.DrawFn, target: str) -> tuple[IteratedModel, Options]:
    """A model without time and a form to export it in."""
    # The engine has no images that leave a state.
    halting = draw(st.sampled_from([h for h in HALTING if (target, h) != ("native", "skip")]))
    ponder = draw(st.sampled_from([k for k in kinds(halting) if k in TARGETS[target].ponders]))
    torch.manual_seed(draw(st.integers(0, 1 << 20)))
    model = IteratedModel(
        IteratedConfig(
            channels=draw(st.integers(1, 4)),
            hidden_size=draw(st.integers(1, 7)),
            output_size=draw(st.integers(1, 3)),
            height=draw(st.integers(1, 7)),
            width=draw(st.integers(1, 7)),
            max_ponder=draw(st.integers(1, 5)),
            epsilon=draw(st.sampled_from([0.01, 0.1, 0.4])),
            halting=halting,
            pooled=draw(st.booleans()),
            filled=draw(st.booleans()),
        )
    )
    budget = ponder != "unroll" and draw(st.booleans())
    own_modules.uneven(model)
    return model, Options(ponder, None, draw(st.integers(1, 3)), budget, samples=60)


def check_examples(
    case: st.SearchStrategy[Any], count: int, shard: int, run: Callable[[Any, Path], Verification]
) -> None:
    """Export so many cases and look at what their check found."""
    passed = 0

    @seed(shard)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case)
    def check(drawn: Any) -> None:
        nonlocal passed
        with tempfile.TemporaryDirectory() as folder:
            found = run(drawn, Path(folder))
        assert found.passed
        assert found.ponder_steps_wrong == 0
        assert found.time_steps >= 60
        compared = found.ponder_steps_equal + found.ponder_steps_differ
        assert found.ponder_steps_differ <= 0.02 * compared
        torch.compiler.reset()
        passed += 1

    check()
    assert passed >= count


@pytest.mark.property
@pytest.mark.parametrize("shard", CHOSEN)
@pytest.mark.parametrize(
    ("target", "unrolled"),
    [
        *((target, True) for target in UNROLLED),
        # The engine's are in tests/native/test_export_property.py, for each kind of its kernels.
        *((target, False) for target in LOOPED if target != "native"),
    ],
)
def test_random_models(target: str, unrolled: bool, shard: int) -> None:
    def run(drawn: tuple[dict[str, Any], Options], folder: Path) -> Verification:
        config, options = drawn
        save_model(folder / "model.pt", pondering(**config))
        path = folder / "model.pt"
        (done,) = export(path, target, output=folder / "out", options=options)
        return done.verification

    count = (UNROLLED if unrolled else LOOPED)[target] // SHARDS
    among = ("loop", "loop", "peeled", "host")
    looped = [ponder for ponder in among if ponder in TARGETS[target].ponders]
    check_examples(models(["unroll"] if unrolled else looped), count, shard, run)


@pytest.mark.property
@pytest.mark.parametrize("shard", CHOSEN)
@pytest.mark.parametrize("target", ITERATED)
def test_random_iterated_models(target: str, shard: int) -> None:
    def run(drawn: tuple[IteratedModel, Options], folder: Path) -> Verification:
        model, options = drawn
        save_model(folder / "model.pt", model)
        (done,) = export(folder / "model.pt", target, output=folder / "out", options=options)
        return done.verification

    check_examples(iterated_models(target), ITERATED[target] // SHARDS, shard, run)


@pytest.mark.property
@pytest.mark.parametrize("target", UNROLLED)
def test_random_user_modules(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user's own layers around ACT, drawn: encoders, several ACT layers, residuals, heads."""

    def run(drawn: tuple[own_modules.Drawn, Options], folder: Path) -> Verification:
        own, options = drawn
        monkeypatch.setattr(own_modules, "CURRENT", own)
        draw = np.random.default_rng(own.seed)
        if own.vocab_size:
            np.savez(folder / "eval.npz", tokens=draw.integers(0, own.vocab_size, (6, 12)))
        else:
            x = draw.standard_normal((6, 12, own.features)).astype(np.float32)
            np.savez(folder / "eval.npz", x=x)
        (done,) = export(
            "tests.export.own_modules:drawn",
            target,
            output=folder / "out",
            data=folder / "eval.npz",
            options=options,
        )
        return done.verification

    forms = st.builds(
        Options,
        st.sampled_from(["loop", "loop", "peeled", "unroll"]),
        st.sampled_from(["stream", "stream", 3]),
        st.integers(1, 2),
        samples=st.just(60),
    )
    check_examples(st.tuples(own_modules.drawn_modules(), forms), OWN, 0, run)
