"""The prose of the pages and of the texts beside the code: spelt right, and in sentences that can be read in one breath.

Words are held against the English dictionary of pyspellchecker and `tests/words.txt`, the project's own list.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import html5lib
import markdown
import pytest
from docker_notes.page.front_matter import split
from spellchecker import SpellChecker

from tests.reading import without_code

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

ROOT = Path(__file__).parents[3]
WORDS = ROOT / "tests" / "words.txt"
TEXTS = {
    path.relative_to(ROOT).as_posix(): path
    for path in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*/README.md")])
}
LONGEST = 35
"""Words in a sentence; beyond about this many a reader has to go back to its beginning."""

_EXTENSIONS = ("admonition", "attr_list", "md_in_html", "tables", "pymdownx.details", "pymdownx.superfences")
_PARAGRAPHS = {"p", "li", "td", "th", "h1", "h2", "h3", "h4", "summary", "blockquote"}
_UNREAD = {"pre", "code", "style", "script"}
_MACRO = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_WORD = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)*")
_SENTENCE_END = re.compile('(?<=[.!?])["”’)]*\\s+(?=["“‘(A-Z0-9\N{OBJECT REPLACEMENT CHARACTER}])')
_CODE, _NUMBER = "\N{OBJECT REPLACEMENT CHARACTER}", "0"


@cache
def paragraphs(text: str) -> list[str]:
    """What a reader reads of a Markdown text, a paragraph, heading or cell each; code is one sign, a macro a number."""
    head, body, _ = split(text)
    told = [str(head[key]) for key in ("title", "description") if key in head]
    told += [str(entry[key]) for entry in head.get("failures") or () for key in ("title", "means", "fix")]
    source = _MACRO.sub(_NUMBER, "\n\n".join([without_code(body), *told]))
    tree = html5lib.parse(markdown.markdown(source, extensions=_EXTENSIONS), namespaceHTMLElements=False)
    found: list[str] = []
    _read(tree, found)
    return [" ".join(paragraph.split()) for paragraph in found if paragraph.strip()]


def _read(element: Element, found: list[str]) -> None:
    if element.tag in _PARAGRAPHS or not found:
        found.append("")
    if element.tag in _UNREAD:
        found[-1] += _CODE
    else:
        found[-1] += element.text or ""
        for child in element:
            _read(child, found)
            if child.tag in _PARAGRAPHS:
                found.append("")
            found[-1] += child.tail or ""


@cache
def dictionary() -> SpellChecker:
    checker = SpellChecker(language="en", distance=1)
    checker.word_frequency.load_words(own_words())
    return checker


def own_words() -> list[str]:
    return [line for line in WORDS.read_text().split("\n") if line and not line.startswith("#")]


def misspelt(paragraph: str) -> list[str]:
    words = [re.sub(r"['’](?:s|re|ll|ve|d)?$", "", word).replace("’", "'") for word in _WORD.findall(paragraph)]
    return sorted(dictionary().unknown([word for word in words if len(word) > 1]))


def too_long(paragraph: str) -> list[str]:
    sentences = _SENTENCE_END.split(paragraph)
    return [sentence for sentence in sentences if len(re.findall(rf"[\w{_CODE}][\w{_CODE}'’./-]*", sentence)) > LONGEST]


def where(path: Path, text: str) -> str:
    """The line of a file at which a paragraph's first words stand."""
    word = re.escape(text.split(maxsplit=1)[0].strip(_CODE)) if text.strip(_CODE) else ""
    for number, line in enumerate(path.read_text().split("\n"), 1):
        if word and re.search(word, line, re.IGNORECASE):
            return f"{path.relative_to(ROOT)}:{number}"
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("name", TEXTS)
def test_spelling(name: str) -> None:
    path = TEXTS[name]
    words = dict.fromkeys(word for paragraph in paragraphs(path.read_text()) for word in misspelt(paragraph))
    wrong = [f"{where(path, word)}: {word!r}" for word in words]
    assert not wrong, "\n".join([*wrong, f"mend the word, or add it to {WORDS.relative_to(ROOT)}"])


@pytest.mark.parametrize("name", TEXTS)
def test_sentences_are_short(name: str) -> None:
    path = TEXTS[name]
    long = [sentence for paragraph in paragraphs(path.read_text()) for sentence in too_long(paragraph)]
    wrong = [f"{where(path, ' '.join(sentence.split()[:4]))}: over {LONGEST} words: {sentence}" for sentence in long]
    assert not wrong, "\n".join([*wrong, "make two sentences of it"])


def test_the_word_list_is_sorted_and_needed() -> None:
    own = own_words()
    assert own == sorted(set(own))
    plain = SpellChecker(language="en", distance=1)
    assert [word for word in own if not plain.unknown([word])] == [], "already in the dictionary"
    texts = [text for path in TEXTS.values() for text in paragraphs(path.read_text())]
    prose = {word for text in texts for word in re.findall(r"[a-z]+", text.lower())}
    assert [word for word in own if word not in prose] == [], "no longer used"


def test_the_checks_find_what_they_look_for() -> None:
    assert misspelt("The layyer's layer, which isn't full, is wrtable.") == ["layyer", "wrtable"]
    assert paragraphs("Say `xyzzq` {{ seconds('x') }}.\n\n```sh\nxyzzq\n```\n") == [f"Say {_CODE} 0."]
    assert too_long("One. " + "word " * 35 + "end. Two.")
    assert not too_long(("word " * 30 + "end. ") + ("Word " * 30 + "end."))
