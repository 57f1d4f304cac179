"""Whether an engine can run sandboxes: asked once a build, before any page, so that one cause is one error.

The texts say what is in the way and a way out. What an engine tells of itself: `GET /info` and `GET /version`,
https://docs.docker.com/reference/api/engine/.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docker_notes.engine.border import NotFound, Refused
from docker_notes.errors import EngineError

if TYPE_CHECKING:
    from docker_notes.engine.client import Client

__all__ = ["check", "check_fallback"]

_PODMAN = 5
# No image has this name: the engine judges what is asked for before it looks for the image.
_NOBODY = "docker-notes.invalid/none:none"
# Of `Warnings`: what a page could then take from others (moby, daemon/info_unix.go).
_LIMITS = ("No memory limit support", "No pids limit support", "No swap limit support")
_FORBIDDEN = 403


def check(client: Client) -> list[str]:
    """Hold an engine against what a sandbox needs.

    Returns:
        What is to be said once, such as limits that do not hold there.

    Raises:
        EngineError: where no sandbox can run there.
    """
    where = client.endpoint.address
    about: dict[str, Any] = client.info()
    if about.get("OSType", "linux") != "linux":
        raise EngineError(
            f"The engine at {where} runs Windows containers. Switch it to Linux containers (Docker Desktop's menu does)."
        )
    podman = next((part["Version"] for part in client.about.get("Components") or [] if part.get("Name") == "Podman Engine"), None)
    if podman and int(podman.partition(".")[0]) < _PODMAN:
        raise EngineError(f"Podman {podman} lacks what a sandbox needs; {_PODMAN}.0 or newer does.")
    security = about.get("SecurityOptions") or []
    if _has(security, "userns"):
        raise EngineError(_maps_users(where))
    if _has(security, "rootless") and str(about.get("CgroupVersion", "2")) == "1":
        raise EngineError(
            f"The engine at {where} is rootless on cgroup v1 and can not run an engine inside. Boot with cgroup v2, or use a rootful one."
        )
    _privileged(client)
    lacking = [limit for limit in _LIMITS if any(limit in warning for warning in about.get("Warnings") or [])]
    return [f"The engine at {where} sets no limits ({', '.join(lacking)}): a page may take all of its machine."] if lacking else []


def check_fallback(client: Client, made_for: str) -> None:
    """Whether images that are built on this machine run on an engine.

    Args:
        client: of the engine.
        made_for: the architecture that they are built for, as Docker calls it (`amd64`).

    Raises:
        EngineError: where the engine's is another one.
    """
    arch = str(client.about.get("Arch", made_for))
    if arch != made_for:
        raise EngineError(
            f"No registry answers, and fallback images can be made for {made_for} only; "
            f"the engine at {client.endpoint.address} is {arch}. Let it reach a registry."
        )


def _has(security: list[str], name: str) -> bool:
    return any(f"name={name}" in option.split(",") for option in security)


def _maps_users(where: str) -> str:
    return (
        f"The engine at {where} maps users (userns-remap) and so starts no privileged container, which a sandbox is. "
        "Use another engine, such as one in a virtual machine."
    )


def _privileged(client: Client) -> None:
    """Ask for a privileged container that can not be made: what forbids it says so, and nothing is ever left behind."""
    where = client.endpoint.address
    host = client.api.create_host_config(privileged=True)
    # Twice, as it makes nothing: what passes is no answer.
    for _ in range(2):
        try:
            client.api.create_container(_NOBODY, host_config=host, use_config_proxy=False)
        except NotFound:
            return
        except Refused as error:
            if "user namespaces" in error.words:
                raise EngineError(_maps_users(where)) from error
            if error.status == _FORBIDDEN or "privileged" in error.words.lower() or "authoriz" in error.words.lower():
                raise EngineError(
                    f"The engine at {where} forbids privileged containers: “{error.words}”. Sandboxes need them. "
                    "Use another engine, or DOCKER_NOTES_ENGINE=replay."
                ) from error
            # Whatever else it says of that image, it says nothing of what is privileged.
        except EngineError:
            continue
