"""An edited checkpoint is refused in one line; a run that is refused leaves no folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from act_artefact.errors import UserError

RunTiny = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("trained") / "run"


@pytest.fixture
def run(trained: Path, tmp_path: Path, run_tiny: RunTiny) -> Path:
    if not trained.exists():
        run_tiny(trained, steps=2, evaluate_every=1)
    shutil.copytree(trained, tmp_path / "run")
    return tmp_path / "run"


@pytest.mark.parametrize(
    ("place", "odd", "reason"),
    [
        (("global_step",), -1, "expected int >= 0"),
        (("epoch",), None, "epoch is None"),
        (("act_mobile",), {}, "no checkpoint of act-train"),
        (("act_mobile", "task"), torch.zeros(3), "no checkpoint of act-train"),
        (("act_mobile", "history", 0, "metric"), "x", "act_mobile.history: [0].metric: expected"),
        (("pytorch-lightning_version",), "0.1", "another version of Lightning"),
        (("state_dict", "model.head.bias"), torch.zeros(3), "of another shape or type"),
        (("state_dict", "model.head.bias"), torch.full((1,), float("nan")), "is not a number"),
        (("state_dict", "model.head.bias"), torch.eye(2).to_sparse(), "objects besides tensors"),
        (("loops", "fit_loop", "epoch_progress", "total"), {"run": 1}, "total has other entries"),
        (("optimizer_states", 0, "param_groups", 0, "betas"), (2.0, 0.9), "has other settings"),
        (("optimizer_states", 0, "param_groups", 0, "betas"), (torch.zeros(0), 0.9), "betas[0] is"),
        (("optimizer_states", 0, "state", 0, "exp_avg"), None, "exp_avg is None, not a tensor"),
        (("lr_schedulers",), [{}], "lr_schedulers has another length"),
        (("more",), 1, "it has not the parts of a checkpoint"),
    ],
)
def test_edited(
    run: Path, run_tiny: RunTiny, place: tuple[Any, ...], odd: Any, reason: str
) -> None:
    path = run / "checkpoints/last.ckpt"
    checkpoint = torch.load(path, weights_only=True)
    inside = checkpoint
    for key in place[:-1]:
        inside = inside[key]
    inside[place[-1]] = odd
    torch.save(checkpoint, path)
    with pytest.raises(UserError) as caught:
        run_tiny(run, steps=4, evaluate_every=1, resume=True)
    message = str(caught.value)
    assert message.startswith(f"{path}: damaged, cannot be re")
    assert reason in message
    assert message.endswith("train without --resume, into another folder")


def test_another_file_is_never_named(run: Path, run_tiny: RunTiny, tmp_path: Path) -> None:
    """Lightning deletes the checkpoints that one names, once it has better ones."""
    path = run / "checkpoints/last.ckpt"
    checkpoint = torch.load(path, weights_only=True)
    (callback,) = checkpoint["callbacks"].values()
    callback["best_k_models"] = {str(tmp_path / "mine"): torch.tensor(1.0)}
    torch.save(checkpoint, path)
    with pytest.raises(UserError, match="a callback names the file '.*mine'"):
        run_tiny(run, steps=4, evaluate_every=1, resume=True)


@pytest.mark.parametrize(
    ("option", "value", "reason"),
    [
        ("hidden", 0, "hidden_size must be"),
        ("hidden", 16384, "--hidden 16384: takes at least"),
        ("batch_size", 1 << 30, "--batch-size must be at most 1048576"),
        ("halting", "x", "halting 'x' is not known"),
        ("halting_bias", 1e308, "--halting-bias must lie within"),
        ("init", "nowhere.pt", "nowhere.pt: no such file"),
    ],
)
def test_a_refused_option_leaves_no_folder(
    run_tiny: RunTiny, tmp_path: Path, option: str, value: Any, reason: str
) -> None:
    with pytest.raises(UserError, match=reason):
        run_tiny(tmp_path / "new/run", layers=64, **{option: value})
    assert list(tmp_path.iterdir()) == []
