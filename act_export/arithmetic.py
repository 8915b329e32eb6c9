"""Modes of torch's arithmetic in which a model is evaluated to see what rounding does to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_map_only

from act_artefact.errors import UserError


class Rounding(TorchFunctionMode):
    """In the block every result of an operation is moved by up to ``unit`` times itself.

    Where it moves is drawn evenly. This is Monte Carlo arithmetic (Parker 1997).
    """

    def __init__(self, unit: float, generator: torch.Generator) -> None:
        super().__init__()
        self._unit, self._generator = unit, generator

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        given = {_storage(value) for value in args if isinstance(value, Tensor)}
        result = func(*args, **(kwargs or {}))
        return tree_map_only(Tensor, partial(self._moved, given=given), result)

    def _moved(self, result: Tensor, given: set[int]) -> Tensor:
        if not result.is_floating_point() or _storage(result) in given:
            return result  # a view, or written in place: no operation has rounded
        return moved(result, self._unit, self._generator)


def moved(values: Tensor, unit: float, generator: torch.Generator) -> Tensor:
    """Each value moved by up to ``unit`` times itself."""
    noise = torch.empty_like(values)
    noise.uniform_(-unit, unit, generator=generator)
    return torch.addcmul(values, values, noise)


def _storage(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


class _WithoutFloat32(TorchFunctionMode):
    """Makes float64 of what a module's own code asks to be float32, as ``one_hot(x).float()``."""

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func is Tensor.float:
            func = Tensor.double
        elif any(value is torch.float32 for value in (*args, *kwargs.values())):
            args = tuple(map(_widened, args))
            kwargs = {name: _widened(value) for name, value in kwargs.items()}
        return func(*args, **kwargs)


def _widened(value: Any) -> Any:
    return torch.float64 if value is torch.float32 else value


@contextmanager
def float64(name: str) -> Iterator[None]:
    """In the block a module whose parameters are float64 computes in float64.

    Raises:
        UserError: the module, called ``name``, insists on float32.
    """
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        with _WithoutFloat32():
            yield
    except RuntimeError as error:
        reason = str(error).splitlines()[0]
        raise UserError(
            f"{name}: cannot be evaluated in float64, which artefacts are compared with "
            f"({reason}): tensors that its forward makes must have its input's type"
        ) from error
    finally:
        torch.set_default_dtype(before)


@contextmanager
def one_thread() -> Iterator[None]:
    """In the block torch computes in one thread: small operations lose by more."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
