"""Find the Docker Engine that the CLI would use; as root on Debian, start one where none answers.

The engine started here is Debian's own build from its `testing` suite, unpacked into a private
folder with its own data root and socket. Debian 12's own engine (20.10) cannot run privileged
containers where root lacks CAP_SYS_RESOURCE.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import docker
import docker.context
import docker.errors
import platformdirs
import requests.exceptions
from docker.context.config import get_current_context_name
from filelock import FileLock

from docker_notes.engine.generations import SUITE
from docker_notes.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PACKAGES = ("docker.io", "docker-cli", "docker-buildx", "docker-compose", "containerd")
HELPERS = {"runc": "runc", "iptables": "iptables", "debootstrap": "debootstrap"}
CALL_TIMEOUT = 600  # seconds; a build step may be silent for long
PROBE_TIMEOUT = 3  # seconds
START_TIMEOUT = 60.0
STOP_TIMEOUT = 60.0
RESTART_TIMEOUT = 30.0

HOW_TO_GET_ONE = (
    "No Docker Engine answers. Start Docker Desktop or the docker service, or point DOCKER_HOST or\n"
    "`docker context use` at an engine; https://docs.docker.com/engine/install/ says how to install one.\n"
    "As root on Debian, `docker-notes engine` fetches and starts one by itself."
)


def cache() -> Path:
    """The folder for what can be made again: packages, base images, the started engine's data."""
    return platformdirs.user_cache_path("docker-notes", appauthor=False)


def connect() -> docker.DockerClient:
    """The engine that the CLI would use, else the one that `start` started.

    Raises:
        EngineError: where none answers; the message says how to get one.
    """
    found = find()
    if found is None:
        raise EngineError(HOW_TO_GET_ONE)
    return found


def find() -> docker.DockerClient | None:
    """As `connect`, but None where no engine answers.

    The order is the CLI's: DOCKER_HOST, DOCKER_CONTEXT, the current context, the default socket
    (https://docs.docker.com/engine/manage-resources/contexts/). An engine that is named and does
    not answer is not replaced by another one.

    Raises:
        EngineError: where a named engine or context does not answer.
    """
    if os.environ.get("DOCKER_HOST"):
        return _answering(f"DOCKER_HOST={os.environ['DOCKER_HOST']}", lambda: docker.from_env(timeout=CALL_TIMEOUT))
    name = os.environ.get("DOCKER_CONTEXT") or get_current_context_name()
    if name and name != "default":
        return _answering(f"the Docker context {name!r}", lambda: _of_context(name))
    for socket in (Path("/var/run/docker.sock"), _socket()):
        if socket.exists():
            with contextlib.suppress(docker.errors.DockerException, requests.exceptions.RequestException):
                client = docker.DockerClient(base_url=f"unix://{socket}", timeout=CALL_TIMEOUT)
                _ping(client)
                return client
    return None


def _of_context(name: str) -> docker.DockerClient:
    context = docker.context.ContextAPI.get_context(name)
    if context is None:
        raise EngineError(f"the Docker context {name!r} does not exist; `docker context ls` lists those that do")
    return docker.DockerClient(base_url=context.Host, tls=context.TLSConfig or False, timeout=CALL_TIMEOUT)


def host(client: docker.DockerClient) -> str:
    """The address of a client's engine, as DOCKER_HOST takes it."""
    url = str(client.api.base_url)
    return f"unix://{client.api._custom_adapter.socket_path}" if url.startswith("http+docker") else url  # type: ignore[attr-defined]  # noqa: SLF001


def another(client: docker.DockerClient) -> docker.DockerClient:
    """A further client of the same engine; one that is being restarted is waited for.

    Raises:
        EngineError: where it does not answer within RESTART_TIMEOUT seconds.
    """
    deadline = time.monotonic() + RESTART_TIMEOUT
    while True:
        try:
            return _another(client)
        except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
            if time.monotonic() > deadline:
                raise EngineError(f"the engine no longer answers: {error}") from error
            time.sleep(0.2)


