"""model -> one ``torch.export`` program with the project's tensor names, for every target."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor, nn

from act_export import interface
from act_export.interface import Interface, StatePair
from act_mobile.act import ACT
from act_mobile.cells import state_size
from act_mobile.errors import UserError
from act_mobile.model import ACTModel

Ponder = Literal["unroll"]
Sequence = Literal["stream"] | int
"""``stream`` for one time step a call, or the number of time steps of a call."""


@dataclass(frozen=True)
class Program:
    """A traced model and what its tensors are called."""

    exported: torch.export.ExportedProgram
    interface: Interface

    @property
    def example(self) -> dict[str, Tensor]:
        """Inputs by name that the program accepts: zeros."""
        return _zeros(self.interface)


class Call(nn.Module):
    """One call of a deployed model: named tensors in, named tensors out, state explicit."""

    def __init__(self, model: ACTModel, interface: Interface, *, stream: bool) -> None:
        super().__init__()
        self.model = model
        self.interface = interface
        self.stream = stream

    def forward(self, **inputs: Tensor) -> dict[str, Tensor]:
        x, *tensors = (inputs[t.name] for t in self.interface.inputs)
        out = self.model(x.unsqueeze(1) if self.stream else x, by_layer(self.model.act, tensors))
        over_time = (out.output, out.ponder.steps, out.ponder.remainder)
        if self.stream:
            over_time = tuple(t.squeeze(1) for t in over_time)
        states = [s for layer in out.state for s in layer]
        names = (t.name for t in self.interface.outputs)
        return dict(zip(names, (*over_time, *states), strict=True))


def trace(model: ACTModel, ponder: Ponder, sequence: Sequence, batch: int) -> Program:
    """Trace ``model`` with its ponder loop in the given form."""
    interface = describe(model, sequence, batch)
    model = copy.deepcopy(model).eval()
    for module in model.modules():
        if isinstance(module, ACT):
            module.kind = ponder
    with torch.no_grad():
        exported = torch.export.export(
            Call(model, interface, stream=sequence == "stream"), (), kwargs=_zeros(interface)
        )
    return Program(exported, interface)


def limited(model: ACTModel, max_ponder: int | None) -> ACTModel:
    """The model with at most ``max_ponder`` steps, with the same weights."""
    if max_ponder is None:
        return model
    own = model.config.max_ponder
    if not 1 <= max_ponder <= own:
        raise UserError(f"--max-ponder {max_ponder}: this model was made for 1 to {own}")
    if not model.act.policy.learned:
        raise UserError(f"--max-ponder: the model always takes {model.act.policy.max_ponder} steps")
    changed = ACTModel(replace(model.config, max_ponder=max_ponder))
    changed.load_state_dict(model.state_dict())
    return changed.eval().requires_grad_(False)


def describe(model: ACTModel, sequence: Sequence, batch: int) -> Interface:
    """The tensors of ``model`` deployed for ``batch`` rows."""
    config = model.config
    time = () if sequence == "stream" else (sequence,)
    tokens = config.vocab_size is not None
    layers = [
        (f"{tensor}{layer}", (batch, config.hidden_size))
        for layer, cell in enumerate(model.act.cells)
        for tensor in "hc"[: state_size(cell)]
    ]
    lead = (batch, *time)
    data = (
        interface.Tensor("tokens", "int32", lead)
        if tokens
        else interface.Tensor("x", "float32", (*lead, config.input_size))
    )
    return Interface(
        inputs=(data, *(interface.Tensor(name, "float32", shape) for name, shape in layers)),
        outputs=(
            interface.Tensor("y", "float32", (*lead, config.output_size)),
            interface.Tensor("ponder_steps", "int32", (*lead, config.num_layers)),
            interface.Tensor("remainder", "float32", (*lead, config.num_layers)),
            *(interface.Tensor(f"{name}_out", "float32", shape) for name, shape in layers),
        ),
        states=tuple(StatePair(name, f"{name}_out") for name, _ in layers),
    )


def by_layer(act: ACT, tensors: list[Tensor]) -> list[tuple[Tensor, ...]]:
    """A flat list of state tensors as the ACT layer takes them."""
    rest = iter(tensors)
    return [tuple(next(rest) for _ in range(state_size(cell))) for cell in act.cells]


def _zeros(interface: Interface) -> dict[str, Tensor]:
    return {t.name: torch.zeros(t.shape, dtype=getattr(torch, t.dtype)) for t in interface.inputs}
