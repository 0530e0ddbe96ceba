"""HTTP/1.1 for the chat server: requests in, whole or chunked answers out, hang-ups seen at once.

It keeps connections alive and knows no more of HTTP than clients of chat servers use.
"""

import asyncio
import socket
import struct
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

JSON = "application/json"
EVENTS = "text/event-stream; charset=utf-8"
_REASONS = {status.value: status.phrase for status in HTTPStatus}
_RESET = struct.pack("ii", 1, 0)  # linger for no time: close() sends a reset, not an end


class HungUp(Exception):
    """The client closed the connection before it had its answer."""


class Broken(Exception):
    """The server broke the connection itself, as it was told to."""


@dataclass(frozen=True)
class Request:
    """A request; the names of its headers are in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


class Wire:
    """A connection to a client, through which one answer at a time goes out."""

    def __init__(self, reader: "_Reader", writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    def send(
        self,
        status: int,
        body: bytes,
        content_type: str = JSON,
        headers: Mapping[str, str] | None = None,
        claimed: int | None = None,
    ) -> None:
        """Send an answer in one piece; `claimed` is the length it promises, where that differs."""
        size = f"content-length: {len(body) if claimed is None else claimed}"
        self.write(_head(status, content_type, headers, size) + body)

    def begin(self, content_type: str = EVENTS, headers: Mapping[str, str] | None = None) -> bytes:
        """Return the head of an answer in chunks, to be written with or before the first one."""
        return _head(200, content_type, headers, "transfer-encoding: chunked")

    def write(self, content: bytes) -> None:
        """Write bytes as they are.

        Raises:
            HungUp: nobody is there to read them.
        """
        if self._reader.lost:
            raise HungUp
        self._writer.write(content)

    async def flush(self) -> None:
        """Wait until the client has taken most of what was written."""
        try:
            await self._writer.drain()
        except ConnectionError:
            raise HungUp from None

    async def wait(self, seconds: float) -> None:
        """Let time pass; a client that hangs up ends it with HungUp."""
        loop = asyncio.get_running_loop()
        alarm = loop.create_future()
        timer = loop.call_later(seconds, _ring, alarm)
        try:
            await self.until(alarm)
        finally:
            timer.cancel()

    async def until(self, alarm: "asyncio.Future[None]") -> None:
        """Wait for a future; a client that hangs up ends it with HungUp."""
        if not self._reader.lost:
            self._reader.alarm = alarm
            try:
                await alarm
            finally:
                self._reader.alarm = None
        if self._reader.lost:
            raise HungUp

    async def hold(self) -> None:
        """Wait until the client hangs up, and raise HungUp."""
        await self.until(asyncio.get_running_loop().create_future())

    async def reset(self) -> None:
        """Break the connection as a crashed server does, after what was written has arrived."""
        await self.flush()
        await asyncio.sleep(0.02)  # a reset may overtake bytes that are under way
        peer: socket.socket | None = self._writer.get_extra_info("socket")
        if peer is not None:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._writer.transport.abort()
        raise Broken

    async def close(self) -> None:
        """End the connection in an orderly way, whatever was promised."""
        await self.flush()
        self._writer.close()
        raise Broken


def chunk(content: bytes) -> bytes:
    """Return content as a chunk of an answer; no content ends it."""
    return b"%x\r\n%b\r\n" % (len(content), content)


Handler = Callable[[Request, Wire], Awaitable[None]]


class Connections:
    """The open connections of a server, each with a task that answers its requests in turn."""

    def __init__(self, handle: Handler) -> None:
        self._handle = handle
        self._tasks: set[asyncio.Task[None]] = set()

    async def listen(self, host: str, port: int) -> asyncio.Server:
        """Start to take connections.

        This is `asyncio.start_server` with a reader that tells when the client is gone.
        """
        loop = asyncio.get_running_loop()

        def accept() -> asyncio.StreamReaderProtocol:
            reader = _Reader(loop=loop)

            async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                await self._serve(reader, writer)

            return asyncio.StreamReaderProtocol(reader, serve, loop=loop)

        return await loop.create_server(accept, host, port, backlog=4096)

    async def close(self) -> None:
        """End all connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: "_Reader", writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        wire = Wire(reader, writer)
        try:
            while request := await _read(reader, writer):
                await self._handle(request, wire)
                if request.headers.get("connection", "").lower() == "close":
                    break
        except (HungUp, Broken, ConnectionError, asyncio.CancelledError):
            pass
        except Exception:  # the client sees a broken connection, the developer why
            traceback.print_exc()
        finally:
            self._tasks.discard(task)
            writer.close()


class _Reader(asyncio.StreamReader):
    """Wakes the one who waits, with `alarm`, when the client is gone."""

    alarm: "asyncio.Future[None] | None" = None
    lost = False

    def feed_eof(self) -> None:
        super().feed_eof()
        self._lose()

    def set_exception(self, exc: Exception) -> None:
        super().set_exception(exc)
        self._lose()

    def _lose(self) -> None:
        self.lost = True
        if self.alarm is not None:
            _ring(self.alarm)


def _ring(alarm: "asyncio.Future[None]") -> None:
    if not alarm.done():
        alarm.set_result(None)


async def _read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Request | None:
    """Read the next request; None where the client has closed the connection."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head[:-4].decode("latin-1").split("\r\n")
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        if "expect" in headers:
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if "transfer-encoding" in headers:
            body = await _read_chunks(reader)
        else:
            body = await reader.readexactly(int(headers.get("content-length", 0)))
    except asyncio.IncompleteReadError:
        return None
    method, target, _ = first.split(" ")
    url = urlsplit(target)
    return Request(method, url.path, dict(parse_qsl(url.query)), headers, body)


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    chunks = []
    while size := int((await reader.readuntil(b"\r\n")).partition(b";")[0], 16):
        chunks.append(await reader.readexactly(size))
        await reader.readexactly(2)
    await reader.readuntil(b"\r\n")
    return b"".join(chunks)


def _head(status: int, content_type: str, headers: Mapping[str, str] | None, size: str) -> bytes:
    more = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
    return (
        f"HTTP/1.1 {status} {_REASONS.get(status, '')}\r\ncontent-type: {content_type}\r\n"
        f"{more}{size}\r\n\r\n"
    ).encode("latin-1")