def _another(client: docker.DockerClient) -> docker.DockerClient:
    if str(client.api.base_url).startswith("http+docker"):
        return docker.DockerClient(base_url=host(client), timeout=CALL_TIMEOUT)
    copy = docker.DockerClient(base_url=client.api.base_url, timeout=CALL_TIMEOUT)
    copy.api.cert, copy.api.verify = client.api.cert, client.api.verify
    return copy


def _answering(name: str, connect: Callable[[], docker.DockerClient]) -> docker.DockerClient:
    try:
        client = connect()
        _ping(client)
    except (docker.errors.DockerException, requests.exceptions.RequestException, ValueError) as error:
        fix = "start that engine, or name another one, or none"
        raise EngineError(f"{name} does not answer: {error}\n    {fix}") from error
    return client


def _ping(client: docker.DockerClient) -> None:
    timeout, client.api.timeout = client.api.timeout, PROBE_TIMEOUT
    try:
        client.ping()
    finally:
        client.api.timeout = timeout


# ------------------------------------------------------------------------ an engine of our own


def _home() -> Path:
    return cache() / "engine"


def _run() -> Path:
    """Sockets and pid files: in memory, so that a reboot leaves no stale ones."""
    return Path(os.environ.get("XDG_RUNTIME_DIR") or "/run") / "docker-notes"


def _socket() -> Path:
    return _run() / "docker.sock"


def _pid_file() -> Path:
    return _run() / "docker.pid"


def start(say: Callable[[str], None] = print) -> docker.DockerClient:
    """Find an engine; where none answers and this is root on Debian, fetch and start one.

    Args:
        say: told what is being done.

    Raises:
        EngineError: where none answers and none can be started.
    """
    with _locked():
        found = find()
        if found is not None:
            say(f"Docker Engine {found.version()['Version']} answers at {host(found)}")
            return found
        if os.geteuid() or not Path("/etc/debian_version").exists():
            raise EngineError(HOW_TO_GET_ONE)
        install([package for program, package in HELPERS.items() if not shutil.which(program)], say)
        _fetch(say)
        return _launch(say)


def install(packages: list[str], say: Callable[[str], None] = print) -> None:
    """Install Debian packages from the machine's own suite; nothing where the list is empty.

    Raises:
        EngineError: where apt fails; the message holds its last lines.
    """
    if packages:
        say(f"Installing Debian packages: {' '.join(packages)}")
        _apt("update", "-qq")
        _apt("install", "-qq", "--yes", "--no-install-recommends", *packages)


def _apt(*words: str, cwd: Path | None = None) -> str:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(["apt-get", *words], cwd=cwd, env=environment, capture_output=True, text=True, check=False)  # noqa: S603, S607
    if done.returncode:
        last = "\n".join((done.stdout + done.stderr).strip().split("\n")[-8:])
        raise EngineError(f"`apt-get {' '.join(words)}` failed:\n{last}")
    return done.stdout


def mirror() -> str:
    """The address of the Debian mirror that this machine uses, read from apt; never to be published."""
    targets = _apt("indextargets", "--format", "$(SITE) $(RELEASE)", "Created-By: Packages")
    for line in targets.splitlines():
        site, _, release = line.partition(" ")
        if "security" not in site and "security" not in release:
            return site
    raise EngineError("apt names no Debian mirror; look at /etc/apt/sources.list and /etc/apt/sources.list.d/")


