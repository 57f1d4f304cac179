"""Stand-ins for official images where no registry answers: built from Debian's and npm's packages, and labelled so."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import tarfile
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from docker_notes.engine.debian import install
from docker_notes.engine.debian import mirror as debian_mirror
from docker_notes.engine.places import cache
from docker_notes.engine.reaper import LABEL
from docker_notes.errors import ImageError
from docker_notes.recording.model import STAND_IN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from docker import DockerClient

__all__ = ["CONTENTS", "MADE_FROM", "ORIGIN", "build", "debian", "node", "root_file_system", "tar_of"]

ORIGIN, MADE_FROM, CONTENTS = f"{LABEL}.origin", f"{LABEL}.made-from", f"{LABEL}.contents"
"""Labels: where an image came from, from what it was made, and a digest of what it holds."""
_NODE_RECIPE = Path(__file__).parent / "node_image"
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


def debian(client: DockerClient, name: str, suite: str, say: Callable[[str], None]) -> None:
    """Import a minimal Debian of a suite under an image's name.

    Raises:
        ImageError: where debootstrap fails, or this is not root on Debian.
    """
    if os.geteuid() or not Path("/etc/debian_version").exists():
        raise ImageError(
            "no registry answers, and stand-in images are built with debootstrap, which needs root on Debian.\n"
            "Let this engine reach Docker Hub or a mirror of it, or run as root on Debian."
        )
    rootfs = root_file_system(suite)
    if not rootfs.exists():
        _debootstrap(suite, rootfs, say)
    say(f"Importing {name}")
    repository, _, tag = name.partition(":")
    changes = [
        'CMD ["bash"]',
        f"LABEL {LABEL}=base",
        f"LABEL {ORIGIN}={STAND_IN}",
        f'LABEL {MADE_FROM}="Debian {suite} (debootstrap)"',
        f"LABEL {CONTENTS}={_contents(rootfs)}",
    ]
    client.api.import_image_from_file(str(rootfs), repository=repository, tag=tag, changes=changes)


def root_file_system(suite: str) -> Path:
    """Where a suite's root file system is kept, as a tar."""
    return cache() / f"debian-{suite}.tar"


def _contents(rootfs: Path) -> str:
    """A digest of the packages in a root file system, with their versions."""
    with tarfile.open(rootfs) as archive:
        status = archive.extractfile("./var/lib/dpkg/status")
        if status is None:
            raise ImageError(f"{rootfs} holds no dpkg status; remove it, it is made again")
        lines = status.read().decode().splitlines()
    told = "\n".join(line for line in lines if line.startswith(("Package: ", "Version: ")))
    return f"sha256:{hashlib.sha256(told.encode()).hexdigest()}"


def _debootstrap(suite: str, rootfs: Path, say: Callable[[str], None]) -> None:
    say(f"Building a Debian {suite} root file system with debootstrap")
    if not shutil.which("debootstrap"):
        install(["debootstrap"], say)
    mirror = debian_mirror()
    with tempfile.TemporaryDirectory(prefix="docker-notes.") as folder:
        root = Path(folder) / "root"
        words = ["debootstrap", "--variant=minbase", "--include=ca-certificates", suite, str(root), mirror]
        done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            last = "\n".join(done.stdout.strip().split("\n")[-6:])
            raise ImageError(f"debootstrap failed:\n{last}")
        if _CERTIFICATES.exists():
            shutil.copyfile(_CERTIFICATES, root / _CERTIFICATES.relative_to("/"))
        # The Release file of a mirror's snapshot may be past its date.
        (root / "etc/apt/apt.conf.d/10snapshot").write_text('Acquire::Check-Valid-Until "false";\n')
        for waste in ("usr/share/doc", "usr/share/man", "usr/share/locale", "var/cache/apt", "var/lib/apt/lists", "var/log"):
            shutil.rmtree(root / waste, ignore_errors=True)
            (root / waste).mkdir(parents=True)
        for needed in ("var/lib/apt/lists/partial", "var/cache/apt/archives/partial"):
            (root / needed).mkdir(parents=True)
        aside = rootfs.with_suffix(f".{os.getpid()}")
        subprocess.run(  # noqa: S603
            ["tar", "--create", "--one-file-system", f"--directory={root}", f"--file={aside}", "."],  # noqa: S607
            check=True,
        )
        aside.rename(rootfs)


