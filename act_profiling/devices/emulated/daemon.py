"""adb's device side: the services that the real ``adb`` asks a phone for, on 127.0.0.1 only."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import struct
import threading
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import Callable, Coroutine, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar

from act_profiling.devices.emulated.protocol import Connection, Stream
from act_profiling.devices.emulated.sync import SyncService
from act_profiling.devices.emulated.tree import Tree

FEATURES = "shell_v2,cmd,stat_v2,ls_v2,fixed_push_mkdir,fixed_push_symlink_timestamp"
READ = 1 << 16

STDIN, STDOUT_ID, STDERR_ID, EXIT, CLOSE_STDIN = range(5)
"""Kinds of pieces in a version 2 shell stream."""

ShellCommand = Callable[[str], tuple[list[str], Mapping[str, str]]]
"""Maps a device's command line to the argument list to run here, and its environment."""

T = TypeVar("T")


class Daemon:
    """A device that a host reaches with ``adb connect 127.0.0.1:PORT`` while it is entered.

    It lives in a thread of its own; when this process ends, so does it.

    Args:
        tree: the device's files.
        shell: how command lines are run.
        properties: what the device says of itself when a host connects: ro.product.model, ...
    """

    def __init__(
        self,
        tree: Tree,
        shell: ShellCommand,
        properties: Mapping[str, str],
        features: str = FEATURES,
    ) -> None:
        self.port = 0
        self._tree, self._shell = tree, shell
        self._banner = "device::" + "".join(f"{k}={v};" for k, v in properties.items())
        self._banner += f"features={features}"
        self._connections: set[Connection] = set()
        self._shells: set[int] = set()
        self._server: asyncio.Server | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="adbd", daemon=True)

    @property
    def serial(self) -> str:
        """By which ``adb`` knows it."""
        return f"127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        self.listen()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.vanish()
        for session in self._shells:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(session, signal.SIGKILL)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def listen(self) -> None:
        """Be there; on the port that it had, if it was there before."""
        self._wait(self._listen())

    def vanish(self) -> None:
        """Go away: connections drop and new ones are refused."""
        self._wait(self._vanish())

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=30)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _vanish(self) -> None:
        if self._server:
            self._server.close()
            self._server = None
        for connection in list(self._connections):
            connection.drop()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(reader, writer, self)
        self._connections.add(connection)
        await connection.run()
        self._connections.discard(connection)

    # What a host asks for.

    def passed(self, size: int) -> None:
        """Every packet's data passes here, in either direction."""

    async def greet(self, connection: Connection) -> None:
        await connection.accept(self._banner)

    async def serve(self, stream: Stream, service: str) -> None:
        kind, _, rest = service.partition(":")
        name, *options = kind.split(",")
        if name in ("shell", "exec"):
            await stream.accept()
            await self.shell(stream, rest, version_2="v2" in options)
        elif name == "sync":
            await stream.accept()
            with contextlib.suppress(ConnectionError):
                await SyncService(stream, self._tree, self.write).run()
        elif name == "tcp":
            await self._forward(stream, int(rest))
        else:
            raise LookupError(service)

    def write(self, path: str, piece: bytes) -> bytes:
        """A pushed piece on its way to the disk."""
        return piece

    async def shell(self, stream: Stream, command: str, version_2: bool) -> None:
        """Run a command line; version 2 keeps stderr apart and says how it ended."""
        arguments, environment = self._shell(command)
        process = await asyncio.create_subprocess_exec(
            *arguments,
            env=environment,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE if version_2 else STDOUT,
            start_new_session=True,
        )
        self._shells.add(process.pid)
        feeding = asyncio.create_task(self._feed(stream, process, version_2))
        try:
            await asyncio.gather(
                self._show(stream, process.stdout, STDOUT_ID if version_2 else None),
                self._show(stream, process.stderr, STDERR_ID),
            )
            code = await self._ended(process)
            if version_2:
                await stream.write(struct.pack("<BIB", EXIT, 1, code))
        except ConnectionError:
            # As adbd: the shell is told, and what it left running runs on.
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGHUP)
        finally:
            feeding.cancel()

    async def _ended(self, process: Process) -> int:
        """A command line's exit code, once it has ended."""
        code = await process.wait()
        return code if code >= 0 else 128 - code

    async def _show(
        self, stream: Stream, output: asyncio.StreamReader | None, kind: int | None
    ) -> None:
        while output and (piece := await output.read(READ)):
            head = b"" if kind is None else struct.pack("<BI", kind, len(piece))
            await stream.write(head + piece)

    async def _feed(self, stream: Stream, process: Process, version_2: bool) -> None:
        """Pass the host's input on; where the host hangs up, the shell is told."""
        assert process.stdin
        try:
            while True:
                kind = STDIN
                if version_2:
                    kind, size = struct.unpack("<BI", await stream.read_exactly(5))
                    piece = await stream.read_exactly(size)
                else:
                    piece = await stream.read()
                    if not piece:
                        raise ConnectionError
                if kind == CLOSE_STDIN:
                    process.stdin.close()
                elif kind == STDIN:
                    process.stdin.write(piece)
                    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                        await process.stdin.drain()
        except ConnectionError:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.send_signal(signal.SIGHUP)

    async def _forward(self, stream: Stream, port: int) -> None:
        """``adb forward``: a stream to a port of the device."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            raise LookupError(f"tcp:{port}") from None
        await stream.accept()

        async def upwards() -> None:
            while piece := await stream.read():
                writer.write(piece)
                await writer.drain()
            writer.close()

        task = asyncio.create_task(upwards())
        while piece := await reader.read(READ):
            await stream.write(piece)
        task.cancel()
