"""``model.pt``: written by whoever trained the model, read without running any of its code."""

from __future__ import annotations

import os
import pickle
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import torch
from torch import nn

from act_mobile.errors import UserError
from act_mobile.model import ACTConfig, ACTModel

FORMAT = "act-mobile/1"
MAX_BYTES = 2 << 30
"""The largest model file that is read: a zip entry of a stranger's may claim any size."""


@dataclass
class SavedModel:
    """A model as its file holds it."""

    model: ACTModel
    task: dict[str, Any] = field(default_factory=dict)
    """The task it was trained for, by name and sizes, in plain types; empty if it has none."""


def save_model(
    path: str | os.PathLike[str], model: ACTModel, task: dict[str, Any] | None = None
) -> None:
    """Write ``model.pt``, whole or not at all."""
    saved = {
        "format": FORMAT,
        "config": model.config.to_dict(),
        "state_dict": {k: v.detach().cpu().clone() for k, v in model.state_dict().items()},
        "task": task or {},
    }
    with written_aside(Path(path)) as aside:
        torch.save(saved, aside)


@contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """A path beside ``path`` to write to, renamed to it if the block ends well, else removed."""
    aside = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        yield aside
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def load_model(path: str | os.PathLike[str]) -> ACTModel:
    """The model in ``path``, in eval mode; see :func:`load_saved`."""
    return load_saved(path).model


def load_saved(path: str | os.PathLike[str]) -> SavedModel:
    """Read and check ``model.pt``.

    Raises:
        UserError: the file is missing, damaged, not an act-mobile model, holds code, disagrees
            with its own configuration, or has weights that are not finite.
    """
    path = Path(path)
    saved = _unpickle(path)
    if not isinstance(saved, dict) or saved.get("format") != FORMAT:
        found = saved.get("format") if isinstance(saved, dict) else type(saved).__name__
        raise UserError(
            f"{path}: not an act-mobile model (format {found!r}, expected {FORMAT!r}): "
            "save it with act_mobile.save_model"
        )
    config, weights, task = (saved.get(k) for k in ("config", "state_dict", "task"))
    if not isinstance(config, dict) or not isinstance(weights, dict) or not isinstance(task, dict):
        raise UserError(f"{path}: config, state_dict and task must each be a dict")
    try:
        with torch.device("meta"):
            model = ACTModel(_config(config))
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    _check_weights(path, model, weights)
    model.load_state_dict(weights, assign=True)
    return SavedModel(model.float().eval().requires_grad_(False), task)


def load_weights(path: Path, module: nn.Module) -> None:
    """Read a state_dict, a file of tensors alone, into a user's own module.

    Raises:
        UserError: the file is missing, damaged, holds code, or does not fit the module.
    """
    weights = _unpickle(path)
    if not isinstance(weights, dict):
        raise UserError(f"{path}: holds a {type(weights).__name__}, not a state_dict")
    _check_weights(path, module, weights)
    module.load_state_dict(weights)


def _unpickle(path: Path) -> Any:
    if not path.is_file():
        raise UserError(f"{path}: no such file")
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error) as error:
        raise UserError(
            f"{path}: not a torch file, or cut short ({error}): copy it again, or save it with "
            "act_mobile.save_model"
        ) from None
    if size > MAX_BYTES:
        raise UserError(f"{path}: holds {size} bytes, more than the {MAX_BYTES} that are read")
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if "Unsupported" in str(error) or "GLOBAL" in str(error):
            raise UserError(
                f"{path}: holds code or objects besides tensors and plain types, which are not "
                "loaded: save it with act_mobile.save_model"
            ) from None
        raise UserError(f"{path}: damaged, its contents cannot be read: copy it again") from None
    except (
        RuntimeError,
        EOFError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        IndexError,
    ) as error:
        # What torch's reader raises on a damaged archive depends on where the damage is.
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UserError(f"{path}: damaged, cannot be read ({reason}): copy it again") from None


def _config(config: dict[str, Any]) -> ACTConfig:
    known = {f.name for f in fields(ACTConfig)}
    required = {"input_size", "hidden_size", "output_size"}
    if unknown := sorted(map(str, config.keys() - known)):
        raise UserError(f"config has unknown entries: {', '.join(unknown)}")
    if missing := sorted(required - config.keys()):
        raise UserError(f"config lacks {', '.join(missing)}")
    return ACTConfig(**config)


def _check_weights(path: Path, model: nn.Module, weights: dict[str, Any]) -> None:
    expected = model.state_dict()
    for name in sorted(expected.keys() | weights.keys(), key=str):
        if name not in expected:
            raise UserError(f"{path}: weight {name!r} is not in the model")
        if name not in weights:
            raise UserError(f"{path}: weight {name!r} is missing")
        weight, shape = weights[name], tuple(expected[name].shape)
        if (
            not isinstance(weight, torch.Tensor)
            or weight.is_floating_point() != expected[name].is_floating_point()
            or weight.is_sparse
        ):
            raise UserError(f"{path}: weight {name!r} is not a dense floating-point tensor")
        if tuple(weight.shape) != shape:
            raise UserError(
                f"{path}: weight {name!r} has shape {tuple(weight.shape)}, the model {shape}"
            )
        if not bool(torch.isfinite(weight).all()):
            raise UserError(f"{path}: weight {name!r} has NaN or infinite values: train it again")
