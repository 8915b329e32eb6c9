"""A headless Chromium or Chrome, started for one page and gone after it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

PROGRAMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
FLAGS = (
    "--headless=new",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--disable-sync",
    "--no-default-browser-check",
    "--no-first-run",
)
END_SECONDS = 10.0


def find_chromium() -> str | None:
    """Return the program's path; None where none is installed."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


class Chromium:
    """A process group with a profile of its own.

    Args:
        program: its path.
        address: the page that it opens.
        flags: further ones.
    """

    def __init__(self, program: str, address: str, flags: tuple[str, ...] = ()) -> None:
        self.name = Path(program).name
        self._folder = tempfile.TemporaryDirectory(
            prefix="act-profile-browser-", ignore_cleanup_errors=True
        )
        folder = Path(self._folder.name)
        self._errors = folder / "errors.txt"
        # Root has no sandbox in Chromium; the page is this program's own and needs none.
        rootless = () if os.geteuid() else ("--no-sandbox",)
        options = [*FLAGS, *rootless, *flags, f"--user-data-dir={folder / 'profile'}"]
        with self._errors.open("wb") as errors:
            self._process = subprocess.Popen(
                [program, *options, address],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                # Ctrl-C is for this program, which then ends all of Chromium's processes.
                start_new_session=True,
            )

    def ended(self) -> str | None:
        """Say how it has ended; None while it runs."""
        code = self._process.poll()
        if code is None:
            return None
        lines = self._errors.read_text(errors="replace").strip().splitlines()
        return f"{self.name} ended ({code}): {lines[-1] if lines else 'it gave no reason'}"

    def close(self) -> None:
        """End it and remove its profile."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self._process.pid, number)
                self._process.wait(END_SECONDS)
            except ProcessLookupError:
                break
            except subprocess.TimeoutExpired:
                continue
        self._process.wait()
        self._folder.cleanup()
