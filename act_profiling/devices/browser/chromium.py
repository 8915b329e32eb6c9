"""A headless Chromium or Chrome, started for one page and gone after it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
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
        self._profile = folder / "profile"
        # Root has no sandbox in Chromium; the page is this program's own and needs none.
        rootless = () if os.geteuid() else ("--no-sandbox",)
        options = [*FLAGS, *rootless, f"--user-data-dir={self._profile}", *flags]
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
        """End it and remove its profile.

        Its first process ends the others. It leaves a folder with a socket beside the profile's,
        because a socket's path must be short: a link in the profile tells where.
        """
        link = self._profile / "SingletonSocket"
        socket = link.readlink() if link.is_symlink() else None
        try:
            self._process.terminate()
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        finally:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            if socket and socket.parent.parent == Path(tempfile.gettempdir()):
                shutil.rmtree(socket.parent, ignore_errors=True)
            self._folder.cleanup()
