"""A run that was cut short: the rows of it that count, and the place where the rest begins.

A recurrent state goes from call to call, so a run continues at the first call of the sequence that
was interrupted: rows of that sequence are measured again, rows of whole sequences are kept.
"""

from __future__ import annotations

import bisect
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path

from act_artefact.errors import CheckFailed
from act_profiling.devices import Job, Settings
from act_profiling.job import DATA_MAGIC
from act_profiling.rows import ROWS_MAGIC

HEAD = struct.Struct("<QQQII")
"""Call, repeat, nanoseconds, time steps, CRC-32 of y."""
NUMBER_SIZE = 4
"""Bytes of a float32 or an int32."""


@dataclass(frozen=True)
class Place:
    """A call in a run over the data."""

    call: int
    repeat: int

    def after(self, calls: int) -> Place:
        """The place of the next call; past the last one the data begin again."""
        if self.call + 1 < calls:
            return replace(self, call=self.call + 1)
        return Place(0, self.repeat + 1)


class Kept:
    """The rows of a run so far, and what is left of it.

    Args:
        job: what is run; its plan says how large rows are.
        settings: those of the whole run.
    """

    def __init__(self, job: Job, settings: Settings) -> None:
        self.next = Place(0, 0)
        """The first call that is still to be measured."""
        self.count = 0
        self._nanoseconds = 0
        self._rows = bytearray(ROWS_MAGIC)
        self._settings = settings
        self._first_calls = job.first_calls
        self._calls = _calls(job.folder / "data.bin")
        self._outputs = tuple(_outputs(job.folder / "plan.txt", settings.keep))

    @property
    def settings(self) -> Settings:
        """Settings for the rest of the run."""
        seconds = self._settings.min_seconds - self._nanoseconds / 1e9
        return replace(
            self._settings,
            min_count=max(1, self._settings.min_count - self.count),
            min_seconds=max(0.0, seconds),
        )

    def add(self, path: Path, whole: bool) -> None:
        """Take the rows of a run that began at ``next``.

        Args:
            whole: whether the run came to its end; else only its whole sequences count, up to
                the first row that is not as a runner writes it: a device that lost its power
                may have zeros where data never reached the disk.

        Raises:
            CheckFailed: a whole run's rows are not a runner's, or not in order.
        """
        contents = path.read_bytes()
        if whole and not contents.startswith(ROWS_MAGIC):
            raise CheckFailed(f"{path.name}: not what a runner writes")
        place, repeats, kept = self.next, self.next.repeat, len(ROWS_MAGIC)
        rows = bytearray()
        taken: list[tuple[Place, int, int]] = []
        for start, end, head in self._split(contents):
            call, repeat, nanoseconds, time, digest = head
            if (call, repeat + repeats) != (place.call, place.repeat):
                break
            rows += HEAD.pack(call, place.repeat, nanoseconds, time, digest)
            rows += contents[start + HEAD.size : end]
            place, kept = place.after(self._calls), end
            taken.append((place, len(rows), nanoseconds))
        if whole and kept != len(contents):
            raise CheckFailed(f"{path.name}: row {len(taken) + self.count} is not the next call's")
        while not whole and taken and not self._begins(taken[-1][0]):
            taken.pop()
        if taken:
            self.next, size, _ = taken[-1]
            self._rows += rows[:size]
            self.count += len(taken)
            self._nanoseconds += sum(nanoseconds for _, _, nanoseconds in taken)

    def write(self, path: Path) -> None:
        """Write all rows, as one run's."""
        path.write_bytes(self._rows)

    def _begins(self, place: Place) -> bool:
        """True if a sequence begins there."""
        index = bisect.bisect_left(self._first_calls, place.call)
        return place.call == 0 or self._first_calls[index : index + 1] == (place.call,)

    def _split(self, contents: bytes) -> Iterator[tuple[int, int, tuple[int, ...]]]:
        """Whole rows: where each starts and ends, and its head."""
        start = len(ROWS_MAGIC) if contents.startswith(ROWS_MAGIC) else len(contents)
        while start + HEAD.size <= len(contents):
            head = HEAD.unpack_from(contents, start)
            time = head[3]
            numbers = sum(
                prod(time if size < 0 else size for size in sizes) for sizes in self._outputs
            )
            end = start + HEAD.size + NUMBER_SIZE * numbers
            if end > len(contents):
                return
            yield start, end, head
            start = end


def _calls(data: Path) -> int:
    """Read the number of calls in data.bin."""
    with data.open("rb") as file:
        return int.from_bytes(file.read(len(DATA_MAGIC) + 8)[len(DATA_MAGIC) :], "little")


def _outputs(plan: Path, keep: str) -> Iterator[tuple[int, ...]]:
    """The sizes of the outputs that a row holds, -1 for time."""
    for line in plan.read_text().splitlines():
        word, *rest = line.split()
        if word == "output" and (keep == "all" or rest[0] in ("ponder_steps", "remainder")):
            yield tuple(int(size) for size in rest[2:])
