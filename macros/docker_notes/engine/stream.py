"""A connection into a container: what the SDK hands out for an `exec` or an `attach`, and the socket below it."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
from typing import TYPE_CHECKING, Any, cast

from docker_notes.engine.border import border

if TYPE_CHECKING:
    from docker_notes.engine.client import Client

__all__ = ["Frames", "Stream", "hang_up", "raw_socket"]

_HEADER = struct.Struct(">BxxxL")  # https://docs.docker.com/reference/api/engine/, "Stream format"


def raw_socket(stream: Any) -> socket.socket:
    """The socket below what the SDK hands out, which depends on how the engine is reached."""
    return cast("socket.socket", getattr(stream, "_sock", stream))


def hang_up(stream: Any) -> None:
    """Close what the SDK hands out, and the socket below, which would else stay open. May be called twice."""
    below = raw_socket(stream)
    if below:  # None once a file of a socket is closed
        with contextlib.suppress(OSError):
            # First of all, so that whoever waits for it in another thread ends.
            below.shutdown(socket.SHUT_RDWR)
    with contextlib.suppress(OSError, ValueError):
        # Before the socket under it: else it reads from one that is closed when it is collected.
        if response := getattr(stream, "_response", None):
            response.close()
        stream.close()
    if below:
        below.close()


class Stream:
    """Bytes to and from a container.

    Args:
        client: of the engine, for messages.
        stream: what the SDK handed out.
        doing: what it is for, for messages.
    """

    def __init__(self, client: Client, stream: Any, doing: str) -> None:
        self._endpoint, self._stream, self._doing = client.endpoint, stream, doing
        self._socket = raw_socket(stream)
        self._socket.setblocking(True)

    def fileno(self) -> int:
        """For `select`."""
        return self._socket.fileno()

    def send(self, data: bytes) -> None:
        """Send all of it. Where the other end has hung up, `receive` says so.

        Raises:
            Unreachable: where the connection broke.
        """
        with border(self._endpoint, self._doing), contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._socket.sendall(data)

    def receive(self, timeout: float) -> bytes | None:
        """What came: none of it once the other end has hung up, None where nothing came in time.

        Args:
            timeout: seconds.

        Raises:
            Unreachable: where the connection broke.
        """
        with border(self._endpoint, self._doing):
            # What TLS has decoded already no `select` sees; reads of this size leave nothing behind.
            if not select.select([self._socket], [], [], max(0.0, timeout))[0]:
                return None
            try:
                return self._socket.recv(65536)
            except ConnectionResetError:
                return b""

    def close(self) -> None:
        """Hang up. May be called twice."""
        hang_up(self._stream)


class Frames:
    """Takes the frames apart in which the engine sends what a program without a terminal prints."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """What of it is a program's."""
        self._held += data
        whole = []
        while len(self._held) >= _HEADER.size:
            length = _HEADER.unpack_from(self._held)[1]
            end = _HEADER.size + length
            if len(self._held) < end:
                break
            whole.append(self._held[_HEADER.size : end])
            self._held = self._held[end:]
        return b"".join(whole)
