"""A client of the engine that the CLI would use. Whatever goes wrong in one is an error of ours."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import ssl
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import docker
import requests.adapters
import requests.utils
import urllib3
from docker.tls import TLSConfig

from docker_notes.engine import endpoint as endpoints
from docker_notes.engine import ssh
from docker_notes.engine.border import PROBE_TIMEOUT, Refused, Unreachable, border, refused
from docker_notes.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker_notes.engine.endpoint import Endpoint

__all__ = ["CALL_TIMEOUT", "HOW_TO_GET_ONE", "QUICK_TIMEOUT", "Client", "another", "connect", "find", "host", "reach"]

CALL_TIMEOUT = 600.0  # seconds; a build step may be silent for long
QUICK_TIMEOUT = 30  # seconds; for all that makes no image
_LONG = re.compile(
    r"POST /(build|commit|images/create|images/load|containers/[^/]+/wait)$|PUT /containers/[^/]+/archive|GET /images/(.+/)?get$"
)
RESTART_TIMEOUT = 30.0
SERVICE_TIMEOUT = 30.0  # seconds; a CI service starts beside the job

OLDEST, OLDEST_API = "20.10", (1, 41)
"""The oldest engine that sandboxes run on, and its API (https://docs.docker.com/reference/api/engine/#api-version-matrix)."""

HOW_TO_GET_ONE = (
    "No Docker Engine answers. Start Docker Desktop or the docker service, or point DOCKER_HOST or\n"
    "`docker context use` at an engine; https://docs.docker.com/engine/install/ says how to install one.\n"
    "As root on Debian, `docker-notes engine` fetches and starts one by itself."
)


class _Adapter(requests.adapters.HTTPAdapter):
    """Connections that notice a dead line: first asked about after 10 s, given up after 20 to 25 s."""

    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        options = [*urllib3.connection.HTTPConnection.default_socket_options, (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
        # Linux's names; elsewhere those that there are.
        for name, value in {"TCP_KEEPIDLE": 10, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 20_000}.items():
            if hasattr(socket, name):
                options.append((socket.IPPROTO_TCP, getattr(socket, name), value))
        super().init_poolmanager(*args, socket_options=options, **more)


class Api(docker.APIClient):
    """The SDK's client, each of whose requests ends in an answer or in an error of ours.

    Args:
        endpoint: the engine.
        version: of the API, such as `1.51`.
        timeout: seconds that an answer may take to begin, where it makes no image.
    """

    def __init__(self, endpoint: Endpoint, version: str, timeout: float) -> None:
        self.endpoint = endpoint
        where = f"unix://{ssh.forwarded(endpoint)}" if endpoint.scheme == "ssh" else endpoint.url
        tls = endpoint.tls if endpoint.scheme == "tcp" else None
        with border(endpoint, "connect"):
            # With a version, as the SDK else asks for it before anything can be set.
            super().__init__(where, version=version, timeout=timeout, tls=_tls(tls) if tls else False)  # type: ignore[arg-type]
        # What is the engine's is told by its endpoint alone: no certificates, proxies or passwords of other things on the web.
        self.trust_env = False
        if endpoint.scheme == "tcp":
            adapter = _Adapter()
            self.mount("http://", adapter)
            self.mount("https://", adapter)
            self.proxies = _proxies(endpoint)
            if tls and not tls.verify:
                warnings.filterwarnings("ignore", category=urllib3.exceptions.InsecureRequestWarning)

    def send(self, request: requests.PreparedRequest, **how: Any) -> requests.Response:
        """Send a request. Every one of the SDK goes this way.

        Raises:
            EngineError: where no answer comes, or one that is a refusal or makes no sense.
        """
        seconds = CALL_TIMEOUT if _LONG.match(_doing(request)) else float(self.timeout)
        how["timeout"] = (min(PROBE_TIMEOUT, seconds), seconds)
        try:
            return self._answered(request, seconds, how)
        except EngineError as error:
            # A question may be asked twice; one that nobody heard, or that took its time, is not.
            if request.method != "GET" or not getattr(error, "passing", True):
                raise
        return self._answered(request, seconds, how)

    def _answered(self, request: requests.PreparedRequest, seconds: float, how: dict[str, Any]) -> requests.Response:
        doing = _doing(request)
        with border(self.endpoint, doing, seconds):
            response = super().send(request, **how)
            if response.status_code >= 400:  # noqa: PLR2004  # HTTP's own
                raise refused(self.endpoint, doing, response.status_code, _words(response))
            # The SDK, and we, would go through null as through a list.
            if not how.get("stream") and _is_json(response) and json.loads(response.content) is None:
                raise EngineError(f"the engine at {self.endpoint.address} answered null to “{doing}”")
        return response

    # What comes in pieces is read after `send`.

    def _stream_helper(self, response: requests.Response, decode: bool = False) -> Iterator[Any]:  # noqa: FBT001, FBT002  # the SDK's
        with border(self.endpoint, _doing(response.request), self.timeout):
            yield from super()._stream_helper(response, decode)  # type: ignore[misc]

    def _stream_raw_result(self, response: requests.Response, chunk_size: int = 1, decode: bool = True) -> Iterator[Any]:  # noqa: FBT001, FBT002
        with border(self.endpoint, _doing(response.request), self.timeout):
            yield from super()._stream_raw_result(response, chunk_size, decode)  # type: ignore[misc]

    def _read_from_socket(self, response: requests.Response, stream: bool, tty: bool = True, demux: bool = False) -> Any:  # noqa: FBT001, FBT002
        with border(self.endpoint, _doing(response.request), self.timeout):
            return super()._read_from_socket(response, stream, tty, demux)  # type: ignore[misc]


class Client(docker.DockerClient):
    """A client of one engine. `endpoint` says which, `about` what it said of itself at first."""

    def __init__(self, endpoint: Endpoint, timeout: float, about: dict[str, Any] | None = None) -> None:
        # Not the SDK's own constructor, which makes an APIClient that we could not stand behind.
        self.endpoint = endpoint
        self.about = about or _version(endpoint)
        self.api = Api(endpoint, str(self.about["ApiVersion"]), timeout)


def reach(endpoint: Endpoint, timeout: float = QUICK_TIMEOUT) -> Client:
    """A client of an engine that answers.

    Args:
        endpoint: the engine.
        timeout: seconds that an answer to a call may take to begin, where it makes no image.

    Raises:
        EngineError: where it does not answer within PROBE_TIMEOUT seconds, or is too old.
    """
    return Client(endpoint, timeout)


def _version(endpoint: Endpoint) -> dict[str, Any]:
    if endpoint.scheme == "unix":
        # By ourselves first: where nobody listens, the SDK leaves its socket open.
        with border(endpoint, "connect"), socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(PROBE_TIMEOUT)
            probe.connect(urlsplit(endpoint.url).path)
    with contextlib.closing(Api(endpoint, f"{OLDEST_API[0]}.{OLDEST_API[1]}", PROBE_TIMEOUT)) as api:
        about = api.version(api_version=False)
    with border(endpoint, "GET /version"):
        offered = tuple(int(part) for part in about["ApiVersion"].split("."))
        if offered < OLDEST_API:
            raise EngineError(
                f"Docker Engine {about['Version']} (API {about['ApiVersion']}) at {endpoint.address} is too old; {OLDEST} or newer is needed."
            )
    return dict(about)


def connect() -> Client:
    """The engine that the CLI would use, else the one that `daemon.start` started.

    Raises:
        EngineError: where none answers; the message says how to get one.
    """
    deadline = time.monotonic() + SERVICE_TIMEOUT
    while True:
        try:
            found = find()
        except Unreachable:
            named = endpoints.named()
            # In CI the engine is often a service that starts beside the job.
            if not os.environ.get("CI") or not named or not named.remote or time.monotonic() > deadline:
                raise
            time.sleep(1)
            continue
        if found is None:
            raise EngineError("\n".join([HOW_TO_GET_ONE, *_hints()]))
        return found


def find() -> Client | None:
    """As `connect`, but None where no engine is named and none answers.

    An engine that is named and does not answer is not replaced by another one.

    Raises:
        EngineError: where a named engine does not answer, or the default socket may not be used or is silent.
    """
    endpoint = endpoints.named()
    if endpoint:
        return reach(endpoint)
    reason: EngineError | None = None
    for endpoint in endpoints.unnamed():
        try:
            return reach(endpoint)
        except EngineError as error:
            # A socket that nobody listens on is left over: as if there were none.
            if not (isinstance(error, Unreachable) and error.nobody):
                reason = reason or error
    if reason:
        raise reason
    return None


def host(client: Client) -> str:
    """The address of a client's engine, as DOCKER_HOST takes it."""
    return client.endpoint.url


def another(client: Client) -> Client:
    """A further client of the same engine; one that is being restarted is waited for.

    Raises:
        EngineError: where it does not answer within RESTART_TIMEOUT seconds.
    """
    deadline = time.monotonic() + RESTART_TIMEOUT
    while True:
        try:
            with contextlib.closing(Client(client.endpoint, PROBE_TIMEOUT, client.about)) as probe:
                probe.ping()
            return Client(client.endpoint, QUICK_TIMEOUT, client.about)
        except (Unreachable, Refused) as error:
            if time.monotonic() > deadline:
                raise Unreachable(f"the engine no longer answers: {error}") from error
            time.sleep(0.2)


def _hints() -> list[str]:
    home = str(Path.home())
    return [f"A socket is at {str(path).replace(home, '~')}: try DOCKER_HOST=unix://{path}" for path in endpoints.known_sockets()]


def _tls(tls: endpoints.Tls) -> TLSConfig:
    authority = tls.authority or ssl.get_default_verify_paths().cafile
    return TLSConfig(client_cert=tls.certificate, ca_cert=authority, verify=tls.verify)


def _proxies(endpoint: Endpoint) -> dict[str, str]:
    """As the CLI: those of the environment, but never for this machine itself (Go, net/http.ProxyFromEnvironment)."""
    parts = urlsplit(endpoint.url)
    if parts.hostname == "localhost" or str(parts.hostname).startswith("127.") or parts.hostname == "::1":
        return {}
    return dict(requests.utils.get_environ_proxies(f"http{'s' if endpoint.tls else ''}://{parts.netloc}"))


def _doing(request: requests.PreparedRequest) -> str:
    """Method and path of a request, without the API's version."""
    path = urlsplit(str(request.url)).path
    first, _, rest = path.lstrip("/").partition("/")
    return f"{request.method} /{rest if first.startswith('v1.') else first}"


def _is_json(response: requests.Response) -> bool:
    return "json" in response.headers.get("Content-Type", "")


def _words(response: requests.Response) -> str:
    try:
        return str(response.json()["message"]).strip()
    except (ValueError, KeyError, TypeError):
        return response.text.strip()[:500] or str(response.reason)
