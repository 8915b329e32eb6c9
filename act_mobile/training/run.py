"""One training run, from the options to the files of its folder."""

from __future__ import annotations

import logging
import os
import shutil
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import lightning
from lightning.pytorch.callbacks import (
    Callback,
    EarlyStopping,
    ModelCheckpoint,
)
from lightning.pytorch.loggers import TensorBoardLogger
from torch.utils.data import DataLoader

from act_artefact.errors import UserError
from act_artefact.staging import check_output, staging
from act_mobile.files import load_model, save_model
from act_mobile.ponder_model import PonderModel
from act_mobile.tasks.task import Task
from act_mobile.training.checkpoint import check_same_run, check_whole, read_checkpoint
from act_mobile.training.evaluate import evaluate, write_evaluation, write_metrics
from act_mobile.training.learner import Learner, set_halting_bias
from act_mobile.training.memory import check_memory
from act_mobile.training.options import Options
from act_mobile.training.pictures import write_pictures
from act_mobile.training.progress import progress
from act_mobile.training.stream import Stream

CHECKPOINTS = "checkpoints"

NEAR = 0.15
"""The part of --target-steps by which the mean N may miss it."""


def train(
    task: Task, options: Options, output: Path, *, resume: bool = False, command: str = ""
) -> dict[str, Any]:
    """Train a model for ``task`` and write its folder.

    Args:
        output: gets model.pt, eval.npz, metrics.json, pictures, checkpoints and TensorBoard logs.
        resume: go on from the folder's last checkpoint, to what one uninterrupted run gives.
        command: how the run was started, for the record.

    Returns:
        What metrics.json holds.

    Raises:
        UserError: an option is out of range, or the folder cannot be written, holds another run,
            or has nothing to resume.
    """
    bias = options.halting_bias
    options = options.completed(task)
    last = output / CHECKPOINTS / "last.ckpt"
    check_folder(output, resume)
    check_memory(task, options)
    checkpoint = None
    if resume:
        checkpoint = read_checkpoint(last)
        check_same_run(checkpoint, output, task, options)
    ranks = int(os.environ.get("WORLD_SIZE", "1"))
    rank = int(os.environ.get("RANK", "0"))

    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    lightning.seed_everything(options.seed, verbose=False)
    learner = Learner(task, options)
    if options.init is not None:
        _start_from(Path(options.init), learner.model)
        # A recipe's bias is that of a new net, and would undo what a trained one has learned.
        if bias is not None:
            set_halting_bias(learner.model, bias)
    trainer = make_trainer(task, options, output, ranks)
    if checkpoint is not None:
        check_whole(last, checkpoint, learner, trainer)
    start = 0 if checkpoint is None else int(checkpoint["global_step"])
    began = time.perf_counter()
    with _folder(output), warnings.catch_warnings():
        # Batches are made in this process on purpose: workers would cost more than they make.
        warnings.filterwarnings("ignore", message=".*does not have many workers.*")
        warnings.filterwarnings(
            "ignore", message=".*Checkpoint directory .* exists and is not empty"
        )
        # Lightning itself asks torch in a way that torch 2.13 is about to drop.
        warnings.filterwarnings("ignore", message=".*LeafSpec.* is deprecated")
        evaluation: DataLoader[Any] = DataLoader([task.evaluation], batch_size=None)  # type: ignore[arg-type]
        try:
            trainer.fit(
                learner,
                train_dataloaders=Stream(
                    task, options.batch_size or 0, options.seed, rank=rank, start=start
                ),
                val_dataloaders=evaluation,
                ckpt_path=last if resume else None,
                weights_only=True,
            )
            if not learner.history or learner.history[-1]["step"] != trainer.global_step:
                trainer.validate(learner, evaluation, verbose=False)
        except SystemExit as ended:
            # Lightning exits by itself after Ctrl-C, as if something had failed.
            if isinstance(ended.__context__, KeyboardInterrupt):
                raise KeyboardInterrupt from None
            raise
    seconds = time.perf_counter() - began
    if rank:
        return {}

    model = learner.model.eval()
    found = evaluate(model, task)
    metrics = {
        "task": task.to_dict(),
        "command": command,
        "options": asdict(options),
        "ranks": ranks,
        "steps": trainer.global_step,
        "parameters": sum(p.numel() for p in model.parameters()),
        "seconds": round(seconds, 1),
        **found.summary(),
        "losses": learner.losses,
        "history": learner.history,
    }
    with staging([output]) as folders:
        aside = folders[output]
        write_evaluation(aside / "eval.npz", task)
        write_pictures(aside, task, model, found, metrics)
        write_metrics(aside / "metrics.json", metrics)
        save_model(aside / "model.pt", model, task.to_dict())
    _check_target(options, metrics)
    return metrics


