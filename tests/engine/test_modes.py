"""Live, replay, auto: what runs, what is replayed, what is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.engine.conftest import Clone

PAGE = """\
# Page

```console example="hello-node" name="build"
$ docker build -q -t hello .
```

- in a list

    ```console name="list"
    $ docker run --name one node:24-slim echo one
    $ docker ps -a --format '{{.Names}}'
    ```

=== "In a tab"

    ```console
    $ docker run -it node
    > 6 * 7
    > .exit
    ```

!!! note "In an admonition"

    ```console columns="40" title="A title"
    $ echo 1234567890 1234567890 1234567890 1234567890 1234567890
    ```

??? success "In details"

    ```console show="command"
    $ false
    ? 1
    ```

It said {{ output_line("list", "one") }} and `{{.Names}}`.
"""
OTHER = "# Other\n\n```console\n$ docker run --rm node:24-slim echo other\n```\n"


def ran(errors: str) -> set[str]:
    """The pages that a build ran, by the lines of its progress."""
    return {line.partition(":")[0] for line in errors.splitlines() if ": ok in" in line}


def test_from_live_to_replay_and_back(clone: Clone) -> None:
    clone.write(page=PAGE, other=OTHER)
    live = clone.build("live")
    assert live.returncode == 0, live.stderr
    assert ran(live.stderr) == {"page.md", "other.md"}
    assert {step["mode"] for step in clone.executions()} == {"live"}
    html = clone.page("page")
    assert "<samp>one\n</samp>" in html
    assert "42" in html
    assert 'data-exit-status="1"' in html
    recordings = clone.tree("recordings")

    # A second build in auto mode runs nothing again.
    auto = clone.build("auto")
    assert (auto.returncode, ran(auto.stderr)) == (0, set()), auto.stderr
    assert {step["mode"] for step in clone.executions()} == {"replay"}

    # Prose is no reason to run; a command, and an example's file, are.
    clone.write(page=PAGE + "\nMore prose.\n")
    assert ran(clone.build("auto").stderr) == set()
    clone.write(other=OTHER.replace("echo other", "echo changed"))
    assert ran(clone.build("auto").stderr) == {"other.md"}
    server = clone.folder / "examples/hello-node/server.js"
    server.write_text(server.read_text() + "\n// changed\n")
    stale = clone.build("replay")
    assert stale.returncode == 1
    assert "page.md:3: examples/hello-node/ changed since this page was recorded" in stale.stderr
    assert ran(clone.build("auto").stderr) == {"page.md"}

    # Run again, only what differs may differ.
    changed = clone.tree("recordings")
    assert set(changed) == set(recordings)
    for _ in range(2):
        assert clone.build("live").returncode == 0
        assert clone.tree("recordings") == changed

    # Without an engine, the recordings serve; a command without one is an error that names its place.
    assert clone.build("replay", DOCKER_HOST="unix:///nowhere.sock").returncode == 0
    clone.write(other=OTHER.replace("echo other", "echo unheard"))
    stale = clone.build("replay")
    assert stale.returncode == 1
    assert "other.md:4: `docker run --rm node:24-slim echo unheard` is not what was recorded from here on" in stale.stderr


def test_an_engine_that_is_named_and_does_not_answer(clone: Clone) -> None:
    clone.write(other=OTHER)
    done = clone.build("live", DOCKER_HOST="unix:///nowhere.sock")
    assert done.returncode == 1
    assert "DOCKER_HOST=unix:///nowhere.sock does not answer" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_mode_that_does_not_exist(clone: Clone) -> None:
    done = clone.build("sometimes")
    assert done.returncode == 1
    assert "known modes: auto, live, replay" in done.stderr


def test_a_number_of_sandboxes_that_is_none(clone: Clone) -> None:
    clone.write(other=OTHER)
    done = clone.build("live", DOCKER_NOTES_SANDBOXES="many")
    assert done.returncode == 1
    assert "DOCKER_NOTES_SANDBOXES='many' is not a number of sandboxes" in done.stderr
    assert "Traceback" not in done.stderr
