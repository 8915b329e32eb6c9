"""A function's inputs and outputs, as a caller sees them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from act_mil.errors import MILError
from act_mil.package import Package
from act_mil.plan import Plan
from act_mil.types import Shape, TensorType

_DEFAULTS = ("intDefaultValue", "floatDefaultValue", "doubleDefaultValue")


@dataclass(frozen=True)
class Value:
    """An input or output.

    Attributes:
        name: Its name.
        shape: Its sizes by axis, ``None`` where they may vary.
        dtype: Its elements.
        default: What fills an input that is left out; ``None`` if it may not be.
        ranges: For each axis the least and the greatest size, the latter ``None`` if unlimited;
            empty unless the package gives ranges.
        shapes: The shapes allowed; empty unless the package lists them.
    """

    name: str
    shape: Shape
    dtype: np.dtype[Any]
    default: float | int | None = None
    ranges: tuple[tuple[int, int | None], ...] = ()
    shapes: tuple[tuple[int, ...], ...] = ()

    def allows(self, shape: tuple[int, ...]) -> bool:
        """True if an array of ``shape`` may be passed."""
        if len(shape) != len(self.shape):
            return False
        if self.shapes and shape not in self.shapes:
            return False
        if any(
            size < least or (most is not None and size > most)
            for size, (least, most) in zip(shape, self.ranges, strict=False)
        ):
            return False
        return all(
            declared in (None, size) for declared, size in zip(self.shape, shape, strict=True)
        )

    def read(self, inputs: Mapping[str, ArrayLike]) -> np.ndarray:
        """Take this input from ``inputs``, or its default, in the declared dtype.

        Raises:
            MILError: if it is missing, or its shape or elements do not fit.
        """
        if self.name not in inputs:
            sizes = tuple(size for size in self.shape if size is not None)
            if self.default is None or len(sizes) != len(self.shape):
                raise MILError(f"input {self.name!r} is missing and has no default")
            return np.full(sizes, self.default, self.dtype)
        given = np.asarray(inputs[self.name])
        if not np.can_cast(given.dtype, self.dtype, "same_kind"):
            raise MILError(f"input {self.name!r} is {given.dtype}, not {self.dtype}")
        if not self.allows(given.shape):
            raise MILError(f"input {self.name!r} has shape {given.shape}, allowed: {self}")
        array = given.astype(self.dtype)
        if self.dtype.kind in "iu" and not np.array_equal(array, given):
            raise MILError(f"input {self.name!r} has values outside {self.dtype}")
        return array

    def __str__(self) -> str:
        if self.shapes:
            return " or ".join(map(str, self.shapes))
        sizes = ["?" if size is None else str(size) for size in self.shape]
        for axis, (least, most) in enumerate(self.ranges):
            if least != most:
                sizes[axis] = f"{least}..{'' if most is None else most}"
        return f"({', '.join(sizes)})"


def describe(
    package: Package, function: str, plan: Plan
) -> tuple[tuple[Value, ...], tuple[Value, ...]]:
    """Describe the inputs and outputs of a planned function, in its order."""
    features = {feature.name: feature for feature in input_features(package.model, function)}
    inputs = (_value(plan, name, slot, features.get(name)) for name, slot in plan.inputs.items())
    outputs = (_value(plan, name, slot, None) for name, slot in plan.outputs.items())
    return tuple(inputs), tuple(outputs)


def input_features(model: Any, function: str) -> Iterable[Any]:
    """The ``FeatureDescription`` messages of a function's inputs."""
    description = model.description
    return next((f for f in description.functions if f.name == function), description).input


def default_value(feature: Any) -> float | int | None:
    """The default of an optional input; ``None`` if it has none."""
    array = feature.type.multiArrayType
    kind = array.WhichOneof("defaultOptionalValue")
    return getattr(array, kind) if feature.type.isOptional and kind in _DEFAULTS else None


def _value(plan: Plan, name: str, slot: int, feature: Any) -> Value:
    kind = plan.types[slot]
    if not isinstance(kind, TensorType) or kind.shape is None:
        raise MILError(f"{name!r} is {kind}, which a caller cannot pass or receive")
    if feature is None:
        return Value(name, kind.shape, kind.dtype)
    array = feature.type.multiArrayType
    return Value(
        name=name,
        shape=kind.shape,
        dtype=kind.dtype,
        default=default_value(feature),
        ranges=tuple(
            (size.lowerBound, None if size.upperBound < 0 else size.upperBound)
            for size in array.shapeRange.sizeRanges
        ),
        shapes=tuple(tuple(shape.shape) for shape in array.enumeratedShapes.shapes),
    )
