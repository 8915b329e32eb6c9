"""The device: jobs for the demo app, and the rows that it writes."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from act_artefact.errors import CheckFailed, UserError, either, escaped, shown
from act_artefact.files import read
from act_artefact.manifest import Manifest, read_manifest
from act_artefact.targets import TARGETS, AppRuntime, BuiltInRuntime
from act_profiling.devices import Interrupted, Job, Outcome, Settings
from act_profiling.devices.host import facts_of
from act_profiling.devices.ios.container import Container
from act_profiling.devices.ios.devicectl import Devicectl, DevicectlFailed
from act_profiling.devices.ios.discovery import Phone
from act_profiling.rows import read_rows

KIND = "ios"

POLL_SECONDS = 1.0
LIMIT_SECONDS = 1800.0
"""A run that takes so much longer than the seconds that are asked of it is given up."""
APP_SECONDS = 3600.0
"""Seconds that the app takes for ``--min-seconds``: ``Benchmark.mostSeconds`` of ActKit."""
AWAY_SECONDS = 60.0
"""A device that does not answer for so long is gone."""
TEXT_BYTES = 1 << 16
"""Bytes of a status, or of facts, that are read."""

BOUNDARY = (
    "one call in the demo app: from Swift arrays to Swift arrays, for Core ML with the conversion "
    "to and from MLMultiArray; the next call's state is set outside of it"
)
NOTES = ("the device's heat, power mode and battery are not known",)
WRONG = ": wrong on this device"
"""Words of a refusal by the app's own golden check."""


class IosDevice:
    """The demo app on an iPhone or iPad; implements :class:`act_profiling.devices.Device`.

    Args:
        app: the app's bundle identifier.
        compute_units: processors for Core ML artefacts, one of ``COMPUTE_UNITS``; None for all.
        poll_seconds: between two questions whether a run has ended.
        limit_seconds: for how long a run may take beyond ``Settings.min_seconds``.
        away_seconds: for how long the device may not answer.
    """

    reports_latency = True

    def __init__(
        self,
        tool: Devicectl,
        phone: Phone,
        app: str,
        compute_units: str | None = None,
        poll_seconds: float = POLL_SECONDS,
        limit_seconds: float = LIMIT_SECONDS,
        away_seconds: float = AWAY_SECONDS,
    ) -> None:
        self.name = f"ios:{phone.name}"
        self._phone, self._app, self._units = phone, app, compute_units
        self._container = Container(tool, phone, app)
        self._poll, self._limit, self._away = poll_seconds, limit_seconds, away_seconds
        self._interrupted = threading.Event()
        self._session, self._runs = secrets.token_hex(4), 0
        self._there: set[str] = set()

    def describe(self) -> dict[str, Any]:
        """Model, product type, iOS version and build, transport, app, Core ML's processors."""
        hardware, properties = self._phone.hardware_properties, self._phone.device_properties
        model = hardware.marketing_name or hardware.product_type or hardware.device_type
        system = f"iOS {properties.os_version_number}".strip()
        return {
            "identity": f"{model} ({hardware.product_type}), {system}",
            "name": self.name,
            "boundary": BOUNDARY,
            "notes": list(NOTES),
            "model": model,
            "product": hardware.product_type,
            "os": f"{system} ({properties.os_build_update})",
            "transport": self._phone.connection_properties.transport_type,
            "app": self._app,
            "compute_units": self._units or "all",
        }

    def run(self, job: Job, settings: Settings, rows: Path) -> Outcome:
        """Run a job to its end.

        The app deletes what earlier sessions and runs have left, by these files' names.

        Raises:
            UserError: the app refuses it, or the device is locked.
            CheckFailed: the app computes something else, ended, or wrote damaged rows.
        """
        _check(job, settings)
        export = job.export
        assert export is not None, "a profile's jobs name their export"
        manifest = read_manifest(_manifest_of(export))
        model = self._put_model(job, export, manifest)
        self._runs += 1
        data = f"act-profile-{self._session}-{self._runs}.data.bin"
        name = f"act-profile-{self._session}-{self._runs}.rows.bin"
        self._container.put(job.folder / "data.bin", data)
        words = ["--model", model, "--data", data, "--rows", name]
        # Else the app's first runtime for the target: its engine has one, Core ML all processors.
        if self._units and _is_systems(job.target):
            words = ["--runtime", f"{job.target}-{self._units}", *words]
        with self._container.launched([*words, *_options(job, settings)]) as process:
            self._ended(process, name, rows, self._limit + settings.min_seconds)
        self._container.get(name, rows)
        facts = self._facts(name, rows)
        self._check_rows(rows, manifest, settings, facts)
        return Outcome(rows, facts)

    def _put_model(self, job: Job, export: Path, manifest: Manifest) -> str:
        """Copy an export to the app, once; its name there."""
        name = f"act-profile-{self._session}-model-{manifest.sha256[:16]}"
        if name in self._there:
            return name
        folder, stem = export.parent, export.stem
        value = json.loads(_manifest_of(export).read_text())
        artefact = name + export.suffix
        self._container.put(export, artefact)
        self._container.put(folder / f"{stem}.golden.npz", f"{name}.golden.npz")
        file = job.folder / "renamed.manifest.json"
        file.write_text(json.dumps({**value, "artefact": artefact}))
        self._container.put(file, f"{name}.manifest.json")
        self._there.add(name)
        return name

    def _ended(self, process: int, name: str, rows: Path, limit: float) -> None:
        """Wait until the run has ended well, for ``limit`` seconds.

        Raises:
            UserError: the app refused it.
            CheckFailed: the app went wrong or away, or it takes too long.
        """
        status = rows.with_suffix(".status")
        began = answered = time.monotonic()
        while not self._interrupted.wait(self._poll):
            # Asked before the file: an app that ends between the two has written it.
            try:
                running = self._container.runs(process)
            except DevicectlFailed as error:
                if time.monotonic() - answered > self._away:
                    raise CheckFailed(f"{self.name}: went away during the run: {error}") from None
                continue
            answered = time.monotonic()
            try:
                self._container.get(f"{name}.status", status)
            except DevicectlFailed as error:
                if not running:
                    raise CheckFailed(
                        f"{self.name}: the app ended before the run did: it was closed, or iOS "
                        f"ended it: run it again ({error})"
                    ) from None
                if time.monotonic() - began > limit:
                    raise CheckFailed(
                        f"{self.name}: the run has not ended in {limit:.0f} s"
                    ) from None
                continue
            return self._judge(_text(status))
        raise Interrupted

    def _judge(self, status: str) -> None:
        word, _, rest = status.strip().partition(": ")
        if word == "done":
            return
        if word != "refused":
            raise CheckFailed(f"{self.name}: the app says {shown(status)}, not how the run ended")
        line = f"{self.name}: {escaped(rest)}"
        raise CheckFailed(line) if WRONG in rest else UserError(line)

    def _facts(self, name: str, rows: Path) -> dict[str, Any]:
        """Read what the app says of the run."""
        file = rows.with_suffix(".facts")
        self._container.get(f"{name}.facts", file)
        try:
            return facts_of(_text(file))
        except CheckFailed as error:
            raise CheckFailed(f"{self.name}: {error}") from None

    def _check_rows(
        self, rows: Path, manifest: Manifest, settings: Settings, facts: Mapping[str, Any]
    ) -> None:
        """Check that the rows are those of whole passes over the data, and no less."""
        found = [(row.repeat, row.call) for row in read_rows(rows, manifest, settings.keep)]
        repeats = found[-1][0] + 1 if found else 0
        calls = len(found) // max(repeats, 1)
        whole = [(repeat, call) for repeat in range(repeats) for call in range(calls)]
        if not found or found != whole or len(found) != facts["calls"]:
            raise CheckFailed(
                f"{self.name}: the rows are damaged: {len(found)} whole ones came back, the app "
                f"made {facts['calls']} calls"
            )

    def interrupt(self) -> None:
        self._interrupted.set()

    def close(self) -> None:
        """Leave what was copied: devicectl cannot delete it; the app does when it measures next."""


