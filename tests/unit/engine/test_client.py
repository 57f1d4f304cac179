"""What an engine answers, or does not, as an error of ours: against small servers of the test's own."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import socket
import threading
import time
import warnings
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from docker_notes.engine import client as clients
from docker_notes.engine import fitness
from docker_notes.engine.border import NotFound, Refused, Unreachable, border
from docker_notes.engine.endpoint import Endpoint
from docker_notes.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VERSION = {"Version": "28.5.2", "ApiVersion": "1.51", "Arch": "amd64"}
INFO: dict[str, Any] = {
    "OSType": "linux",
    "SecurityOptions": ["name=seccomp,profile=builtin"],
    "CgroupVersion": "2",
    "Warnings": None,
}
NO_IMAGE = (404, {"message": "No such image"})


@pytest.fixture
def _unclosed() -> Iterator[None]:
    """Docker's SDK leaves the socket open that it can not connect."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


class Server(ThreadingHTTPServer):
    """An engine that gives the answers that a test wants, by the path's end."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, Any] = {"/version": VERSION, "/info": INFO, "/containers/create": NO_IMAGE, "/_ping": "OK"}
        self.asked: list[tuple[str, dict[str, str]]] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def endpoint(self) -> Endpoint:
        url = f"tcp://127.0.0.1:{self.server_port}"
        return Endpoint(f"DOCKER_HOST={url}", url)

    def handle_error(self, *_: Any) -> None:
        """A caller that hangs up is what these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.server.asked.append((path, dict(self.headers)))
        answer: Any = next((given for end, given in self.server.answers.items() if path.endswith(end)), {})
        if callable(answer):
            answer(self)
            return
        status, body = answer if isinstance(answer, tuple) else (200, answer)
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.do_GET()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        yield server
        server.shutdown()


def half(handler: _Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "100")
    handler.end_headers()
    handler.wfile.write(b'[{"Id":')
    handler.close_connection = True


def cut_json(handler: _Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "7")
    handler.end_headers()
    handler.wfile.write(b'[{"Id":')


def hang_up(handler: _Handler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


@contextlib.contextmanager
def reached(server: Server) -> Iterator[clients.Client]:
    with contextlib.closing(clients.reach(server.endpoint)) as client:
        yield client


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        ((500, {"message": "of no use"}), Refused, "refused “GET /containers/json”: of no use (500)"),
        ((404, {"message": "No such thing"}), NotFound, "No such thing (404)"),
        (
            (500, {"message": "write /x: no space left on device"}),
            Refused,
            "is full. A sandbox's image takes 1.3 GB: docker system df",
        ),
        (
            (400, {"message": "Client sent an HTTP request to an HTTPS server."}),
            Refused,
            "speaks TLS; set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH",
        ),
        (None, EngineError, "answered null to “GET /containers/json”"),
        (half, Unreachable, "broke during “GET /containers/json”; run the build again"),
        (cut_json, EngineError, "gave an answer to “GET /containers/json” that can not be read"),
        (hang_up, Unreachable, "broke during “GET /containers/json”; run the build again"),
    ],
)
def test_answers_that_are_none(answer: Any, kind: type[EngineError], says: str, server: Server) -> None:
    server.answers["/containers/json"] = answer
    with reached(server) as client, pytest.raises(kind) as raised:
        client.api.containers()
    assert says in str(raised.value)


def test_a_question_that_broke_is_asked_again(server: Server) -> None:
    def once(handler: _Handler) -> None:
        handler.server.answers["/containers/json"] = []
        hang_up(handler)

    server.answers["/containers/json"] = once
    with reached(server) as client:
        assert client.api.containers() == []


def test_what_makes_something_is_not(server: Server) -> None:
    server.answers["/containers/create"] = hang_up
    with reached(server) as client, pytest.raises(Unreachable):
        client.api.create_container("image")
    assert len([path for path, _ in server.asked if path.endswith("/containers/create")]) == 1


def test_nothing_of_the_web_s_goes_to_an_engine(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".netrc").write_text(f"machine 127.0.0.1 login me password {'not' + 'hing'}\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")
    monkeypatch.setenv("CURL_CA_BUNDLE", "/nowhere.pem")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with reached(server) as client:
        client.ping()
    assert all("Authorization" not in headers for _, headers in server.asked)


