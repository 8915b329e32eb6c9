"""The options of an export: how a model is called, in which numbers, and how it is checked."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from act_artefact.equality import FLOOR
from act_artefact.errors import UserError, shown
from act_artefact.form import Form, Ponder, Sequence

MAX_SAMPLES = 20_000
"""Time steps to check, at most: the model's answers to them are kept for all artefacts."""

MAX_ROWS = 4096
"""Time steps of all rows of a call: a golden bundle and a check hold hundreds of calls."""

_ID = r"\(*[A-Za-z0-9][A-Za-z0-9.+:-]*\)*"
LICENSE = re.compile(rf"{_ID}( (AND|OR|WITH) {_ID})*")
"""The form of an SPDX expression, whose identifiers are not looked up."""

LICENSE_LENGTH = 200


@dataclass(frozen=True)
class Options:
    """Options of an export; the command's options of the same names.

    Raises:
        UserError: a value is not known or out of its range.
    """

    ponder: Ponder | Literal["auto"] = "auto"
    sequence: Sequence | None = None
    """None for ``stream``, or ``whole`` where the model has no time."""
    batch: int = 1
    budget_inputs: bool = False
    precision: str = "fp32"
    max_ponder: int | None = None
    samples: int = 200
    metric_tolerance: float = 0.01
    dynamic: tuple[str, ...] = ()
    """The model's axes, by name, whose size a call may choose."""
    emit_c: bool = False
    """True if C source is written too, for targets that have it."""
    web: bool = False
    """True if a page that runs the artefact is written too, for targets that have it."""
    license: str | None = None
    """The model's licence, an SPDX expression, for the manifest and the card."""

    def __post_init__(self) -> None:
        if not 1 <= self.samples <= MAX_SAMPLES:
            raise UserError(f"--samples must be from 1 to {MAX_SAMPLES}, not {self.samples}")
        if self.precision not in FLOOR:
            raise UserError(f"--precision {self.precision!r}: use one of {', '.join(FLOOR)}")
        if not self.metric_tolerance >= 0:
            raise UserError(f"--metric-tolerance must be at least 0, not {self.metric_tolerance}")
        if self.license is not None:
            _check_license(self.license)
        rows = self.batch * (self.sequence if isinstance(self.sequence, int) else 1)
        if rows > MAX_ROWS:
            raise UserError(
                f"--batch times --sequence must be at most {MAX_ROWS} time steps a call, not "
                f"{shown(rows)}"
            )
        _ = self.form

    @property
    def form(self) -> Form:
        """The form that is deployed; for ``auto``, that of its first candidate."""
        ponder = "loop" if self.ponder == "auto" else self.ponder
        return Form(
            ponder=ponder,
            sequence=self.sequence or "stream",
            batch=self.batch,
            budget_inputs=self.budget_inputs,
            dynamic=self.dynamic,
        )

    def for_model(self, timed: bool) -> Options:
        """Complete the options for a model with or without time.

        Raises:
            UserError: its calls cannot have that shape.
        """
        if self.sequence is None:
            return replace(self, sequence="stream" if timed else "whole")
        if timed == (self.sequence == "whole"):
            raise UserError(
                f"--sequence {self.sequence}: the model "
                + ("has time steps" if timed else "has no time")
                + ": leave --sequence out"
            )
        return self


def _check_license(text: str) -> None:
    balanced = text.count("(") == text.count(")")
    if len(text) > LICENSE_LENGTH or not LICENSE.fullmatch(text) or not balanced:
        raise UserError(
            f"--license {shown(text)}: give an SPDX expression, such as Apache-2.0 or "
            "'MIT OR Apache-2.0'"
        )
