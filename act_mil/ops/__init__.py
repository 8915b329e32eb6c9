"""MIL ops in numpy, one module a subject; importing the package registers them all."""

from act_mil.ops import (
    activation,
    arithmetic,
    compressed,
    convolution,
    indexing,
    layout,
    lists,
    matrix,
    normalisation,
    recurrent,
    reduction,
    sources,
)
from act_mil.ops.registry import OPS, Op, op

__all__ = [
    "OPS",
    "Op",
    "activation",
    "arithmetic",
    "compressed",
    "convolution",
    "indexing",
    "layout",
    "lists",
    "matrix",
    "normalisation",
    "op",
    "recurrent",
    "reduction",
    "sources",
]
