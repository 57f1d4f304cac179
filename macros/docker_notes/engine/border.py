"""Where faults of Docker's SDK, of requests, sockets and JSON become errors of ours. Nothing above meets any other.

`border` does it for a few lines of code; `client.Api` stands behind it with every request that the SDK makes.
"""

from __future__ import annotations

import contextlib
import errno
import http.client
import ssl
from typing import TYPE_CHECKING

import docker.errors
import requests.exceptions
import urllib3.exceptions

from docker_notes.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker_notes.engine.endpoint import Endpoint

__all__ = ["PROBE_TIMEOUT", "NotFound", "Refused", "Unreachable", "border", "refused"]

PROBE_TIMEOUT = 3
"""Seconds within which an engine answers or a connection stands."""
_NOBODY = {errno.ECONNREFUSED, errno.ENOENT, errno.EHOSTUNREACH, errno.EHOSTDOWN, errno.ENETUNREACH}
_NO_SPACE = "no space left on device"
_PLAIN_TO_TLS = "Client sent an HTTP request to an HTTPS server"  # Go, net/http/server.go


class Refused(EngineError):
    """The engine answered that it will not, or can not.

    Args:
        message: what is told.
        status: of HTTP, https://docs.docker.com/reference/api/engine/.
        words: the engine's own.

    `passing` is whether it is a fault of the engine's, which the next call may not meet.
    """

    def __init__(self, message: str, status: int, words: str) -> None:
        self.status, self.words = status, words
        self.passing = status >= 500  # noqa: PLR2004  # HTTP's own
        super().__init__(message)


class NotFound(Refused):
    """The engine has no such container, image, volume or network."""


class Unreachable(EngineError):
    """No answer: refused, silent, or cut off midway. Never a page's fault.

    Args:
        message: what is told.
        nobody: whether nobody listens at that address.
        passing: whether the next call may well be answered.
    """

    def __init__(self, message: str, *, nobody: bool = False, passing: bool = False) -> None:
        self.nobody, self.passing = nobody, passing
        super().__init__(message)


@contextlib.contextmanager
def border(endpoint: Endpoint, doing: str, seconds: float | None = None) -> Iterator[None]:
    """For calls to an engine.

    Args:
        endpoint: the engine.
        doing: what is being done, for the message.
        seconds: how long an answer was waited for.

    Raises:
        Unreachable: where it does not answer, or the connection broke.
        EngineError: where its answer makes no sense.
    """
    try:
        yield
    except EngineError:
        raise
    except (requests.exceptions.JSONDecodeError, ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        # ValueError before the rest: an answer cut in half is one for json, and the SDK takes a list's `null` for one.
        raise EngineError(
            f"the engine at {endpoint.address} gave an answer to “{doing}” that can not be read ({_first(error)})"
        ) from error
    except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, http.client.HTTPException, OSError) as error:
        raise _unreachable(endpoint, doing, error, seconds) from error
    except docker.errors.DockerException as error:
        raise EngineError(f"the engine at {endpoint.address}, “{doing}”: {_first(error)}") from error


def refused(endpoint: Endpoint, doing: str, status: int, words: str) -> Refused:
    """The error for an answer with a status of 400 or more."""
    if _NO_SPACE in words:
        text = f"The disk of the engine at {endpoint.address} is full. A sandbox's image takes 1.3 GB: docker system df shows what is there."
        return Refused(text, status, words)
    if _PLAIN_TO_TLS in words:
        return Refused(f"{endpoint.url} speaks TLS; set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH", status, words)
    kind = NotFound if status == 404 else Refused  # noqa: PLR2004  # HTTP's own
    return kind(f"the engine at {endpoint.address} refused “{doing}”: {words} ({status})", status, words)


def _unreachable(endpoint: Endpoint, doing: str, error: Exception, seconds: float | None) -> EngineError:
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, PermissionError):
            return Unreachable(
                f"You may not use the Docker Engine at {endpoint.address} (permission denied).\n"
                "    Have yourself added to its group — sudo usermod -aG docker $USER — and log in again. Whoever is in it is root on this machine."
            )
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
            return _of_tls(endpoint, cause)
    # Before the timeouts, which urllib3 counts its refusals among.
    if first := next((cause for cause in causes if _is_nobody(cause)), None):
        text = f"{endpoint.name} does not answer: {_first(first)}\n    start that engine, or name another one, or none"
        return Unreachable(text, nobody=True)
    if any(isinstance(cause, (requests.exceptions.Timeout, urllib3.exceptions.TimeoutError)) for cause in causes):
        at_once = seconds is not None and seconds <= PROBE_TIMEOUT
        if at_once or any(isinstance(cause, requests.exceptions.ConnectTimeout) for cause in causes):
            return Unreachable(
                f"{endpoint.name} did not answer within {PROBE_TIMEOUT} s.\n"
                "    Is it started, and does a firewall let you through? "
                "In CI, a dind service needs some seconds: wait for it with docker info."
            )
        return Unreachable(f"the engine at {endpoint.address} did not answer “{doing}” within {seconds:g} s; run the build again")
    return Unreachable(f"the connection to {endpoint.address} broke during “{doing}”; run the build again", passing=True)


def _is_nobody(cause: BaseException) -> bool:
    return isinstance(cause, urllib3.exceptions.NameResolutionError) or (isinstance(cause, OSError) and cause.errno in _NOBODY)


def _of_tls(endpoint: Endpoint, error: ssl.SSLError) -> Unreachable:
    words = str(error)
    if isinstance(error, ssl.SSLCertVerificationError):
        if "mismatch" in words:
            return Unreachable(f"the certificate of {endpoint.url} is not for that name: {error.verify_message}")
        return Unreachable(f"the certificate of {endpoint.url} is not signed by ca.pem of {endpoint.certificates}")
    if "alert" in words.lower():
        return Unreachable(f"{endpoint.url} does not take cert.pem and key.pem of {endpoint.certificates}: {_first(error)}")
    return Unreachable(f"{endpoint.url} does not speak TLS; unset DOCKER_TLS_VERIFY")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and all that it was made of: requests and urllib3 hide the first one in one another's arguments."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        below = [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
        waiting += [other for other in below if isinstance(other, BaseException)]


def _first(error: BaseException) -> str:
    text = str(error).strip()
    return text.split("\n")[0] if text else type(error).__name__
