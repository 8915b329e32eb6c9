"""Headless Firefox, driven by Marionette: JSON arrays on a socket, each after its length.

https://firefox-source-docs.mozilla.org/testing/marionette/Protocol.html
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SECONDS = 60
PROGRAM = "firefox-esr"


class FirefoxError(Exception):
    """Firefox refused a command, or has ended."""


class Firefox:
    """A session of a running Firefox."""

    def __init__(self, connection: socket.socket) -> None:
        self._stream = connection.makefile("rwb")
        self._last = 0
        self._read()  # who it is
        self.send("WebDriver:NewSession", capabilities={})
        self.send("WebDriver:SetTimeouts", script=SECONDS * 1000)

    def send(self, method: str, **parameters: Any) -> Any:
        """Send a command and return its result.

        Raises:
            FirefoxError: it was refused.
        """
        self._last += 1
        message = json.dumps([0, self._last, method, parameters]).encode()
        self._stream.write(b"%d:%s" % (len(message), message))
        self._stream.flush()
        _, number, error, result = self._read()
        assert number == self._last
        if error:
            raise FirefoxError(f"{method}: {error['message']}")
        return result

    def _read(self) -> Any:
        digits = b""
        while not digits.endswith(b":"):
            digit = self._stream.read(1)
            if not digit:
                raise FirefoxError("Firefox has ended")
            digits += digit
        return json.loads(self._stream.read(int(digits[:-1])))

    def open(self, address: str) -> None:
        self.send("WebDriver:Navigate", url=address)

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression, awaited where it is a promise."""
        script = f"return {expression}"
        return self.send("WebDriver:ExecuteScript", script=script, args=[])["value"]


@contextmanager
def firefox(scratch: Path) -> Iterator[Firefox]:
    """Start Firefox with a profile of its own, and end it with the block.

    Raises:
        FileNotFoundError: there is none.
    """
    program = shutil.which(PROGRAM)
    if program is None:
        raise FileNotFoundError(f"{PROGRAM} is not installed: .ci/packages installs it")
    profile = scratch / "profile"
    profile.mkdir()
    (profile / "user.js").write_text('user_pref("marionette.port", 0);\n')
    command = [program, "--headless", "--no-remote", "--marionette", "--profile", str(profile)]
    with (scratch / "firefox.log").open("w") as log:
        process = subprocess.Popen([*command, "about:blank"], stdout=log, stderr=log)
    try:
        with socket.create_connection(
            ("127.0.0.1", _port(profile, process)), SECONDS
        ) as connection:
            yield Firefox(connection)
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(profile, ignore_errors=True)


def _port(profile: Path, process: subprocess.Popen[bytes]) -> int:
    """Wait for the port, which Firefox has chosen and writes into its profile."""
    file, end = profile / "MarionetteActivePort", time.monotonic() + SECONDS
    while time.monotonic() < end and process.poll() is None:
        if file.is_file() and (text := file.read_text()):
            return int(text)
        time.sleep(0.1)
    raise FirefoxError("Firefox has opened no port")
