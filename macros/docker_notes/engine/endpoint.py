"""Which engine is meant: a name for people, an address, and what TLS needs. Resolved once a build, by the CLI's own rules.

Order: DOCKER_HOST, DOCKER_CONTEXT, the CLI's current context, the default socket
(https://docs.docker.com/engine/manage-resources/contexts/), then the engine that was started here.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from docker_notes.engine.places import docker_config, started_socket
from docker_notes.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DEFAULT_SOCKET", "Endpoint", "Tls", "known_sockets", "named", "unnamed"]

DEFAULT_SOCKET = Path("/var/run/docker.sock")
# Of the CLI: where a tcp address names no port (docker/cli, opts/hosts.go).
_PORT, _TLS_PORT = 2375, 2376
# What says where an engine is; a child of ours is to see one answer only.
_VARIABLES = ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH")


@dataclass(frozen=True)
class Tls:
    """What TLS to an engine needs.

    Args:
        folder: holds `ca.pem`, `cert.pem` and `key.pem`, those that there are.
        verify: whether the engine's certificate is checked.
    """

    folder: str
    verify: bool = True

    @property
    def authority(self) -> str | None:
        """The file of the authority that signs the engine's certificate; None: one that the system trusts."""
        path = Path(self.folder, "ca.pem")
        return str(path) if path.is_file() else None

    @property
    def certificate(self) -> tuple[str, str] | None:
        """The files of our own certificate and its key, where there are both."""
        found = Path(self.folder, "cert.pem"), Path(self.folder, "key.pem")
        return (str(found[0]), str(found[1])) if all(path.is_file() for path in found) else None


@dataclass(frozen=True)
class Endpoint:
    """An engine's address.

    Args:
        name: what named it, for messages: `DOCKER_HOST=tcp://h:2376`, `the Docker context 'far'`.
        url: as DOCKER_HOST takes it: `unix://`, `tcp://`, `ssh://` or `npipe://`.
        tls: None where the engine is spoken to in plain.
    """

    name: str
    url: str
    tls: Tls | None = None

    @property
    def scheme(self) -> str:
        """The address's first word."""
        return self.url.partition("://")[0]

    @property
    def address(self) -> str:
        """The address for messages: of a socket its path."""
        return self.url.removeprefix("unix://")

    @property
    def certificates(self) -> str:
        """What names the folder of certificates, for messages."""
        return "DOCKER_CERT_PATH" if self.name.startswith("DOCKER_") else self.name

    @property
    def remote(self) -> bool:
        """Whether a network lies in between, which may be cut."""
        return self.scheme in {"tcp", "ssh"}

    def environment(self, base: Mapping[str, str]) -> dict[str, str]:
        """A child's environment in which the CLI and every SDK use this engine.

        Args:
            base: the environment that it is made from.
        """
        given = {name: value for name, value in base.items() if name not in _VARIABLES}
        given["DOCKER_HOST"] = self.url
        if self.tls:
            given["DOCKER_TLS_VERIFY" if self.tls.verify else "DOCKER_TLS"] = "1"
            given["DOCKER_CERT_PATH"] = self.tls.folder
        return given

    def as_json(self) -> str:
        """For another process; holds paths of certificates, no secret."""
        return json.dumps(asdict(self))

    @classmethod
    def of_json(cls, text: str) -> Endpoint:
        """What `as_json` told."""
        told = json.loads(text)
        return cls(told["name"], told["url"], Tls(**told["tls"]) if told["tls"] else None)


def named() -> Endpoint | None:
    """The engine that the environment or the CLI's settings name; None where they name none.

    Raises:
        EngineError: where what is named does not exist or can not be read.
    """
    tls = _tls_of_environment()
    if host := os.environ.get("DOCKER_HOST"):
        return _parsed(f"DOCKER_HOST={host}", host, tls)
    name = os.environ.get("DOCKER_CONTEXT") or _current_context()
    if name and name != "default":
        return _of_context(name)
    # As the CLI: TLS without an address means the port for it on this machine.
    return Endpoint(f"DOCKER_TLS_VERIFY and tcp://localhost:{_TLS_PORT}", f"tcp://localhost:{_TLS_PORT}", tls) if tls else None


