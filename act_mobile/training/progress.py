"""Progress of a run while it trains, all of it on stderr."""

from __future__ import annotations

import sys

import lightning
from lightning.pytorch.callbacks import Callback, RichProgressBar

from act_mobile.training.learner import Learner


def progress() -> Callback:
    """A bar on a terminal, elsewhere a line for each evaluation of the metric."""
    if sys.stderr.isatty():
        return RichProgressBar(refresh_rate=100, leave=True, console_kwargs={"stderr": True})
    return _Lines()


class _Lines(Callback):
    def on_validation_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        assert isinstance(pl_module, Learner)
        if trainer.is_global_zero:
            seen = pl_module.history[-1]
            print(
                f"{seen['step']} of {trainer.max_steps}: {pl_module.task.metric} "
                f"{seen['metric']:.4f}, N {seen['ponder_steps']:.2f}, "
                f"rho {seen['ponder_cost']:.2f}",
                file=sys.stderr,
                flush=True,
            )
