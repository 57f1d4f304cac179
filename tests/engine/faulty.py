"""A socket in front of an engine that lets one call of many go wrong, in a way of your choice."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

FAULTS = ("refused", "reset", "500", "half", "null")
_END = b"\r\n\r\n"
_500 = b'HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\nContent-Length: 23\r\n\r\n{"message":"injected"}\n'
_NULL = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5\r\nConnection: close\r\n\r\nnull\n"


class Faulty:
    """Listens on a socket and passes each call on. One call a connection, so that they can be counted.

    Args:
        path: of the socket to listen on.
        engine: of the engine's own.
    """

    def __init__(self, path: Path, engine: str) -> None:
        self.path, self._engine = path, engine
        self.calls: list[str] = []
        self._fault, self._at = "", -1
        self._lock = threading.Lock()
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(path))
        self._listening.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.close()

    def plan(self, fault: str, at: int) -> None:
        """Count anew, and let the call with that number, from 0 on, go wrong."""
        with self._lock:
            self.calls, self._fault, self._at = [], fault, at

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                caller = self._listening.accept()[0]
                threading.Thread(target=self._serve, args=(caller,), daemon=True).start()

    def _serve(self, caller: socket.socket) -> None:
        with caller, socket.socket(socket.AF_UNIX) as engine, contextlib.suppress(OSError), contextlib.ExitStack() as end:
            # Not by closing alone, while another thread reads from it.
            end.callback(_shut, engine)
            end.callback(_shut, caller)
            head = b""
            while _END not in head:
                piece = caller.recv(65536)
                if not piece:
                    return
                head += piece
            with self._lock:
                fault = self._fault if len(self.calls) == self._at else ""
                self.calls.append(head.split(b" HTTP/", 1)[0].decode())
            if fault == "refused":
                return
            if fault == "500":
                caller.sendall(_500)
                return
            engine.connect(self._engine)
            upgrade = b"upgrade: tcp" in head.lower()
            if not upgrade:
                head = re.sub(rb"(?i)\r\nconnection: [^\r]*", b"", head).replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
            engine.sendall(head)
            threading.Thread(target=_pump, args=(caller, engine), daemon=True).start()
            if not fault:
                _pump(engine, caller)
            elif upgrade:
                # A stream, which breaks behind its first piece.
                caller.sendall(engine.recv(65536) if fault != "half" else engine.recv(20))
                engine.settimeout(1)
                with contextlib.suppress(TimeoutError):
                    caller.sendall(engine.recv(20))
            else:
                answer = b"".join(iter(lambda: engine.recv(65536), b""))
                caller.sendall(
                    {"reset": b"", "half": answer[: answer.find(_END) + 4 + (len(answer) - answer.find(_END)) // 2], "null": _NULL}[
                        fault
                    ]
                )


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)


def _shut(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
