"""`python -m tests.sites.seen` in a site's folder: which pages and orphans verify sees, as JSON."""

from __future__ import annotations

import json
from pathlib import Path

from docker_notes.site.loading import load

if __name__ == "__main__":
    found = load(Path("mkdocs.yml").absolute())
    orphans = [path.name for path in found.project.orphans(found.pages)]
    print(json.dumps({"pages": sorted(found.pages), "failures": list(map(str, found.failures)), "orphans": orphans}))
