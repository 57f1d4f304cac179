"""An engine in a container, set up as users have theirs: TLS, ssh, users mapped, privileged containers forbidden.

One image and one container for all tests of a session; three engines in it, of which the first has what sandboxes need.
"""

from __future__ import annotations

import io
import shlex
import subprocess
import tarfile
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from docker_notes.engine import fallback, reaper

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker.models.containers import Container
    from docker_notes.engine.client import Client

# On the sandbox's own image, as that has the packages of an engine.
RECIPE = """\
FROM {sandbox}
RUN apt-get update -qq \\
    && DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends openssh-server python3 socat uidmap >/dev/null \\
    && rm -rf /var/lib/apt/lists/*
COPY nopriv.py /usr/local/sbin/
ENTRYPOINT ["sleep", "infinity"]
"""
# Denies privileged containers: https://docs.docker.com/engine/extend/plugins_authorization/
NOPRIV = """\
import base64, http.server, json, os, socketserver
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or "{}")
        body = base64.b64decode(asked.get("RequestBody") or "")
        privileged = b'"Privileged":true' in body.replace(b" ", b"")
        answer = {"Implements": ["authz"]} if "Activate" in self.path else {"Allow": not privileged, "Msg": "none may be privileged here"}
        data = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
    def address_string(self): return ""
    def log_message(self, *words): pass
os.makedirs("/run/docker/plugins", exist_ok=True)
class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer): daemon_threads = True
Server("/run/docker/plugins/nopriv.sock", Handler).serve_forever()
"""
CERTIFICATES = """
set -e; cd "$1"
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca-key.pem -out ca.pem -subj /CN=lab -days 2 \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign
sign() {
    openssl req -newkey rsa:2048 -nodes -keyout "$1key.pem" -out csr -subj "/CN=$2"; printf "$3" >ext
    openssl x509 -req -in csr -CA ca.pem -CAkey ca-key.pem -CAcreateserial -extfile ext -out "$1cert.pem" -days 2
}
sign server- lab "subjectAltName=IP:$2\\nextendedKeyUsage=serverAuth\\n"
sign '' client 'extendedKeyUsage=clientAuth\\n'
"""


@dataclass
class Lab:
    """The container, its address, and a folder with `ca.pem`, `cert.pem`, `key.pem` and an `ssh` that gets in."""

    container: Container
    address: str
    folder: Path

    @property
    def plain(self) -> str:
        return f"tcp://{self.address}:2375"

    @property
    def tls(self) -> str:
        return f"tcp://{self.address}:2376"

    def socket(self, name: str) -> str:
        """An engine's own, behind a port, as `tcp://`."""
        return f"tcp://{self.address}:{ {'userns': 2377, 'nopriv': 2378}[name] }"

    def sh(self, script: str) -> str:
        status, output = self.container.exec_run(["bash", "-c", script])
        said = cast("bytes", output).decode()
        assert status == 0, said
        return said

    @contextmanager
    def cut(self, port: int) -> Iterator[None]:
        """Nothing to and from that port arrives, and nobody is told."""
        rules = [f"INPUT -i eth0 -p tcp --dport {port} -j DROP", f"OUTPUT -o eth0 -p tcp --sport {port} -j DROP"]
        self.sh("; ".join(f"iptables -I {rule}" for rule in rules))
        try:
            yield
        finally:
            self.sh("; ".join(f"iptables -D {rule}" for rule in rules))


@contextmanager
def started(client: Client, sandbox_image: str, folder: Path) -> Iterator[Lab]:
    """Have the lab, with the images that a page needs on its first engine."""
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "Dockerfile").write_text(RECIPE.format(sandbox=sandbox_image))
        (Path(name) / "nopriv.py").write_text(NOPRIV)
        with fallback.tar_of(Path(name)) as context:
            image = fallback.build(client, context, f"{reaper.LABEL}/lab:latest", {})
    container = client.containers.run(
        image, detach=True, privileged=True, auto_remove=True, labels=reaper.labels("test"), use_config_proxy=False,
        stop_signal="KILL",
    )  # fmt: skip
    try:
        container.reload()
        lab = Lab(container, str(container.attrs["NetworkSettings"]["Networks"]["bridge"]["IPAddress"]), folder)
        _certificates(lab)
        _ssh(lab)
        _engines(lab)
        _carry(client, lab, [sandbox_image, "node:24-slim", "node:latest", "debian:testing-slim"])
        yield lab
    finally:
        container.remove(force=True, v=True)


