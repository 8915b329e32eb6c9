"""Rows of several rounds as columns, for arithmetic and for the raw data of a report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from act_profiling.measurement import Measurement

Array = npt.NDArray[Any]

COUNTS = ("instructions", "macs", "loads", "stores")
"""Quantities that an emulated device counts, in the order of a report."""


@dataclass(frozen=True)
class Columns:
    """One entry a row, over all rounds of a variant, in the order measured."""

    round: Array
    call: Array
    repeat: Array
    nanoseconds: Array
    time_steps: Array
    ponder_steps: Array
    """N that the call ran: see :func:`executed`."""
    digest: Array
    """CRC-32 of y."""
    kept: Array
    """True if the row counts in summaries: its round was not throttled."""
    counts: dict[str, Array]

    def of_rounds(self, cost: Array) -> list[tuple[Array, Array]]:
        """(N, cost) of each round that counts in summaries."""
        where = [(self.round == number) & self.kept for number in np.unique(self.round)]
        return [(self.ponder_steps[here], cost[here]) for here in where if here.any()]


@dataclass(frozen=True)
class Calls:
    """N and R of each call of the data, which its repeats share.

    Entries are time steps, those of the rows of a batch after each other; padding is left out.
    """

    call: Array
    """(entries,)"""
    ponder_steps: Array
    """(entries, L)"""
    remainder: Array
    """(entries, L)"""


def executed(ponder_steps: Array) -> int:
    """The ponder steps that a call of (B, L) or (B, T, L) runs, over layers and time steps.

    In each layer and time step a batch goes on until its last row has halted.
    """
    return int(ponder_steps.max(axis=0).sum())


def columns(measurement: Measurement) -> Columns:
    """Collect the rows of all rounds, throttled ones included."""
    rounds = measurement.rounds
    rows = [row for each in rounds for row in each.rows]
    counts = [count for each in rounds for count in each.counts]
    if counts and len(counts) != len(rows):
        raise ValueError(f"{measurement.variant.label}: {len(counts)} counts of {len(rows)} rows")

    def whole(values: Any) -> Array:
        return np.fromiter(values, np.int64)

    return Columns(
        round=np.repeat(np.arange(len(rounds)), [len(each.rows) for each in rounds]),
        call=whole(row.call for row in rows),
        repeat=whole(row.repeat for row in rows),
        nanoseconds=whole(row.nanoseconds for row in rows),
        time_steps=whole(_time_steps(row.outputs["ponder_steps"]) for row in rows),
        ponder_steps=whole(executed(row.outputs["ponder_steps"]) for row in rows),
        digest=whole(row.digest for row in rows),
        kept=np.array([not each.throttled for each in rounds for _ in each.rows], bool),
        counts={
            name: whole(count[name] for count in counts)
            for name in COUNTS
            if counts and name in counts[0]
        },
    )


def calls(measurement: Measurement) -> Calls:
    """Collect N and R of every call that was run at least once."""
    first: dict[int, dict[str, Array]] = {}
    for each in measurement.rounds:
        for row in each.rows:
            first.setdefault(row.call, row.outputs)
    real, places, steps, remainders = measurement.real_time_steps, [], [], []
    for call, outputs in sorted(first.items()):
        n, r = outputs["ponder_steps"], outputs["remainder"]
        batch, layers = n.shape[0], n.shape[-1]
        within = np.ones((batch, _time_steps(n)), bool)
        if real is not None:
            within = np.arange(_time_steps(n)) < np.asarray(real[call])[:, None]
        steps.append(n.reshape(batch, -1, layers)[within])
        remainders.append(r.reshape(batch, -1, layers)[within])
        places.append(np.full(len(steps[-1]), call, np.int64))
    return Calls(
        np.concatenate(places),
        np.concatenate(steps).astype(np.int64),
        np.concatenate(remainders).astype(np.float64),
    )


def repeats_differ(table: Columns) -> int:
    """The number of calls that gave another y in one repeat than in another."""
    pairs = np.unique(np.stack([table.call, table.digest]), axis=1)
    return int((np.unique(pairs[0], return_counts=True)[1] > 1).sum())


def _time_steps(ponder_steps: Array) -> int:
    """1 where a call has no time axis."""
    return ponder_steps.shape[1] if ponder_steps.ndim == 3 else 1
