"""adb's transport protocol as a device speaks it: packets, and the streams that they carry.

Source: adb's ``protocol.txt``. A packet is a header of six little-endian words (command, two
arguments, length, checksum, the command's complement) and its data. Several streams share one
connection; a stream has at most one unanswered WRTE in each direction.
"""

from __future__ import annotations

import asyncio
import os
import struct
from enum import IntEnum
from typing import Protocol

VERSION = 0x01000001
"""From this version on neither side checks checksums after the greeting."""
MAX_DATA = 1 << 18
HEADER = struct.Struct("<6I")
AUTH_TOKEN = 1


class Command(IntEnum):
    """The kind of a packet; the value is the name's four letters."""

    CNXN = 0x4E584E43
    AUTH = 0x48545541
    OPEN = 0x4E45504F
    OKAY = 0x59414B4F
    WRTE = 0x45545257
    CLSE = 0x45534C43


class Services(Protocol):
    """The services that a device offers on its connections."""

    def passed(self, size: int) -> None:
        """``size`` bytes came in or are about to go out; ConnectionError drops the connection."""
        ...

    async def greet(self, connection: Connection) -> None:
        """Answer a host that connects: accept, ask for authority, or say nothing."""
        ...

    async def serve(self, stream: Stream, service: str) -> None:
        """Serve a stream to its end.

        Raises:
            LookupError: there is no such service; nothing was written.
        """
        ...


class Stream:
    """One service that a host opened."""

    def __init__(self, connection: Connection, local: int, remote: int) -> None:
        self.connection, self.local, self.remote = connection, local, remote
        self.closed = False
        self._incoming: asyncio.Queue[bytes] = asyncio.Queue()
        self._rest = b""
        self._answered = asyncio.Event()
        self._writing = asyncio.Lock()

    async def accept(self) -> None:
        await self.connection.send(Command.OKAY, self.local, self.remote)

    async def write(self, data: bytes) -> None:
        """Send all of ``data``; returns when the host has taken it.

        Raises:
            ConnectionError: the host closed the stream or is gone.
        """
        async with self._writing:
            for start in range(0, len(data), MAX_DATA):
                if self.closed:
                    raise ConnectionError("the host closed the stream")
                self._answered.clear()
                piece = data[start : start + MAX_DATA]
                await self.connection.send(Command.WRTE, self.local, self.remote, piece)
                await self._answered.wait()

    async def read(self) -> bytes:
        """The next piece, empty at the end."""
        if self._rest:
            piece, self._rest = self._rest, b""
            return piece
        piece = await self._incoming.get()
        if piece:
            await self.accept()
        return piece

    async def read_exactly(self, size: int) -> bytes:
        """``size`` bytes.

        Raises:
            ConnectionError: the stream ended before.
        """
        while len(self._rest) < size:
            piece = await self._incoming.get()
            if not piece:
                raise ConnectionError("the host closed the stream")
            await self.accept()
            self._rest += piece
        data, self._rest = self._rest[:size], self._rest[size:]
        return data

    async def close(self) -> None:
        if not self.closed:
            self.hung_up()
            await self.connection.send(Command.CLSE, self.local, self.remote)

    def hung_up(self) -> None:
        """The other side is gone: whoever waits is told."""
        self.closed = True
        self._incoming.put_nowait(b"")
        self._answered.set()
        self.connection.streams.pop(self.local, None)

    def received(self, data: bytes) -> None:
        self._incoming.put_nowait(data)

    def answered(self) -> None:
        self._answered.set()


class Connection:
    """One host's connection and its streams."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, services: Services
    ) -> None:
        self.streams: dict[int, Stream] = {}
        self._reader, self._writer, self._services = reader, writer, services
        self._tasks: set[asyncio.Task[None]] = set()
        self._opened = 0

    async def accept(self, banner: str) -> None:
        """Be a device that is ready; the banner says which and what it can do."""
        await self.send(Command.CNXN, VERSION, MAX_DATA, banner.encode())

    async def ask_for_authority(self) -> None:
        """Challenge the host; asked again and again, it shows the device as unauthorized."""
        await self.send(Command.AUTH, AUTH_TOKEN, 0, os.urandom(20))

    async def send(self, command: Command, first: int, second: int, data: bytes = b"") -> None:
        greeting = command in (Command.CNXN, Command.AUTH)
        checksum = sum(data) & 0xFFFFFFFF if greeting else 0
        self._services.passed(len(data))
        self._writer.write(
            HEADER.pack(command, first, second, len(data), checksum, command ^ 0xFFFFFFFF) + data
        )
        await self._writer.drain()

    async def run(self) -> None:
        """Serve the host until it, or the device, goes away."""
        try:
            while True:
                await self._packet()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # how every connection ends
        finally:
            self.drop()

    def drop(self) -> None:
        """The cable falls out."""
        for stream in list(self.streams.values()):
            stream.hung_up()
        transport = self._writer.transport
        if transport is not None:
            transport.abort()

    async def _packet(self) -> None:
        words = HEADER.unpack(await self._reader.readexactly(HEADER.size))
        command, first, second, length, _, complement = words
        if complement != command ^ 0xFFFFFFFF or length > 4 * MAX_DATA:
            raise ConnectionError("not adb's protocol")
        data = await self._reader.readexactly(length)
        self._services.passed(length)
        stream = self.streams.get(second)
        if command in (Command.CNXN, Command.AUTH):
            await self._services.greet(self)
        elif command == Command.OPEN:
            self._open(first, data.rstrip(b"\0").decode())
        elif stream and command == Command.WRTE:
            stream.received(data)
        elif stream and command == Command.OKAY:
            stream.answered()
        elif stream and command == Command.CLSE:
            stream.hung_up()

    def _open(self, remote: int, service: str) -> None:
        self._opened += 1
        stream = self.streams[self._opened] = Stream(self, self._opened, remote)
        task = asyncio.create_task(self._serve(stream, service))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, stream: Stream, service: str) -> None:
        try:
            await self._services.serve(stream, service)
            await stream.close()
        except LookupError:
            stream.hung_up()
            await self.send(Command.CLSE, 0, stream.remote)
        except (ConnectionError, BrokenPipeError):
            self.drop()
