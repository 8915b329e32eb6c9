"""A phone, or anything else that adb reaches, as a place where jobs run."""

from __future__ import annotations

import logging
import signal
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from act_artefact.errors import CheckFailed, UserError
from act_profiling.adb import facts, thermal
from act_profiling.adb.client import Adb, DeviceGone
from act_profiling.adb.connection import PATIENCE, Connection
from act_profiling.adb.discovery import find
from act_profiling.adb.session import Ending, Session
from act_profiling.adb.watch import Watch
from act_profiling.devices import Device, Job, Outcome, Settings
from act_profiling.devices.host import facts_of, failure, runner_options
from act_profiling.operators import Operator, read_operators
from act_profiling.programs import DeviceProgram, Programs, device_programs
from act_profiling.resume import Kept

FIXED_PERFORMANCE_API = 30
"""From Android 11 on there is a mode in which a phone keeps a speed that it can sustain."""

COOL_SECONDS = 120.0
COOL_EVERY_SECONDS = 5.0
RESUMES = 3
"""A run that is cut short so often at the same call is given up."""

KILLED = {128 + s for s in (signal.SIGHUP, signal.SIGINT, signal.SIGKILL, signal.SIGTERM)}
"""Exit codes of a runner that somebody else ended: Android where memory is short, or we."""

NOT_EXECUTABLE = "not executable"
"""Message of Android's shell about a program for another machine; its exit code is 1."""

log = logging.getLogger(__name__)


def open_named(which: str, *, runtime: Path | None, keep: bool) -> list[Device]:
    """Open the phones that ``adb``, ``adb:SERIAL`` or ``adb:all`` means, with our programs."""
    wanted = f"adb:{which}" if which else "adb"
    return list(open_phones(wanted, device_programs(runtime), keep=keep))


def open_phones(
    wanted: str, programs: Programs, *, kind: type[AdbDevice] | None = None, **options: Any
) -> list[AdbDevice]:
    """Open the devices that ``adb``, ``adb:SERIAL`` or ``adb:all`` means.

    Raises:
        UserError: no adb, no such device, or it is not ready or in use.
    """
    adb = Adb()
    opened: list[AdbDevice] = []
    try:
        for device in find(adb, wanted):
            opened.append((kind or AdbDevice)(Adb(), device.serial, programs, **options))
    except BaseException:
        for each in opened:
            each.close()
        raise
    return opened


