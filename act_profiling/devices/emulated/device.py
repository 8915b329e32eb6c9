"""An arm64 phone that does not exist, behind the real adb; its times mean nothing.

It runs arm64 programs through QEMU: what they compute is what a phone computes, and their
instructions can be counted.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

from act_profiling.devices import Settings
from act_profiling.devices.adb import AdbDevice
from act_profiling.devices.emulated import CPU
from act_profiling.devices.emulated.emulation import HOST, Emulation
from act_profiling.programs import Programs, device_programs

COUNTS = "counts"
"""The file in a job's folder into which instructions are counted."""


class Counter(Protocol):
    """Counts a run's instructions between its marks, from within QEMU."""

    folder: Path
    """Folder of the files that QEMU must find; the phone sees it at ``HOST``."""

    def environment(self, folder: str, output: str) -> Mapping[str, str]:
        """The runner's variables, by which QEMU counts into the file ``output``.

        Args:
            folder: where the phone sees the counter's own folder.
        """
        ...

    def read(self, output: Path) -> tuple[Mapping[str, int], ...]:
        """Read the counts of each timed call."""
        ...


class EmulatedDevice(AdbDevice):
    """An emulated phone, there until it is closed.

    Args:
        programs: by default the runner with glibc, and the pinned runtimes.
        cpu: cortex-a76 or cortex-a53.
        counter: counts where a job is marked.
        root: the arm64 files, other than those that ``make emulated-device`` makes.
        options: as for :class:`AdbDevice`.

    Raises:
        UserError: it was not made, or this machine cannot run it, and why.
    """

    reports_latency = False

    def __init__(
        self,
        programs: Programs | None = None,
        cpu: str = CPU,
        counter: Counter | None = None,
        root: Path | None = None,
        **options: Any,
    ) -> None:
        self._counter = counter
        with ExitStack() as stack:
            host = counter.folder if counter else None
            phone = stack.enter_context(Emulation(cpu, root, host))
            super().__init__(phone.adb, phone.serial, programs or device_programs(), **options)
            self._phone = stack.pop_all()
        self.name = f"emulated:{cpu}"

    def _environment(self, settings: Settings) -> Mapping[str, str]:
        if not (self._counter and settings.mark):
            return {}
        return self._counter.environment(HOST, COUNTS)

    def _counts(self, settings: Settings) -> tuple[Mapping[str, int], ...]:
        if not (self._counter and settings.mark):
            return ()
        with tempfile.TemporaryDirectory() as folder:
            output = Path(folder) / COUNTS
            self._session.pull(COUNTS, output)
            return self._counter.read(output)

    def close(self) -> None:
        super().close()
        self._phone.close()
