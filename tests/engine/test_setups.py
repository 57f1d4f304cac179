"""The engines that users have: TLS, ssh, contexts, a line that is cut, and those that can run no sandbox. ENGINES as users set them up."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from docker_notes.engine import client as clients
from docker_notes.engine import reaper, sandbox
from docker_notes.engine.border import NotFound, Unreachable
from docker_notes.engine.endpoint import Endpoint, named
from docker_notes.errors import EngineError, StepError

from tests.engine import lab as labs
from tests.engine.build_page import build
from tests.engine.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from docker_notes.engine.client import Client

    from tests.engine.lab import Lab

HELLO = ("echo hello", "docker run --rm node:24-slim echo inside")


@pytest.fixture(scope="module")
def lab(client: Client, sandbox_image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with labs.started(client, sandbox_image, tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The CLI's settings, without any; no engine is named."""
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "CI"):
        monkeypatch.delenv(name, raising=False)
    config = tmp_path / "config"
    config.mkdir()
    monkeypatch.setenv("DOCKER_CONFIG", str(config))
    return config


def use(monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def docker(*words: str, **environment: str) -> str:
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=False, env={**os.environ, **environment})
    assert done.returncode == 0, done.stderr
    return done.stdout


def the_cli_gets_there_too() -> None:
    """In the environment that a child is given, the CLI reaches the engine that we did."""
    endpoint = named()
    assert endpoint
    done = subprocess.run(
        ["docker", "version", "--format", "{{.Server.Version}}"],
        env=endpoint.environment(os.environ), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.strip() == clients.connect().about["Version"], done.stderr


def built() -> None:
    assert build(*HELLO).split() == ["hello", "inside"]
    the_cli_gets_there_too()


def none_left(lab: Lab) -> None:
    deadline = time.monotonic() + 10
    while left := lab.sh("docker ps -aq --filter label=docker-notes").split():
        assert time.monotonic() < deadline, left
        time.sleep(0.1)


def test_tcp_in_plain(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, DOCKER_HOST=lab.plain, DOCKER_CERT_PATH="/nowhere")  # certificates alone are no TLS
    built()
    none_left(lab)


def test_tls_by_the_environment(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = str(lab.folder / "id")  # of no use, and of no account
    use(
        monkeypatch,
        DOCKER_HOST=lab.tls,
        DOCKER_TLS_VERIFY="1",
        DOCKER_CERT_PATH=str(lab.folder),
        REQUESTS_CA_BUNDLE=bundle,
        CURL_CA_BUNDLE=bundle,
    )
    built()
    none_left(lab)


def test_tls_by_a_context_without_settings(lab: Lab, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = ",".join(f"{name}={lab.folder / file}" for name, file in {"ca": "ca.pem", "cert": "cert.pem", "key": "key.pem"}.items())
    docker("context", "create", "far", "--docker", f"host={lab.tls},{files}")
    assert not (config / "config.json").exists()
    use(monkeypatch, DOCKER_CONTEXT="far")
    built()


def test_the_current_context(lab: Lab, config: Path) -> None:
    docker("context", "create", "near", "--docker", f"host={lab.plain}")
    docker("context", "use", "near")
    assert json.loads((config / "config.json").read_text())["currentContext"] == "near"
    found = named()
    assert found == Endpoint("the Docker context 'near'", lab.plain)
    with contextlib.closing(clients.connect()) as client:
        assert client.endpoint == found


def test_ssh(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, DOCKER_HOST=f"ssh://dev@{lab.address}", PATH=f"{lab.folder / 'bin'}{os.pathsep}{os.environ['PATH']}")
    built()
    none_left(lab)


def test_ssh_by_a_context_with_a_path(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    docker("context", "create", "away", "--docker", f"host=ssh://dev@{lab.address}")
    use(
        monkeypatch,
        DOCKER_HOST=f"ssh://dev@{lab.address}:22/var/run/docker.sock",
        PATH=f"{lab.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
    )
    with contextlib.closing(clients.connect()) as client:
        assert client.ping()
    monkeypatch.delenv("DOCKER_HOST")
    use(monkeypatch, DOCKER_CONTEXT="away")
    with contextlib.closing(clients.connect()) as client:
        assert client.endpoint.name == "the Docker context 'away'"
        assert client.ping()


@pytest.mark.parametrize("bad", ["stranger", "nobody"])
def test_ssh_that_does_not_get_in(bad: str, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    user, program = ("dev", "stranger") if bad == "stranger" else ("nobody-here", "bin")
    # With a port, so that it is not the address of a line that stands already.
    host = f"ssh://{user}@{lab.address}:22"
    use(monkeypatch, DOCKER_HOST=host, PATH=f"{lab.folder / program}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(EngineError) as raised:
        clients.connect()
    words = {"stranger": "Host key verification failed.", "nobody": "Permission denied (publickey"}[bad]
    assert f"DOCKER_HOST={host} does not answer: " in str(raised.value)
    assert words in str(raised.value)
    assert str(raised.value).endswith(f"\n    Try: ssh {user}@{lab.address} docker version")


def test_what_is_wrong_with_tls(lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def said(**variables: str) -> str:
        with monkeypatch.context() as patch:
            use(patch, **variables)
            with pytest.raises(EngineError) as raised:
                clients.connect()
        return str(raised.value)

    certificates = str(lab.folder)
    other = tmp_path / "other"
    other.mkdir()
    subprocess.run(["bash", "-c", labs.CERTIFICATES, "bash", other, lab.address], check=True, capture_output=True)
    assert said(DOCKER_HOST=lab.tls) == f"{lab.tls} speaks TLS; set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH"
    assert (
        said(DOCKER_HOST=lab.plain, DOCKER_TLS_VERIFY="1", DOCKER_CERT_PATH=certificates)
        == f"{lab.plain} does not speak TLS; unset DOCKER_TLS_VERIFY"
    )
    unsigned = said(DOCKER_HOST=lab.tls, DOCKER_TLS_VERIFY="1", DOCKER_CERT_PATH=str(other))
    assert unsigned == f"the certificate of {lab.tls} is not signed by ca.pem of DOCKER_CERT_PATH"
    shutil.copy(lab.folder / "ca.pem", other)
    assert f"{lab.tls} does not take cert.pem and key.pem of DOCKER_CERT_PATH" in said(
        DOCKER_HOST=lab.tls, DOCKER_TLS_VERIFY="1", DOCKER_CERT_PATH=str(other)
    )


@pytest.mark.parametrize(
    ("engine", "says"),
    [
        ("userns", "maps users (userns-remap) and so starts no privileged container, which a sandbox is. Use another engine"),
        (
            "nopriv",
            "forbids privileged containers: “authorization denied by plugin nopriv: none may be privileged here”. Sandboxes need them.",
        ),
    ],
)
def test_an_engine_that_runs_no_sandbox_is_told_before_any_page(
    engine: str, says: str, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, DOCKER_HOST=lab.socket(engine))
    began = time.monotonic()
    with pytest.raises(EngineError) as raised:
        build(*HELLO)
    assert str(raised.value).startswith(f"The engine at {lab.socket(engine)} {says}")
    assert time.monotonic() - began < 10


def test_a_line_that_is_cut_midway_is_not_the_page_s_fault(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, DOCKER_HOST=lab.plain)
    came: list[Any] = []

    def run() -> None:
        try:
            came.append(build("sleep 50", timeout=55))
        except StepError as error:
            came.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 60
    while "sleep 50" not in lab.sh("ps -eo args | grep '[s]leep 50' || true"):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    with lab.cut(2375):
        began = time.monotonic()
        thread.join(60)
        took = time.monotonic() - began
    print(f"told after {took:.1f} s: {came}")
    assert took < 31
    (error,) = came
    assert isinstance(error, StepError)
    # Which of the two is told first depends on what was on its way.
    told = (f"the connection to {lab.plain} broke", f"the engine at {lab.plain} did not answer")
    assert any(text in str(error) for text in told)
    assert "was still running" not in str(error)
    # Nobody could tell it to end: without a sign of life, it does so by itself.
    lab.sh("docker ps -q --filter label=docker-notes=sandbox | xargs -r docker rm -f")


def ends_within(seconds: float, client: Client, container: str) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            client.api.inspect_container(container)
        except NotFound:
            return True
        time.sleep(0.1)
    return False


def test_a_sandbox_ends_without_a_sign_of_life(lab: Lab, sandbox_image: str, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, DOCKER_HOST=lab.plain)
    monkeypatch.setattr(sandbox, "_SILENCE", 3)
    monkeypatch.setattr(sandbox, "_BEAT", 0.3)
    with (
        contextlib.closing(sandbox.Sandbox.start(sandbox_image, clients.connect(), reaper.labels("test"))) as one,
        contextlib.closing(clients.connect()) as asks,
    ):
        time.sleep(5)
        assert one.sh("echo here") == (0, "here\n")
        one._ended.set()  # as if the line were cut: no more signs, but an open connection
        assert ends_within(20, asks, str(one.container.id))


def test_a_socket_without_permission(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        os.chown(path, 65534, 65534)
        path.chmod(0o600)
        script = "from docker_notes.engine.client import find\nfrom docker_notes.errors import EngineError\ntry: find()\nexcept EngineError as e: print(e)"
        # Root without its right to go through every door.
        words = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--inh-caps", "-dac_override,-dac_read_search"]
        done = subprocess.run(
            [*words, sys.executable, "-c", script], capture_output=True, text=True, check=False,
            env={**os.environ, "DOCKER_HOST": f"unix://{path}", "PYTHONPATH": str(ROOT / "macros")},
        )  # fmt: skip
    assert done.stdout.startswith(f"You may not use the Docker Engine at {path} (permission denied).\n"), done


def test_two_builds_in_pid_namespaces_of_their_own(client: Client, sandbox_image: str) -> None:
    environment = client.endpoint.environment(os.environ) | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'macros'}"}
    words = ["unshare", "-pf", "--mount-proc", sys.executable, "-m", "tests.engine.build_page", "sleep 3", "echo done"]
    both = []
    for _ in range(2):
        both.append(subprocess.Popen(words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        time.sleep(2)
    for one in both:
        output, errors = one.communicate(timeout=120)
        assert (one.returncode, output.strip()) == (0, "done"), errors


def test_a_silent_address(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, DOCKER_HOST=f"tcp://{lab.address}:2399")
    with lab.cut(2399):
        began = time.monotonic()
        with pytest.raises(Unreachable, match=r"did not answer within 3 s\.") as raised:
            clients.find()
        assert time.monotonic() - began < 4.5
    assert "does a firewall let you through?" in str(raised.value)
