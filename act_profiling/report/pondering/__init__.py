"""Pondering as the data are: text, images, features over time, or else N by time step.

A kind of data is a module here with ``fits``, which looks at what a variant's entry of the report
holds, and ``draw``. It is registered in ``KINDS``, of which the first that fits is taken.
"""

from __future__ import annotations

from typing import Protocol

from act_profiling.report.pondering import features, images, steps, text
from act_profiling.report.svg import Ramp
from act_profiling.report.words import Variant


class Kind(Protocol):
    """A module that draws one kind of data."""

    WIDE: bool
    """True for a figure as wide as the page."""

    def fits(self, variant: Variant) -> bool:
        """True if the variant's data are of this kind."""

    def draw(self, variant: Variant, ramp: Ramp, name: str) -> str:
        """Make the figure.

        Args:
            ramp: the colours of N of a time step.
            name: by which elements of the figure are told from others on the page.
        """


KINDS: tuple[Kind, ...] = (images, text, features, steps)


def kind_of(variant: Variant) -> Kind | None:
    """The kind of a variant's data; None where there is nothing to see."""
    return next((kind for kind in KINDS if kind.fits(variant)), None)
