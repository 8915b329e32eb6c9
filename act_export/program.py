"""subject -> one ``torch.export`` program with the project's tensor names, for every target.

The native engine alone needs no program: it reads the cells.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import torch
from torch import Tensor, nn

from act_artefact import interface
from act_artefact.errors import UserError
from act_artefact.form import Form
from act_artefact.interface import TIME_AXIS, Interface, StatePair
from act_export.calling import called_with
from act_export.subject import Subject
from act_mobile.halting.policy import Budget


@dataclass(frozen=True)
class Program:
    """A model in a form, and what its tensors are called."""

    interface: Interface
    form: Form
    tracer: Callable[[], torch.export.ExportedProgram]
    subject: Subject | None = None
    """None for a part of a model."""

    @cached_property
    def exported(self) -> torch.export.ExportedProgram:
        """The graph, traced when it is first asked for: the native engine needs none.

        Raises:
            UserError: the module cannot be traced, or not in this form.
        """
        return self.tracer()

    @property
    def example(self) -> dict[str, Tensor]:
        """Inputs by name that the program accepts."""
        return _example(self.interface)


class DeployedModel(nn.Module):
    """One call of a deployed model: named tensors in, named tensors out, state explicit."""

    def __init__(self, subject: Subject, interface: Interface, form: Form) -> None:
        super().__init__()
        self.subject = subject
        self.module = subject.module
        self.interface = interface
        self.form = form
        # torch.export (2.13) matches dynamic shapes with parameters by name: ** would hide them.
        self.forward = _with_parameters(self._call, [t.name for t in interface.inputs])

    def _call(self, **inputs: Tensor) -> dict[str, Tensor]:
        data = {t.name: inputs[t.name] for t in self.interface.data_inputs}
        if self.form.stream:
            data = {name: value.unsqueeze(TIME_AXIS) for name, value in data.items()}
        state = [inputs[pair.input] for pair in self.interface.states]
        with called_with(self.subject.carriers, state, self._budget(inputs)) as called:
            y = output_of(self.subject(data))
        over_time: tuple[Tensor, ...] = (
            y,
            torch.cat([each.steps for each in called.figures], -1),
            torch.cat([each.remainder for each in called.figures], -1),
        )
        if self.form.stream:
            over_time = tuple(t.squeeze(TIME_AXIS) for t in over_time)
        final = [tensor for layer in called.states for tensor in layer]
        names = (t.name for t in self.interface.outputs)
        return dict(zip(names, (*over_time, *final), strict=True))

    def _budget(self, inputs: dict[str, Tensor]) -> Budget | None:
        if not self.interface.budget:
            return None
        defaults = self.subject.policies[0].budget
        threshold, limit = (inputs.get(name) for name in ("halt_threshold", "max_ponder"))
        assert threshold is not None
        return Budget(
            threshold.reshape(()), defaults.max_ponder if limit is None else limit.reshape(())
        )


def _with_parameters(
    function: Callable[..., dict[str, Tensor]], names: list[str]
) -> Callable[..., dict[str, Tensor]]:
    """The function of keywords, with the names of the keywords as its parameters."""

    def named(**inputs: Tensor) -> dict[str, Tensor]:
        return function(**inputs)

    parameters = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in names]
    named.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return named


def trace(subject: Subject, form: Form) -> Program:
    """Trace the subject in a form.

    Raises:
        UserError: the module cannot be traced, or not in this form.
    """
    program = untraced(subject, form)
    _ = program.exported
    return program


def untraced(subject: Subject, form: Form) -> Program:
    """The subject in a form, which is traced if a converter asks for it.

    Raises:
        UserError: the module has no such form.
    """
    described = describe(subject, form)
    return Program(described, form, partial(_trace, subject, described, form), subject)


def _trace(subject: Subject, described: Interface, form: Form) -> torch.export.ExportedProgram:
    subject = subject.copy()
    for layer in subject.pondering:
        layer.kind = "loop" if form.ponder == "host" else form.ponder
    model = DeployedModel(subject, described, form)
    try:
        with torch.no_grad():
            return torch.export.export(
                model, (), kwargs=_example(described), dynamic_shapes=_dynamic(described)
            )
    except UserError:
        raise
    except Exception as error:  # whatever torch makes of the user's own code
        reason = str(error).strip().splitlines()[0] if str(error).strip() else ""
        raise UserError(
            f"{subject.name}: cannot be traced ({type(error).__name__}: {reason}): its forward "
            "must not branch on tensors' values or make shapes of them"
        ) from error


def describe(subject: Subject, form: Form) -> Interface:
    """The tensors of the subject deployed in a form, found by calling it once.

    Raises:
        UserError: it does not take (B, T, ...) to (B, T, ...) through its ACT layers, or a budget
            is to be an input where there is no single one.
    """
    for policy in subject.policies:
        if form.ponder not in policy.kinds:
            raise UserError(
                f"--ponder {form.ponder}: halting {policy} has no such form: use "
                f"{', '.join(kind for kind in policy.kinds if kind != 'eager') or 'another policy'}"
            )
    if unknown := [name for name in form.dynamic if name not in subject.axes]:
        raise UserError(
            f"--dynamic {unknown[0]}: {subject.name} has "
            + (f"only {', '.join(subject.axes)}" if subject.axes else "no axis of any size")
        )
    y = _answer(subject, form)
    layers = [described for carrier in subject.carriers for described in carrier.states]
    states = [
        (f"{each.name}{layer}", (form.batch, *each.shape), each.initial)
        for layer, described in enumerate(layers)
        for each in described
    ]
    lead = (form.batch, *form.time)
    data = [
        interface.Tensor(each.name, each.dtype, (*lead, *_features(each, form)))
        for each in subject.inputs
    ]
    count = len(subject.policies)
    return Interface(
        inputs=(
            *data,
            *(interface.Tensor(name, "float32", shape) for name, shape, _ in states),
            *(_budget_inputs(subject, form) if form.budget_inputs else ()),
        ),
        outputs=(
            interface.Tensor("y", "float32", (*lead, *y)),
            interface.Tensor("ponder_steps", "int32", (*lead, count)),
            interface.Tensor("remainder", "float32", (*lead, count)),
            *(interface.Tensor(f"{name}_out", "float32", shape) for name, shape, _ in states),
        ),
        states=tuple(StatePair(name, f"{name}_out", initial) for name, _, initial in states),
        axes=tuple(interface.Axis(name, subject.axes[name]) for name in form.dynamic),
    )


def _features(data: interface.DataInput, form: Form) -> tuple[int | str, ...]:
    """The axes of a data input behind batch and time, of a size or named."""
    axes = (*data.axes, *[None] * (len(data.features) - len(data.axes)))
    return tuple(
        name if name is not None and name in form.dynamic else size
        for size, name in zip(data.features, axes, strict=True)
    )


def output_of(returned: Any) -> Any:
    """Find y in what a module returned: its ``output`` where it has one."""
    return getattr(returned, "output", returned)


def _answer(subject: Subject, form: Form) -> tuple[int | str, ...]:
    """Find the axes of y behind batch and time: a named one is larger where its input's is."""
    shape: list[int | str] = list(_output(subject, form.batch, time=2).shape)
    for name in form.dynamic:
        sized = subject.sized({name: subject.axes[name] + 1})
        larger = _output(sized, form.batch, time=2).shape
        for axis, size in enumerate(larger):
            if size != shape[axis] and not isinstance(shape[axis], str):
                shape[axis] = name
    return tuple(shape[1 + subject.timed :])


