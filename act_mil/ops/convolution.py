"""Convolution and pooling over one, two or three spatial axes.

Tensors are (n, C, *D). ``pad_type`` is ``valid`` (none), ``custom`` (``pad``: before and after each
spatial axis), ``same`` (as many as make the output ``ceil(D / stride)``, an odd one after) or
``same_lower`` (an odd one before).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from act_mil.ops.registry import op

Ints = tuple[int, ...]
Padding = list[tuple[int, int]]


@op("conv")
def conv(
    x: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray | None = None,
    *,
    strides: Ints | None = None,
    pad_type: str = "valid",
    pad: Ints | None = None,
    dilations: Ints | None = None,
    groups: int = 1,
) -> np.ndarray:
    """Correlate ``x`` (n, C, *D) with ``weight`` (O, C / groups, *K) and add ``bias`` (O,)."""
    spatial = x.ndim - 2
    strides = strides or (1,) * spatial
    dilations = dilations or (1,) * spatial
    reach = [(size - 1) * step + 1 for size, step in zip(weight.shape[2:], dilations, strict=True)]
    padding = _padding(x.shape[2:], reach, strides, pad_type, pad)
    windows = _windows(np.pad(x, [(0, 0), (0, 0), *padding]), reach, strides, dilations)
    over = [1, *range(2 + spatial, 2 + 2 * spatial)]
    products = [
        np.tensordot(part, kernel, (over, list(range(1, kernel.ndim))))
        for part, kernel in zip(np.split(windows, groups, 1), np.split(weight, groups), strict=True)
    ]
    result = np.moveaxis(np.concatenate(products, -1), -1, 1)
    return result if bias is None else result + bias.reshape(-1, *[1] * spatial)


@op("max_pool", rounds=False)
def max_pool(
    x: np.ndarray,
    *,
    kernel_sizes: Ints,
    strides: Ints | None = None,
    pad_type: str,
    pad: Ints | None = None,
    ceil_mode: bool = False,
) -> np.ndarray:
    """The largest element of each window."""
    pool = Pool.over(x, kernel_sizes, strides, pad_type, pad, ceil_mode)
    return pool.windows(x, -np.inf, -np.inf).max(pool.axes)


@op("avg_pool")
def avg_pool(
    x: np.ndarray,
    *,
    kernel_sizes: Ints,
    strides: Ints | None = None,
    pad_type: str,
    pad: Ints | None = None,
    ceil_mode: bool = False,
    exclude_padding_from_average: bool = False,
) -> np.ndarray:
    """The mean of each window, over its padding too unless that is excluded.

    What only ``ceil_mode`` adds past the padding never counts, as in torch.
    """
    pool = Pool.over(x, kernel_sizes, strides, pad_type, pad, ceil_mode)
    padding = 0.0 if exclude_padding_from_average else 1.0
    counts = pool.windows(np.ones_like(x[:1, :1]), padding, 0.0).sum(pool.axes)
    return pool.windows(x, 0.0, 0.0).sum(pool.axes) / counts


@dataclass(frozen=True)
class Pool:
    """Where a pooling op's windows lie: its padding, and what ceil mode adds beyond that."""

    kernel_sizes: Ints
    strides: Ints
    padding: Padding
    overhang: Padding

    @classmethod
    def over(
        cls,
        x: np.ndarray,
        kernel_sizes: Ints,
        strides: Ints | None,
        pad_type: str,
        pad: Ints | None,
        ceil_mode: bool,
    ) -> Pool:
        """Place the windows over ``x`` (n, C, *D)."""
        sizes = x.shape[2:]
        strides = strides or (1,) * len(sizes)
        padding = _padding(sizes, kernel_sizes, strides, pad_type, pad)
        overhang = [(0, 0)] * len(sizes)
        if ceil_mode:
            overhang = [
                (0, _overhang(size, kernel, stride, around))
                for size, kernel, stride, around in zip(
                    sizes, kernel_sizes, strides, padding, strict=True
                )
            ]
        return cls(kernel_sizes, strides, padding, overhang)

    @property
    def axes(self) -> Ints:
        """The axes of :meth:`windows` that span one window."""
        spatial = len(self.kernel_sizes)
        return tuple(range(2 + spatial, 2 + 2 * spatial))

    def windows(self, x: np.ndarray, padding: float, overhang: float) -> np.ndarray:
        """Windows of ``x`` padded with the two values: (n, C, *positions, *kernel_sizes)."""
        outer = [(0, 0), (0, 0)]
        x = np.pad(x, outer + self.padding, constant_values=padding)
        x = np.pad(x, outer + self.overhang, constant_values=overhang)
        return _windows(x, self.kernel_sizes, self.strides, (1,) * len(self.kernel_sizes))


def _padding(
    sizes: Sequence[int],
    reach: Sequence[int],
    strides: Ints,
    pad_type: str,
    pad: Ints | None,
) -> Padding:
    if pad_type == "valid":
        return [(0, 0)] * len(sizes)
    if pad_type == "custom":
        pad = pad or (0,) * (2 * len(sizes))
        return list(zip(pad[::2], pad[1::2], strict=True))
    if pad_type not in ("same", "same_lower"):
        raise ValueError(f"unknown pad_type {pad_type!r}")
    totals = [
        max(0, (-(-size // stride) - 1) * stride + length - size)
        for size, length, stride in zip(sizes, reach, strides, strict=True)
    ]
    halves = [(total // 2, total - total // 2) for total in totals]
    return halves if pad_type == "same" else [(high, low) for low, high in halves]


def _overhang(size: int, kernel: int, stride: int, padding: tuple[int, int]) -> int:
    # A last window that covers only part of the input counts if it starts before the end padding.
    low, high = padding
    windows = -(-(size + low + high - kernel) // stride) + 1
    if (windows - 1) * stride >= size + low and low + high > 0:
        windows -= 1
    return max(0, (windows - 1) * stride + kernel - size - low - high)


def _windows(x: np.ndarray, reach: Sequence[int], strides: Ints, dilations: Ints) -> np.ndarray:
    """Windows of ``x`` (n, C, *D): (n, C, *positions, *K)."""
    axes = tuple(range(2, x.ndim))
    windows = sliding_window_view(x, tuple(reach), axes)
    every = [slice(None, None, step) for step in (*strides, *dilations)]
    return windows[(slice(None), slice(None), *every)]
