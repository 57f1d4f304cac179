"""As root on Debian: an engine of our own, where none answers.

It is Debian's build from its `testing` suite, unpacked into a private folder with its own data root
and socket. Debian 12's own engine (20.10) cannot run privileged containers where root lacks
CAP_SYS_RESOURCE.
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

from filelock import FileLock

from docker_notes.engine.client import HOW_TO_GET_ONE, Client, find, host, reach
from docker_notes.engine.debian import apt, install, mirror
from docker_notes.engine.endpoint import Endpoint
from docker_notes.engine.generations import SUITE
from docker_notes.engine.places import cache, runtime, started_socket
from docker_notes.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["start", "stop"]

PACKAGES = ("docker.io", "docker-cli", "docker-buildx", "docker-compose", "containerd")
HELPERS = {"runc": "runc", "iptables": "iptables", "debootstrap": "debootstrap"}
START_TIMEOUT = 60.0  # seconds
STOP_TIMEOUT = 60.0


def _home() -> Path:
    return cache() / "engine"


def _ours() -> Endpoint:
    return Endpoint("the engine that was started here", f"unix://{started_socket()}")


def _pid_file() -> Path:
    return runtime() / "docker.pid"


def start(say: Callable[[str], None] = print) -> Client:
    """Find an engine; where none answers and this is root on Debian, fetch and start one.

    Args:
        say: told what is being done.

    Raises:
        EngineError: where none answers and none can be started.
    """
    with _locked():
        found = find()
        if found is not None:
            say(f"Docker Engine {found.about['Version']} answers at {host(found)}")
            return found
        if os.geteuid() or not Path("/etc/debian_version").exists():
            raise EngineError(HOW_TO_GET_ONE)
        install([package for program, package in HELPERS.items() if not shutil.which(program)], say)
        _fetch(say)
        return _launch(say)


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
        apt(*options, "update", "-qq")
        apt(*options, "download", "-qq", *PACKAGES, cwd=aside)
        for package in sorted(aside.glob("*.deb")):
            subprocess.run(["dpkg", "-x", package, aside / "root"], check=True)  # noqa: S603, S607
        (aside / "root").rename(target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _launch(say: Callable[[str], None]) -> Client:
    root, run = _home() / "root", runtime()
    run.mkdir(parents=True, exist_ok=True)
    log = _home() / "dockerd.log"
    binaries = root / "usr/bin", root / "usr/sbin"
    words = [
        shutil.which("dockerd", path=os.pathsep.join(map(str, binaries))) or "dockerd",
        f"--host=unix://{started_socket()}",
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
        # A client of its own: while it starts, it may take a call and not answer.
        with contextlib.suppress(EngineError):
            found = reach(_ours())
            say(f"Docker Engine {found.about['Version']} answers at {host(found)}")
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
            ours = str(started_socket()) in Path(f"/proc/{pid}/cmdline").read_text()
        except (OSError, ValueError):
            ours = False
        if not ours:
            say("No Docker Engine was started here.")
            return
        with contextlib.suppress(EngineError):
            client = reach(_ours())
            for container in client.api.containers():
                client.api.kill(container["Id"])
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
