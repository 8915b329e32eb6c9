"""A phone for the real ``adb`` whose programs are this machine's, and which fails on request."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import re
import signal
import struct
import sys
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from act_profiling.devices.emulated.daemon import FEATURES, STDOUT_ID, Daemon
from act_profiling.devices.emulated.phone import Phone, write_phone
from act_profiling.devices.emulated.protocol import Connection, Stream
from act_profiling.devices.emulated.tree import Tree

PHONE = Phone("Double 8", "double", ("cortex-a55",) * 4 + ("cortex-a76",) * 4)
OWN_PATHS = re.compile(r"(?<![\w./-])/(data|sdcard|sys)(?=[/\s'\"]|$)")
"""Paths of the device in a command line; the double has them in a folder of its own."""


@dataclass
class Faults:
    """Faults to inject; none unless a test sets them."""

    unauthorized: bool = False
    silent: bool = False
    """It never answers a host that connects."""
    drop_after: int = 0
    """The connection breaks when so many bytes have passed; once, or each time."""
    drop_each_time: bool = False
    away_seconds: float = 0.0
    """For so long nothing answers after the connection broke."""
    full_after: int | None = None
    """The disk holds so many bytes."""
    corrupt_pushes: int = 0
    """In so many pushed pieces a bit flips."""
    corrupt_pulls: bool = False
    """Pulled contents differ from the files on the device."""
    slow_seconds: float = 0.0
    """Before each shell command."""
    hang: str = ""
    """Commands that match never end."""
    garbage: str = ""
    """Commands that match print noise before what they print."""
    exit_code: int | None = None
    """The exit code reported for every command line."""
    features: str = FEATURES


class Double(Daemon):
    """The phone; its files are in ``folder``."""

    def __init__(self, folder: Path, faults: Faults | None = None, phone: Phone = PHONE) -> None:
        self.folder, self.faults = folder, faults or Faults()
        self.commands: list[str] = []
        """Every command line that it was given."""
        self.pushed: Counter[str] = Counter()
        """Bytes that were pushed to it, by their device path."""
        write_phone(folder, phone)
        self.passed_bytes = self._written = 0
        # Links that its programs made lead to where they are on this machine.
        tree = Tree({"/": folder, str(folder): folder})
        super().__init__(tree, self._host_shell, phone.properties)

    def install_app(self, command: list[str]) -> None:
        """Install an app, which is a command of this machine: see standin_app.py."""
        (self.folder / "vendor/app").mkdir(exist_ok=True)
        (self.folder / "vendor/app/command.json").write_text(json.dumps(command))
        self.know_apps()

    def know_apps(self) -> None:
        """Have the programs that start and end apps."""
        source = Path(__file__).with_name("standin_app.py").read_text()
        for name in ("am", "pidof"):
            program = self.folder / "vendor/bin" / name
            program.write_text(f"#!{sys.executable} -ES\n{source}")
            program.chmod(0o755)

    @property
    def job(self) -> Path:
        return self.folder / "data/local/tmp/act-profile/job"

    def left_behind(self) -> list[str]:
        """List the files in the folder where adb may write, and in the app's."""
        writable = self.folder / "data/local/tmp"
        found = [path.relative_to(writable).as_posix() for path in sorted(writable.rglob("*"))]
        benchmark = self.folder / "sdcard/Android/data/io.actmobile.demo/files/benchmark"
        return found + [path.name for path in sorted(benchmark.glob("*"))]

    def fixed_performance(self) -> list[str]:
        """List the values that the mode was set to, in order."""
        record = self.folder / "data/system/fixed-performance"
        return record.read_text().split() if record.exists() else []

    def when(self, condition: Callable[[], bool], action: Callable[[], object]) -> None:
        """Do something as soon as a condition holds."""

        async def watch() -> None:
            while not condition():
                await asyncio.sleep(0.01)
            result = action()
            if asyncio.iscoroutine(result):
                await result

        asyncio.run_coroutine_threadsafe(watch(), self._loop)

    def rows(self, size: int) -> Callable[[], bool]:
        """The condition that a run has written more than so many bytes of rows."""
        file = self.job / "rows.bin"
        return lambda: file.exists() and file.stat().st_size > size

    def kill_runner(self) -> None:
        """Kill it as a device does that loses its power: the app, too, if that is what runs."""
        os.kill(int((self.job / "pid").read_text()), signal.SIGKILL)
        app = self.folder / "vendor/app/pid"
        if app.exists():
            os.killpg(int(app.read_text()), signal.SIGKILL)

    def runs(self) -> bool:
        """True if any process still works in a job's folder."""
        places = (link for link in Path("/proc").glob("[0-9]*/cwd") if link.exists())
        return any(str(link.readlink()).startswith(str(self.folder)) for link in places)

    async def away(self, seconds: float) -> None:
        """Go away, and come back."""
        await self._vanish()
        await asyncio.sleep(seconds)
        await self._listen()

    # What goes wrong.

    def passed(self, size: int) -> None:
        self.passed_bytes += size
        limit = self.faults.drop_after
        if limit and self.passed_bytes > limit:
            self.passed_bytes = 0
            if not self.faults.drop_each_time:
                self.faults.drop_after = 0
            self._loop.create_task(self.away(self.faults.away_seconds))
            raise ConnectionError("the cable fell out")

    async def greet(self, connection: Connection) -> None:
        if self.faults.unauthorized:
            await connection.ask_for_authority()
        elif not self.faults.silent:
            self._banner = re.sub("features=.*", f"features={self.faults.features}", self._banner)
            await super().greet(connection)

    def write(self, path: str, piece: bytes) -> bytes:
        self.pushed[path] += len(piece)
        self._written += len(piece)
        if self.faults.full_after is not None and self._written > self.faults.full_after:
            raise OSError(errno.ENOSPC, path)
        if self.faults.corrupt_pushes:
            self.faults.corrupt_pushes -= 1
            piece = bytes([piece[0] ^ 1]) + piece[1:]
        return piece

    async def serve(self, stream: Stream, service: str) -> None:
        if service.startswith("sync") and self.faults.corrupt_pulls:
            self._spoil(stream)
        await super().serve(stream, service)

    @staticmethod
    def _spoil(stream: Stream) -> None:
        write = stream.write

        async def spoiled(data: bytes) -> None:
            if data.startswith(b"DATA"):
                data = data[:8] + bytes([data[8] ^ 1]) + data[9:]
            await write(data)

        stream.write = spoiled  # type: ignore[method-assign]

    async def shell(self, stream: Stream, command: str, version_2: bool) -> None:
        self.commands.append(command)
        await asyncio.sleep(self.faults.slow_seconds)
        if self.faults.hang and re.search(self.faults.hang, command):
            await asyncio.sleep(3600)
        if self.faults.garbage and re.search(self.faults.garbage, command):
            noise = b"WARNING: linker: \xff\xfe\x00 no version information\n== \n[] [x\n"
            head = struct.pack("<BI", STDOUT_ID, len(noise)) if version_2 else b""
            await stream.write(head + noise)
        await super().shell(stream, command, version_2)

    async def _ended(self, process: Process) -> int:
        code = await super()._ended(process)
        return code if self.faults.exit_code is None else self.faults.exit_code

    def _host_shell(self, command: str) -> tuple[list[str], Mapping[str, str]]:
        here = OWN_PATHS.sub(lambda found: f"{self.folder}/{found[1]}", command)
        environment = {
            "PATH": f"{self.folder}/vendor/bin:/usr/bin:/bin",
            "ANDROID_DATA": f"{self.folder}/data",
            "LC_ALL": "C",
        }
        return ["/bin/sh", "-c", here], environment
