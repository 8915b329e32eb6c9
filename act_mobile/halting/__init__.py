"""Halting policies by name: each in one file, registered here.

A policy's module is loaded, and torch with it, when the policy is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from act_artefact.errors import UserError, escaped

if TYPE_CHECKING:
    from act_mobile.halting.policy import Halting

__all__ = ["HALTINGS", "parse_halting"]

HALTINGS = {
    "act": "act",
    "fixed": "fixed:K",
    "pondernet": "pondernet[:PRIOR]",
    "skip": "skip",
}
"""Every policy's name, which is also its module's, and how it is written."""


def parse_halting(text: str, *, max_ponder: int, epsilon: float) -> Halting:
    """Make the policy that a text names.

    Raises:
        UserError: there is no such policy, or not with these numbers.
    """
    if not isinstance(text, str):
        raise UserError(f"halting must be one of {', '.join(HALTINGS.values())}, not {text!r}")
    name, colon, argument = text.partition(":")
    policy: Halting | None = None
    if name in HALTINGS:
        parse = import_module(f"{__name__}.{name}").parse
        policy = parse(argument if colon else None, max_ponder, epsilon)
    if policy is None:
        raise UserError(
            f"halting {escaped(text)!r} is not known: use {', '.join(HALTINGS.values())}, with K "
            f"from 1 to {max_ponder}, PRIOR between 0 and 1"
        )
    return policy
