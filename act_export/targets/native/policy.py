"""Halting as the engine has it: a policy's number, and the weights of its unit."""

from __future__ import annotations

import numpy as np
from torch import Tensor, nn

from act_export.subject import Subject
from act_export.targets.native.description import Affine, Array
from act_export.targets.native.surroundings import refused
from act_mobile.halting.policy import Halting


def policy_number(subject: Subject, policy: Halting) -> int:
    """Find a policy's number in the file.

    Raises:
        UserError: the engine lacks it.
    """
    if policy.number is None:
        raise refused(subject, f"its halting, {policy}, is not the engine's")
    return policy.number


def halting_unit(unit: nn.Module | None, features: int) -> Affine:
    """A halting unit (1, features); zero where the policy has none."""
    if unit is None:
        return Affine(np.zeros((1, features)), np.zeros(1))
    assert isinstance(unit, nn.Linear)
    return Affine(array(unit.weight), array(unit.bias))


def array(tensor: Tensor) -> Array:
    """In float64."""
    return tensor.detach().double().numpy()
