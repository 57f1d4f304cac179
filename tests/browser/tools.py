"""What the tests take from Debian and npm, installed where it is missing."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import platform
import shutil
import subprocess
from pathlib import Path

from docker_notes.engine.debian import install
from docker_notes.engine.places import cache

HERE = Path(__file__).parent
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-default-apps", "--hide-scrollbars",
)  # fmt: skip
_PACKAGES = {"chromium": "chromium", "chromedriver": "chromium-driver", "npm": "npm"}
# Of fixed width, and with arrows: a bare machine has none.
_FONT = Path("/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf")


def have_browser() -> None:
    """Install Chromium, its driver and fonts, as root on Debian.

    Raises:
        macros.errors.EngineError: where apt fails.
    """
    missing = [package for program, package in _PACKAGES.items() if not shutil.which(program)]
    install(missing + ([] if _FONT.exists() else ["fonts-dejavu-core"]))


def node_modules() -> Path:
    """The packages of package-lock.json, in a folder of their own that the next run finds again."""
    lock = (HERE / "package-lock.json").read_bytes()
    folder = cache() / "browser-tests" / hashlib.sha256(lock).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if not (folder / "installed").exists():
            print("Installing npm packages:", *_names())
            for name in ("package.json", "package-lock.json"):
                shutil.copy(HERE / name, folder)
            words = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
            done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
            assert not done.returncode, f"`{' '.join(words)}` failed:\n{done.stderr[-2000:]}"
            (folder / "installed").touch()
    return folder / "node_modules"


def _names() -> list[str]:
    told = json.loads((HERE / "package.json").read_text())
    return [*told["devDependencies"], f"node-linux-{_machine()}"]


def _machine() -> str:
    return {"x86_64": "x64", "aarch64": "arm64"}[platform.machine()]


def node(modules: Path, program: str, *words: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a program of the packages by the Node that came with them."""
    environment = {**os.environ, "CHROME_PATH": shutil.which("chromium") or "", "LIGHTHOUSE_CHROMIUM_PATH": ""}
    return subprocess.run(
        [modules / f"node-linux-{_machine()}/bin/node", modules / program, *words],
        cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
