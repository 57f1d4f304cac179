"""A page may prune, print and break what it likes: nothing of the author's is touched, seen or published."""

from __future__ import annotations

import base64
import contextlib
import http.server
import json
import threading
from typing import TYPE_CHECKING

import pytest
from docker_notes.engine import base_images as images
from docker_notes.engine import client as engine
from docker_notes.engine import reaper as owner

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from docker import DockerClient
    from docker_notes.engine.client import Client
    from docker_notes.engine.sandbox import Sandbox

    from tests.engine.conftest import Clone

CANARY = "canary-6f1d"
SECRET = "hush-3b9e7c"
AUTH = base64.b64encode(f"me:{SECRET}".encode()).decode()

PRUNE = """\
# Prune

```console
$ docker run --rm --privileged --pid host --network host -v /:/host node:24-slim sh -c \\
    'cat /proc/[0-9]*/environ | tr "\\0" "\\n"; cat /host/root/.docker/*; ls /host /host/home /host/root; mount'
? 0
$ docker run -d --name mine node:24-slim sleep 100
$ docker volume create mine
$ docker stop -t 0 mine
$ docker system prune -af --volumes
$ docker ps -a; docker images; docker volume ls; docker network ls
$ env; cat ~/.docker/config.json
? 1
```
"""


@pytest.fixture
def canaries(client: DockerClient, sandbox_image: str) -> Iterator[None]:  # brings the images
    """Things on the outer engine with a name to be seen."""
    with contextlib.ExitStack() as stack:
        client.images.get(images.DEBIAN).tag(CANARY, "latest")
        stack.callback(client.images.remove, f"{CANARY}:latest")
        volume = client.volumes.create(CANARY)
        stack.callback(volume.remove)
        network = client.networks.create(CANARY)
        stack.callback(network.remove)
        container = client.containers.create(images.DEBIAN, ["sleep", "1000"], name=CANARY)
        stack.callback(container.remove, force=True)
        yield
        assert client.containers.get(CANARY).id == container.id
        assert client.volumes.get(CANARY).name == volume.name
        assert client.networks.get(CANARY).id == network.id
        assert client.images.get(CANARY).id == client.images.get(images.DEBIAN).id


@pytest.mark.usefixtures("canaries")
def test_a_page_that_prunes_everything(clone: Clone, tmp_path: Path, client: Client) -> None:
    config = tmp_path / "docker-config"
    config.mkdir()
    (config / "config.json").write_text(
        json.dumps({"auths": {"https://index.docker.io/v1/": {"auth": AUTH}}, "proxies": {"default": {"httpProxy": SECRET}}})
    )
    clone.write(prune=PRUNE)
    done = clone.build(CANARY=SECRET, DOCKER_CONFIG=str(config), DOCKER_HOST=engine.host(client), HTTP_PROXY_OF_THE_AUTHOR=SECRET)
    assert done.returncode == 0, done.stderr
    published = clone.tree("site", "recordings")
    assert published
    for name, data in published.items():
        for canary in (CANARY, SECRET, AUTH):
            assert canary.encode() not in data, name
    prune = next(step for step in clone.executions() if "prune -af" in step["command"])
    assert prune["exit_status"] == 0
    assert "Total reclaimed space" in clone.page("prune")


def test_limits_and_mounts(sandbox: Sandbox) -> None:
    about = sandbox.client.api.inspect_container(str(sandbox.container.id))
    host = about["HostConfig"]
    assert not host["Binds"]
    assert not host["PortBindings"]
    assert {mount["Type"] for mount in about["Mounts"]} <= {"volume"}
    assert host["ReadonlyRootfs"]
    assert host["PidsLimit"]
    assert host["Memory"] == host["MemorySwap"] > 0
    assert owner.LABEL in about["Config"]["Labels"]
    assert {entry.partition("=")[0] for entry in about["Config"]["Env"]} == {"PATH"}


class _Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(CANARY.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def port_of_the_machine() -> Iterator[int]:
    """A server on the machine that runs the outer engine, such as that engine's API could be."""
    with http.server.ThreadingHTTPServer(("0.0.0.0", 0), _Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_the_machine_is_out_of_reach(sandbox: Sandbox, client: DockerClient, sandbox_image: str, port_of_the_machine: int) -> None:
    gateway = client.networks.get("bridge").attrs["IPAM"]["Config"][0]["Gateway"]
    url = f"http://{gateway}:{port_of_the_machine}"
    # Any other container of the outer engine reaches it, so the rules are what stands in the way.
    # In memory, as docker's SDK would leave the image's volume behind.
    other = client.containers.run(sandbox_image, ["-s", url], entrypoint="curl", remove=True, tmpfs={"/var/lib/docker": ""})
    assert other.decode() == CANARY
    status, output = sandbox.sh('curl -sS --max-time 5 "$1"', url, user="reader")
    assert (status, CANARY in output) == (7, False)
    fetch = f"fetch('{url}').then((r) => r.text()).then(console.log, (e) => console.log(e.cause.code))"
    for network in ("bridge", "host"):
        output = sandbox.sh('docker run --rm --network "$1" node:24-slim node -e "$2"', network, fetch, user="reader")[1]
        assert CANARY not in output
        assert "EHOSTUNREACH" in output


def test_builds_reach_the_package_registry(sandbox: Sandbox) -> None:
    script = "printf 'FROM node:24-slim\\nRUN npm view express@5 name --silent\\n' | docker build --progress plain -"
    status, output = sandbox.sh(script, user="reader")
    assert status == 0, output
    assert "express" in output
