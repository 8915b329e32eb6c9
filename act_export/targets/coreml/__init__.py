"""Core ML, by coremltools: an ML Program for iOS 16 and later."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from act_export.mil import Program as SavedProgram
from act_export.mil import lint
from act_export.program import Program
from act_mobile.errors import CheckFailed

logging.getLogger("coremltools").setLevel(logging.ERROR)  # before import: it warns of its own torch

import coremltools as ct  # noqa: E402
from coremltools.converters.mil.frontend.torch.torch_op_registry import (  # noqa: E402
    _TORCH_OPS_REGISTRY,
)
from coremltools.converters.mil.frontend.torch.utils import sanitize_op_kind  # noqa: E402
from coremltools.converters.mil.mil.scope import ScopeSource  # noqa: E402

from act_export.targets.coreml.while_loop import attach_loops  # noqa: E402


FORGET_DTYPE = {"ones", "zeros", "new_ones", "new_zeros", "new_full"}
"""Operators of torch that coremltools makes float32 of whatever they ask for; ``full`` it heeds."""


def convert(program: Program, path: Path, metadata: dict[str, str], precision: str) -> None:
    lowered = program.exported.run_decompositions(_decompositions())
    attach_loops(lowered.graph_module)
    model = ct.convert(
        lowered,
        convert_to="mlprogram",
        minimum_deployment_target=ct.target.iOS16,
        compute_precision=ct.precision.FLOAT32,
        outputs=[ct.TensorType(name=t.name) for t in program.interface.outputs],
        skip_model_load=True,
    )
    for function in model._mil_program.functions.values():
        # Debug handles: a file of them would be saved beside the model, of use to no one here.
        function._essential_scope_sources = [
            s for s in function._essential_scope_sources if s is not ScopeSource.EXIR_DEBUG_HANDLE
        ]
    model.user_defined_metadata.update(metadata)
    model.save(str(path))
    if findings := lint(path):
        raise CheckFailed(f"coreml: Apple's compiler would refuse the package: {findings[0]}")


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