def _output(subject: Subject, batch: int, time: int) -> Tensor:
    with torch.no_grad():
        y = output_of(subject(subject.zeros(batch, time)))
    lead = (batch, time) if subject.timed else (batch,)
    if not isinstance(y, Tensor) or y.shape[: len(lead)] != lead:
        found = tuple(y.shape) if isinstance(y, Tensor) else type(y).__name__
        raise UserError(
            f"{subject.name}: returned {found} for a batch of {batch}"
            + (f" and {time} time steps: " if subject.timed else ": ")
            + "it must be a tensor whose first "
            + ("two axes are batch and time" if subject.timed else "axis is the batch")
        )
    return y


def _budget_inputs(subject: Subject, form: Form) -> tuple[interface.Tensor, ...]:
    policies = subject.policies
    if not all(policy.adaptive for policy in policies):
        raise UserError("--budget-inputs: a model with fixed halting always takes its K steps")
    thresholds = {float(policy.budget.threshold) for policy in policies}
    if len(thresholds) > 1:
        raise UserError("--budget-inputs: the ACT layers have more than one epsilon")
    limit = max(policy.max_ponder for policy in policies)
    threshold = interface.Tensor("halt_threshold", "float32", (1,), thresholds.pop())
    return (threshold, interface.Tensor("max_ponder", "int32", (1,), limit))[: 1 + form.loops]


def _example(described: Interface) -> dict[str, Tensor]:
    # Two time steps stand for any number: one would be taken as always one.
    return {
        t.name: torch.full(t.at(2, described.sizes), t.default or 0, dtype=getattr(torch, t.dtype))
        for t in described.inputs
    }


def _dynamic(described: Interface) -> dict[str, Any] | None:
    varying = {size for t in described.inputs for size in t.shape if not isinstance(size, int)}
    if not varying:
        return None
    axes = {size: torch.export.Dim(size or "time", min=1) for size in varying}
    return {
        t.name: {axis: axes[size] for axis, size in enumerate(t.shape) if size in axes}
        for t in described.inputs
    }