def _check(job: Job, settings: Settings) -> None:
    if not _runs(job.target):
        known = either([name for name in TARGETS if _runs(name)])
        raise UserError(f"--device ios: the app runs {known} artefacts, not {job.target}")
    if settings.threads != 1:
        raise UserError("--threads: the app's engine has one, and Core ML chooses its own")
    if settings.cpus is not None:
        raise UserError("--cpus: an app cannot choose its processor")
    if settings.min_seconds > APP_SECONDS:
        raise UserError(
            f"--min-seconds {settings.min_seconds:g}: the app takes at most {APP_SECONDS:g}"
        )


def _runs(target: str) -> bool:
    """True if the app runs a target's artefacts: by its system's runtime, or the engine in it."""
    return _is_systems(target) or isinstance(TARGETS[target].device, BuiltInRuntime)


def _is_systems(target: str) -> bool:
    """True if the system has the runtime of a target."""
    device = TARGETS[target].device
    return isinstance(device, AppRuntime) and device.device == KIND


def _manifest_of(export: Path) -> Path:
    return export.with_name(f"{export.stem}.manifest.json")


def _options(job: Job, settings: Settings) -> list[str]:
    """The app's options of the settings' names, and the budget of the job's plan."""
    words = ["--keep", settings.keep, "--warmup", str(settings.warmup)]
    words += ["--min-count", str(settings.min_count), "--min-seconds", f"{settings.min_seconds:g}"]
    for line in (job.folder / "plan.txt").read_text().splitlines():
        if line.startswith("budget "):
            _, name, value = line.split(" ")
            words += [f"--{name.replace('_', '-')}", value]
    return words


def _text(file: Path) -> str:
    return read(file, TEXT_BYTES).decode(errors="replace")
