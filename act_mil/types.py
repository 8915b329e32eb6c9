"""Types of MIL values: tensors, lists of tensors and states."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from act_mil.errors import MILError
from act_mil.proto import DataType

Shape = tuple[int | None, ...]
"""Sizes by axis; ``None`` where the size is only known at run time."""

DTYPES: dict[str, np.dtype[Any]] = {
    "BOOL": np.dtype(np.bool_),
    "FLOAT16": np.dtype(np.float16),
    "FLOAT32": np.dtype(np.float32),
    "FLOAT64": np.dtype(np.float64),
    "INT8": np.dtype(np.int8),
    "INT16": np.dtype(np.int16),
    "INT32": np.dtype(np.int32),
    "INT64": np.dtype(np.int64),
    "UINT8": np.dtype(np.uint8),
    "UINT16": np.dtype(np.uint16),
    "UINT32": np.dtype(np.uint32),
    "UINT64": np.dtype(np.uint64),
    "INT4": np.dtype(np.int8),
    "UINT1": np.dtype(np.uint8),
    "UINT2": np.dtype(np.uint8),
    "UINT3": np.dtype(np.uint8),
    "UINT4": np.dtype(np.uint8),
    "UINT6": np.dtype(np.uint8),
    "STRING": np.dtype(np.str_),
}
"""numpy's dtype for each MIL element type; numpy holds a sub-byte integer in a whole byte."""

SUB_BYTE_BITS = {"INT4": 4, "UINT1": 1, "UINT2": 2, "UINT3": 3, "UINT4": 4, "UINT6": 6}
"""Bits per element of the types that are stored packed."""


@dataclass(frozen=True)
class TensorType:
    """A tensor of MIL element type ``element``; ``shape`` is ``None`` for an unknown rank."""

    element: str
    shape: Shape | None

    @property
    def dtype(self) -> np.dtype[Any]:
        """The numpy dtype that holds the elements."""
        return DTYPES[self.element]

    @property
    def static_shape(self) -> tuple[int, ...] | None:
        """The shape where every size is known, else ``None``."""
        sizes = tuple(size for size in self.shape or () if size is not None)
        return sizes if self.shape is not None and len(sizes) == len(self.shape) else None

    def admits(self, shape: Shape | None) -> bool:
        """True if a value of ``shape`` may have this type (``None`` admits every size)."""
        if self.shape is None or shape is None:
            return True
        return len(self.shape) == len(shape) and all(
            mine is None or size is None or mine == size
            for mine, size in zip(self.shape, shape, strict=True)
        )

    def __str__(self) -> str:
        if self.shape is None:
            return f"{self.element.lower()}[...]"
        sizes = ", ".join("?" if size is None else str(size) for size in self.shape)
        return f"{self.element.lower()}[{sizes}]"


@dataclass(frozen=True)
class ListType:
    """A list of tensors, each of type ``item``."""

    item: TensorType

    def __str__(self) -> str:
        return f"list of {self.item}"


@dataclass(frozen=True)
class StateType:
    """A tensor that outlives one prediction."""

    tensor: TensorType

    def __str__(self) -> str:
        return f"state {self.tensor}"


ValueType = TensorType | ListType | StateType


def read_type(proto: Any) -> ValueType:
    """Read a ``MILSpec.ValueType`` message.

    Raises:
        MILError: for element types and containers that ML Programs do not use.
    """
    kind = proto.WhichOneof("type")
    if kind == "tensorType":
        return _tensor_type(proto.tensorType)
    if kind == "listType":
        item = read_type(proto.listType.type)
        if isinstance(item, TensorType):
            return ListType(item)
    if kind == "stateType":
        wrapped = read_type(proto.stateType.wrappedType)
        if isinstance(wrapped, TensorType):
            return StateType(wrapped)
    raise MILError(f"a value of kind {kind or 'unknown'} is not a tensor, list or state of tensors")


def same_type(left: ValueType, right: ValueType) -> bool:
    """True if a value of one type may stand where the other is declared.

    Reading a state gives the tensor it wraps, and writing it takes one.
    """
    left = left.tensor if isinstance(left, StateType) else left
    right = right.tensor if isinstance(right, StateType) else right
    if isinstance(left, TensorType) and isinstance(right, TensorType):
        return left.element == right.element and left.admits(right.shape)
    return type(left) is type(right)


def _tensor_type(proto: Any) -> TensorType:
    element = DataType.Name(proto.dataType) if proto.dataType in DataType.values() else "UNKNOWN"
    if element not in DTYPES:
        raise MILError(f"element type {element} ({proto.dataType}) is not supported")
    shape: list[int | None] = []
    for dimension in proto.dimensions:
        if dimension.WhichOneof("dimension") == "constant":
            shape.append(dimension.constant.size)
        elif dimension.unknown.variadic:
            return TensorType(element, None)
        else:
            shape.append(None)
    return TensorType(element, tuple(shape))
