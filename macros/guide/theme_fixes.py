"""Where the HTML of Material and Markdown is not valid (https://html.spec.whatwg.org/), a barrier (WCAG 2.2) or ugly, and what it becomes."""

from __future__ import annotations

import re

__all__ = ["content", "repaired"]

# Each with its first letters, which are looked for before it: a page's navigation may be long.
_REPAIRS = (
    # A checkbox has nothing to complete.
    ('<input class="md-toggle"', re.compile(r'([^>]*?) autocomplete="off"'), r"\1"),
    # An attribute that takes a number, left empty. Behind an attribute its tag still ends.
    (" tabindex", re.compile(r'(?:="")?(?=[ >])(?=[^<>]*>)'), None),
    # A dialog without a name.
    ('<div class="md-search"', re.compile(r'([^>]*?) role="dialog"'), r'\1 role="dialog" aria-label="Search"'),
    # A kind of link that HTML does not know.
    (' rel="edit"', re.compile(r"(?=[^<>]*>)"), None),
)

# A command, or code in a line of prose; behind an empty span stands a whole block, which scrolls.
_CODE = re.compile(r"(?:<kbd>|(?<!<span></span>)<(?P<code>code)>)(?P<text>[^<]+)(?=</(?:kbd|code)>)")
# A word with a hyphen; or the folder at a command's end, with the word before it.
_TOGETHER = re.compile(r"\S+ [.-]/?$|\S*-\S+")
# Characters that a phone has room for on one line: of a word, and of code within prose.
_LONGEST, _SHORT = 24, 14

_GLOSSARY = re.compile(r'<abbr title="[^"]*">(?P<word>[^<]*)</abbr>|<(?P<end>/?)(?P<tag>a|h[1-6]|summary|svg)\b')


def repaired(html: str) -> str:
    """A page that Material wrote, as valid HTML without barriers."""
    for start, rest, instead in _REPAIRS:
        parts, done, at = [], 0, html.find(start)
        while at >= 0:
            behind = at + len(start)
            if match := rest.match(html, behind):
                parts += [html[done:at], "" if instead is None else start + match.expand(instead)]
                done = behind = match.end()
            at = html.find(start, behind)
        html = "".join([*parts, html[done:]])
    return html


def content(html: str) -> str:
    """What Markdown made of a page: its words explained once a section, its options unbroken, its code in a keyboard's reach."""
    html = html.replace("<pre><span></span><code>", '<pre tabindex="0"><span></span><code>')
    return _explained_once(_CODE.sub(_code, html))


def _code(match: re.Match[str]) -> str:
    """Code whose parts stay together: all of it, such as `docker ps -a`, or each of its words."""
    text = match["text"]
    if match["code"] and len(text) <= _SHORT:
        return f'<code class="whole">{text}' if re.search("[ -]", text) else match.group()
    return match.group().removesuffix(text) + _TOGETHER.sub(_unbroken, text)


def _unbroken(word: re.Match[str]) -> str:
    """Such as `--rm`, which a browser would break behind its hyphens."""
    return f'<span class="whole">{word.group()}</span>' if len(word.group()) <= _LONGEST else word.group()


def _explained_once(html: str) -> str:
    """A word of the glossary explains itself where a section first says it, and not inside of what can be clicked or is drawn."""
    seen: set[str] = set()
    depth = 0

    def kept(match: re.Match[str]) -> str:
        nonlocal depth
        word, tag = match["word"], match["tag"]
        if tag:
            depth += -1 if match["end"] else 1
            if tag == "h2":
                seen.clear()
            return match.group()
        known = word.lower().removesuffix("s")
        if depth or known in seen:
            return word
        seen.add(known)
        return match.group()

    return _GLOSSARY.sub(kept, html)
