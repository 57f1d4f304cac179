"""Code is not Jinja's, but where its author made it so; what was hidden comes back to the letter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jinja2
import pytest
from docker_notes.page.jinja import Hiding, restore
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Mapping

OTHER: dict[str, Any] = {
    "block_start_string": "[[%", "block_end_string": "%]]", "variable_start_string": "[[", "variable_end_string": "]]",
    "comment_start_string": "[#", "comment_end_string": "#]",
}  # fmt: skip


def rendered(text: str, names: Mapping[str, Any] | None = None, **delimiters: Any) -> str:
    """A page's text behind the macros of a site that knows some names."""
    env = jinja2.Environment(autoescape=False, undefined=jinja2.StrictUndefined, keep_trailing_newline=True, **delimiters)
    known = names or {}
    return restore(env.from_string(Hiding(env, lambda: known)(text)).render(**known))


@pytest.mark.parametrize(
    "text",
    [
        "plain\n",
        "`{{.Names}}`\n",
        "``{% if ` %}`` and `{# no #}` and `plain`\n",
        "```sh\ndocker ps --format '{{.Names}}'\n```\n",
        "```sh\n{{range .Mounts}}{{end}} {{len .Containers}}\n```\n",
        "    ~~~ yaml `x`\n    {% raw %}\n    {# #\n    ~~~\n",
        "`{% endraw %}`\n",
        "```sh\nno marks\n```\n",
        "`{{ a }}`\n```sh\n{{ b }}\n```\n`{{ c }}`\n",
        "```sh\nuse `{{ a }}` here\n```\n",
        "```console\n$ docker ps --format '{{.Names}}' # {% raw %}{{ known }}{% endraw %}\n```\n",
        "````md\n```console\n$ {{ x }}\n```\n````\n",
        "> ```console\n> $ {{ x }}\n> ```\n",
    ],
)
def test_code_is_given_back_as_it_was(text: str) -> None:
    assert rendered(text) == text
    assert rendered(text, **OTHER) == text


def test_code_of_which_the_macros_know_every_name_is_theirs() -> None:
    names = {"version": "28.5", "steps": [1, 2]}
    assert rendered("```sh\npull app:{{ version }}\n```\n", names) == "```sh\npull app:28.5\n```\n"
    assert rendered("`{{ version }}` and `{{ other }}`", names) == "`28.5` and `{{ other }}`"
    assert rendered("```\n{% for n in steps %}{{ n }}{% endfor %}\n```\n", names) == "```\n12\n```\n"


def test_a_console_block_is_never_theirs() -> None:
    text = "```console\n$ echo {{ version }} ${#array}\n```\n"
    assert rendered(text, {"version": "28.5"}) == text


@pytest.mark.parametrize("code", ["{{ b }}", "{{.Names}}", "{{ json . }}", "${{ matrix.os }}"])
def test_what_an_author_marks_as_raw_stays_so(code: str) -> None:
    assert rendered(f"{{% raw %}}\n```sh\n{code}\n```\n{{% endraw %}}\n") == f"\n```sh\n{code}\n```\n\n"
    assert rendered(f"```sh\n{{% raw %}}{code}{{% endraw %}}\n```\n") == f"```sh\n{code}\n```\n"
    assert rendered(f"{{% raw %}}`{code}`{{% endraw %}}") == f"`{code}`"


def test_the_site_s_own_delimiters_count() -> None:
    assert rendered("[[ a ]] `{{ b }}` `[[.Names]]`", {"a": 1}, **OTHER) == "1 `{{ b }}` `[[.Names]]`"
    lines: dict[str, Any] = {"line_statement_prefix": "#", "line_comment_prefix": "//"}
    text = "```console\n# for\n// no comment\n$ true\n```\n"
    assert rendered(text, **lines) == text


def test_prose_stays_the_macros() -> None:
    assert rendered("{{ a }}\n\n{# gone #}`code`", {"a": "A"}) == "A\n\n`code`"


marks = st.sampled_from(
    ["{{", "}}", "{%", "%}", "{#", "#}", "[[", "]]", "[#", "endraw", "{% endraw %}", " ", "x", "'", '"', "\\", "é", "\n"]
)


@given(st.lists(marks, max_size=30).map("".join), st.sampled_from(["```", "~~~~"]), st.sampled_from(["sh", "console", ""]))
def test_any_code_is_given_back(code: str, fence: str, language: str) -> None:
    text = f"{fence}{language}\n{code}\n{fence}\n"
    assert rendered(text) == text
    assert rendered(text, **OTHER) == text
