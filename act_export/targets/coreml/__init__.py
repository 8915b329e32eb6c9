"""Core ML, by coremltools: an ML Program for iOS 16 and later."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from act_artefact.errors import CheckFailed
from act_artefact.interface import Interface, Tensor
from act_export.program import Program
from act_mil import Program as SavedProgram
from act_mil import lint

logging.getLogger("coremltools").setLevel(logging.ERROR)  # before import: it warns of its own torch

import coremltools as ct  # noqa: E402
from coremltools.converters.mil.frontend.torch.torch_op_registry import (  # noqa: E402
    _TORCH_OPS_REGISTRY,
)
from coremltools.converters.mil.frontend.torch.utils import sanitize_op_kind  # noqa: E402
from coremltools.converters.mil.mil.scope import ScopeSource  # noqa: E402

from act_export.targets.coreml.outputs import separate_outputs  # noqa: E402
from act_export.targets.coreml.precision import computes_in_half, quantize  # noqa: E402
from act_export.targets.coreml.shared_weights import sharing_weights  # noqa: E402
from act_export.targets.coreml.while_loop import attach_loops  # noqa: E402

FORGET_DTYPE = {"ones", "zeros", "new_ones", "new_zeros", "new_full"}
"""Operators of torch that coremltools makes float32 of whatever they ask for; ``full`` it heeds."""

MAX_SIZE = 512
"""The largest size of a named axis that a call may choose."""

MAX_TIME_STEPS = 4096
"""The longest sequence of a call that may choose: an ML Program must say, and a runtime may keep
memory for it."""


def convert(program: Program, path: Path, metadata: dict[str, str], precision: str) -> None:
    """Write the package.

    Args:
        precision: ``fp32``; ``fp16``, which computes cells in float16; ``int8``, whose matrices are
            stored as int8 and computed with in float32. Inputs and outputs are the same in each.
    """
    lowered = program.exported.run_decompositions(_decompositions())
    attach_loops(lowered.graph_module)
    separate_outputs(lowered)
    model = ct.convert(
        lowered,
        convert_to="mlprogram",
        minimum_deployment_target=ct.target.iOS16,
        compute_precision=ct.transform.FP16ComputePrecision(computes_in_half)
        if precision == "fp16"
        else ct.precision.FLOAT32,
        inputs=[_input(tensor) for tensor in program.interface.inputs],
        outputs=[ct.TensorType(t.name, dtype=np.dtype(t.dtype)) for t in program.interface.outputs],
        pass_pipeline=sharing_weights(),
        skip_model_load=True,
    )
    for function in model._mil_program.functions.values():
        # Debug handles: a file of them would be saved beside the model, of use to no one here.
        function._essential_scope_sources = [
            s for s in function._essential_scope_sources if s is not ScopeSource.EXIR_DEBUG_HANDLE
        ]
    if precision == "int8":
        model = quantize(model)
    _declare_integer_defaults(model, program.interface)
    model.user_defined_metadata.update(metadata)
    model.save(str(path))
    if findings := lint(path):
        raise CheckFailed(f"coreml: Apple's compiler would refuse the package: {findings[0]}")


def _input(tensor: Tensor) -> ct.TensorType:
    return ct.TensorType(
        tensor.name,
        tuple(map(_size, tensor.shape)),
        np.dtype(tensor.dtype),
        None if tensor.default is None else np.full(tensor.at(1), tensor.default, tensor.dtype),
    )


def _size(size: int | str | None) -> int | ct.RangeDim:
    if isinstance(size, int):
        return size
    return ct.RangeDim(1, MAX_TIME_STEPS if size is None else MAX_SIZE)


def _declare_integer_defaults(model: ct.models.MLModel, interface: Interface) -> None:
    """coremltools says every default as a float, which Apple's validator refuses of integers."""
    integers = {t.name: t.default for t in interface.inputs if t.default and t.dtype == "int32"}
    for feature in model._spec.description.input:
        if feature.name in integers:
            feature.type.multiArrayType.intDefaultValue = integers[feature.name]


def _decompositions() -> dict[Any, Callable[..., Any]]:
    """Decompose what coremltools has no converter for, keep what it has (linear, for one)."""
    known = _TORCH_OPS_REGISTRY.name_to_func_mapping.keys() - FORGET_DTYPE
    table = torch.export.default_decompositions()
    rules = {op: rule for op, rule in table.items() if sanitize_op_kind(op.name()) not in known}
    for name in ("and", "or", "xor"):
        # coremltools turns a boolean constant into floats, which its bitwise operations refuse.
        logical = getattr(torch.ops.aten, f"logical_{name}").default
        for op in (f"__{name}__", f"bitwise_{name}"):
            rules[getattr(torch.ops.aten, op).Tensor] = _on_booleans(logical)
    return rules


def _on_booleans(logical: Callable[..., Any]) -> Callable[..., Any]:
    def rule(x: torch.Tensor, y: torch.Tensor) -> Any:
        return logical(x, y) if x.dtype is y.dtype is torch.bool else NotImplemented

    return rule


def operations(path: Path) -> int:
    return SavedProgram(path).operations


def metadata(path: Path) -> dict[str, str]:
    return SavedProgram(path).metadata
