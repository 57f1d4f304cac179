"""`python -m docker_notes`: the command where its script is not on the path."""

import sys

from docker_notes.cli import main

sys.exit(main())
