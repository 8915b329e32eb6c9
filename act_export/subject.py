"""The subject of an export: a module with parts that ponder, and its data inputs."""

from __future__ import annotations

import copy
import importlib
import inspect
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn

from act_artefact.data import EvalFile
from act_artefact.errors import UserError
from act_artefact.interface import DataInput
from act_export.carriers import Carrier, carrier_of
from act_mobile.act import ACT
from act_mobile.files import load_saved, load_weights
from act_mobile.halting.policy import Halting
from act_mobile.models import Config
from act_mobile.ponder.module import Ponder


@dataclass(frozen=True)
class Subject:
    """A module in eval mode; with time its forward takes (B, T, ...) and returns (B, T, ...).

    It returns a tensor, or something whose ``output`` is one, and calls each of its parts that
    ponder or carry state once.
    """

    name: str
    """The name of its artefacts."""
    module: nn.Module
    layers: tuple[str, ...]
    """The names of its parts that ponder or carry state, in the order in which they are called."""
    inputs: tuple[DataInput, ...]
    """The data inputs: the first is its forward's first argument, the others go by name."""
    timed: bool = True
    """False if it has no time: (B, ...) to (B, ...)."""
    description: dict[str, Any] = field(default_factory=dict)
    """The model's configuration, or where it comes from; for the manifest."""
    task: dict[str, Any] = field(default_factory=dict)

    @property
    def features(self) -> tuple[int, ...]:
        """The shape of one time step, or item, of its first input; empty for tokens."""
        return self.inputs[0].features

    @property
    def vocab_size(self) -> int | None:
        """Tokens must be below it, where that is known."""
        return self.inputs[0].vocab_size

    @property
    def tokens(self) -> bool:
        """True if its first input is whole numbers."""
        return not self.features

    @property
    def carriers(self) -> list[Carrier[Any]]:
        """The carriers of its parts, in the order of ``layers``."""
        found = (carrier_of(self.module.get_submodule(name)) for name in self.layers)
        return [carrier for carrier in found if carrier is not None]

    @property
    def pondering(self) -> list[ACT | Ponder]:
        """Its parts that ponder, in the order of ``layers``."""
        return [each.part for each in self.carriers if isinstance(each.part, ACT | Ponder)]

    @property
    def acts(self) -> list[ACT]:
        """Its ACT layers, in the order of ``layers``."""
        return [part for part in self.pondering if isinstance(part, ACT)]

    @property
    def torch_layers(self) -> list[str]:
        """The kinds of torch's own recurrent layers among its parts, as ``nn.LSTM``."""
        parts = (part for part in self.module.modules() if isinstance(part, nn.RNNBase))
        return sorted({f"nn.{type(part).__name__}" for part in parts})

    @property
    def policies(self) -> list[Halting]:
        """The halting policy of each layer that ponders, in the order of N and R."""
        return [policy for each in self.carriers for policy in each.policies]

    def zeros(self, batch: int, time: int) -> dict[str, Tensor]:
        """Make zeros that it accepts, by input."""
        lead = (batch, time) if self.timed else (batch,)
        return {
            each.name: torch.zeros(*lead, *each.features, dtype=getattr(torch, each.dtype))
            for each in self.inputs
        }

    @property
    def axes(self) -> dict[str, int]:
        """The axes of its inputs that may be of any size, and the sizes that it was made for."""
        return {
            name: size
            for each in self.inputs
            for name, size in zip(each.axes, each.features, strict=False)
            if name is not None
        }

    def sized(self, sizes: dict[str, int]) -> Subject:
        """The same with named axes of its inputs of other sizes."""
        inputs = []
        for each in self.inputs:
            names = (*each.axes, *[None] * (len(each.features) - len(each.axes)))
            named = zip(each.features, names, strict=True)
            features = tuple(sizes.get(name or "", size) for size, name in named)
            inputs.append(replace(each, features=features))
        return replace(self, inputs=tuple(inputs))

    def __call__(self, data: dict[str, Tensor]) -> Any:
        """Call the module itself with its data inputs by name."""
        first, *others = (each.name for each in self.inputs)
        return self.module(data[first], **{name: data[name] for name in others})

    def limited(self, max_ponder: int | None) -> Subject:
        """The same with at most ``max_ponder`` ponder steps, with the same weights."""
        if max_ponder is None:
            return self
        limit = max(policy.max_ponder for policy in self.policies)
        if not 1 <= max_ponder <= limit:
            raise UserError(f"--max-ponder {max_ponder}: this model was made for 1 to {limit}")
        limited = self.copy()
        for part in limited.pondering:
            if not part.policy.adaptive:
                raise UserError(f"--max-ponder: the model always takes {limit} steps")
            part.policy = part.policy.limited(max_ponder)
        return limited

    def copy(self) -> Subject:
        """The same with a module of its own, to be changed."""
        return replace(self, module=copy.deepcopy(self.module))


