"""The cost of a ponder step by a browser's fine clock and by its coarse one:

    python -m benchmarks.browser_clocks

``act-profile --device browser`` times batches of 200 steps of the page's clock, so that the clock
should not matter. Here headless Chromium profiles models with a clock of 5 us, as a cross-origin
isolated page has, and of 100 us, as others have; both browsers are open and take turns.
Prints fixed + per step of each with its interval, and the ratio of the slopes.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path

from act_artefact.chromium import Chromium, find_chromium
from act_export.quiet import quiet
from act_profiling import profile
from act_profiling.config import MeasureConfig
from act_profiling.devices.browser import LOOPBACK
from act_profiling.devices.browser.device import BrowserDevice
from act_profiling.devices.browser.server import PageServer
from act_profiling.report import words
from act_profiling.report.build import Report
from tests.clients.exports import MODELS, Row, make

NAMES = ("charlm", "parity")
TURNS = 3
CONFIG = MeasureConfig(rounds=2, memory=False)


def opened(isolated: bool) -> BrowserDevice:
    """Open a Chromium whose page has one of the two clocks."""
    program = find_chromium()
    if program is None:
        raise FileNotFoundError("Chromium is not installed: .ci/packages installs it")
    server = PageServer(LOOPBACK, isolated=isolated)
    device = BrowserDevice(server)
    device.browser = Chromium(program, server.url(LOOPBACK))
    return device


def slope(name: str, report: Report) -> float | None:
    """Nanoseconds of a ponder step, printed with all that they come from; None if refused."""
    (variant,) = report["variants"]
    clock = f"{name}: clock of {report['device']['facts']['clock_us']:.0f} us:"
    if variant["missing"]:
        print(clock, variant["missing"])
        return None
    line = variant["latency"]["line"]
    interval = words.confidence(report, line, "per_step")
    print(clock, words.formula("latency", line), f"x N; per step {interval}; r2 {line['r2']:.4f}")
    return float(line["per_step"])


def main() -> None:
    """Measure and print."""
    with ExitStack() as stack:
        devices = [opened(isolated) for isolated in (True, False)]
        for device in devices:
            stack.callback(device.close)
            device.greet(60)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for name in NAMES:
            (folder / name).mkdir()
            with quiet():
                made = make(Row(name, "loop"), "native", folder / name)
            data = MODELS / name / "eval.npz"
            for _ in range(TURNS):
                reports = [profile([made.path], data, each, config=CONFIG) for each in devices]
                fine, coarse = (slope(name, report) for report in reports)
                if fine and coarse:
                    print(
                        f"{name}: the coarse clock's slope is {coarse / fine:.3f} of the fine one's"
                    )


if __name__ == "__main__":
    main()
