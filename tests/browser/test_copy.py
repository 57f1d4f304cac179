"""What the buttons copy is what was run: commands alone, without prompts and outputs."""

from __future__ import annotations

import functools
import operator
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.pages import RUN

if TYPE_CHECKING:
    from tests.browser.browser import Browser

# Presses every button that matches, and reads the clipboard after each.
_PRESS = """
  const found = [];
  for (const button of document.querySelectorAll(words[0])) {
    await navigator.clipboard.writeText("nothing yet");
    button.click();
    for (let tries = 0; tries < 200 && button.dataset.done === undefined; tries++) await new Promise(done => setTimeout(done, 5));
    const block = button.closest(".console");
    const blocks = [...document.querySelectorAll(".console")];
    const lines = block ? [...block.querySelectorAll(".console-line")] : [];
    found.push([blocks.indexOf(block) + 1, lines.indexOf(button.closest(".console-line")), await navigator.clipboard.readText()]);
  }
  return found;
"""


@pytest.fixture(params=RUN)
def page(request: pytest.FixtureRequest, browser: Browser, base: str) -> str:
    source: str = request.param
    permissions = ["clipboardReadWrite", "clipboardSanitizedWrite"]
    browser.command("Browser.grantPermissions", origin=base, permissions=permissions)
    browser.open(base + source.removesuffix(".md") + ".html")
    browser.settled()
    return source


def test_copied_is_what_was_run(browser: Browser, page: str, executions: list[dict[str, Any]]) -> None:
    steps = [step for step in executions if step["page"] == page]
    blocks: dict[int, list[str]] = {}
    for step in steps:
        blocks.setdefault(step["block"], []).append(step["command"])

    single = browser.run(_PRESS, ".console-line > .console-copy")
    shown = len(browser.all(".console:not([hidden]) .console-line:not([hidden])"))
    assert len(single) == shown > 0
    assert [(block, text) for block, line, text in single] == [(block, blocks[block][line] + "\n") for block, line, _ in single]

    whole = browser.run(_PRESS, ".copy-block")
    visible = [block for block, _, _ in single]
    assert [block for block, _, _ in whole] == sorted({block for block in visible if visible.count(block) > 1})
    assert [(block, text) for block, _, text in whole] == [(block, "\n".join(blocks[block]) + "\n") for block, _, _ in whole]

    assert [text for _, _, text in browser.run(_PRESS, ".copy-page")] == ["\n".join(step["command"] for step in steps) + "\n"]


def test_block_says_which_lines_it_is_from(browser: Browser, page: str, executions: list[dict[str, Any]]) -> None:
    steps = [step for step in executions if step["page"] == page]
    blocks = browser.all(".console")
    assert len(blocks) == len({step["block"] for step in steps})
    statuses = [
        [found.get_dom_attribute("data-exit-status") for found in block.find_elements("css selector", ".console-step")]
        for block in blocks
    ]
    assert functools.reduce(operator.iadd, statuses, []) == [str(step["exit_status"]) for step in steps]
    for number, block in enumerate(blocks, 1):
        source, _, line = (block.get_dom_attribute("data-source") or "").rpartition(":")
        first = next(step["line"] for step in steps if step["block"] == number)
        assert (source, int(line)) == (page, first - 1)