def load_subject(
    source: str | Path, *, weights: str | Path | None = None, file: EvalFile | None = None
) -> Subject:
    """Load a ``model.pt``, or call ``package.module:factory`` for a user's own module.

    Args:
        weights: a factory's state_dict, a file of tensors alone.
        file: data, from which the shapes of the inputs of a factory's module are read.

    Raises:
        UserError: it is not there, not what it should be, or has nothing that ponders.
    """
    name = str(source)
    if not is_factory(name):
        if weights is not None:
            raise UserError("--weights: a model.pt has its own; it is for package.module:factory")
        saved = load_saved(Path(source))
        return replace(model_subject(Path(source).stem, saved.model), task=saved.task)
    if file is None:
        raise UserError(f"{name}: give --data, from which the shape of its input is read")
    return _from_factory(name, weights, file)


def is_factory(source: str) -> bool:
    """Tell ``package.module:factory`` from the path of a file."""
    return ":" in source and not Path(source).exists()


def model_subject(name: str, model: nn.Module) -> Subject:
    """Describe a model that has a configuration, one of :mod:`act_mobile.models`, in eval mode."""
    config = cast(Config, model.config)
    name_of_x = "x" if config.features else "tokens"
    given = DataInput(name_of_x, config.features, config.vocab_size, config.axes)
    described = config.to_dict()
    return module_subject(name, model, (given,), timed=config.timed, description=described)


def module_subject(
    name: str,
    module: nn.Module,
    inputs: tuple[DataInput, ...],
    *,
    timed: bool = True,
    description: dict[str, Any] | None = None,
) -> Subject:
    """Describe any module in eval mode.

    Raises:
        UserError: it has nothing that ponders, or cannot be called with zeros.
    """
    subject = Subject(name, module, (), inputs, timed, description or {})
    return replace(subject, layers=_call_order(subject))


def _from_factory(name: str, weights: str | Path | None, file: EvalFile) -> Subject:
    module_name, _, attribute = name.partition(":")
    sys.path.insert(0, "")  # as `python -m` does: a factory is usually in the folder one is in
    try:
        factory: Any = importlib.import_module(module_name)
        for part in attribute.split("."):
            factory = getattr(factory, part)
        module = factory()
    except Exception as error:  # whatever the user's own code raises
        raise UserError(f"{name}: {type(error).__name__}: {error}") from error
    finally:
        sys.path.remove("")
    if not isinstance(module, nn.Module):
        raise UserError(f"{name}: returned {type(module).__name__}, not a torch.nn.Module")
    if weights is not None:
        load_weights(Path(weights), module)
    module = module.float().eval().requires_grad_(False)
    inputs = (file.input(file.name), *map(file.input, _further_inputs(module)))
    return module_subject(
        attribute.replace(".", "_"),
        module,
        inputs,
        timed=file.timed,
        description={"factory": name},
    )


def _further_inputs(module: nn.Module) -> list[str]:
    """Name the arguments that a forward must be given besides the first."""
    _, *others = inspect.signature(module.forward).parameters.values()
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [p.name for p in others if p.default is inspect.Parameter.empty and p.kind in kinds]


def _call_order(subject: Subject) -> tuple[str, ...]:
    """Find the parts that ponder or carry state, in the order in which a forward calls them."""
    order: list[str] = []
    parts = {n: m for n, m in subject.module.named_modules() if carrier_of(m) is not None}
    if not any(isinstance(part, ACT | Ponder) for part in parts.values()):
        raise UserError(
            f"{subject.name}: contains no act_mobile.ACT or act_mobile.Ponder: there is nothing "
            "that ponders"
        )
    amiss = ACT if not subject.timed else Ponder
    for name, part in parts.items():
        if isinstance(part, amiss):
            raise UserError(
                f"{subject.name}: {name} ponders "
                + (
                    "without time: use --sequence whole"
                    if subject.timed
                    else "over time: use --sequence stream or T"
                )
            )
    hooks = [
        part.register_forward_hook(lambda *_, name=name: order.append(name))
        for name, part in parts.items()
    ]
    data = subject.zeros(1, 2)
    try:
        with torch.no_grad():
            subject(data)
    except Exception as error:  # whatever the user's own code raises
        shapes = ", ".join(f"{name} {tuple(value.shape)}" for name, value in data.items())
        raise UserError(
            f"{subject.name}: forward failed on input {shapes}: {type(error).__name__}: {error}"
        ) from error
    finally:
        for hook in hooks:
            hook.remove()
    if sorted(order) != sorted(parts):
        raise UserError(
            f"{subject.name}: calls {', '.join(order) or 'none'} of its layers that ponder or "
            f"carry state, {', '.join(parts)}: each must be called once"
        )
    return tuple(order)
