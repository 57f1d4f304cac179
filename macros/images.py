"""Base images on the outer engine: pulled where a registry answers, else built from packages.

And the sandbox's own image, which holds them.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import platform
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import docker.errors

from macros import engine, owner
from macros.errors import EngineError, ImageError
from macros.owner import LABEL
from macros.recording import REGISTRY, STAND_IN, BaseImage
from macros.volatile import redact

if TYPE_CHECKING:
    import io
    from collections.abc import Callable, Iterable, Iterator

    from docker import DockerClient

DEBIAN = "debian:testing-slim"
NODE = ("node:24-slim", "node:latest")
NODE_MAJOR = 24
_HERE = Path(__file__).parent
SANDBOX_RECIPE = _HERE / "sandbox_image"
_NODE_RECIPE = _HERE / "node_image"
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
_ORIGIN, _MADE_FROM, _CONTENTS = f"{LABEL}.origin", f"{LABEL}.made-from", f"{LABEL}.contents"


def ensure(client: DockerClient, say: Callable[[str], None] = print) -> tuple[BaseImage, ...]:
    """Have the base images that pages use on the outer engine.

    Images that are there are used as they are. Otherwise they are pulled; where no registry
    answers, stand-ins are built from Debian's and npm's packages and labelled so.

    Raises:
        ImageError: where an image can neither be pulled nor built.
    """
    _ensure_debian(client, say)
    for name in NODE:
        if not _has(client, name) and not _pulled(client, name, say):
            _build_node(client, say)
    return tuple(_base(client, name) for name in NODE)


def recipe_hash() -> str:
    """A hash of the sandbox's recipe; part of every recording's key."""
    files = sorted(path for path in SANDBOX_RECIPE.rglob("*") if path.is_file())
    return hashlib.sha256(b"\0".join(p.name.encode() + b"\0" + p.read_bytes() for p in files)).hexdigest()[:16]


def ensure_sandbox(client: DockerClient, say: Callable[[str], None] = print) -> tuple[str, tuple[BaseImage, ...]]:
    """Have the sandbox's image, with the base images in it.

    Returns:
        The image's name on the outer engine, and the base images.

    Raises:
        ImageError: where it cannot be built.
    """
    with _one_at_a_time():
        bases = ensure(client, say)
        known = "".join([recipe_hash(), *(b.digest for b in bases)])
        name = f"{LABEL}/sandbox:{hashlib.sha256(known.encode()).hexdigest()[:16]}"
        if not _has(client, name):
            say("Building the sandbox's image")
            recipe = _build(client, _tar_of(SANDBOX_RECIPE), f"{LABEL}/sandbox-recipe:{recipe_hash()}", {})
            say("Loading the base images into it")
            _seed(client, recipe, name)
        return name, bases


class _one_at_a_time:  # noqa: N801  # reads as the statement it is
    """Two builds at once on one machine: the second one finds what the first one made."""

    def __enter__(self) -> None:
        engine.cache().mkdir(parents=True, exist_ok=True)
        self._file = (engine.cache() / "images.lock").open("w")
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _has(client: DockerClient, name: str) -> bool:
    try:
        client.images.get(name)
    except docker.errors.ImageNotFound:
        return False
    return True


def _base(client: DockerClient, name: str) -> BaseImage:
    image = client.images.get(name)
    labels = image.labels or {}
    origin = labels.get(_ORIGIN, REGISTRY)
    digests = image.attrs.get("RepoDigests") or []
    # Of a stand-in, not the image's id, which holds the second it was built: what it holds.
    digest = labels.get(_CONTENTS) or (digests[0].partition("@")[2] if digests else str(image.id))
    return BaseImage(name, origin, digest, labels.get(_MADE_FROM, ""))


def _pulled(client: DockerClient, name: str, say: Callable[[str], None]) -> bool:
    say(f"Pulling {name}")
    repository, _, tag = name.partition(":")
    try:
        client.images.pull(repository, tag=tag)
    except docker.errors.DockerException as error:
        reason = redact(str(getattr(error, "explanation", None) or error)).strip()
        say(f"  it cannot be pulled here ({reason[-120:]}); a stand-in is built from packages")
        return False
    return True


def _ensure_debian(client: DockerClient, say: Callable[[str], None]) -> None:
    if _has(client, DEBIAN) or _pulled(client, DEBIAN, say):
        return
    if os.geteuid() or not Path("/etc/debian_version").exists():
        raise ImageError(
            "no registry answers, and stand-in images are built with debootstrap, which needs root on Debian.\n"
            "Let this engine reach Docker Hub or a mirror of it, or run as root on Debian."
        )
    rootfs = engine.cache() / "debian-testing.tar"
    if not rootfs.exists():
        _debootstrap(rootfs, say)
    say(f"Importing {DEBIAN}")
    repository, _, tag = DEBIAN.partition(":")
    changes = [
        'CMD ["bash"]',
        f"LABEL {LABEL}=base",
        f"LABEL {_ORIGIN}={STAND_IN}",
        f'LABEL {_MADE_FROM}="Debian {engine.SUITE}, debootstrap minbase"',
        f"LABEL {_CONTENTS}={_contents(rootfs)}",
    ]
    client.api.import_image_from_file(str(rootfs), repository=repository, tag=tag, changes=changes)


def _contents(rootfs: Path) -> str:
    """A digest of the packages in a root file system, with their versions."""
    with tarfile.open(rootfs) as archive:
        status = archive.extractfile("./var/lib/dpkg/status")
        if status is None:
            raise ImageError(f"{rootfs} holds no dpkg status; remove it, it is made again")
        lines = status.read().decode().splitlines()
    told = "\n".join(line for line in lines if line.startswith(("Package: ", "Version: ")))
    return f"sha256:{hashlib.sha256(told.encode()).hexdigest()}"


def _debootstrap(rootfs: Path, say: Callable[[str], None]) -> None:
    say(f"Building a Debian {engine.SUITE} root file system with debootstrap")
    if not shutil.which("debootstrap"):
        engine.install(["debootstrap"], say)
    mirror = engine.mirror()
    with tempfile.TemporaryDirectory(prefix="docker-notes.") as folder:
        root = Path(folder) / "root"
        words = ["debootstrap", "--variant=minbase", "--include=ca-certificates", engine.SUITE, str(root), mirror]
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


def _build_node(client: DockerClient, say: Callable[[str], None]) -> None:
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine())
    if machine is None:
        raise ImageError(f"no registry answers, and there is no Node package for {platform.machine()}")
    if not shutil.which("npm"):
        engine.install(["npm"], say)
    say(f"Building {' and '.join(NODE)} from the npm packages node-linux-{machine} and npm")
    with tempfile.TemporaryDirectory(prefix="docker-notes.") as name:
        folder = Path(name)
        for part, package in {"node": f"node-linux-{machine}@{NODE_MAJOR}", "npm": "npm@11"}.items():
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
        below = (client.images.get(DEBIAN).labels or {}).get(_CONTENTS, DEBIAN)
        recipe = (folder / "Dockerfile").read_text()
        contents = hashlib.sha256(f"{below}\n{version}\n{npm}\n{recipe}".encode()).hexdigest()
        labels = {
            LABEL: "base",
            _ORIGIN: STAND_IN,
            _MADE_FROM: f"Debian {engine.SUITE} (debootstrap), Node {version} and npm {npm} from their npm packages",
            _CONTENTS: f"sha256:{contents}",
        }
        wanted = ["Dockerfile", "docker-entrypoint.sh", "node/package/bin/node", "npm/package"]
        image = _build(client, _tar_of(folder, wanted), NODE[0], {"NODE_VERSION": version}, labels)
    for name in NODE:
        if not _has(client, name):
            repository, _, tag = name.partition(":")
            client.api.tag(image, repository, tag)


def _tar_of(folder: Path, names: Iterable[str] = (".",)) -> io.BufferedRandom:
    file = tempfile.TemporaryFile()  # noqa: SIM115  # the caller's to read; gone when closed
    with tarfile.open(fileobj=file, mode="w") as tar:
        for name in names:
            tar.add(folder / name, arcname=name, filter=_as_root)
    file.seek(0)
    return file


def _as_root(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = 0
    info.uname = info.gname = "root"
    return info


def _build(client: DockerClient, context: Any, tag: str, arguments: dict[str, str], labels: dict[str, str] | None = None) -> str:
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


def _seed(client: DockerClient, recipe: str, name: str) -> None:
    repository, _, tag = name.partition(":")
    container = client.containers.create(
        recipe,
        entrypoint=["/usr/local/sbin/seed"],
        privileged=True,
        labels=owner.labels("seed"),
        tmpfs={"/var/lib/docker": "exec,suid,dev"},
        use_config_proxy=False,
    )
    try:
        with tempfile.TemporaryDirectory(prefix="docker-notes.") as folder:
            for file in _saved(client, Path(folder)):
                container.put_archive("/", _tar_of(Path(folder), [str(file.relative_to(folder))]))
        container.start()
        status = container.wait()["StatusCode"]
        if status:
            raise ImageError(
                f"loading the base images into the sandbox failed:\n{container.logs(tail=15).decode(errors='replace')}"
            )
        # The container's own labels go with it into the image, and from there to what is made of it.
        changes = ['ENTRYPOINT ["/usr/local/sbin/sandbox"]', f'LABEL {LABEL}=image {owner.OWNER}=""']
        client.api.commit(str(container.id), repository, tag, changes=changes)
    except docker.errors.DockerException as error:
        raise EngineError(f"loading the base images into the sandbox failed: {error}") from error
    finally:
        container.remove(force=True, v=True)


def _saved(client: DockerClient, folder: Path) -> Iterator[Path]:
    (folder / "seed").mkdir()
    ids = {name: str(client.images.get(name).id) for name in NODE}
    for number, image in enumerate(dict.fromkeys(ids.values())):
        path = folder / "seed" / f"{number}.tar"
        with path.open("wb") as file:
            file.writelines(client.api.get_image(image))
        yield path
    names = folder / "seed" / "names"
    names.write_text("".join(f"{image} {name}\n" for name, image in ids.items()))
    yield names