class AdbDevice:
    """A device over adb; implements :class:`act_profiling.devices.Device`.

    Args:
        programs: where the runner and the runtimes come from.
        keep: leave the pushed files on the device; the next run does not push them again.
        patience: seconds for which the device is waited for, where it goes away.
        cool_seconds: the most that a run waits for a hot device to cool.
        fixed_performance: use the fixed-performance mode, where there is one.
    """

    reports_latency = True
    stop = ""
    """See :class:`act_profiling.adb.session.Session`."""

    def __init__(
        self,
        adb: Adb,
        serial: str,
        programs: Programs,
        *,
        keep: bool = False,
        patience: float = PATIENCE,
        cool_seconds: float = COOL_SECONDS,
        fixed_performance: bool = True,
    ) -> None:
        self.name = f"adb:{serial}"
        self._connection = Connection(adb, serial, patience)
        self._programs, self._cool_seconds = programs, cool_seconds
        self._may_fix = fixed_performance
        self._session = Session(self._connection, keep, self.stop)
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def describe(self) -> dict[str, Any]:
        """SoC, model, Android, cores, masks, battery, screen, thermal state; None: not known."""
        known = self._facts()
        return {
            "identity": str(known),
            "name": self.name,
            **known.to_json(),
            "thermal": self._thermal().to_json(),
        }

    def _facts(self) -> facts.Facts:
        return facts.parse(self._ask(facts.READ))

    def _thermal(self) -> thermal.Thermal:
        readings = thermal.parse(self._ask(thermal.READ))
        return readings[0] if readings else thermal.Thermal(None, {}, 0)

    def _ask(self, command: str) -> str:
        return self._connection.steadily(lambda: self._connection.run(command).stdout)

    def run(self, job: Job, settings: Settings, rows: Path) -> Outcome:
        """Run a job to its end, though the device may go away and come back.

        Args:
            settings: ``cpus`` may be ``big`` or ``little`` too.

        Raises:
            UserError: the device or the runtime on it cannot do this, or it stays away.
            CheckFailed: the runner failed.
        """
        known = self._facts()
        program = self._programs(job.target, known.abis)
        settings = replace(settings, cpus=known.mask(settings.cpus))
        self._may_fix = self._may_fix and (known.api or 0) >= FIXED_PERFORMANCE_API

        notes: list[str] = []
        before = self._cool(notes)
        kept, watch = Kept(job, settings), Watch()
        resumed = stuck = 0
        while True:
            begun = kept.next
            fixed = self._prepare({**program.files, **job.files()})
            why, ending = self._attempt(program, kept, watch, rows)
            if not why:
                break
            resumed += 1
            stuck = 0 if kept.next != begun else stuck + 1
            if stuck >= RESUMES:
                raise CheckFailed(
                    f"{self.name}: the run does not get past call {kept.next.call}: {why}"
                )
            notes.append(f"resumed at call {kept.next.call} of pass {kept.next.repeat + 1}: {why}")
        said = self._said(ending)
        kept.write(rows)
        after = self._thermal()
        during = thermal.hottest(watch.readings)
        worst = thermal.hottest([before, *watch.readings, after])
        if worst and worst.throttled:
            notes.append(f"throttled: {worst}")
        return Outcome(
            rows=rows,
            facts={
                **said,
                "calls": kept.count,
                "fixed_performance": fixed,
                "thermal": {
                    "before": before.to_json(),
                    "during": during.to_json() if during else None,
                    "after": after.to_json(),
                },
            },
            counts=self._counts(settings),
            operators=self._operators(job.target, said),
            resumed=resumed,
            notes=tuple(notes),
            throttled=bool(worst and worst.throttled),
        )

    def _prepare(self, files: Mapping[str, Path]) -> bool:
        """Files and mode, again after the device was away; whether it is in fixed performance."""
        self._session.install(files)
        return self._may_fix and self._session.fix_performance()

    def _attempt(
        self, program: DeviceProgram, kept: Kept, watch: Watch, rows: Path
    ) -> tuple[str, Ending]:
        """Run what is left; why it was cut short, empty if it came to its end.

        Raises:
            UserError: it cannot be run here.
            CheckFailed: the runner failed.
        """
        command = [*program.command, *_options(program, kept)]
        why = ""
        try:
            watch.begin()
            self._session.run(command, watch.heard, self._environment(kept.settings))
        except DeviceGone as gone:
            self._connection.wait(gone)
            why = f"the device went away ({gone})"
        ending = self._session.ending()
        if ending.code is None or ending.code in KILLED:
            if self._session.pull("rows.bin", rows):
                kept.add(rows, whole=False)
            return why or f"the runner was ended ({_signal(ending.code)})", ending
        if ending.code:
            raise self._failure(ending)
        if not self._session.pull("rows.bin", rows):
            raise CheckFailed(f"{self.name}: the runner wrote no rows")
        kept.add(rows, whole=True)
        return "", ending

    def _said(self, ending: Ending) -> dict[str, Any]:
        try:
            return facts_of(ending.facts)
        except CheckFailed as error:
            raise CheckFailed(f"{self.name}: {error}") from None

    def _cool(self, notes: list[str]) -> thermal.Thermal:
        """Wait until the device is not throttled, but not for ever."""
        until = time.monotonic() + self._cool_seconds
        state = self._thermal()
        while state.throttled and time.monotonic() < until:
            time.sleep(min(COOL_EVERY_SECONDS, self._cool_seconds / 4))
            state = self._thermal()
        if state.throttled:
            notes.append(f"still hot after {self._cool_seconds:.0f} s: {state}")
        return state

    def _environment(self, settings: Settings) -> Mapping[str, str]:
        """Variables for the runner."""
        return {}

    def _counts(self, settings: Settings) -> tuple[Mapping[str, int], ...]:
        """Return an emulator's counts of the run."""
        return ()

    def _operators(self, target: str, said: Mapping[str, Any]) -> tuple[Operator, ...]:
        """Read the operators from the profiles, only the last run's where it was resumed."""
        with tempfile.TemporaryDirectory() as folder:
            profiles = [Path(folder) / Path(name).name for name in said.get("op_profiles", ())]
            for profile in profiles:
                self._session.pull(profile.name, profile)
            return read_operators(target, profiles, said["calls"])

    def _failure(self, ending: Ending) -> UserError | CheckFailed:
        code = ending.code or 0
        if code in (126, 127) or NOT_EXECUTABLE in ending.errors:
            abis = ", ".join(self._facts().abis) or "the device"
            said = (ending.errors.strip().splitlines() or ["it gave no reason"])[-1]
            return UserError(
                f"{self.name}: the runner does not start ({said}): it, and the runtime, must be "
                f"built for {abis}"
            )
        error = failure(128 - code if code > 128 else code, ending.errors)
        return type(error)(f"{self.name}: {error}")

    def interrupt(self) -> None:
        self._connection.adb.interrupted.set()

    def close(self) -> None:
        """Leave the device as it was; where it is away, say so: the next run does it."""
        if self._closed:
            return
        self._closed = True
        self._connection.adb.interrupted.clear()
        self._connection.patience = min(self._connection.patience, 10.0)
        try:
            self._session.close()
        except UserError as error:
            log.warning("%s: it is left as it is until the next act-profile: %s", self.name, error)


def _options(program: DeviceProgram, kept: Kept) -> list[str]:
    """The runner's arguments."""
    words = ["plan.txt", "data.bin", "rows.bin"]
    if program.library:
        words += ["--library", f"./{program.library}"]
    if program.version:
        words += ["--runtime-version", program.version]
    if kept.settings.operators:
        words += ["--op-profile", "operators"]
    return [*words, *runner_options(kept.settings), "--from", str(kept.next.call)]


def _signal(code: int | None) -> str:
    if code is None:
        return "without a status"
    try:
        return signal.Signals(code - 128).name
    except ValueError:
        return f"exit code {code}"
