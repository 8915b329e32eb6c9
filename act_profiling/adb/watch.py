"""A run as it is watched: the device's temperatures, and the run's progress."""

from __future__ import annotations

import time

from act_artefact.errors import CheckFailed
from act_profiling.adb import thermal

STUCK_SECONDS = 600.0
"""A run whose rows do not grow for so long is given up."""


class Watch:
    """Follows a run: the device's temperatures, and the run's progress.

    Raises:
        CheckFailed: from :meth:`heard`, where the rows have not grown for too long.
    """

    def __init__(self) -> None:
        self._lines: list[str] = []
        self.begin()

    def begin(self) -> None:
        """Note that a run begins, or that its rows have grown."""
        self._grown, self._size = time.monotonic(), ""

    @property
    def readings(self) -> list[thermal.Thermal]:
        """The device's thermal readings, one for each report of the run."""
        return thermal.parse("".join(f"{line}\n" for line in self._lines))

    def heard(self, line: str) -> None:
        """Take a line that the run prints."""
        self._lines.append(line)
        if line.startswith("rows "):
            if line != self._size:
                self.begin()
                self._size = line
            elif time.monotonic() - self._grown > STUCK_SECONDS:
                raise CheckFailed(f"the runner wrote no row for {STUCK_SECONDS:.0f} s")
