"""The words of a style, such as `bold brightred on-#5f00af`: as recordings hold them, pages show them and terminals know them.

A colour is one of sixteen names or `#rrggbb`; behind `on-` it is the background's, behind `under-` that of the line below the text.
The names are those of recordings made since the first day: yellow is `brown`, as on the VGA.
"""

from __future__ import annotations

from functools import cache

__all__ = ["ATTRIBUTES", "BACKGROUND", "COLOURS", "UNDERLINE", "colour_of", "sgr", "split"]

ATTRIBUTES = {
    "bold": "1",
    "dim": "2",
    "italics": "3",
    "underscore": "4",
    "double-underscore": "4:2",
    "curly-underscore": "4:3",
    "dotted-underscore": "4:4",
    "dashed-underscore": "4:5",
    "blink": "5",
    "reverse": "7",
    "hidden": "8",
    "strike": "9",
    "overline": "53",
}
"""What is not a colour, with its parameter of SGR (ECMA-48; the kinds of underlines are kitty's)."""

COLOURS = ("black", "red", "green", "brown", "blue", "magenta", "cyan", "white")
"""Eight colours in the order of SGR's parameters; `bright` before one is that of the second eight."""

BACKGROUND, UNDERLINE = "on-", "under-"

# xterm's 256 colours: sixteen that a terminal's user chooses, a cube of 6 levels, 24 greys.
_BRIGHT, _CUBE, _GREY = 8, 16, 232
_LEVELS = (0, 95, 135, 175, 215, 255)


@cache
def colour_of(number: int) -> str:
    """The word for one of xterm's 256 colours: a name for the first sixteen, `#rrggbb` for the others."""
    if number < _CUBE:
        return ("bright" if number >= _BRIGHT else "") + COLOURS[number % _BRIGHT]
    if number >= _GREY:
        return "#" + f"{8 + 10 * (number - _GREY):02x}" * 3
    place = number - _CUBE
    return "#" + "".join(f"{_LEVELS[place // size % 6]:02x}" for size in (36, 6, 1))


def split(word: str) -> tuple[str, str]:
    """What a colour is for (nothing for the text, BACKGROUND or UNDERLINE), and its name; an attribute is its own name."""
    for place in (BACKGROUND, UNDERLINE):
        if word.startswith(place):
            return place, word.removeprefix(place)
    return "", word


@cache
def sgr(style: str) -> str:
    """A style in SGR's parameters, without `CSI` and `m`.

    Raises:
        ValueError: where it holds a word that is none.
    """
    return ";".join(map(_parameter, style.split()))


def _parameter(word: str) -> str:
    if word in ATTRIBUTES:
        return ATTRIBUTES[word]
    place, colour = split(word)
    extended = {"": "38", BACKGROUND: "48", UNDERLINE: "58"}[place]
    if colour.startswith("#"):
        # Of an underline, terminals know only the form with colons by ISO 8613-6, with an empty colour space.
        between, space = (":", ":") if place == UNDERLINE else (";", "")
        return between.join([extended, f"2{space}", *(str(part) for part in bytes.fromhex(colour[1:]))])
    number = COLOURS.index(colour.removeprefix("bright"))
    bright = colour.startswith("bright")
    if place == UNDERLINE:
        return f"58:5:{number + _BRIGHT * bright}"
    return str((90 if bright else 30) + (10 if place == BACKGROUND else 0) + number)