def node(client: DockerClient, names: Sequence[str], major: int, below: str, say: Callable[[str], None]) -> None:
    """Build Node images from the npm packages of node and npm.

    Args:
        client: the outer engine.
        names: the images' names.
        major: Node's major version; the newest of it that npm has is taken.
        below: the image that they stand on.
        say: told what is done.

    Raises:
        ImageError: where npm or the build fails, or there is no package for this machine.
    """
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine())
    if machine is None:
        raise ImageError(f"no registry answers, and there is no Node package for {platform.machine()}")
    if not shutil.which("npm"):
        install(["npm"], say)
    say(f"Building {' and '.join(names)} from the npm packages node-linux-{machine} and npm")
    with tempfile.TemporaryDirectory(prefix="docker-notes.") as name:
        folder = Path(name)
        for part, package in {"node": f"node-linux-{machine}@{major}", "npm": "npm@11"}.items():
            words = ["npm", "pack", "--silent", "--pack-destination", name, package]
            done = subprocess.run(words, cwd=name, capture_output=True, text=True, check=False)  # noqa: S603
            if done.returncode:
                raise ImageError(f"`npm pack {package}` failed: {done.stderr.strip()[-300:]}")
            with tarfile.open(folder / done.stdout.strip().split("\n")[-1]) as archive:
                archive.extractall(folder / part, filter="data")
        version = subprocess.run(  # noqa: S603
            [folder / "node/package/bin/node", "--version"], capture_output=True, text=True, check=True
        ).stdout.strip()[1:]
        npm = json.loads((folder / "npm/package/package.json").read_text())["version"]
        for path in _NODE_RECIPE.iterdir():
            shutil.copy(path, folder)
        told = client.images.get(below).labels or {}
        beneath = told.get(CONTENTS, below)
        recipe = (folder / "Dockerfile").read_text()
        contents = hashlib.sha256(f"{beneath}\n{version}\n{npm}\n{recipe}".encode()).hexdigest()
        labels = {
            LABEL: "base",
            ORIGIN: STAND_IN,
            MADE_FROM: f"{told.get(MADE_FROM, below)}, Node {version} and npm {npm} from their npm packages",
            CONTENTS: f"sha256:{contents}",
        }
        wanted = ["Dockerfile", "docker-entrypoint.sh", "node/package/bin/node", "npm/package"]
        with tar_of(folder, wanted) as context:
            image = build(client, context, names[0], {"NODE_VERSION": version}, labels)
    for name in names[1:]:
        repository, _, tag = name.partition(":")
        client.api.tag(image, repository, tag)


@contextmanager
def tar_of(folder: Path, names: Iterable[str] = (".",)) -> Iterator[IO[bytes]]:
    """Files of a folder as a tar, all of them root's; gone at the context's end."""
    with tempfile.TemporaryFile() as file:
        with tarfile.open(fileobj=file, mode="w") as tar:
            for name in names:
                tar.add(folder / name, arcname=name, filter=_as_root)
        file.seek(0)
        yield file


def _as_root(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = 0
    info.uname = info.gname = "root"
    return info


def build(
    client: DockerClient, context: IO[bytes], tag: str, arguments: dict[str, str], labels: dict[str, str] | None = None
) -> str:
    """Build an image with the engine's own builder, which every engine has.

    Returns:
        The image's id.

    Raises:
        ImageError: where the build fails; the message holds its last lines.
    """
    log: list[str] = []
    stream = client.api.build(
        fileobj=context, custom_context=True, tag=tag, buildargs=arguments, labels={LABEL: "image", **(labels or {})},
        rm=True, forcerm=True, decode=True,
    )  # fmt: skip
    for message in stream:
        log.append(message.get("stream", "").rstrip())
        if "error" in message:
            last = "\n".join(filter(None, log))[-1500:]
            raise ImageError(f"building {tag} failed: {message['error']}\n{last}")
    return str(client.images.get(tag).id)
