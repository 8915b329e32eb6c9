"""This machine as a device: the same runner as on a phone."""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from act_artefact.errors import CheckFailed, UserError
from act_artefact.targets import TARGETS, BuiltInRuntime
from act_profiling.devices import Device, Interrupted, Job, Outcome, Settings
from act_profiling.libraries import installed_library, own_library
from act_profiling.operators import read_operators
from act_profiling.runner import host_runner

CPU = Path("/sys/devices/system/cpu")
STUCK_SECONDS = 600.0
"""A run whose rows do not grow for so long is given up."""
POLL_SECONDS = 1.0


def open_named(which: str, *, runtime: Path | None, keep: bool) -> list[Device]:
    """Open this machine as a device; nothing is pushed, so ``keep`` has no effect."""
    if which:
        raise UserError(f"--device 'host:{which}': this machine is host alone")
    return [HostDevice(runtime)]


class HostDevice:
    """This machine; implements :class:`act_profiling.devices.Device`.

    Args:
        runtime: a folder with the runtimes' libraries, other than those installed.
        stuck_seconds: for how long a run may write no row.
    """

    name = "host"
    reports_latency = True

    def __init__(self, runtime: Path | None = None, stuck_seconds: float = STUCK_SECONDS) -> None:
        self._runtime, self._stuck = runtime, stuck_seconds
        self._interrupted = False

    def describe(self) -> dict[str, Any]:
        """CPU, cores with their maxima and governors, memory, kernel, OS; None: not known."""
        cores = len(os.sched_getaffinity(0))
        return {
            "identity": f"{cpu_model()}, {cores} cores, {_os()}",
            "name": self.name,
            "model": cpu_model(),
            "abis": [platform.machine()],
            "cores": [_core(number) for number in sorted(os.sched_getaffinity(0))],
            "memory_kib": _memory_kib(),
            "kernel": platform.release(),
            "os": _os(),
        }

    def run(self, job: Job, settings: Settings, rows: Path) -> Outcome:
        """Run a job to its end.

        Raises:
            UserError: the runner cannot be built, or the runtime or the artefact do not fit.
            CheckFailed: the runner failed.
        """
        command = [*self._runner(job.target), *_files(job, rows), *runner_options(settings)]
        if settings.operators:
            command += ["--op-profile", f"{rows}.operators"]
        code, said, errors = self._ended(command, rows)
        if code:
            raise failure(code, errors)
        facts = facts_of(said)
        profiles = map(Path, facts.get("op_profiles", ()))
        return Outcome(rows, facts, operators=read_operators(job.target, profiles, facts["calls"]))

    def _runner(self, target: str) -> list[str]:
        """The runner for a target and, where the runtime is not in it, the option that names it."""
        device = TARGETS[target].device
        if isinstance(device, BuiltInRuntime):
            own = self._runtime / device.runner if self._runtime else None
            return [str(own if own and own.is_file() else host_runner(device))]
        library = own_library(self._runtime, target) if self._runtime else installed_library(target)
        return [str(host_runner()), "--library", str(library.path), *library.version_option]

    def _ended(self, command: Sequence[str], rows: Path) -> tuple[int, str, str]:
        """Run the runner for as long as its rows grow; its exit code, stdout and stderr.

        Raises:
            CheckFailed: they do not grow for too long.
            Interrupted: it is to end.
        """
        with (
            tempfile.TemporaryFile("w+", errors="replace") as said,
            tempfile.TemporaryFile("w+", errors="replace") as errors,
            subprocess.Popen(
                command, stdout=said, stderr=errors, stdin=subprocess.DEVNULL
            ) as process,
        ):
            size, grown = -1, time.monotonic()
            try:
                while process.poll() is None:
                    now = rows.stat().st_size if rows.exists() else -1
                    if now != size:
                        size, grown = now, time.monotonic()
                    elif time.monotonic() - grown > self._stuck:
                        raise CheckFailed(f"the runner wrote no row for {self._stuck:g} s")
                    if self._interrupted:
                        raise Interrupted
                    _wait(process)
            finally:
                process.kill()
            said.seek(0)
            errors.seek(0)
            return process.returncode, said.read(), errors.read()

    def interrupt(self) -> None:
        self._interrupted = True

    def close(self) -> None:
        """Nothing was changed."""


def _files(job: Job, rows: Path) -> Sequence[str]:
    return str(job.folder / "plan.txt"), str(job.folder / "data.bin"), str(rows)


def runner_options(settings: Settings) -> list[str]:
    """The runner's options of the settings' names."""
    words = ["--threads", str(settings.threads), "--warmup", str(settings.warmup)]
    words += ["--min-count", str(settings.min_count), "--min-seconds", f"{settings.min_seconds:g}"]
    words += ["--keep", settings.keep]
    if settings.cpus is not None:
        words += ["--cpus", settings.cpus]
    return words + [f"--{name}" for name in ("mark", "memory") if getattr(settings, name)]


def _wait(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(POLL_SECONDS)
    except subprocess.TimeoutExpired:
        return


def facts_of(said: str) -> dict[str, Any]:
    """The runner's line of JSON; a runtime may have written before it.

    Raises:
        CheckFailed: there is none.
    """
    line = (said.strip().splitlines() or [""])[-1]
    try:
        facts = json.loads(line)
    except ValueError:
        facts = None
    if not isinstance(facts, dict) or "calls" not in facts:
        raise CheckFailed(f"the runner ended well but said {line[:80]!r}, not what it ran")
    return facts


def failure(code: int, errors: str) -> UserError | CheckFailed:
    """Translate a runner's exit code and stderr into an error for the user."""
    lines = errors.strip().splitlines() or ["it gave no reason"]
    own = [line for line in lines if line.startswith("act-runner: ")]
    reason = (own or lines)[-1].removeprefix("act-runner: ")
    if code < 0:
        return CheckFailed(f"the runner crashed ({signal.Signals(-code).name}): {reason}")
    match code:
        case 2:
            return UserError(reason)
        case 3:
            return UserError(f"{reason}: give a folder with a library that fits with --runtime")
        case 4:
            return UserError(f"{reason}: export again, or use a newer runtime")
        case 6:
            return UserError(f"{reason}: free space, or choose another folder")
    return CheckFailed(f"the runner failed ({code}): {reason}")


def _core(number: int) -> dict[str, Any]:
    folder = CPU / f"cpu{number}" / "cpufreq"
    maximum, limit = _text(folder / "cpuinfo_max_freq"), _text(folder / "scaling_max_freq")
    return {
        "number": number,
        "max_khz": int(maximum) if maximum else None,
        "limit_khz": int(limit) if limit else None,
        "governor": _text(folder / "scaling_governor"),
    }


def _text(path: Path) -> str | None:
    try:
        return path.read_text().strip() or None
    except OSError:  # not every system, and not every core, has the file
        return None


def _line(path: Path, key: str) -> str | None:
    """The value of ``key : value`` or ``key=value`` in a file of such lines."""
    for line in (_text(path) or "").splitlines():
        name, _, value = line.replace("=", ":", 1).partition(":")
        if name.strip() == key:
            return value.strip().strip('"')
    return None


def cpu_model() -> str | None:
    """The processor's own name, where the system tells it."""
    return _line(Path("/proc/cpuinfo"), "model name") or platform.processor() or None


def _memory_kib() -> int | None:
    total = _line(Path("/proc/meminfo"), "MemTotal")
    return int(total.split()[0]) if total else None


def _os() -> str:
    return _line(Path("/etc/os-release"), "PRETTY_NAME") or platform.system()
