"""A user's own module around ACT layers, through ``package.module:factory``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from act_artefact.errors import UserError
from act_export import export, read_manifest
from act_export.api import Options
from act_export.targets import TARGETS
from tests.export import own_modules

pytestmark = pytest.mark.own_models

HERE = "tests.export.own_modules"


@pytest.fixture
def data(tmp_path: Path) -> Any:
    """Writes an eval.npz of so many features."""

    def write(*features: int) -> Path:
        draw = np.random.default_rng(0)
        path = tmp_path / "eval.npz"
        if features:
            np.savez(path, x=draw.standard_normal((6, 9, *features)).astype(np.float32))
        else:
            np.savez(path, tokens=draw.integers(0, 11, (6, 9)))
        return path

    return write


@pytest.mark.parametrize("target", [name for name in TARGETS if name != "native"])
@pytest.mark.parametrize(("name", "features"), [("tagger", ()), ("listener", (2, 6))])
def test_unchanged(
    tmp_path: Path, data: Any, name: str, features: tuple[int, ...], target: str
) -> None:
    (done,) = export(
        f"{HERE}:{name}",
        target,
        output=tmp_path / "out",
        data=data(*features),
        options=Options(ponder="loop", samples=50),
    )
    assert done.path.name == f"{name}{TARGETS[target].suffix}"
    assert done.verification.passed
    manifest = read_manifest(tmp_path / "out" / f"{name}.manifest.json")
    assert manifest.model == {"factory": f"{HERE}:{name}"}
    states = ["h0", "c0", "h1"] if name == "tagger" else ["h0"]  # in the order of calls
    assert [pair.input for pair in manifest.interface.states] == states
    assert manifest.interface.data.shape == (1, *features)


def test_weights(tmp_path: Path, data: Any) -> None:
    torch.manual_seed(9)
    trained = own_modules.uneven(own_modules.Tagger())
    torch.save(trained.state_dict(), tmp_path / "tagger.pt")
    arguments: dict[str, Any] = {"data": data(), "options": Options(ponder="loop", samples=20)}
    with_weights, without = (
        export(f"{HERE}:tagger", "onnx", output=tmp_path / str(i), weights=weights, **arguments)
        for i, weights in enumerate([tmp_path / "tagger.pt", None])
    )
    assert with_weights[0].manifest.sha256 != without[0].manifest.sha256

    torch.save({"head.weight": torch.zeros(4, 8)}, tmp_path / "part.pt")
    with pytest.raises(UserError, match="part.pt: weight 'embed.weight' is missing"):
        export(f"{HERE}:tagger", "onnx", weights=tmp_path / "part.pt", **arguments)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("absent", "AttributeError: module .* has no attribute 'absent'"),
        ("no_module", "returned str, not a torch.nn.Module"),
        ("no_act", "contains no act_mobile.ACT"),
        ("broken", "RuntimeError: no such weights"),
        ("Brancher", "Brancher: cannot be traced"),
        ("Twice", "calls act, act of its layers that ponder or carry state, act: each must"),
        ("Pooler", r"returned \(1, 4\) for a batch of 1 and 2 time steps"),
        ("Smoother", "mixes time steps outside the layers whose state is carried: use --sequence"),
        ("Listener", "forward failed on input"),
    ],
)
def test_refused(tmp_path: Path, data: Any, name: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        export(
            f"{HERE}:{name}",
            "onnx",
            output=tmp_path / "out",
            data=data(3),
            options=Options(ponder="loop"),
        )
    assert not (tmp_path / "out").exists()


def test_mixing_time_is_fine_in_whole_sequences(tmp_path: Path, data: Any) -> None:
    options = Options(ponder="loop", sequence=9)
    (done,) = export(
        f"{HERE}:Smoother", "onnx", output=tmp_path / "out", data=data(3), options=options
    )
    assert done.verification.passed


def test_without_data(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="give --data"):
        export(f"{HERE}:tagger", "onnx", output=tmp_path / "out")


def test_module_that_is_not_there(tmp_path: Path, data: Any) -> None:
    with pytest.raises(UserError, match="ModuleNotFoundError: No module named 'nowhere'"):
        export("nowhere:model", "onnx", output=tmp_path / "out", data=data())
