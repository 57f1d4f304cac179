"""Which parts of an output may differ from run to run.

They are a table, in order: where two kinds could match at one place the upper one wins.
A part that may differ is compared by what it says, not by its letters: the same id must be
the same id through the whole page, a size must be near, a duration may be any duration.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from docker_notes.page.kinds import Holds, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["KINDS", "RULES", "SIZE", "SIZE_TOLERANCE", "Mask", "Masked", "bytes_of"]

RULES = 1
"""The version of these rules; part of every recording's key."""

SIZE_TOLERANCE = 0.10
"""How far two sizes may lie apart, as a share of the larger one."""


# The two halves of the names that Docker gives to containers: the lists of github.com/moby/moby, internal/namesgenerator,
# frozen since 2022, with the one surname that Engine 20.10 had besides. PyPI's namesgenerator has those of 2017, and no newer one was found.
_ADJECTIVES = (
    "admiring|adoring|affectionate|agitated|amazing|angry|awesome|beautiful|blissful|bold|boring|brave|busy"
    "|charming|clever|compassionate|competent|condescending|confident|cool|cranky|crazy|dazzling|determined"
    "|distracted|dreamy|eager|ecstatic|elastic|elated|elegant|eloquent|epic|exciting|fervent|festive|flamboyant"
    "|focused|friendly|frosty|funny|gallant|gifted|goofy|gracious|great|happy|hardcore|heuristic|hopeful|hungry"
    "|infallible|inspiring|intelligent|interesting|jolly|jovial|keen|kind|laughing|loving|lucid|magical|modest"
    "|musing|mystifying|naughty|nervous|nice|nifty|nostalgic|objective|optimistic|peaceful|pedantic|pensive"
    "|practical|priceless|quirky|quizzical|recursing|relaxed|reverent|romantic|sad|serene|sharp|silly|sleepy"
    "|stoic|strange|stupefied|suspicious|sweet|tender|thirsty|trusting|unruffled|upbeat|vibrant|vigilant"
    "|vigorous|wizardly|wonderful|xenodochial|youthful|zealous|zen"
)
_SURNAMES = (
    "agnesi|albattani|allen|almeida|antonelli|archimedes|ardinghelli|aryabhata|austin|babbage|banach|banzai"
    "|bardeen|bartik|bassi|beaver|bell|benz|bhabha|bhaskara|black|blackburn|blackwell|bohr|booth|borg|bose"
    "|bouman|boyd|brahmagupta|brattain|brown|buck|burnell|cannon|carson|cartwright|carver|cerf|chandrasekhar"
    "|chaplygin|chatelet|chatterjee|chaum|chebyshev|clarke|cohen|colden|cori|cray|curie|curran|darwin|davinci"
    "|dewdney|dhawan|diffie|dijkstra|dirac|driscoll|dubinsky|easley|edison|einstein|elbakyan|elgamal|elion"
    "|ellis|engelbart|euclid|euler|faraday|feistel|fermat|fermi|feynman|franklin|gagarin|galileo|galois|ganguly"
    "|gates|gauss|germain|goldberg|goldstine|goldwasser|golick|goodall|gould|greider|grothendieck|haibt"
    "|hamilton|haslett|hawking|heisenberg|hellman|hermann|herschel|hertz|heyrovsky|hodgkin|hofstadter|hoover"
    "|hopper|hugle|hypatia|ishizaka|jackson|jang|jemison|jennings|jepsen|johnson|joliot|jones|kalam|kapitsa"
    "|kare|keldysh|keller|kepler|khayyam|khorana|kilby|kirch|knuth|kowalevski|lalande|lamarr|lamport|leakey"
    "|leavitt|lederberg|lehmann|lewin|lichterman|liskov|lovelace|lumiere|mahavira|margulis|matsumoto|maxwell"
    "|mayer|mccarthy|mcclintock|mclaren|mclean|mcnulty|meitner|mendel|mendeleev|meninsky|merkle|mestorf"
    "|mirzakhani|montalcini|moore|morse|moser|murdock|napier|nash|neumann|newton|nightingale|nobel|noether"
    "|northcutt|noyce|panini|pare|pascal|pasteur|payne|perlman|pike|poincare|poitras|proskuriakova|ptolemy"
    "|raman|ramanujan|rhodes|ride|ritchie|robinson|roentgen|rosalind|rubin|saha|sammet|sanderson|satoshi|shamir"
    "|shannon|shaw|shirley|shockley|shtern|sinoussi|snyder|solomon|spence|stonebraker|sutherland|swanson|swartz"
    "|swirles|taussig|tereshkova|tesla|tharp|thompson|torvalds|tu|turing|varahamihira|vaughan|villani"
    "|visvesvaraya|volhard|wescoff|wilbur|wiles|williams|williamson|wilson|wing|wozniak|wright|wu|yalow|yonath"
    "|zhukovsky"
)
_AGE = r"(?:Less than a second|About an? \w+|\d+ (?:second|minute|hour|day|week|month|year)s?)"
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_DAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"

