"""The engine's Python package: names of act.h, arrays in and out, errors that speak."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from act_artefact.errors import UserError
from act_engine import ActError, Model, build
from tests.export.conftest import pondering
from tests.native.test_export_models import converted

ROOT = Path(__file__).parents[2]
X = np.random.default_rng(3).standard_normal((7, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return converted(pondering(num_layers=2), tmp_path_factory.mktemp("engine") / "m.actn")


def test_sizes(file: Path) -> None:
    model = Model(file)
    assert (model.input_size, model.vocab_size, model.output_size) == (3, 0, 2)
    assert (model.max_ponder, model.state_size) == (4, 24)
    assert model.halt_threshold == np.float32(0.99)
    assert model.layers == [(6, 2, "act", 0), (6, 2, "act", 0)]
    assert 0 < model.context_bytes < 20_000
    assert model.metadata == "{}"
    model.use_kernels("portable")
    assert model.kernels == "portable"
    model.use_kernels(None)
    assert model.kernels


def test_steps_and_sequences_are_the_models(file: Path) -> None:
    with torch.no_grad():
        expected = pondering(num_layers=2).eval()(torch.from_numpy(X)[None])
    for model in (Model(file), Model(str(file)), Model(file.read_bytes())):
        context = model.context()
        answer = context.run(X)
        np.testing.assert_allclose(answer.y, expected.output[0], atol=1e-5)
        assert answer.ponder_steps.tolist() == expected.ponder.steps[0].tolist()
        np.testing.assert_allclose(answer.remainders, expected.ponder.remainder[0], atol=1e-5)
        state = context.state
        np.testing.assert_allclose(
            state, torch.cat([s for layer in expected.state for s in layer], -1)[0], atol=1e-5
        )
        context.reset()
        for t, x in enumerate(X):
            np.testing.assert_array_equal(context.step(x), answer.y[t])
            assert context.ponder_steps == answer.ponder_steps[t].tolist()
            np.testing.assert_array_equal(context.remainders, answer.remainders[t])
        np.testing.assert_array_equal(context.state, state)


def test_a_state_can_be_taken_over(file: Path) -> None:
    model = Model(file)
    one, other = model.context(), model.context()
    one.run(X[:4])
    other.state = one.state
    np.testing.assert_array_equal(one.run(X[4:]).y, other.run(X[4:]).y)


def test_budget(file: Path) -> None:
    context = Model(file).context()
    context.set_budget(0.99, 2)
    assert context.run(X).ponder_steps.max() == 2
    context.set_budget(0.0, 4)
    assert context.run(X).ponder_steps.max() == 1
    for threshold, limit in ((1.5, 2), (-0.1, 2), (np.nan, 2), (0.9, 0), (0.9, 5)):
        with pytest.raises(ActError, match="threshold"):
            context.set_budget(threshold, limit)


def test_tokens(tmp_path: Path) -> None:
    model = Model(converted(pondering(vocab_size=5), tmp_path / "m.actn"))
    context = model.context()
    answer = context.run([4, 0, 2])
    context.reset()
    np.testing.assert_array_equal(context.step(4), answer.y[0])
    for token in (5, -1):
        with pytest.raises(ActError, match="token"):
            context.step(token)
    with pytest.raises(TypeError, match="reads tokens: list"):
        context.step([1.0])
    with pytest.raises(TypeError):
        context.run([0.5])


def test_what_is_refused(file: Path, tmp_path: Path) -> None:
    model = Model(file)
    context = model.context()
    with pytest.raises(ValueError, match=r"shape \(2,\), this model takes \(3,\)"):
        context.step([1, 2])
    with pytest.raises(ValueError, match=r"shape \(7, 2\), this model takes \(7, 3\)"):
        context.run(X[:, :2])
    with pytest.raises(ValueError, match=r"shape \(23,\)"):
        context.state = np.zeros(23)
    with pytest.raises(ActError, match="NaN"):
        context.step([np.nan, 0, 0])
    with pytest.raises(ActError, match="kernels"):
        model.use_kernels("quantum")
    with pytest.raises(FileNotFoundError):
        Model(tmp_path / "none.actn")
    contents = bytearray(file.read_bytes())
    with pytest.raises(ActError) as raised:
        Model(bytes(contents[:-64]))
    assert raised.value.status
    contents[700] ^= 1
    with pytest.raises(ActError, match="those that were written"):
        Model(bytes(contents))


def test_a_context_keeps_its_model(file: Path) -> None:
    """And models and contexts can be dropped in any order."""
    context = Model(file.read_bytes()).context()
    gc.collect()
    before = context.run(X).y
    context.reset()
    np.testing.assert_array_equal(context.run(X).y, before)


def run_python(code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_needs_numpy_alone(file: Path) -> None:
    code = (
        f"import sys, act_engine; act_engine.Model({str(file)!r}).context().step([0, 0, 0]);"
        "print({'torch', 'act_mobile', 'act_export', 'onnx'} & set(sys.modules))"
    )
    assert run_python(code).stdout == "set()\n"


def test_without_a_compiler(tmp_path: Path) -> None:
    done = run_python(
        "import act_engine; act_engine.Model('m.actn')", CC="nocc", XDG_CACHE_HOME=str(tmp_path)
    )
    assert done.stderr.splitlines()[-1] == (
        "act_artefact.errors.UserError: the native engine is built with the C compiler nocc, which "
        "is not there: install gcc or clang, or name one with CC="
    )
    assert list(tmp_path.iterdir()) == []


def test_it_is_built_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    source = tmp_path / "act.c"
    source.write_text("int answer(void) { return 41; }")
    first = build.library(tmp_path)
    made = first.stat().st_mtime_ns
    assert build.library(tmp_path) == first
    assert first.stat().st_mtime_ns == made
    source.write_text("int answer(void) { return 42; }")
    assert build.library(tmp_path) != first
    assert build.library(tmp_path, (*build.FLAGS, "-DNDEBUG")) not in (
        first,
        build.library(tmp_path),
    )
    source.write_text("int answer(void) { return }")
    with pytest.raises(UserError, match="does not compile with .*: .*error"):
        build.library(tmp_path)
    source.unlink()
    with pytest.raises(UserError, match="sources are not there"):
        build.library(tmp_path)