def unnamed() -> list[Endpoint]:
    """Where an engine is looked for when none is named, in order."""
    return [Endpoint(f"the socket {path}", f"unix://{path}") for path in (DEFAULT_SOCKET, started_socket())]


def known_sockets() -> list[Path]:
    """Sockets of engines that people install, where there are any: to be told, never taken."""
    home, run = Path.home(), os.environ.get("XDG_RUNTIME_DIR")
    places = [home / name for name in (
        ".colima/default/docker.sock", ".docker/run/docker.sock", ".docker/desktop/docker.sock", ".orbstack/run/docker.sock", ".rd/docker.sock",
    )]  # fmt: skip
    if run:
        places += [Path(run) / "docker.sock", Path(run) / "podman/podman.sock"]
    return [path for path in places if _is_there(path)]


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a folder that this user may not look into
        return False


def _tls_of_environment() -> Tls | None:
    # DOCKER_TLS and DOCKER_TLS_VERIFY count by being set at all (docker/cli, cli/flags/options.go).
    verify = bool(os.environ.get("DOCKER_TLS_VERIFY"))
    if not verify and not os.environ.get("DOCKER_TLS"):
        return None
    return Tls(os.environ.get("DOCKER_CERT_PATH") or str(docker_config()), verify)


def _parsed(name: str, url: str, tls: Tls | None) -> Endpoint:
    scheme, mark, rest = url.partition("://")
    if not mark:
        scheme, rest = "tcp", url
    if scheme in {"http", "https"}:
        tls = tls or (Tls(str(docker_config())) if scheme == "https" else None)
        scheme = "tcp"
    if scheme not in {"unix", "tcp", "ssh", "npipe"}:
        raise EngineError(f"{name} is no address of an engine\n    write unix://, tcp:// or ssh://")
    if scheme != "tcp":
        return Endpoint(name, f"{scheme}://{rest}")
    try:
        parts = urlsplit(f"tcp://{rest}")
        port = parts.port or (_TLS_PORT if tls else _PORT)
    except ValueError as error:
        raise EngineError(f"{name} is no address of an engine: {error}") from error
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or "127.0.0.1"
    return Endpoint(name, f"tcp://{host}:{port}{parts.path.rstrip('/')}", tls)


def _current_context() -> str:
    path = docker_config() / "config.json"
    if not path.is_file():
        return ""
    return str(_read(path, "the settings of the Docker CLI").get("currentContext") or "")


def _of_context(name: str) -> Endpoint:
    # A context's folder bears the hash of its name (docker/cli, cli/context/store).
    folder = hashlib.sha256(name.encode()).hexdigest()
    meta = docker_config() / "contexts/meta" / folder / "meta.json"
    what = f"the Docker context {name!r}"
    if not meta.is_file():
        raise EngineError(f"{what} does not exist; `docker context ls` lists those that do")
    given = (_read(meta, what).get("Endpoints") or {}).get("docker")
    docker: dict[str, Any] = given if isinstance(given, dict) else {}
    if not (url := docker.get("Host")):
        raise EngineError(
            f"{what} names no engine: {meta} has no Endpoints.docker.Host\n    make it anew with `docker context create`"
        )
    files = docker_config() / "contexts/tls" / folder / "docker"
    tls = Tls(str(files), verify=not docker.get("SkipTLSVerify")) if files.is_dir() or docker.get("SkipTLSVerify") else None
    return replace(_parsed(what, str(url), tls), name=what)


def _read(path: Path, what: str) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EngineError(f"{what} can not be read: {path}: {error}") from error
    if not isinstance(found, dict):
        raise EngineError(f"{what} can not be read: {path} holds no JSON object")
    return found