def _check_target(options: Options, metrics: dict[str, Any]) -> None:
    """Refuse to pass a run off as one that reached its mean N; its files are kept."""
    target, reached = options.target_steps, metrics["ponder_steps"]["mean"]
    if target is not None and not abs(reached - target) <= NEAR * target:
        raise UserError(
            f"--target-steps {target:g}: not reached, the mean N is {reached:.2f} after "
            f"{metrics['steps']} updates (the model is kept): give more --steps, or another --tau "
            "to begin with"
        )


def _start_from(path: Path, model: PonderModel) -> None:
    """Take over a trained model's weights; settings that decide no weight may differ.

    So may the halting policy: a net with a fixed number of steps learns in less time, and has no
    halting units; those that the trained model lacks are left as they are.
    """
    trained = load_model(path)
    theirs, ours = trained.config.to_dict(), model.config.to_dict()
    if theirs["model"] != ours["model"]:
        raise UserError(f"{path}: is a model of kind {theirs['model']}, this run's {ours['model']}")
    free = {"halting", "epsilon", "max_ponder", *filter(None, model.config.axes)}
    for name in ours:
        if name not in free and theirs[name] != ours[name]:
            raise UserError(f"{path}: its {name} is {theirs[name]}, this run's is {ours[name]}")
    state, weights = model.state_dict(), trained.state_dict()
    model.load_state_dict({name: weights.get(name, old) for name, old in state.items()})


def make_trainer(task: Task, options: Options, output: Path, ranks: int) -> lightning.Trainer:
    """Make the trainer of a run, which takes nothing from the folder yet."""
    mode = "max" if task.higher_is_better else "min"
    callbacks: list[Callback] = [
        progress(),
        ModelCheckpoint(
            output / CHECKPOINTS, "best", monitor="metric", mode=mode, save_last=True,
            enable_version_counter=False,
        ),
    ]  # fmt: skip
    if options.target_metric is not None or options.patience is not None:
        callbacks.append(
            EarlyStopping(
                "metric",
                mode=mode,
                patience=options.patience or 1 << 30,
                stopping_threshold=options.target_metric,
            )
        )
    return lightning.Trainer(
        accelerator="cpu",
        devices=int(os.environ.get("LOCAL_WORLD_SIZE", "1")),
        num_nodes=ranks // int(os.environ.get("LOCAL_WORLD_SIZE", "1")),
        strategy="ddp" if ranks > 1 else "auto",
        max_steps=options.steps or -1,
        gradient_clip_val=options.clip,
        val_check_interval=options.evaluate_every,
        check_val_every_n_epoch=None,
        num_sanity_val_steps=0,
        log_every_n_steps=50,
        use_distributed_sampler=False,
        enable_model_summary=False,
        enable_progress_bar=sys.stderr.isatty(),
        logger=TensorBoardLogger(output, name=None, version="logs"),
        callbacks=callbacks,
    )


def check_folder(output: Path, resume: bool) -> None:
    """Refuse before training what would fail after it; nothing is made yet.

    Raises:
        UserError: the folder cannot be written, holds a run, or has none to resume.
    """
    last = output / CHECKPOINTS / "last.ckpt"
    if output.exists() and not output.is_dir():
        raise UserError(f"{output}: is a file, not a folder: give another -o")
    if resume and not last.is_file():
        raise UserError(f"{last}: no such checkpoint: train without --resume")
    check_output(output / "model.pt")
    if not resume and last.exists():
        raise UserError(f"{output}: holds a run: add --resume to go on, or give another -o")


@contextmanager
def _folder(output: Path) -> Iterator[None]:
    """Make the run's folder, and leave nothing new of a run that ends before a checkpoint."""
    made = [path for path in (output, *output.parents) if not path.exists()]
    there = set() if made else set(output.iterdir())
    output.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        if not (output / CHECKPOINTS / "last.ckpt").exists():
            for path in set(output.iterdir()) - there:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            for path in made:
                path.rmdir()
        raise
