"""What all unit tests share."""

from __future__ import annotations

from hypothesis import settings

# The same examples each time: a check that fails says something about the change at hand. Machines
# of CI are slow now and then, so no time is asserted.
settings.register_profile("docker-notes", derandomize=True, deadline=None, max_examples=60)
settings.load_profile("docker-notes")
