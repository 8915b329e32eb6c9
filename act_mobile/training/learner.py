"""The Lightning module: loss with the time penalty, evaluation, and the history of both."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import lightning
import torch
from torch import Tensor
from torch.optim.lr_scheduler import LambdaLR

from act_artefact.errors import CheckFailed, UserError
from act_mobile.act import ACT
from act_mobile.models import build
from act_mobile.ponder_model import PonderModel
from act_mobile.tasks.batch import Batch
from act_mobile.tasks.task import Task
from act_mobile.training.loss import answers, training_loss
from act_mobile.training.options import Options
from act_mobile.training.penalty import Penalty

LOG_EVERY = 50
"""Training steps between two records of the loss: recording costs as much as a small step."""


def set_halting_bias(model: PonderModel, bias: float) -> None:
    """Set the bias of all halting units: the lower, the more ponder steps are taken."""
    with torch.no_grad():
        for unit in model.halting_units:
            unit.bias.fill_(bias)


class Learner(lightning.LightningModule):
    """Trains a model on the task's loss + tau * the halting policy's cost (Graves eq. 15)."""

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__()
        self.task, self.options = task, options
        self.model: PonderModel = build(options.config(task))
        if options.recompute:
            if not isinstance(self.model.layer, ACT):
                raise UserError("--recompute: this task's model has no time steps: leave it out")
            self.model.layer.recompute = True
        self.penalty = Penalty(options)
        set_halting_bias(self.model, options.halting_bias or 0.0)
        self.losses: list[tuple[int, float]] = []
        """(step, training loss without the ponder cost)."""
        self.history: list[dict[str, float]] = []
        """step, metric, ponder_steps and ponder_cost at each look."""

    def configure_optimizers(self) -> Any:
        lr, steps, decay = self.options.lr, self.options.steps, self.options.lr_decay
        assert lr is not None
        assert steps is not None
        optimizer = torch.optim.Adam(self.parameters(), lr=lr, fused=True)
        if not decay:
            return optimizer
        falling = steps * decay
        schedule = LambdaLR(optimizer, lambda step: min(1.0, (steps - step) / falling))
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }

    def training_step(self, batch: Batch, index: int) -> Tensor:
        out = answers(self.model, batch)
        loss, cost = training_loss(self.task, self.model.policy, out, batch)
        tau = self.penalty.at(self.global_step, out.ponder.steps[batch.running])
        if self.global_step % LOG_EVERY == 0:
            self.losses.append((self.global_step, loss.item()))
            self.log_dict({"train/loss": loss.detach(), "train/ponder_cost": cost.detach()})
        return loss + tau * cost

    def validation_step(self, batch: Batch, index: int) -> None:
        with torch.no_grad():
            out = answers(self.model, batch)
        if not out.output.isfinite().all():
            raise CheckFailed(
                f"at update {self.global_step} the model's outputs are NaN or infinite: "
                "use a lower --lr or --clip"
            )
        metric = self.task.measure(self.task.score(out.output, batch), batch.asked)
        running = batch.running
        seen = {
            "metric": metric,
            "ponder_steps": out.ponder.steps[running].float().mean().item(),
            "ponder_cost": out.ponder.cost[running].mean().item(),
        }
        self.log_dict(seen, prog_bar=True, batch_size=len(batch.targets), sync_dist=False)
        if not self.trainer.sanity_checking:
            self.history.append({"step": self.global_step, **seen})

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["act_mobile"] = {
            "task": self.task.to_dict(),
            "options": asdict(self.options),
            "losses": self.losses,
            "history": self.history,
        }

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        saved = checkpoint["act_mobile"]
        self.losses, self.history = list(saved["losses"]), list(saved["history"])
