"""What is exported: a module that contains ACT layers, and what its inputs are."""

from __future__ import annotations

import copy
import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from act_artefact.errors import UserError
from act_mobile.act import ACT, ACTOutput
from act_mobile.files import load_saved, load_weights
from act_mobile.halting.policy import Budget, Halting
from act_mobile.state import State


@dataclass(frozen=True)
class Subject:
    """A module in eval mode whose forward takes (B, T, ...) and returns (B, T, ...).

    It returns a tensor or an :class:`ACTOutput`, and calls each of its ACT layers once.
    """

    name: str
    """What its artefacts are called."""
    module: nn.Module
    layers: tuple[str, ...]
    """The names of its ACT layers, in the order in which its forward calls them."""
    features: tuple[int, ...]
    """The shape of one time step of its input; empty for tokens."""
    vocab_size: int | None = None
    """Tokens must be below it, where that is known."""
    description: dict[str, Any] = field(default_factory=dict)
    """The model's configuration, or where it comes from; for the manifest."""
    task: dict[str, Any] = field(default_factory=dict)

    @property
    def tokens(self) -> bool:
        """Whether it reads whole numbers."""
        return not self.features

    @property
    def acts(self) -> list[ACT]:
        """Its ACT layers, in the order of ``layers``."""
        acts = [self.module.get_submodule(name) for name in self.layers]
        return [act for act in acts if isinstance(act, ACT)]

    @property
    def policies(self) -> list[Halting]:
        """The halting policy of each pondering layer, in the order of N and R."""
        return [act.policy for act in self.acts for _ in range(act.num_layers)]

    def inputs(self, batch: int, time: int) -> Tensor:
        """Zeros that it accepts."""
        return torch.zeros(
            batch, time, *self.features, dtype=torch.int32 if self.tokens else torch.float32
        )

    def limited(self, max_ponder: int | None) -> Subject:
        """The same with at most ``max_ponder`` ponder steps, with the same weights."""
        if max_ponder is None:
            return self
        limit = max(act.policy.max_ponder for act in self.acts)
        if not 1 <= max_ponder <= limit:
            raise UserError(f"--max-ponder {max_ponder}: this model was made for 1 to {limit}")
        limited = self.copy()
        for act in limited.acts:
            if not act.policy.adaptive:
                raise UserError(f"--max-ponder: the model always takes {limit} steps")
            act.policy = act.policy.limited(max_ponder)
        return limited

    def copy(self) -> Subject:
        """The same with a module of its own, to be changed."""
        return replace(self, module=copy.deepcopy(self.module))


def load_subject(
    source: str | Path, *, weights: str | Path | None = None, features: tuple[int, ...] | None
) -> Subject:
    """What ``source`` names: a ``model.pt``, or ``package.module:factory`` of a user's own module.

    Args:
        weights: a factory's state_dict, a file of tensors alone.
        features: the shape of one time step of the data, which a factory's module is to read.

    Raises:
        UserError: it is not there, not what it should be, or has no ACT layer.
    """
    name = str(source)
    if ":" not in name or Path(name).exists():
        if weights is not None:
            raise UserError("--weights: a model.pt has its own; it is for package.module:factory")
        return _from_file(Path(source))
    if features is None:
        raise UserError(f"{name}: give --data, from which the shape of its input is read")
    return _from_factory(name, weights, features)


def _from_file(path: Path) -> Subject:
    saved = load_saved(path)
    config = saved.model.config
    tokens = config.vocab_size is not None
    return Subject(
        path.stem,
        saved.model,
        ("act",),
        () if tokens else (config.input_size,),
        config.vocab_size,
        config.to_dict(),
        saved.task,
    )


def _from_factory(name: str, weights: str | Path | None, features: tuple[int, ...]) -> Subject:
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
    subject = Subject(attribute.replace(".", "_"), module, (), features, None, {"factory": name})
    return replace(subject, layers=_call_order(subject))


def _call_order(subject: Subject) -> tuple[str, ...]:
    """The names of the ACT layers that a forward calls, in order."""
    order: list[str] = []
    acts = {n: m for n, m in subject.module.named_modules() if isinstance(m, ACT)}
    if not acts:
        raise UserError(
            f"{subject.name}: contains no act_mobile.ACT: there is nothing that ponders"
        )
    hooks = [
        act.register_forward_hook(lambda *_, name=name: order.append(name))
        for name, act in acts.items()
    ]
    try:
        with torch.no_grad():
            subject.module(subject.inputs(1, 2))
    except Exception as error:  # whatever the user's own code raises
        raise UserError(
            f"{subject.name}: forward failed on input {tuple(subject.inputs(1, 2).shape)}: "
            f"{type(error).__name__}: {error}"
        ) from error
    finally:
        for hook in hooks:
            hook.remove()
    if sorted(order) != sorted(acts):
        raise UserError(
            f"{subject.name}: calls {', '.join(order) or 'none'} of its ACT layers "
            f"{', '.join(acts)}: each must be called once"
        )
    return tuple(order)


@contextmanager
def called_with(
    acts: list[ACT], state: Callable[[int], list[State] | None], budget: Budget | None
) -> Iterator[list[ACTOutput]]:
    """In the block each ACT layer gets this state and budget, and its outputs are collected.

    So a module around ACT layers need not pass their state in and out.

    Args:
        state: for the place of a layer in the order of calls, its state; None for zeros.

    Yields:
        What the layers returned, in the order in which they were called.
    """
    outputs: list[ACTOutput] = []
    called: list[ACT] = []

    def before(act: nn.Module, args: Any, kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        assert isinstance(act, ACT)
        if act in called:
            raise UserError("an ACT layer is called twice: each may be called once per forward")
        if kwargs.get("lengths") is not None or (len(args) > 2 and args[2] is not None):
            raise UserError("an ACT layer is called with lengths: deployed rows have one length")
        called.append(act)
        return args[:1], {"state": state(len(called) - 1), "budget": _within(act, budget)}

    def after(act: nn.Module, args: Any, output: ACTOutput) -> None:
        outputs.append(output)

    hooks = [act.register_forward_pre_hook(before, with_kwargs=True) for act in acts]
    hooks += [act.register_forward_hook(after) for act in acts]
    try:
        yield outputs
    finally:
        for hook in hooks:
            hook.remove()


def _within(act: ACT, budget: Budget | None) -> Budget | None:
    """The layer's own limits hold whatever a call asks for."""
    if budget is None:
        return None
    own = act.policy.budget
    threshold, limit = budget
    if isinstance(threshold, Tensor):
        # Also of NaN, which is no reason to stop at once: the limit decides.
        threshold = torch.where(threshold < 1, threshold, torch.ones_like(threshold)).clamp(min=0)
    if isinstance(limit, Tensor):
        limit = limit.clamp(1, int(own.max_ponder))
    return Budget(threshold, min(limit, own.max_ponder) if isinstance(limit, int) else limit)
