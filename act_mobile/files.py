"""``model.pt``: written by whoever trained the model, read without running any of its code."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from act_artefact.errors import UserError, shown
from act_artefact.staging import written_aside
from act_mobile.models import Config, build, config_from_dict
from act_mobile.ponder_model import PonderModel
from act_mobile.reading import MAX_BYTES, plain, read_tensors

FORMAT = "act-mobile/1"


@dataclass
class SavedModel:
    """A model as its file holds it."""

    model: PonderModel
    config: Config
    task: dict[str, Any] = field(default_factory=dict)
    """The task it was trained for, by name and sizes, in plain types; empty if it has none."""


def save_model(
    path: str | os.PathLike[str], model: nn.Module, task: dict[str, Any] | None = None
) -> None:
    """Write ``model.pt``, whole or not at all, into a folder that is made if it is not there.

    Args:
        model: one of :mod:`act_mobile.models`, which has a ``config``.

    Raises:
        UserError: something other than a regular file is in the way, or there is no room.
        ValueError: the task is not of plain types, which is all that is read back.
    """
    saved = {
        "format": FORMAT,
        "config": model.config.to_dict(),  # type: ignore[operator, union-attr]
        "state_dict": {k: v.detach().cpu().clone() for k, v in model.state_dict().items()},
        "task": plain(task or {}),
    }
    with written_aside(Path(path)) as aside:
        torch.save(saved, aside)


def load_model(path: str | os.PathLike[str]) -> PonderModel:
    """The model in ``path``, in eval mode; see :func:`load_saved`."""
    return load_saved(path).model


def load_saved(path: str | os.PathLike[str]) -> SavedModel:
    """Read and check ``model.pt``.

    Raises:
        UserError: the file is missing, damaged, not an act-mobile model, holds code, disagrees
            with its own configuration, or has weights that are not finite.
    """
    path = Path(path)
    saved = read_tensors(path)
    if not isinstance(saved, dict) or saved.get("format") != FORMAT:
        found = saved.get("format") if isinstance(saved, dict) else type(saved).__name__
        raise UserError(
            f"{path}: not an act-mobile model (format {shown(found)}, expected {FORMAT!r}): "
            "save it with act_mobile.save_model"
        )
    config, weights, task = (saved.get(k) for k in ("config", "state_dict", "task"))
    if not isinstance(config, dict) or not isinstance(weights, dict) or not isinstance(task, dict):
        raise UserError(f"{path}: config, state_dict and task must each be a dict")
    try:
        task = plain(task)
    except ValueError as error:
        raise UserError(f"{path}: its task is {error}") from None
    try:
        with torch.device("meta"):
            model = build(config_from_dict(config))
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    _check_weights(path, model, weights)
    model.load_state_dict(weights, assign=True)
    model = model.float().eval().requires_grad_(False)
    return SavedModel(model, config_from_dict(config), task)


def load_weights(path: Path, module: nn.Module) -> None:
    """Read a state_dict, a file of tensors alone, into a user's own module.

    Raises:
        UserError: the file is missing, damaged, holds code, or does not fit the module.
    """
    weights = read_tensors(path)
    if not isinstance(weights, dict):
        raise UserError(f"{path}: holds a {type(weights).__name__}, not a state_dict")
    _check_weights(path, module, weights)
    # Names and shapes are those of the module as it is, and so are the versions of its parts.
    state = module.state_dict()
    state.update(weights)
    module.load_state_dict(state)


def _check_weights(path: Path, model: nn.Module, weights: dict[Any, Any]) -> None:
    expected = model.state_dict()
    if (size := sum(weight.nbytes for weight in expected.values())) > MAX_BYTES:
        raise UserError(f"{path}: a model of {size} bytes, more than the {MAX_BYTES} that are read")
    for name in sorted(expected.keys() | weights.keys(), key=str):
        if name not in expected:
            raise UserError(f"{path}: weight {shown(name)} is not in the model")
        if name not in weights:
            raise UserError(f"{path}: weight {name!r} is missing")
        _check_weight(f"{path}: weight {name!r}", weights[name], expected[name])


def _check_weight(what: str, weight: Any, expected: Tensor) -> None:
    if not isinstance(weight, Tensor):
        raise UserError(f"{what} is {shown(weight)}, not a tensor")
    if weight.is_floating_point() != expected.is_floating_point():
        raise UserError(f"{what} is of {weight.dtype}, the model's of {expected.dtype}")
    if weight.shape != expected.shape:
        raise UserError(
            f"{what} has shape {tuple(weight.shape)}, the model {tuple(expected.shape)}"
        )
    if weight.is_floating_point() and not bool(torch.isfinite(weight.float()).all()):
        raise UserError(f"{what} has NaN or infinite values as float32: train it again")
