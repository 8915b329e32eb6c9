"""A headless Chromium or Chrome, started for one page and gone after it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
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

ON_PIPE = """
import fcntl, os, sys
# Above 4 first, so that neither overwrites the other.
reader, writer = (fcntl.fcntl(int(each), fcntl.F_DUPFD, 5) for each in sys.argv[1:3])
os.dup2(reader, 3)
os.dup2(writer, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""Becomes Chromium, which reads commands from descriptor 3 and answers on 4."""


def find_chromium() -> str | None:
    """Return the program's path; None where none is installed."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


class Chromium:
    """A process group with a profile of its own.

    Args:
        program: its path.
        address: the page that it opens.
        flags: further ones.
        pipe: descriptors that it reads commands from and answers on, for
            :mod:`act_artefact.devtools`.
    """

    def __init__(
        self,
        program: str,
        address: str,
        flags: tuple[str, ...] = (),
        pipe: tuple[int, int] | None = None,
    ) -> None:
        self.name = Path(program).name
        self._folder = tempfile.TemporaryDirectory(
            prefix="act-browser-", ignore_cleanup_errors=True
        )
        folder = Path(self._folder.name)
        self._errors = folder / "errors.txt"
        self._profile = folder / "profile"
        # Root has no sandbox in Chromium; the page is this program's own and needs none.
        rootless = () if os.geteuid() else ("--no-sandbox",)
        options = [*FLAGS, *rootless, f"--user-data-dir={self._profile}", *flags]
        command = [program, *options, address]
        if pipe:
            begin = [sys.executable, "-S", "-c", ON_PIPE, *map(str, pipe), program]
            command = [*begin, "--remote-debugging-pipe", *command[1:]]
        with self._errors.open("wb") as errors:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                pass_fds=pipe or (),
                # Ctrl-C is for this program, which then ends all of Chromium's processes.
                start_new_session=True,
            )

    def ended(self, seconds: float = 0) -> str | None:
        """Say how it has ended; None if it runs, after waiting for its end for so long."""
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        lines = self._errors.read_text(errors="replace").strip().splitlines()
        return f"{self.name} ended ({code}): {lines[-1] if lines else 'it gave no reason'}"

    def close(self) -> None:
        """End it and remove its profile.

        Its first process ends the others. It leaves a folder with a socket beside the profile's,
        because a socket's path must be short: a link in the profile tells where.
        """
        socket = None
        # Chromium takes the link away when it ends by itself, and makes it a while after it starts.
        with suppress(FileNotFoundError):
            socket = (self._profile / "SingletonSocket").readlink()
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
