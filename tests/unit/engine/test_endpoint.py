"""Which engine is meant: the CLI's rules, its contexts and its TLS."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from docker_notes.engine import endpoint
from docker_notes.engine.endpoint import Endpoint, Tls
from docker_notes.errors import EngineError

if TYPE_CHECKING:
    from pathlib import Path

VARIABLES = ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH")


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The CLI's settings, without any."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    return tmp_path


def context(config: Path, name: str, host: str, *files: str, **more: Any) -> Path:
    """A context as the CLI keeps it; the folder of its certificates."""
    folder = hashlib.sha256(name.encode()).hexdigest()
    meta = config / "contexts/meta" / folder / "meta.json"
    meta.parent.mkdir(parents=True)
    meta.write_text(json.dumps({"Name": name, "Endpoints": {"docker": {"Host": host, **more}}}))
    tls = config / "contexts/tls" / folder / "docker"
    for file in files:
        tls.mkdir(parents=True, exist_ok=True)
        (tls / file).write_text(file)
    return tls


def test_none_is_named() -> None:
    assert endpoint.named() is None


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("unix:///run/x.sock", "unix:///run/x.sock"),
        ("tcp://h:2399", "tcp://h:2399"),
        ("tcp://h", "tcp://h:2375"),
        ("h:2375", "tcp://h:2375"),
        ("tcp://[::1]:2375", "tcp://[::1]:2375"),
        ("http://h:2375/", "tcp://h:2375"),
        ("ssh://me@h:22/run/d.sock", "ssh://me@h:22/run/d.sock"),
    ],
)
def test_an_address(host: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", host)
    assert endpoint.named() == Endpoint(f"DOCKER_HOST={host}", url)


@pytest.mark.parametrize("host", ["ftp://h", "tcp://h:port", "tcp://h:99999"])
def test_what_is_no_address(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", host)
    with pytest.raises(EngineError, match=f"DOCKER_HOST={host} is no address of an engine"):
        endpoint.named()


def test_tls_counts_only_where_it_is_asked_for(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://h")
    monkeypatch.setenv("DOCKER_CERT_PATH", "/certs")
    assert endpoint.named() == Endpoint("DOCKER_HOST=tcp://h", "tcp://h:2375")
    monkeypatch.setenv("DOCKER_TLS", "1")
    assert endpoint.named() == Endpoint("DOCKER_HOST=tcp://h", "tcp://h:2376", Tls("/certs", verify=False))
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "0")  # set is set, whatever it says
    assert endpoint.named() == Endpoint("DOCKER_HOST=tcp://h", "tcp://h:2376", Tls("/certs"))
    monkeypatch.delenv("DOCKER_CERT_PATH")
    assert endpoint.named() == Endpoint("DOCKER_HOST=tcp://h", "tcp://h:2376", Tls(str(config)))
    monkeypatch.delenv("DOCKER_HOST")
    found = endpoint.named()
    assert found
    assert (found.url, found.tls) == ("tcp://localhost:2376", Tls(str(config)))


def test_the_order(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context(config, "current", "unix:///current.sock")
    context(config, "asked", "unix:///asked.sock")
    (config / "config.json").write_text('{"currentContext": "current"}')
    assert endpoint.named() == Endpoint("the Docker context 'current'", "unix:///current.sock")
    monkeypatch.setenv("DOCKER_CONTEXT", "asked")
    assert endpoint.named() == Endpoint("the Docker context 'asked'", "unix:///asked.sock")
    monkeypatch.setenv("DOCKER_CONTEXT", "default")
    assert endpoint.named() is None
    monkeypatch.setenv("DOCKER_HOST", "unix:///host.sock")
    monkeypatch.setenv("DOCKER_CONTEXT", "asked")
    assert endpoint.named() == Endpoint("DOCKER_HOST=unix:///host.sock", "unix:///host.sock")


def test_a_context_without_settings_of_the_cli(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context(config, "far", "ssh://me@h")
    monkeypatch.setenv("DOCKER_CONTEXT", "far")
    assert not (config / "config.json").exists()
    assert endpoint.named() == Endpoint("the Docker context 'far'", "ssh://me@h")


def test_a_context_with_certificates(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = context(config, "far", "tcp://h:2376", "ca.pem", "cert.pem", "key.pem")
    monkeypatch.setenv("DOCKER_CONTEXT", "far")
    found = endpoint.named()
    assert found == Endpoint("the Docker context 'far'", "tcp://h:2376", Tls(str(files)))
    assert found.tls
    assert found.tls.authority == str(files / "ca.pem")
    assert found.tls.certificate == (str(files / "cert.pem"), str(files / "key.pem"))


def test_a_context_with_an_authority_only_speaks_tls(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = context(config, "far", "tcp://h:2376", "ca.pem")
    monkeypatch.setenv("DOCKER_CONTEXT", "far")
    found = endpoint.named()
    assert found
    assert found.tls == Tls(str(files))
    assert found.tls.certificate is None


def test_a_context_that_verifies_nothing(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context(config, "far", "tcp://h:2376", SkipTLSVerify=True)
    monkeypatch.setenv("DOCKER_CONTEXT", "far")
    found = endpoint.named()
    assert found
    assert found.tls
    assert not found.tls.verify
    assert found.tls.authority is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "can not be read"),
        ("[]", "holds no JSON object"),
        ("{}", "names no engine"),
        ('{"Endpoints": null}', "names no engine"),
        ('{"Endpoints": {"docker": []}}', "names no engine"),
        ('{"Endpoints": {"docker": {"Host": ""}}}', "names no engine"),
    ],
)
def test_a_broken_context(text: str, says: str, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context(config, "far", "")
    next(config.glob("contexts/meta/*/meta.json")).write_text(text)
    monkeypatch.setenv("DOCKER_CONTEXT", "far")
    with pytest.raises(EngineError, match="the Docker context 'far'") as raised:
        endpoint.named()
    assert says in str(raised.value)


def test_a_context_that_does_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONTEXT", "nowhere")
    with pytest.raises(EngineError, match="the Docker context 'nowhere' does not exist; `docker context ls` lists those that do"):
        endpoint.named()


def test_broken_settings_of_the_cli(config: Path) -> None:
    (config / "config.json").write_text("{")
    with pytest.raises(EngineError, match=r"the settings of the Docker CLI can not be read: .*config\.json"):
        endpoint.named()


def test_a_child_sees_this_engine_and_no_other() -> None:
    base = {
        "HOME": "/h",
        "DOCKER_CONTEXT": "other",
        "DOCKER_HOST": "unix:///other",
        "DOCKER_TLS_VERIFY": "1",
        "DOCKER_CERT_PATH": "/o",
    }
    assert Endpoint("n", "tcp://h:2375").environment(base) == {"HOME": "/h", "DOCKER_HOST": "tcp://h:2375"}
    secure = Endpoint("n", "tcp://h:2376", Tls("/certs"))
    assert secure.environment(base) == {
        "HOME": "/h", "DOCKER_HOST": "tcp://h:2376", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/certs",
    }  # fmt: skip
    open_ = Endpoint("n", "tcp://h:2376", Tls("/certs", verify=False)).environment({})
    assert open_ == {"DOCKER_HOST": "tcp://h:2376", "DOCKER_TLS": "1", "DOCKER_CERT_PATH": "/certs"}


@pytest.mark.parametrize("one", [Endpoint("n", "unix:///x"), Endpoint("n", "tcp://h:1", Tls("/c", verify=False))])
def test_it_is_handed_over_whole(one: Endpoint) -> None:
    assert Endpoint.of_json(one.as_json()) == one


def test_sockets_that_people_have_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    assert endpoint.known_sockets() == []
    there = tmp_path / ".colima/default/docker.sock"
    there.parent.mkdir(parents=True)
    there.touch()
    assert endpoint.known_sockets() == [there]
