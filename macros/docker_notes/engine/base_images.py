"""Base images on the outer engine: pulled where a registry answers, else stand-ins from packages.

And the sandbox's own image, which holds them and an engine of the generation that is wanted.
"""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from docker_notes.engine import fallback as stand_ins
from docker_notes.engine import reaper as owner
from docker_notes.engine.border import NotFound
from docker_notes.engine.generations import NODE, NODE_MAJOR, SANDBOX_RECIPE, SUITE, generation, recipe_hash
from docker_notes.engine.places import cache
from docker_notes.engine.reaper import LABEL
from docker_notes.errors import EngineError, ImageError
from docker_notes.recording.model import REGISTRY, STAND_IN, BaseImage
from docker_notes.recording.redact import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from docker import DockerClient

    from docker_notes.engine.generations import Generation

__all__ = ["DEBIAN", "ensure", "ensure_sandbox", "ready"]

DEBIAN = f"debian:{SUITE}-slim"


def ensure(client: DockerClient, say: Callable[[str], None] = print) -> tuple[BaseImage, ...]:
    """Have the base images that pages use on the outer engine.

    Images that are there are used as they are. Otherwise they are pulled; where no registry
    answers, stand-ins are built from Debian's and npm's packages and labelled so.

    Raises:
        ImageError: where an image can neither be pulled nor built.
    """
    _ensure_debian(client, SUITE, say)
    missing = [name for name in NODE if not _has(client, name) and not _pulled(client, name, say)]
    if missing:
        # One Node by all its names: a stand-in that is there may hold the version of before a move.
        others = [name for name in NODE if name not in missing and _base(client, name).origin == STAND_IN]
        stand_ins.node(client, [*missing, *others], NODE_MAJOR, DEBIAN, say)
    return tuple(_base(client, name) for name in NODE)


def ensure_sandbox(client: DockerClient, say: Callable[[str], None] = print) -> tuple[str, tuple[BaseImage, ...]]:
    """Have the sandbox's image, with the base images in it.

    Returns:
        The image's name on the outer engine, and the base images.

    Raises:
        ImageError: where it cannot be built, or no such generation is known.
    """
    wanted = generation()
    cache().mkdir(parents=True, exist_ok=True)
    # Two builds at once on one machine: the second one finds what the first one made.
    with FileLock(cache() / "images.lock"):
        bases = ensure(client, say)
        name = _name(wanted, bases)
        if not _has(client, name):
            _ensure_debian(client, wanted.suite, say)
            say("Building the sandbox's image")
            arguments = {"SUITE": wanted.suite, "PACKAGES": wanted.packages}
            tag = f"{LABEL}/sandbox-recipe:{recipe_hash()}-{wanted.suite}"
            with stand_ins.tar_of(SANDBOX_RECIPE) as context:
                made = stand_ins.build(client, context, tag, arguments)
            say("Loading the base images into it")
            _seed(client, made, name, wanted.environment)
        return name, bases


def ready(client: DockerClient) -> str:
    """The name of the sandbox's image where an engine has it and the base images; else an empty text.

    Raises:
        ImageError: where no such generation is known.
    """
    wanted = generation()
    if not all(_has(client, name) for name in NODE):
        return ""
    name = _name(wanted, tuple(_base(client, base) for base in NODE))
    return name if _has(client, name) else ""


def _name(wanted: Generation, bases: tuple[BaseImage, ...]) -> str:
    known = "".join([recipe_hash(), wanted.suite, *(b.digest for b in bases)])
    return f"{LABEL}/sandbox:{hashlib.sha256(known.encode()).hexdigest()[:16]}"


def _ensure_debian(client: DockerClient, suite: str, say: Callable[[str], None]) -> None:
    name = f"debian:{suite}-slim"
    if not _has(client, name) and not _pulled(client, name, say):
        stand_ins.debian(client, name, suite, say)


def _has(client: DockerClient, name: str) -> bool:
    try:
        client.images.get(name)
    except NotFound:
        return False
    return True


def _base(client: DockerClient, name: str) -> BaseImage:
    image = client.images.get(name)
    labels = image.labels or {}
    origin = labels.get(stand_ins.ORIGIN, REGISTRY)
    digests = image.attrs.get("RepoDigests") or []
    # Of a stand-in, not the image's id, which holds the second it was built: what it holds.
    digest = labels.get(stand_ins.CONTENTS) or (digests[0].partition("@")[2] if digests else str(image.id))
    return BaseImage(name, origin, digest, labels.get(stand_ins.MADE_FROM, ""))


def _pulled(client: DockerClient, name: str, say: Callable[[str], None]) -> bool:
    say(f"Pulling {name}")
    repository, _, tag = name.partition(":")
    try:
        client.images.pull(repository, tag=tag)
    except EngineError as error:
        reason = redact(getattr(error, "words", "") or str(error)).strip()
        say(f"  it cannot be pulled here ({reason[-120:]}); a stand-in is built from packages")
        return False
    return True


def _seed(client: DockerClient, recipe: str, name: str, environment: tuple[str, ...]) -> None:
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
                with stand_ins.tar_of(Path(folder), [str(file.relative_to(folder))]) as archive:
                    container.put_archive("/", archive)
        container.start()
        status = container.wait()["StatusCode"]
        if status:
            raise ImageError(
                f"loading the base images into the sandbox failed:\n{container.logs(tail=15).decode(errors='replace')}"
            )
        # The container's own labels go with it into the image, and from there to what is made of it.
        labels = f'LABEL {LABEL}=image {owner.OWNER}=""'
        changes = ['ENTRYPOINT ["/usr/local/sbin/sandbox"]', labels, *(f"ENV {value}" for value in environment)]
        client.api.commit(str(container.id), repository, tag, changes=changes)
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