def _fetch(say: Callable[[str], None]) -> None:
    target = _home() / "root"
    if target.exists():
        return
    say(f"Fetching {', '.join(PACKAGES)} from Debian's {SUITE} suite into {target}")
    aside = _home() / f"fetch.{os.getpid()}"
    shutil.rmtree(aside, ignore_errors=True)
    for name in ("lists/partial", "archives/partial", "root"):
        (aside / name).mkdir(parents=True)
    source = aside / "sources.list"
    source.write_text(f"deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] {mirror()} {SUITE} main\n")
    options = [
        f"--option=Dir::Etc::SourceList={source}",
        "--option=Dir::Etc::SourceParts=/dev/null",
        f"--option=Dir::State::Lists={aside / 'lists'}",
        f"--option=Dir::Cache={aside}",
        "--option=Acquire::Check-Valid-Until=false",
        "--option=APT::Sandbox::User=root",
    ]
    try:
        _apt(*options, "update", "-qq")
        _apt(*options, "download", "-qq", *PACKAGES, cwd=aside)
        for package in sorted(aside.glob("*.deb")):
            subprocess.run(["dpkg", "-x", package, aside / "root"], check=True)  # noqa: S603, S607
        (aside / "root").rename(target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _launch(say: Callable[[str], None]) -> docker.DockerClient:
    root, run = _home() / "root", _run()
    run.mkdir(parents=True, exist_ok=True)
    log = _home() / "dockerd.log"
    binaries = root / "usr/bin", root / "usr/sbin"
    words = [
        shutil.which("dockerd", path=os.pathsep.join(map(str, binaries))) or "dockerd",
        f"--host=unix://{_socket()}",
        f"--data-root={_home() / 'data'}",
        f"--exec-root={run / 'exec'}",
        f"--pidfile={_pid_file()}",
        f"--userland-proxy-path={_program('docker-proxy')}",
        f"--config-file={_home() / 'daemon.json'}",
    ]
    (_home() / "daemon.json").write_text(json.dumps({"features": {"containerd-snapshotter": False}}))
    path = os.pathsep.join([*map(str, binaries), os.environ.get("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")])
    say(f"Starting Docker Engine; its log is {log}")
    with log.open("ab") as output:
        # Of a session of its own, so that it outlives the caller and its Ctrl-C.
        process = subprocess.Popen(  # noqa: S603
            words,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            env={**os.environ, "PATH": path},
            cwd="/",
        )
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline and process.poll() is None:
        found = find() if _socket().exists() else None
        if found is not None:
            say(f"Docker Engine {found.version()['Version']} answers at {host(found)}")
            return found
        time.sleep(0.1)
    if process.poll() is None:
        process.kill()
    last = "\n".join(log.read_text(errors="replace").strip().split("\n")[-12:])
    raise EngineError(f"the engine does not start; {log} ends:\n{last}")


def _program(name: str) -> Path:
    found = sorted((_home() / "root").rglob(name))
    if not found:
        raise EngineError(f"{name} is not in Debian's {SUITE} packages {', '.join(PACKAGES)}")
    return found[0]


def stop(say: Callable[[str], None] = print) -> None:
    """Stop the engine that `start` started, and only that; says so where there is none.

    Raises:
        EngineError: where it does not end within STOP_TIMEOUT seconds.
    """
    with _locked():
        try:
            pid = int(_pid_file().read_text())
            ours = str(_socket()) in Path(f"/proc/{pid}/cmdline").read_text()
        except (OSError, ValueError):
            ours = False
        if not ours:
            say("No Docker Engine was started here.")
            return
        client = docker.DockerClient(base_url=f"unix://{_socket()}", timeout=PROBE_TIMEOUT)
        with contextlib.suppress(docker.errors.DockerException, requests.exceptions.RequestException):
            for container in client.containers.list():
                container.kill()
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_TIMEOUT
        # Not the pid file: it goes a moment before the process does.
        while Path(f"/proc/{pid}").exists() and not _is_zombie(pid):
            if time.monotonic() > deadline:
                raise EngineError(f"the engine (pid {pid}) did not end within {STOP_TIMEOUT:.0f} s; see {_home() / 'dockerd.log'}")
            time.sleep(0.1)
        say(f"Stopped the Docker Engine with pid {pid}.")


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@contextlib.contextmanager
def _locked() -> Iterator[None]:
    """One start or stop at a time on this machine."""
    cache().mkdir(parents=True, exist_ok=True)
    with FileLock(cache() / "engine.lock"):
        yield
