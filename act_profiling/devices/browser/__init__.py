"""A browser as a device: a page that this process serves runs the engine for the web.

A page's clock is too coarse for one call, so batches are timed: see ``page/measure.js``, and
:mod:`act_profiling.devices.browser.batches` for what becomes of them.
"""

from __future__ import annotations

import sys
from pathlib import Path

from act_artefact.chromium import Chromium, find_chromium
from act_artefact.errors import UserError
from act_profiling.devices import Device
from act_profiling.devices.browser.address import lan_address, qr_code
from act_profiling.devices.browser.device import BrowserDevice
from act_profiling.devices.browser.server import PageServer

LOOPBACK = "127.0.0.1"
CHROMIUM_SECONDS = 60.0
PERSON_SECONDS = 600.0
"""For how long the page's first word is waited for."""


def open_named(which: str, *, runtime: Path | None, keep: bool, lan: bool = False) -> list[Device]:
    """Open a headless Chromium, or wait for a browser of the user's own.

    Args:
        which: empty for Chromium where it is installed, ``open`` for any browser: the page's
            address is printed.
        runtime: a folder of npm's packages, for ONNX and TFLite artefacts; the engine is in this
            package.
        keep: has no effect: nothing is left in a browser.
        lan: the page is served to this machine's network, and a QR code has its address.
    """
    if which not in ("", "open"):
        raise UserError(f"--device 'browser:{which}': use browser or browser:open")
    program = None if which or lan else find_chromium()
    server = PageServer("0.0.0.0" if lan else LOOPBACK, runtime)
    device = BrowserDevice(server)
    try:
        if program:
            device.browser = Chromium(program, server.url(LOOPBACK))
        else:
            address = server.url(lan_address() if lan else LOOPBACK)
            code = f"{qr_code(address)}\n" if lan else ""
            print(f"{code}Open this page in a browser: {address}", file=sys.stderr, flush=True)
        device.greet(CHROMIUM_SECONDS if program else PERSON_SECONDS)
    except BaseException:
        device.close()
        raise
    return [device]