def _certificates(lab: Lab) -> None:
    subprocess.run(["bash", "-c", CERTIFICATES, "bash", str(lab.folder), lab.address], check=True, capture_output=True)
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        for name in ("ca.pem", "server-cert.pem", "server-key.pem"):
            tar.add(lab.folder / name, arcname=name)
    lab.container.put_archive("/etc/docker", data.getvalue())


def _ssh(lab: Lab) -> None:
    key = lab.folder / "id"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    public = key.with_suffix(".pub").read_text().strip()
    lab.sh(
        "useradd -m -s /bin/bash -G docker dev && ssh-keygen -A && mkdir -p /run/sshd /home/dev/.ssh && "
        f"echo {shlex.quote(public)} >/home/dev/.ssh/authorized_keys && chown -R dev /home/dev/.ssh && chmod 700 /home/dev/.ssh && "
        "usermod -p '*' dev && /usr/sbin/sshd"
    )
    host = lab.sh("cat /etc/ssh/ssh_host_ed25519_key.pub").split()
    (lab.folder / "known_hosts").write_text(f"{lab.address} {host[0]} {host[1]}\n")
    for name, known in {"bin": lab.folder / "known_hosts", "stranger": "/dev/null"}.items():
        program = lab.folder / name / "ssh"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\nexec /usr/bin/ssh -F none -i {key} -o UserKnownHostsFile={known} "$@"\n')
        program.chmod(0o755)


def _engines(lab: Lab) -> None:
    tls = "--tlsverify --tlscacert=/etc/docker/ca.pem --tlscert=/etc/docker/server-cert.pem --tlskey=/etc/docker/server-key.pem"
    # Each in a network of its own, as one engine removes another's bridge; their sockets are seen all the same.
    other = (
        "exec unshare --net dockerd -H unix:///run/{0}.sock --bridge=none --iptables=false --ip6tables=false "
        "--storage-driver=vfs --data-root=/srv/{0} --exec-root=/run/{0} --pidfile=/run/{0}.pid"
    )
    port = "exec socat TCP-LISTEN:{0},fork,reuseaddr UNIX-CONNECT:{1}"
    lab.sh("rm -f /etc/docker/daemon.json")
    for words in (
        f"exec dockerd --bip=10.201.0.1/24 -H unix:///var/run/docker.sock -H tcp://0.0.0.0:2376 {tls}",
        port.format(2375, "/var/run/docker.sock"),
        f"{other.format('userns')} --userns-remap=default",
        port.format(2377, "/run/userns.sock"),
        "exec python3 /usr/local/sbin/nopriv.py",
        f"sleep 1; {other.format('nopriv')} --authorization-plugin=nopriv",
        port.format(2378, "/run/nopriv.sock"),
    ):
        lab.container.exec_run(["bash", "-c", f"{{ {words}; }} >>/var/log/lab.log 2>&1"], detach=True)
    deadline = time.monotonic() + 60
    ready = "for socket in /var/run/docker /run/userns /run/nopriv; do docker -H unix://$socket.sock version; done"
    while lab.container.exec_run(["bash", "-c", f"set -e; {ready}"])[0]:
        assert time.monotonic() < deadline, lab.sh("tail -n 60 /var/log/lab.log")
        time.sleep(0.3)


def _carry(client: Client, lab: Lab, images: list[str]) -> None:
    """Over the network between the two engines' clients, in one piece: layers that they share go once."""
    url = f"{client.api.base_url}/v{client.api.api_version}/images/get"
    with subprocess.Popen(["docker", "-H", lab.plain, "load", "--quiet"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as load:
        response = client.api.get(url, params={"names": images}, stream=True)
        assert load.stdin
        for piece in response.iter_content(1 << 20):
            load.stdin.write(piece)
        load.stdin.close()
        assert load.wait() == 0
