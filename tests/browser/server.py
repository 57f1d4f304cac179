"""A plain file server, which compresses text as any host of static files does."""

from __future__ import annotations

import gzip
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from mimetypes import guess_type
from typing import TYPE_CHECKING, Self
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

_COMPRESSED = {
    "text/html",
    "text/css",
    "text/javascript",
    "application/javascript",
    "application/json",
    "application/xml",
    "image/svg+xml",
}


class Server:
    """Folders, each served under a path of its own, on a free port of this machine.

    Args:
        folders: by path, such as `/guide/`; its 404.html answers what is not there.
    """

    def __init__(self, folders: dict[str, Path]) -> None:
        outer = self
        self.folders = folders

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                status, kind, data = outer.answer(unquote(urlsplit(self.path).path))
                self.send_response(status)
                self.send_header("Content-Type", kind + ("; charset=utf-8" if kind.startswith("text/") else ""))
                self.send_header("Cache-Control", "max-age=600")
                if kind in _COMPRESSED and "gzip" in self.headers.get("Accept-Encoding", ""):
                    data = gzip.compress(data, 6, mtime=0)
                    self.send_header("Content-Encoding", "gzip")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever)

    @property
    def origin(self) -> str:
        """Such as `http://127.0.0.1:40123`."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, path: str) -> tuple[int, str, bytes]:
        """Status, media type and contents of an address."""
        for prefix, folder in self.folders.items():
            if path.startswith(prefix):
                file = folder / path.removeprefix(prefix)
                file = file / "index.html" if file.is_dir() else file
                if file.is_file() and folder in file.resolve().parents:
                    return 200, guess_type(file.name)[0] or "application/octet-stream", file.read_bytes()
                missing = folder / "404.html"
                return 404, "text/html", missing.read_bytes() if missing.exists() else b"not found"
        return 404, "text/plain", b"not found"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
