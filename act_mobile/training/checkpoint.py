"""``last.ckpt``: read as data, and resumed only if it is what this very run would have written.

Lightning's loops, optimiser and callbacks take over what a checkpoint says by name: one that
somebody has edited, or that lost a part, would fail far inside, or name other files.
"""

from __future__ import annotations

import math
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import lightning
import msgspec
from torch import Tensor

from act_artefact.errors import UserError, shown
from act_artefact.schema import Count, Mismatch, Number, typed
from act_mobile.reading import plain, read_tensors
from act_mobile.tasks.task import Task
from act_mobile.training.learner import Learner
from act_mobile.training.options import Options

WAY_OUT = "train without --resume, into another folder"

NAMES = ("best.ckpt", "last.ckpt")
VERSION = r"2(\.\d{1,4}){1,2}((rc|\.post)\d{1,4})?"
"""Versions of Lightning whose checkpoints are read: it would convert older ones."""


class _Evaluation(msgspec.Struct, forbid_unknown_fields=True):
    """An entry of :attr:`Learner.history`."""

    step: Count
    metric: Number
    ponder_steps: Number
    ponder_cost: Number


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint, of which only what it was trained as is checked to be there.

    Raises:
        UserError: it is missing, damaged, or no checkpoint of act-train.
    """
    try:
        checkpoint = read_tensors(path)
        if not isinstance(checkpoint, dict):
            raise Mismatch(f"holds {shown(checkpoint)}")
        typed(checkpoint.get("global_step"), Count)
        match checkpoint.get("act_mobile"):
            case {"task": dict() as task, "options": dict() as options}:
                plain([task, options])
                return checkpoint
        raise Mismatch("no checkpoint of act-train")
    except ValueError as error:  # a UserError and a Mismatch too
        raise UserError(f"{path}: damaged, cannot be read ({error}): {WAY_OUT}") from None


def check_same_run(checkpoint: dict[str, Any], output: Path, task: Task, options: Options) -> None:
    """Refuse to resume as anything else than what was begun.

    Raises:
        UserError: the task or an option differs.
    """
    saved = checkpoint["act_mobile"]
    if saved["task"] != task.to_dict():
        raise UserError(f"{output}: was trained for another task or size: give the same ones")
    # How long to train, when to look and what to keep may change; all else decides what training
    # gives, and so do the steps where the learning rate falls towards their end.
    free = {"evaluate_every", "target_metric", "patience", "recompute"} | (
        set() if options.lr_decay else {"steps"}
    )
    for name, value in asdict(options).items():
        before = saved["options"].get(name, getattr(Options(), name))
        if name not in free and before != value:
            option = name.replace("_", "-")
            raise UserError(
                f"{output}: was trained with --{option} {shown(before)}, not {value}: "
                "give the same to resume"
            )


def check_whole(
    path: Path, checkpoint: dict[str, Any], learner: Learner, trainer: lightning.Trainer
) -> None:
    """Refuse a checkpoint that differs in structure from what ``trainer`` itself would write.

    Raises:
        UserError: it lacks a part, or has another one.
    """
    try:
        expected = _expected(learner, trainer)
        if checkpoint.keys() != expected.keys():
            raise Mismatch("it has not the parts of a checkpoint")
        if not re.fullmatch(VERSION, str(checkpoint["pytorch-lightning_version"])):
            raise Mismatch("it is of another version of Lightning")
        for name in expected.keys() - {"callbacks", "optimizer_states"}:
            _check_alike(name, checkpoint[name], expected[name])
        _check_optimizer(checkpoint["optimizer_states"], expected["optimizer_states"], learner)
        _check_callbacks(checkpoint["callbacks"], expected["callbacks"])
    except Mismatch as error:
        raise UserError(f"{path}: damaged, cannot be resumed ({error}): {WAY_OUT}") from None


def _expected(learner: Learner, trainer: lightning.Trainer) -> dict[str, Any]:
    """A checkpoint of a run that has not begun, with records of any length."""
    made = learner.configure_optimizers()
    schedulers = []
    if isinstance(made, dict):
        schedulers = [made["lr_scheduler"]["scheduler"].state_dict()]
        made = made["optimizer"]
    loops = ("fit_loop", "validate_loop", "test_loop", "predict_loop")
    return {
        "epoch": 0,
        "global_step": 0,
        "pytorch-lightning_version": "",
        "state_dict": learner.state_dict(),
        "loops": {name: getattr(trainer, name).state_dict() for name in loops},
        "callbacks": {each.state_key: each.state_dict() for each in trainer.callbacks},  # type: ignore[attr-defined]
        "optimizer_states": [made.state_dict()],
        "lr_schedulers": schedulers,
        "act_mobile": {
            "task": dict[str, Any],
            "options": dict[str, Any],
            "losses": list[tuple[Count, Number]],
            "history": list[_Evaluation],
        },
    }


def _check_alike(place: str, found: Any, expected: Any) -> None:
    """Refuse other names, types, lengths and shapes; numbers may be others.

    Raises:
        Mismatch: the first that differs.
    """
    match expected:
        case Tensor():
            _check_tensor(place, found, expected)
        case dict():
            if not isinstance(found, dict) or found.keys() != expected.keys():
                raise Mismatch(f"{place} has other entries")
            for name, value in expected.items():
                _check_alike(f"{place}.{name}", found[name], value)
        case list() | tuple():
            if type(found) is not type(expected) or len(found) != len(expected):
                raise Mismatch(f"{place} has another length")
            for k, value in enumerate(expected):
                _check_alike(f"{place}[{k}]", found[k], value)
        case None | bool() | str():
            if type(found) is not type(expected):
                raise Mismatch(f"{place} is {shown(found)}")
        case int() | float():
            if type(found) not in (int, float) or not 0 <= found < 1 << 53:
                raise Mismatch(f"{place} is {shown(found)}")
        case _:  # a declared type
            _check_typed(place, found, expected)


def _check_typed(place: str, found: Any, expected: Any) -> None:
    if isinstance(found, list):
        found = [list(each) if isinstance(each, tuple) else each for each in found]
    try:
        typed(plain(found), expected)
    except ValueError as error:
        raise Mismatch(f"{place}: {error}") from None


def _check_tensor(place: str, found: Any, expected: Tensor) -> None:
    if not isinstance(found, Tensor):
        raise Mismatch(f"{place} is {shown(found)}, not a tensor")
    if found.shape != expected.shape or found.dtype != expected.dtype:
        raise Mismatch(f"{place} is of another shape or type")
    if bool(found.isnan().any()):
        raise Mismatch(f"{place} is not a number")


def _check_optimizer(found: Any, expected: Any, learner: Learner) -> None:
    """Adam's: the settings of this run, and for each parameter two moments and the step."""
    if not isinstance(found, list) or len(found) != 1 or not isinstance(found[0], dict):
        raise Mismatch("optimizer_states is not of one optimizer")
    state, groups = found[0].get("state"), found[0].get("param_groups")
    (wanted,) = expected[0]["param_groups"]
    if not isinstance(groups, list) or len(groups) != 1 or not isinstance(groups[0], dict):
        raise Mismatch("optimizer_states is not of one group of parameters")
    _check_alike("optimizer_states.param_groups[0]", groups[0], wanted)
    if {**groups[0], "lr": wanted["lr"]} != wanted:
        raise Mismatch("optimizer_states has other settings")
    parameters = list(learner.parameters())
    if not isinstance(state, dict) or (state and state.keys() != {*range(len(parameters))}):
        raise Mismatch("optimizer_states is of other parameters")
    for number, moments in state.items():
        value = parameters[number].detach()
        like = {"step": value.new_zeros(()), "exp_avg": value, "exp_avg_sq": value}
        _check_alike(f"optimizer_states.state.{number}", moments, like)


