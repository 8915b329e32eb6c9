"""The device: jobs for a page, and what it makes of them."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from act_artefact import __version__
from act_artefact.chromium import Chromium
from act_artefact.errors import CheckFailed, UserError
from act_artefact.targets import TARGETS, BuiltInRuntime
from act_profiling.devices import Interrupted, Job, Outcome, Settings
from act_profiling.devices.browser.batches import RowLayout, deal, least
from act_profiling.devices.browser.packages import runtime_name
from act_profiling.devices.browser.posted import Batch, Done, Failed, Hello
from act_profiling.devices.browser.server import PageServer
from act_profiling.devices.host import cpu_model

SILENT_SECONDS = 120.0
"""A page that does not ask, tell or post for so long is given up."""
ATTEMPTS = 5
"""Runs of a job, until one passes with the page in sight."""
POLL_SECONDS = 0.5

AGENTS = ("Edg", "OPR", "SamsungBrowser", "Firefox", "HeadlessChrome", "Chrome", "Version")
"""Browsers' names in an agent, each before those that it also gives; Safari's is ``Version``."""

BOUNDARY = (
    "a batch of one call as an app makes it, by act.js or the runtime's own JavaScript, with its "
    "state set before and y and N read, repeated for at least 200 steps of the page's clock; the "
    "least of three batches in a row; a row is the mean of a batch of calls of its N"
)
ENGINE = "act-engine"
VISIBLE = "visible in every run"
NOTE = "rows are means of batches: p90, p95 and p99 of single calls cannot be known"


class BrowserDevice:
    """A page in a browser; implements :class:`act_profiling.devices.Device`.

    Args:
        server: serves the page.
        silent_seconds: for how long the page may say nothing.
    """

    name = "browser"
    reports_latency = True

    def __init__(self, server: PageServer, silent_seconds: float = SILENT_SECONDS) -> None:
        self.browser: Chromium | None = None
        """The browser that was started for this; None for the user's own."""
        self._server, self._silent = server, silent_seconds
        self._hello: Hello | None = None
        self._interrupted = False
        self._again: dict[str, int] = {}
        self._kernels: dict[str, None] = {}

    def greet(self, seconds: float) -> None:
        """Wait for the page's first word.

        Raises:
            UserError: no page came, or its browser lacks something.
        """
        until = time.monotonic() + seconds
        while self._server.hello is None:
            self._check_alive()
            if time.monotonic() > until:
                raise UserError(
                    f"--device browser: no page was opened in {seconds:.0f} s: open the address "
                    "in a browser with JavaScript"
                )
            self._server.wait(POLL_SECONDS)
        self._hello = self._server.hello
        if lacks := self._hello.missing:
            raise UserError(
                f"--device browser: this browser has no {lacks}: use Chrome 91, Firefox 90 or "
                f"Safari 16.4, or newer ({self._hello.agent})"
            )

    def describe(self) -> dict[str, Any]:
        """Agent, platform, cores, clock, kernels, visibility."""
        hello = self._hello
        assert hello is not None
        # Pages are not told; a browser that was started here runs on this machine's.
        processor = cpu_model() if self.browser else None
        again = [f"{why} during {count} of the runs" for why, count in self._again.items()]
        return {
            "identity": ", ".join(filter(None, [processor, _browser(hello)])),
            "name": self.name,
            "boundary": BOUNDARY,
            "notes": [NOTE],
            "agent": hello.agent,
            "platform": hello.platform,
            "cores": hello.cores,
            "clock_us": round(hello.clock_ns / 1e3, 1),
            "isolated": hello.isolated,
            "kernels": ", ".join(self._kernels),
            "visibility": f"{', '.join(again)}: dropped, and run again" if again else VISIBLE,
        }

    def run(self, job: Job, settings: Settings, rows: Path) -> Outcome:
        """Run a job to its end with the page in sight all the time.

        Raises:
            UserError: the page cannot run it.
            CheckFailed: the page failed, went away, or was hidden in every attempt.
        """
        _check(settings)
        runtime = self._runtime(job.target)
        layout = RowLayout(job.folder, settings.keep)
        timed = settings.keep == "ponder" and not settings.memory
        order = {
            "keep": settings.keep,
            "timed": timed,
            "warmup": settings.warmup,
            "min_count": settings.min_count,
            "min_seconds": settings.min_seconds,
        }
        for _ in range(ATTEMPTS):
            self._server.begin(order, job.folder, layout.size)
            end = self._ended()
            if isinstance(end, Failed):
                line = f"browser: {end.error}"
                raise UserError(line) if end.refused else CheckFailed(line)
            if end is None or end.hidden:
                self._note("opened again" if end is None else "hidden")
                continue
            found = layout.read(self._server.rows)
            facts = self._facts(runtime, end, timed)
            if timed:
                batches: Sequence[Batch] = end.batches
                if layout.timeless:
                    batches, facts["agreement"] = least(batches)
                deal(found, batches)
            layout.write(rows, found)
            return Outcome(rows, facts)
        raise CheckFailed(f"browser: the page was hidden or opened again {ATTEMPTS} times in a run")

    def _runtime(self, target: str) -> str:
        if isinstance(TARGETS[target].device, BuiltInRuntime):
            return f"{ENGINE} {__version__}"
        return runtime_name(target, self._server.packages)

    def _facts(self, runtime: str, end: Done, timed: bool) -> dict[str, Any]:
        if runtime.startswith(ENGINE):
            self._kernels[end.runtime] = None
        return {
            "runtime": f"{runtime} ({end.runtime})",
            "init_ns": end.init_ns,
            "first_ns": end.first_ns,
            "warmup_ns": end.warmup_ns,
            "clock_ns": end.clock_ns,
            "batches": len(end.batches) if timed else 0,
        }

    def _note(self, why: str) -> None:
        self._again[why] = self._again.get(why, 0) + 1

    def _ended(self) -> Done | Failed | None:
        """Wait for the end of the run; None if the page was opened again meanwhile."""
        while not self._server.ended:
            self._check_alive()
            silent = time.monotonic() - self._server.heard
            if silent > self._silent:
                raise CheckFailed(
                    f"browser: the page has said nothing for {silent:.0f} s: it was closed, or its "
                    "browser put it to sleep"
                )
            self._server.wait(POLL_SECONDS)
        return self._server.end

    def _check_alive(self) -> None:
        if self._interrupted:
            raise Interrupted
        if self.browser and (ended := self.browser.ended()):
            raise CheckFailed(
                f"browser: {ended}: open the page in a browser of your own with "
                "--device browser:open"
            )

    def interrupt(self) -> None:
        self._interrupted = True

    def close(self) -> None:
        """End the browser that was started, and stop serving."""
        self._server.close()
        if self.browser:
            self.browser.close()


def _browser(hello: Hello) -> str:
    """``Chrome 156 on Linux, 8 cores``; an agent also names all that it is compatible with."""
    found = (re.search(rf"\b{word}/(\d+)", hello.agent) for word in AGENTS)
    version = next((f"{match[0].replace('/', ' ')} on " for match in found if match), "")
    return f"{version}{hello.platform}, {hello.cores} cores".replace("Version", "Safari")


def _check(settings: Settings) -> None:
    if settings.threads != 1:
        raise UserError("--threads: a page has one")
    if settings.cpus is not None:
        raise UserError("--cpus: a page cannot choose its processor")