@pytest.mark.usefixtures("_unclosed")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_nobody_listens(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CI", raising=False)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    for host in (f"tcp://127.0.0.1:{port}", f"unix://{tmp_path}/none.sock", "tcp://no-such-name.invalid:2375"):
        monkeypatch.setenv("DOCKER_HOST", host)
        with pytest.raises(Unreachable, match=f"DOCKER_HOST={host} does not answer: ") as raised:
            clients.connect()
        assert raised.value.nobody


def test_in_ci_a_service_is_waited_for(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        late = closed.getsockname()[1]
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{late}")

    def start() -> None:
        time.sleep(0.5)
        with socket.create_server(("127.0.0.1", late)) as listening:
            for _ in range(4):
                caller = listening.accept()[0]
                with socket.create_connection(("127.0.0.1", server.server_port)) as engine:
                    engine.sendall(caller.recv(65536).replace(b"Host:", b"Connection: close\r\nHost:"))
                    caller.sendall(b"".join(iter(lambda: engine.recv(65536), b"")))
                caller.close()

    threading.Thread(target=start, daemon=True).start()
    with contextlib.closing(clients.connect()) as client:
        assert client.about["Version"] == "28.5.2"


@pytest.mark.parametrize("kind", ["tcp", "unix"])
def test_a_silent_address_is_told_after_three_seconds(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listening = socket.socket(socket.AF_UNIX if kind == "unix" else socket.AF_INET)
    listening.bind(str(tmp_path / "s") if kind == "unix" else ("127.0.0.1", 0))
    listening.listen()
    host = f"unix://{tmp_path}/s" if kind == "unix" else f"tcp://127.0.0.1:{listening.getsockname()[1]}"
    monkeypatch.setenv("DOCKER_HOST", host)
    began = time.monotonic()
    with listening, pytest.raises(Unreachable, match=f"DOCKER_HOST={host} did not answer within 3 s.") as raised:
        clients.find()
    assert 2.5 < time.monotonic() - began < 5
    assert "wait for it with docker info" in str(raised.value)


@pytest.mark.usefixtures("_unclosed")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_socket_of_somebody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "connect", denied)
    with pytest.raises(Unreachable) as raised:
        clients.reach(Endpoint("the socket /var/run/docker.sock", "unix:///var/run/docker.sock"))
    assert str(raised.value).startswith("You may not use the Docker Engine at /var/run/docker.sock (permission denied).\n")
    assert "sudo usermod -aG docker $USER" in str(raised.value)


@pytest.mark.parametrize(
    ("version", "info", "create", "says"),
    [
        ({"Version": "1.10", "ApiVersion": "1.22"}, {}, None, "Docker Engine 1.10 (API 1.22) at 127.0.0.1 is too old; 20.10 or newer is needed."),
        ({"Components": [{"Name": "Podman Engine", "Version": "4.3.1"}]}, {}, None, "Podman 4.3.1 lacks what a sandbox needs; 5.0 or newer does."),
        ({}, {"OSType": "windows"}, None, "runs Windows containers"),
        ({}, {"SecurityOptions": ["name=seccomp", "name=userns"]}, None, "maps users (userns-remap) and so starts no privileged container"),
        ({}, {}, (400, {"message": "privileged mode is incompatible with user namespaces"}), "maps users (userns-remap)"),
        ({}, {"SecurityOptions": ["name=rootless"], "CgroupVersion": "1"}, None, "is rootless on cgroup v1 and can not run an engine inside."),
        ({}, {}, (403, {"message": "authorization denied by plugin nopriv: no"}), "forbids privileged containers: “authorization denied by plugin nopriv: no”."),
    ],
)  # fmt: skip
def test_engines_that_run_no_sandbox(version: Any, info: Any, create: Any, says: str, server: Server) -> None:
    server.answers |= {"/version": VERSION | version, "/info": INFO | info}
    if create:
        server.answers["/containers/create"] = create
    with pytest.raises(EngineError) as raised, reached(server) as client:
        fitness.check(client)
    assert says in str(raised.value).replace(f"tcp://127.0.0.1:{server.server_port}", "127.0.0.1")


@pytest.mark.parametrize("version", [{}, {"Components": [{"Name": "Podman Engine", "Version": "5.8.0"}]}, {"Components": None}])
@pytest.mark.parametrize("info", [{}, {"SecurityOptions": ["name=rootless"]}, {"SecurityOptions": None}])
def test_engines_that_do(version: Any, info: Any, server: Server) -> None:
    server.answers |= {"/version": VERSION | version, "/info": INFO | info}
    with reached(server) as client:
        assert fitness.check(client) == []


def test_limits_that_do_not_hold_are_said(server: Server) -> None:
    server.answers["/info"] = INFO | {
        "Warnings": ["WARNING: No memory limit support", "WARNING: bridge-nf-call-iptables is disabled"]
    }
    with reached(server) as client:
        (said,) = fitness.check(client)
    assert "No memory limit support" in said
    assert "bridge" not in said


def test_fallback_images_of_another_architecture(server: Server) -> None:
    server.answers["/version"] = VERSION | {"Arch": "arm64"}
    with reached(server) as client:
        fitness.check_fallback(client, "arm64")
        with pytest.raises(
            EngineError, match=r"fallback images can be made for amd64 only; the engine at .* is arm64\. Let it reach a registry\."
        ):
            fitness.check_fallback(client, "amd64")


def test_an_error_of_ours_passes_the_border_as_it_is(server: Server) -> None:
    ours = EngineError("ours")
    with pytest.raises(EngineError) as raised, border(server.endpoint, "x"):
        raise ours
    assert raised.value is ours
    assert os.linesep not in str(raised.value)
