"""The real ``adb``, called with a time limit."""

from __future__ import annotations

import os
import selectors
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from act_artefact.errors import UserError
from act_profiling.devices import Interrupted

SECONDS = 20.0
"""Time limit for adb's answer where nothing large is moved and nothing long is run."""

LISTEN_SECONDS = 0.5
"""Seconds within which a call notices that it is to end."""

NEWEST_OUTPUT = 1 << 20
"""A device that writes without end is cut here: no answer of ours is longer."""


class DeviceGone(UserError):
    """The device, or adb's server, went away within a call; it may come back."""


@dataclass(frozen=True)
class Done:
    """The result of a call: its exit code and what it wrote."""

    code: int
    stdout: str
    stderr: str

    @property
    def reason(self) -> str:
        """The last line that it wrote, on stderr if there is one."""
        lines = [*self.stdout.splitlines(), *self.stderr.splitlines()]
        return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")


class Adb:
    """The adb program and the server that it talks to.

    The server is the user's own: ANDROID_ADB_SERVER_PORT and whatever else adb reads from its
    environment hold here too.

    Args:
        environment: other than this process's own, for a private server.

    Raises:
        UserError: there is no adb.
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self.environment = dict(os.environ if environment is None else environment)
        program = shutil.which("adb", path=self.environment.get("PATH"))
        if not program:
            raise UserError(
                "adb is not on PATH: install the package adb (Debian, Ubuntu) or "
                "android-platform-tools (Homebrew), or the Android SDK's platform-tools"
            )
        self._program = program
        self.interrupted = threading.Event()
        """Ends the call in progress, and all others for as long as it is set."""

    def call(self, arguments: Sequence[str], seconds: float = SECONDS) -> Done:
        """Call adb and wait for its end.

        Raises:
            DeviceGone: it did not end in time.
        """
        pieces: list[str] = []
        return self.watch(arguments, pieces.append, quiet=seconds, limit=seconds)

    def watch(
        self,
        arguments: Sequence[str],
        heard: Callable[[str], object],
        quiet: float,
        limit: float | None = None,
    ) -> Done:
        """Call adb and hear each line of its output as it comes.

        Args:
            quiet: seconds without a line after which the device counts as gone.
            limit: seconds for the whole call.

        Raises:
            DeviceGone: it was silent too long, or did not end in time.
            Interrupted: it is to end.
        """
        started = spoken = time.monotonic()
        process = subprocess.Popen(
            [self._program, *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is ours to handle: what runs on the device is ended
        )
        try:
            outputs = _Outputs(process, heard)
            while outputs.open:
                if self.interrupted.is_set():
                    raise Interrupted
                now = time.monotonic()
                wait = spoken + quiet - now
                if limit is not None:
                    wait = min(wait, started + limit - now)
                if wait <= 0:
                    raise DeviceGone(f"adb {_shown(arguments)}: no answer in {now - started:.0f} s")
                if outputs.read(min(wait, LISTEN_SECONDS)):
                    spoken = time.monotonic()
            code = process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            raise DeviceGone(f"adb {_shown(arguments)}: it did not end") from None
        finally:
            process.kill()
            process.wait()
            for pipe in (process.stdout, process.stderr):
                if pipe:
                    pipe.close()
        return Done(code, outputs.stdout, outputs.stderr)


class _Outputs:
    """A process's stdout and stderr, read as they come."""

    def __init__(self, process: subprocess.Popen[bytes], heard: Callable[[str], object]) -> None:
        assert process.stdout
        assert process.stderr
        self._heard = heard
        self._rest = b""
        self._all = {process.stdout: bytearray(), process.stderr: bytearray()}
        self._stdout, self._stderr = process.stdout, process.stderr
        self._waiting = selectors.DefaultSelector()
        for pipe in self._all:
            self._waiting.register(pipe, selectors.EVENT_READ)

    @property
    def open(self) -> bool:
        return bool(self._waiting.get_map())

    def read(self, seconds: float) -> bool:
        """Take what comes within ``seconds``; whether anything came."""
        ready = self._waiting.select(seconds)
        for key, _ in ready:
            pipe = key.fileobj
            piece = os.read(key.fd, 1 << 16)
            if not piece:
                self._waiting.unregister(pipe)
            elif pipe is self._stdout:
                self._lines(piece)
            kept = self._all[pipe]  # type: ignore[index]
            kept += piece
            del kept[:-NEWEST_OUTPUT]
        if not self.open:
            self._waiting.close()
        return bool(ready)

    def _lines(self, piece: bytes) -> None:
        *lines, self._rest = (self._rest + piece).split(b"\n")
        for line in lines:
            self._heard(line.decode(errors="replace"))

    @property
    def stdout(self) -> str:
        return self._all[self._stdout].decode(errors="replace")

    @property
    def stderr(self) -> str:
        return self._all[self._stderr].decode(errors="replace")


def _shown(arguments: Sequence[str]) -> str:
    """Which call it is, for a message."""
    return arguments[2] if arguments[0] == "-s" else arguments[0]
