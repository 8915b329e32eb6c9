"""Lists of tensors: arrays of fixed or growing length with one tensor an element."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from act_mil.ops.registry import op


@dataclass(frozen=True)
class TensorList:
    """A list's elements, ``None`` where none is written yet; ``dynamic`` lists grow on writing."""

    elements: tuple[np.ndarray | None, ...]
    dynamic: bool

    def read(self, index: int) -> np.ndarray:
        """Return the element at ``index``."""
        if not 0 <= index < len(self.elements):
            raise ValueError(f"index {index} is outside a list of {len(self.elements)}")
        element = self.elements[index]
        if element is None:
            raise ValueError(f"element {index} is read before it is written")
        return element

    def written(self, index: int, value: np.ndarray) -> TensorList:
        """Return the list with ``value`` at ``index``."""
        elements = list(self.elements)
        if self.dynamic and index >= len(elements):
            elements.extend([None] * (index + 1 - len(elements)))
        if not 0 <= index < len(elements):
            raise ValueError(f"index {index} is outside a list of {len(elements)}")
        elements[index] = value
        return TensorList(tuple(elements), self.dynamic)


@op("make_list", rounds=False)
def make_list(
    *elem_shape: np.ndarray | str,
    init_length: int = 1,
    dynamic_length: bool = True,
    dtype: str = "fp32",
) -> TensorList:
    """A list of ``init_length`` elements that hold nothing yet.

    Their shape and dtype are checked where they are read, against the reading op's declared type.
    """
    return TensorList((None,) * init_length, dynamic_length)


@op("list_length", rounds=False)
def list_length(ls: TensorList) -> np.ndarray:
    """The number of elements, int32."""
    return np.array(len(ls.elements), np.int32)


@op("list_read", rounds=False)
def list_read(ls: TensorList, *, index: int) -> np.ndarray:
    """The element at ``index``."""
    return ls.read(index)


@op("list_write", rounds=False)
def list_write(ls: TensorList, value: np.ndarray, *, index: int) -> TensorList:
    """The list with ``value`` at ``index``."""
    return ls.written(index, value)


@op("list_gather", rounds=False)
def list_gather(ls: TensorList, *, indices: tuple[int, ...]) -> np.ndarray:
    """The elements at ``indices`` (K,), stacked along a new first axis."""
    return np.stack([ls.read(index) for index in indices])


@op("list_scatter", rounds=False)
def list_scatter(ls: TensorList, value: np.ndarray, *, indices: tuple[int, ...]) -> TensorList:
    """The list with the rows of ``value`` (K, ...) at ``indices`` (K,)."""
    for index, row in zip(indices, value, strict=True):
        ls = ls.written(index, row)
    return ls
