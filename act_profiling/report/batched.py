"""A report's words where rows are means of batches: a line, and no tail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from act_profiling.measurement import Round

LEAST_R2 = 0.99
"""Batches lie on a line over N, to within much less than this, unless something disturbs them."""

TAIL = ("max", "p90", "p95", "p99")


def applies_to(rounds: Sequence[Round]) -> bool:
    """True if each row is the mean of a batch of calls of its N: see the device ``browser``."""
    return any(each.facts.get("batches") for each in rounds)


def refusal(line: Mapping[str, Any], rounds: Sequence[Round], timeless: bool) -> str | None:
    """Say why disturbed batches are no measurement; None if they are one.

    Of time steps they lie on a line over N; where N never differs there is none, and nothing to
    refuse. An image's cost is of its places, too: there the two best batches of each agree.

    Args:
        timeless: the model reads images, or other items without time.
    """
    if timeless:
        found = [r for each in rounds if (r := each.facts.get("agreement")) is not None]
        if not found or min(found) >= LEAST_R2:
            return None
        return (
            f"batches of one call differ: r² {min(found):.3f} is less than {LEAST_R2}; something "
            "disturbed them: measure again with nothing else running, for longer (--min-seconds)"
        )
    if "missing" in line or line["r2"] >= LEAST_R2:
        return None
    return (
        f"batches are not on a line: r² {line['r2']:.3f} is less than {LEAST_R2}; something "
        "disturbed them, or N differs too little: measure again with nothing else running, for "
        "longer (--min-seconds), or on other data"
    )


def without_tails(cost: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what means of batches do not say: how far single calls go."""
    cut = {name: {**cost[name], **dict.fromkeys(TAIL)} for name in ("per_call", "per_time_step")}
    return {**cost, **cut}
