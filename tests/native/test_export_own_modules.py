"""A user's own module in the engine: what folds into its maps, and what is refused."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from act_artefact.errors import UserError
from act_engine import Model
from act_export import Export, export, read_manifest
from act_export.api import Options
from act_export.targets.native.file import read_facts
from act_mobile import ACT
from act_mobile.cells import CELLS
from tests.export.own_modules import ConvOverFeatures, OverFeatures, uneven
from tests.native import own_modules

pytestmark = pytest.mark.own_models

HERE = "tests.native.own_modules"


def exported(
    folder: Path, name: str, *features: int, vocabulary: int = 11, **options: Any
) -> Export:
    draw = np.random.default_rng(0)
    data = (
        {"x": draw.standard_normal((6, 9, *features)).astype(np.float32)}
        if features
        else {"tokens": draw.integers(0, vocabulary, (6, 9))}
    )
    np.savez(folder / "eval.npz", **data)
    (done,) = export(
        f"{HERE}:{name}",
        "native",
        output=folder / "out",
        data=folder / "eval.npz",
        options=Options(**{"samples": 50, **options}),
    )
    return done


@pytest.mark.parametrize("options", [{}, {"sequence": 3, "batch": 2}, {"sequence": "dynamic"}])
def test_layers_around_act_fold_into_its_maps(tmp_path: Path, options: dict[str, Any]) -> None:
    done = exported(tmp_path, "sensor", 2, 3, **options)
    assert done.verification.passed
    assert done.verification.ponder_steps_differ == 0
    header, layers, _ = read_facts(done.path)
    assert header["features"] == 6
    assert header["outputs"] == 4
    assert layers["cell"].tolist() == [2, 2, 3]
    assert layers["hidden_size"].tolist() == [7, 7, 20]
    assert layers["input"]["columns"].tolist() == [6, 7, 7]
    assert layers["max_ponder"].tolist() == [5, 5, 3]
    manifest = read_manifest(done.path.with_name("sensor.manifest.json"))
    assert manifest.interface.outputs[0].shape[-2:] == (2, 2)
    assert [pair.input for pair in manifest.interface.states] == ["h0", "h1", "h2", "c2"]


def test_any_function_of_a_token_is_a_table(tmp_path: Path) -> None:
    done = exported(tmp_path, "speller")
    assert done.verification.passed
    header, layers, _ = read_facts(done.path)
    assert header["vocabulary"] == 11, "found by trying"
    assert header["embedding"]["rows"] == 0
    assert layers["input"][0]["kind"] == 1
    assert layers["halting"].tolist() == [0]
    assert Model(done.path).vocab_size == 11


def test_a_large_vocabulary_is_an_embedding_and_a_matrix(tmp_path: Path) -> None:
    done = exported(tmp_path, "large_vocabulary", vocabulary=3000)
    assert done.verification.passed
    header, layers, _ = read_facts(done.path)
    assert header["vocabulary"] == header["embedding"]["columns"] == 3000
    assert header["embedding"]["rows"] == layers["input"][0]["columns"] == 5
    assert layers["input"][0]["kind"] == 0
    assert done.size < 400_000


@pytest.mark.parametrize(
    ("name", "features", "message"),
    [
        ("relu", (3,), "the way from its input to ACT layer 'act' is not affine"),
        ("clipped", (3,), "the way from its input to ACT layer 'act' is not affine"),
        ("softmax", (3,), "the way from the output of ACT layer 'act' to its output is not affine"),
        ("residual", (3,), "to its output depends on something else too"),
        ("Counting", (3,), "to its output depends on something else too"),
        ("smoothed", (3,), "the way from its input to ACT layer 'act' mixes time steps"),
        ("own_cell", (3,), "own_cell: has a cell of its own, OwnCell"),
        ("half", (3,), "half: computes in torch.float32 whatever its weights are"),
        ("HashedTokens", (), "HashedTokens: takes tokens without end"),
    ],
)
def test_refused(tmp_path: Path, name: str, features: tuple[int, ...], message: str) -> None:
    with pytest.raises(UserError, match=message) as raised:
        exported(tmp_path, name, *features, sequence=9)
    assert str(raised.value).startswith("target native: ")
    assert str(raised.value).endswith("use --target onnx,tflite,coreml")
    assert not (tmp_path / "out").exists()


class Drawn(nn.Module):
    """Affine layers around ACT layers, drawn; before tokens' ACT layers any function."""

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__()
        makers: dict[str, Any] = {
            "linear": lambda: nn.Linear(width, width),
            "batchnorm": lambda: OverFeatures(nn.BatchNorm1d(width)),
            "dropout": lambda: nn.Dropout(0.3),
            "conv": lambda: OverFeatures(ConvOverFeatures()),
            "layernorm": lambda: nn.LayerNorm(width),
            "relu": nn.ReLU,
        }
        width, tokens = config["width"], config["vocabulary"]
        self.embed = nn.Embedding(tokens, width) if tokens else nn.Linear(config["features"], width)
        names = [n for n in config["encoder"] if tokens or n not in ("layernorm", "relu")]
        self.encode = nn.Sequential(*(makers[name]() for name in names))
        self.acts = nn.ModuleList(
            ACT(width, width, cell=cell, num_layers=1 + index % 2, max_ponder=4)
            for index, cell in enumerate(config["cells"])
        )
        self.between = nn.ModuleList(makers[config["between"]]() for _ in config["cells"])
        self.head = nn.Linear(width, 3, bias=config["bias"])

    def forward(self, x: Tensor) -> Tensor:
        x = self.encode(self.embed(x))
        for act, between in zip(self.acts, self.between, strict=True):
            x = between(act(x).output)
        return self.head(x)


DRAWN = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 1 << 20),
        "width": st.integers(1, 40),
        "features": st.integers(1, 9),
        "vocabulary": st.sampled_from([0, 0, 9]),
        "encoder": st.lists(
            st.sampled_from(["linear", "batchnorm", "dropout", "conv", "layernorm", "relu"]),
            max_size=3,
        ),
        "cells": st.lists(st.sampled_from(sorted(CELLS)), min_size=1, max_size=2),
        "between": st.sampled_from(["linear", "batchnorm", "dropout", "conv"]),
        "bias": st.booleans(),
    }
)


@pytest.mark.property
def test_random_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    passed = 0

    @settings(
        max_examples=60, deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(DRAWN, st.sampled_from(["stream", 3, "dynamic"]), st.integers(1, 2))
    def check(config: dict[str, Any], sequence: Any, batch: int) -> None:
        nonlocal passed

        def drawn() -> nn.Module:
            torch.manual_seed(config["seed"])
            module = uneven(Drawn(config))
            if not config["vocabulary"]:
                own_modules.with_statistics(module, config["features"])
            return module

        monkeypatch.setattr(own_modules, "drawn", drawn, raising=False)
        features = () if config["vocabulary"] else (config["features"],)
        with tempfile.TemporaryDirectory() as folder:
            done = exported(
                Path(folder), "drawn", *features, vocabulary=9, sequence=sequence, batch=batch
            )
        assert done.verification.passed
        passed += 1

    check()
    assert passed >= 60
