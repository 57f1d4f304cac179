"""A page that a script writes."""

import mkdocs_gen_files

with mkdocs_gen_files.open("made.md", "w") as page:
    page.write("# Made\n\n```console\n$ echo $((6 * 11))\n```\n")
