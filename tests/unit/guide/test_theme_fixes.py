"""What becomes of the HTML that Material and Markdown write."""

from __future__ import annotations

import pytest
from guide.theme_fixes import content, repaired

IMAGE = '<abbr title="A template.">image</abbr>'
IMAGES = '<abbr title="Templates.">images</abbr>'


@pytest.mark.parametrize(
    ("html", "wanted"),
    [
        (f"<p>{IMAGE}, {IMAGES}, {IMAGE}</p>", f"<p>{IMAGE}, images, image</p>"),
        (f"<p>{IMAGES}</p><h2>Next</h2><p>{IMAGE}</p>", f"<p>{IMAGES}</p><h2>Next</h2><p>{IMAGE}</p>"),
        (f"<h3>An {IMAGE}</h3><p>{IMAGE}</p>", f"<h3>An image</h3><p>{IMAGE}</p>"),
        (f'<a href="#">An {IMAGE}</a> and an {IMAGE}', f'<a href="#">An image</a> and an {IMAGE}'),
        (f"<details><summary>{IMAGE}?</summary>{IMAGE}</details>", f"<details><summary>image?</summary>{IMAGE}</details>"),
        (f"<svg><text>{IMAGE}</text></svg>", "<svg><text>image</text></svg>"),
        (f"<article>{IMAGE}</article>", f"<article>{IMAGE}</article>"),
    ],
)
def test_a_word_explains_itself_once_a_section_and_never_in_a_link(html: str, wanted: str) -> None:
    assert content(html) == wanted


@pytest.mark.parametrize(
    ("html", "wanted"),
    [
        ("<code>docker run --rm x</code>", '<code>docker run <span class="whole">--rm</span> x</code>'),
        ("<code>docker ps -a</code>", '<code class="whole">docker ps -a</code>'),
        ("<code>-t</code>", '<code class="whole">-t</code>'),
        ("<code>COPY</code>", "<code>COPY</code>"),
        ("<kbd>docker ps -a</kbd>", '<kbd>docker ps <span class="whole">-a</span></kbd>'),
        ("<kbd>docker rm $(docker ps -aq)</kbd>", '<kbd>docker rm $(docker ps <span class="whole">-aq)</span></kbd>'),
        ("<kbd>docker build -</kbd>", '<kbd>docker <span class="whole">build -</span></kbd>'),
        ("<kbd>docker build -t a .</kbd>", '<kbd>docker build <span class="whole">-t</span> <span class="whole">a .</span></kbd>'),
        ("<kbd>docker build . -t a</kbd>", '<kbd>docker build . <span class="whole">-t</span> a</kbd>'),
        ("<kbd>a-name-that-no-phone-has-room-for</kbd>", "<kbd>a-name-that-no-phone-has-room-for</kbd>"),
        ("<pre><span></span><code>--rm\n</code></pre>", '<pre tabindex="0"><span></span><code>--rm\n</code></pre>'),
        ("<p>read-only</p>", "<p>read-only</p>"),
    ],
)
def test_an_option_is_not_broken_at_its_hyphens(html: str, wanted: str) -> None:
    assert content(html) == wanted


@pytest.mark.parametrize(
    ("html", "wanted"),
    [
        ('<input class="md-toggle" type="checkbox" autocomplete="off">', '<input class="md-toggle" type="checkbox">'),
        ('<input class="md-search__input" autocomplete="off">', '<input class="md-search__input" autocomplete="off">'),
        ('<label for="a" tabindex>A</label>', '<label for="a">A</label>'),
        ('<label tabindex="" for="a">A</label>', '<label for="a">A</label>'),
        ('<pre tabindex="0">a tabindex in words</pre>', '<pre tabindex="0">a tabindex in words</pre>'),
        ('<div class="md-search" role="dialog">', '<div class="md-search" role="dialog" aria-label="Search">'),
        ('<a href="x" rel="edit" title="Edit">', '<a href="x" title="Edit">'),
        ('<code>rel="edit"</code> and rel="edit" <br>', '<code>rel="edit"</code> and rel="edit" <br>'),
    ],
)
def test_what_the_theme_wrote_is_mended(html: str, wanted: str) -> None:
    assert repaired(html) == wanted
