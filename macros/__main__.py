"""`python -m macros VERB`: what the Makefile's targets call."""

from __future__ import annotations

import argparse
import sys

from macros import engine
from macros.errors import DockerNotesError


def _engine() -> int:
    client = engine.start(lambda text: print(text, flush=True))
    print(f"DOCKER_HOST={engine.host(client)}")
    return 0


def _engine_down() -> int:
    engine.stop()
    return 0


VERBS = {
    "engine": (_engine, "find or start a Docker Engine; prints DOCKER_HOST=… last"),
    "engine-down": (_engine_down, "stop the engine that `engine` started"),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m macros")
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb, (_, text) in VERBS.items():
        verbs.add_parser(verb, help=text, description=text)
    try:
        return VERBS[parser.parse_args().verb][0]()
    except DockerNotesError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