def _check_callbacks(found: Any, expected: dict[str, dict[str, Any]]) -> None:
    """Those of this run, of which each may be new; files that they name lie in its own folder."""
    if not isinstance(found, dict):
        raise Mismatch("callbacks are not there")
    for name, state in expected.items():
        if not state or name not in found:
            continue
        given = found[name]
        if not isinstance(given, dict) or given.keys() != state.keys():
            raise Mismatch("a callback has other entries")
        for key, value in given.items():
            if key == "best_k_models" and isinstance(value, dict):
                for path, score in value.items():
                    _check_path(path, given)
                    _check_tensor("a score", score, state["kth_value"])
            elif key.endswith("_path") and value != "":
                _check_path(value, given)
            elif isinstance(value, Tensor):
                _check_tensor("a score", value, value.new_zeros(()))
            elif value is not None and type(value) not in (int, float, str):
                raise Mismatch(f"a callback's {key} is {shown(value)}")
            elif isinstance(value, float) and math.isnan(value):
                raise Mismatch(f"a callback's {key} is not a number")


def _check_path(path: Any, callback: dict[str, Any]) -> None:
    folder = callback.get("dirpath")
    if not isinstance(path, str) or path not in {f"{folder}/{name}" for name in NAMES}:
        raise Mismatch(f"a callback names the file {shown(path)}")