_BEHIND_USER = "|".join(rf"(?<=^[\w-]{{{length}}})" for length in range(1, 13))
SIZE = r"(?<![\w.])\d+(?:\.\d+)?(?:\s?[kKMGT]i?)?B\b"
"""A size as Docker and npm print it; a regular expression."""
_AMOUNT = r"\d+(?:\.\d+)?(?:[kKMGT]i?)?B"
_USAGE = rf"(?<![\w.]){_AMOUNT} / {_AMOUNT}\b"

KINDS: tuple[Kind, ...] = (
    Kind("digest", r"\bsha256:[0-9a-f]{6,64}", Holds.IDENTITY),
    # `docker history` of images that the classic builder made.
    Kind("checksum", r"\b(?:file|dir|multi):[0-9a-f]{16,64}", Holds.IDENTITY),
    # Of twelve digits as a word, in the name of a network's bridge, or of a network namespace; all of them wherever they stand, as in a path.
    Kind(
        "id",
        r"(?:(?<![\w./-])|(?<=\bbr-)|(?<=/netns/))(?=[a-f]*\d)[0-9a-f]{12}(?![\w-])|(?<![\w.])(?=[a-f]*\d)[0-9a-f]{64}(?!\w)",
        Holds.IDENTITY,
    ),
    Kind("UUID", r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", Holds.IDENTITY),
    Kind("build reference", r"(?<![\w-])(?=[a-z0-9]*\d)(?=[a-z0-9]*[a-z])[a-z0-9]{25}(?![\w-])", Holds.IDENTITY),
    Kind("generated name", rf"\b(?:{_ADJECTIVES})_(?:{_SURNAMES})\d?\b", Holds.IDENTITY),
    Kind("MAC address", r"\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b", Holds.IDENTITY),
    # RFC 4291: addresses of a network (2000::/3, fc00::/7) or of a link (fe80::/10), never `::` or `::1`.
    Kind(
        "IPv6 address",
        r"(?<![\w:.])(?=[0-9a-f:]*::|(?:[0-9a-f]{1,4}:){7})(?:f[cd][0-9a-f]{2}|fe[89ab][0-9a-f]|[23][0-9a-f]{3}):"
        r"(?:[0-9a-f]{0,4}:){1,6}[0-9a-f]{0,4}(?![\w:])",
        Holds.IDENTITY,
    ),
    # moby, libnetwork/netutils: seven hexadecimal digits behind `veth`.
    Kind("interface", r"\bveth[0-9a-f]{7}\b", Holds.IDENTITY),
    # `ip address`: the numbers of a pair of interfaces, which count up on the machine.
    Kind("link number", r"^\d+(?=: [\w.-]+@if\d+:)|(?<=@if)\d+\b"),
    # Linux, PROC_DYNAMIC_FIRST: numbers from 4026531840 on, as in `net:[4026531840]`.
    Kind("namespace", r"(?<=:\[)4\d{9}(?=\])", Holds.IDENTITY),
    # moby, overlay2: a layer's short name in the options of a mount; containerd: a snapshot's number in its path.
    Kind("layer link", r"(?<=/l/)[A-Z2-7]{26}(?![A-Z0-9])", Holds.IDENTITY),
    Kind("snapshot", r"(?<=/snapshots/)\d+(?=/)", Holds.IDENTITY),
    # mktemp(1) of coreutils (ten letters) and BusyBox (six), Python's tempfile; a word of small letters is none.
    Kind(
        "temporary name",
        r"\btmp\.(?=[a-z]*[A-Z\d])(?:[A-Za-z\d]{10}|[A-Za-z\d]{6})(?![\w.-])|(?<=/tmp/)tmp(?=[a-z_]*\d)[a-z\d_]{8}(?![\w.-])",
        Holds.IDENTITY,
    ),
    # nginx: when the file was changed; behind it stands how long it is, which is held.
    Kind("ETag", r'(?i:(?<=etag: "))[0-9a-f]{8}(?=-[0-9a-f]+")'),
    Kind("timestamp", r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?(?:Z|(?: ?[+-]\d\d:?\d\d)(?: [A-Z]{3,4})?)?)?"),
    Kind(
        "date",
        rf"\b(?:{_DAY},? )?(?:\d\d? {_MONTH} \d{{4}}|{_MONTH} +\d\d?)(?: +\d\d:\d\d(?::\d\d)?)?(?: [A-Z]{{3,4}})?(?: \d{{4}})?\b",
    ),
    Kind("clock", r"\b\d\d:\d\d:\d\d(?:\.\d+)?\b"),
    Kind("age", rf"(?<=Up ){_AGE}|\b{_AGE} ago\b"),
    # The first check comes after its interval: which of the two is shown is a matter of time. That one failed is not.
    Kind("health", r"\((?:health: starting|healthy)\)"),
    Kind("round trip", r"(?<= = )\d+\.\d+(?:/\d+\.\d+){2,3}(?= ms)"),  # ping
    # uptime and top; /proc/loadavg
    Kind("load", r"(?<=load average: )\d+\.\d\d, \d+\.\d\d, \d+\.\d\d|^(?:\d+\.\d\d ){3}\d+/\d+ \d+$"),
    # An option's default, as `--help` tells it, is no measurement.
    # BuildKit's plain progress: `#8 0.218 Listening`, the seconds since the step began.
    Kind("build clock", r"(?<=^#\d )\d+\.\d+(?= )|(?<=^#\d\d )\d+\.\d+(?= )"),
    Kind("duration", r"(?<!default )(?<![\w.-])(?:\d+h)?(?:\d+m)?\d+(?:\.\d+)?(?: ?ms|µs|ns|s)\b"),
    # docker stats: what a container uses of what there is, as for memory, and in and out, as for networks. At the end of a row the processes.
    # BuildKit prints two such amounts as well, of a layer and all of it, and the seconds behind; those are sizes.
    Kind("usage and processes", rf"{_USAGE} {{3,}}\d+$"),
    Kind("usage", rf"{_USAGE}(?! +\d+(?:\.\d+)?s\b)"),
    # docker stats; and what docker system df could reclaim, as a share of a size.
    Kind("share", r"(?<![\w.])\d+\.\d\d%(?![\w%])|(?<=B )\(\d{1,3}%\)"),
    Kind("speed", r"(?<![\w.,])\d[\d.,]*\s?(?:[kKMGT]i?)?B/s(?!\w)"),  # apt, wget
    Kind("size", SIZE, Holds.NEARNESS),
    # The engine binds a port on IPv4 and IPv6, in no fixed order; the message names the one that failed first.
    Kind("bind address", r"(?<=Bind for )(?:0\.0\.0\.0|\[?::\]?)(?=:\d+ failed)"),
    # RFC 1918: the ranges from which an engine takes its networks' addresses.
    Kind("address", r"\b(?:10\.\d{1,3}|172\.(?:1[6-9]|2\d|3[01])|192\.168)\.\d{1,3}\.\d{1,3}\b", Holds.IDENTITY),
    # Linux' default ip_local_port_range, 32768 to 60999.
    Kind("chosen port", r"(?<=:)(?:3276[89]|327[7-9]\d|32[89]\d\d|3[3-9]\d{3}|[45]\d{4}|60\d{3})\b", Holds.IDENTITY),
    Kind("process id", r'(?<="Pid": )[1-9]\d*|(?<=^\[\d\] )\d+$|(?<=pid )\d+\b', Holds.IDENTITY),
    # docker top: UID PID PPID C STIME TTY TIME CMD
    Kind("process row", rf"(?:{_BEHIND_USER}) +\d+ +\d+ +\d+ +(?:\d\d:\d\d|\w+) +\S+ +(?=\d\d:\d\d:\d\d )"),
    # A column of a table is as wide as its widest cell, so its gaps follow the parts above. Free only in
    # tables and beside such parts; an indent never is.
    Kind("gap", r"(?<=\S) {3,}(?=\S)", Holds.SPACING),
)
_HEADER = re.compile(r"[A-Z][A-Z %/]*(?: {3,}[A-Z][A-Z %/]*)+")


@dataclass(frozen=True)
class Masked:
    """An output with its volatile parts as placeholders; sizes keep their bytes, identities their text."""

    lines: tuple[str, ...]
    sizes: tuple[float, ...] = ()
    identities: tuple[str, ...] = ()

    def matches(self, other: Masked) -> bool:
        """Whether the two differ only in what may differ."""
        # A program may print a placeholder itself, so lines that are the same may have other sizes.
        return (self.lines, len(self.sizes)) == (other.lines, len(other.sizes)) and all(
            abs(a - b) <= SIZE_TOLERANCE * max(a, b) for a, b in zip(self.sizes, other.sizes, strict=True)
        )


@dataclass
class Mask:
    """Masks the outputs of one page, in order, so that one thing keeps one placeholder.

    Args:
        extra: kinds of the page's own, from its front matter; they come before the table's, and nothing is held of them.

    Raises:
        re.error: where a pattern of `extra` is not a regular expression.
    """

    extra: tuple[Kind, ...] = ()
    seen: dict[tuple[str, str], int] = field(default_factory=dict)

    def output(self, lines: Sequence[str]) -> Masked:
        """One step's output, masked. Steps of a build come in BuildKit's free order, so sorted."""
        sizes: list[float] = []
        identities: list[str] = []
        masked = []
        in_table = False
        for line in _sorted_builds(lines, self.extra):
            in_table = bool(line) and (in_table or bool(_HEADER.fullmatch(line)))
            masked.append(self._line(line, sizes, identities, in_table=in_table))
        return Masked(tuple(masked), tuple(sizes), tuple(identities))

    def _line(self, line: str, sizes: list[float], identities: list[str], *, in_table: bool) -> str:
        found = [(match, _kind(match, self.extra)) for match in _pattern(self.extra).finditer(line)]
        loose = in_table or any(kind.holds is not Holds.SPACING for _, kind in found)
        parts = []
        at = 0
        for match, kind in found:
            parts += [line[at : match.start()], self._part(match.group(), kind, sizes, identities, loose=loose)]
            at = match.end()
        return "".join([*parts, line[at:]])

    def _part(self, text: str, kind: Kind, sizes: list[float], identities: list[str], *, loose: bool) -> str:
        if kind in self.extra:
            # In brackets of its own, as its name may be one of the table's.
            return f"⟪{kind.name}⟫"
        if kind.holds is Holds.SPACING:
            return "   " if loose else text
        if kind.holds is Holds.NEARNESS:
            sizes.append(bytes_of(text))
        if kind.holds is not Holds.IDENTITY:
            return f"⟨{kind.name}⟩"
        identities.append(text)
        # An id is also shown by its first twelve digits, and as a digest.
        group = "id" if kind.name == "digest" else kind.name
        key = (group, text.removeprefix("sha256:")[:12] if group == "id" else text)
        return f"⟨{group} {self.seen.setdefault(key, len(self.seen) + 1)}⟩"


def bytes_of(text: str) -> float:
    """A size such as `1.2kB` or `27MiB` in bytes; decimal units as Docker prints them (go-units).

    Raises:
        ValueError: where the text is not a size.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(?:\s?([kKMGT])(i?))?B", text)
    if not match:
        raise ValueError(f"not a size: {text!r}")
    number, unit, binary = match.groups()
    return float(number) * (1024.0 if binary else 1000.0) ** " kMGT".index(unit.replace("K", "k") if unit else " ")


@lru_cache(maxsize=64)
def _pattern(extra: tuple[Kind, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?P<k{n}>{kind.pattern})" for n, kind in enumerate((*extra, *KINDS))))


def _kind(match: re.Match[str], extra: tuple[Kind, ...]) -> Kind:
    # The group that closes last is the kind's own, whatever groups are in it.
    return (*extra, *KINDS)[int(str(match.lastgroup)[1:])]


def _sorted_builds(lines: Iterable[str], extra: tuple[Kind, ...]) -> list[str]:
    """The lines, the steps of each build (` => …` and the ` => => …` below it) sorted by what they say."""
    found: list[str] = []
    steps: list[list[str]] = []

    def key(step: list[str]) -> list[str]:
        return [_pattern(extra).sub("", line) for line in step]

    def flush() -> None:
        for step in sorted(steps, key=key):
            found.extend([step[0], *sorted(step[1:], key=lambda line: key([line]))])
        steps.clear()

    for line in lines:
        if line.startswith(" => => ") and steps:
            steps[-1].append(line)
        elif line.startswith(" => "):
            steps.append([line])
        else:
            flush()
            found.append(line)
    flush()
    return found
