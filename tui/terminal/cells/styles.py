"""A rendition is what ECMA-48 8.3.117 (SGR) can express of a cell, and its hyperlink (OSC 8)."""

from functools import lru_cache
from typing import NamedTuple

from rich.color import Color, ColorSystem
from rich.style import Style

DEFAULT = 0  # The number of the terminal's own rendition
_ATTRIBUTES: tuple[tuple[str, str], ...] = (
    ("1", "22"), ("2", "22"), ("3", "23"), ("4", "24"), ("5", "25"), ("6", "25"), ("7", "27"), ("8", "28"),
    ("9", "29"), ("21", "24"), ("51", "54"), ("52", "54"), ("53", "55"),
)  # fmt: skip
"""SGR codes that set and unset an attribute, by its bit."""
_BIT = {on: 1 << bit for bit, (on, _off) in enumerate(_ATTRIBUTES)}
_REVERSE = _BIT["7"]
_DECORATION = _BIT["4"] | _REVERSE | _BIT["9"] | _BIT["21"] | _BIT["51"] | _BIT["52"] | _BIT["53"]
"""Attributes that are visible on a space."""
_WEIGHT = _BIT["1"] | _BIT["2"]
_MOST_STYLES = 8192
_MANY = 32_768
_MOST_CHANGES = 8192
_PROBE = "\0"
_LEVELS = (0, 95, 135, 175, 215, 255)  # The values of a primary in the cube of xterm's 256 colours
_RGB: dict[int, tuple[int, int, int]] = {
    **{
        16 + 36 * red + 6 * green + blue: (_LEVELS[red], _LEVELS[green], _LEVELS[blue])
        for red in range(6)
        for green in range(6)
        for blue in range(6)
    },
    **{232 + step: (8 + 10 * step,) * 3 for step in range(24)},
}
"""xterm's colours 16-255."""
_WEIGHTS = (0.3, 0.59, 0.11)  # How bright each primary is to the eye


class Rendition(NamedTuple):
    """Colours as SGR codes ("" for the terminal's own), attributes as bits, and the link."""

    foreground: str = ""
    background: str = ""
    attributes: int = 0
    link: str = ""  # The parameters and address of OSC 8; "" for none

    @property
    def is_erasable(self) -> bool:
        return not (self.attributes & _DECORATION or self.link)

    @property
    def blank(self) -> "Rendition":
        visible = self.attributes & _DECORATION
        if visible & _REVERSE:
            visible |= self.attributes & _WEIGHT  # some terminals brighten, or dim, the swapped background
        return Rendition(self.foreground if visible else "", self.background, visible, self.link)

    def over(self, background: str) -> "Rendition":
        """The same with another background, reduced so that a space shows the background alone."""
        return Rendition(self.foreground, background, self.attributes & ~_DECORATION)

    @property
    def coarse(self) -> "Rendition":
        """The same with its foreground reduced to the 256 colours, which takes half the bytes. Unchanged
        where it fills the cell (reverse): the difference would be visible."""
        if self.foreground[:5] != "38;2;" or self.attributes & _REVERSE:
            return self
        return self._replace(foreground=_numbered(self.foreground))

    @property
    def codes(self) -> str:
        parts = [on for bit, (on, _off) in enumerate(_ATTRIBUTES) if self.attributes >> bit & 1]
        return ";".join([*parts, *filter(None, (self.foreground, self.background))])


class Renditions:
    """Numbers the renditions that occur; equal renditions have the same number."""

    def __init__(self, colours: ColorSystem = ColorSystem.TRUECOLOR) -> None:
        self._colours = colours
        self._all: list[Rendition] = [Rendition()]
        self._numbers: dict[Rendition, int] = {Rendition(): DEFAULT}
        self._blanks: list[int] = [DEFAULT]
        self._by_style: dict[Style, int] = {}
        self._by_identity: dict[int, tuple[Style, int]] = {}
        """The same by `id`, with the style so that it lives: Rich hashes a style in Python, many times for each row."""
        self._by_codes: dict[str, int] = {}
        self._changes: dict[tuple[Rendition, Rendition], str] = {}

    def __getitem__(self, number: int) -> Rendition:
        return self._all[number]

    @property
    def are_many(self) -> bool:
        """Whether to start again with an empty table: numbers are never reused."""
        return len(self._all) > _MANY

    def of_style(self, style: Style | None) -> int:
        if style is None:
            return DEFAULT
        pair = self._by_identity.get(id(style))
        if pair is not None:
            return pair[1]
        number = self._by_style.get(style)
        if number is None:
            if len(self._by_style) >= _MOST_STYLES:
                self._by_style.clear()
            number = self._by_style[style] = self._of_codes(style)
        if len(self._by_identity) >= _MOST_STYLES:
            self._by_identity.clear()
        self._by_identity[id(style)] = style, number
        return number

    def blank(self, number: int) -> int:
        return self._blanks[number]

    def number(self, rendition: Rendition) -> int:
        number = self._numbers.get(rendition)
        if number is None:
            number = self._numbers[rendition] = len(self._all)
            self._all.append(rendition)
            self._blanks.append(number)
            self._blanks[number] = self.number(rendition.blank)
        return number

    def change(self, old: Rendition, new: Rendition) -> str:
        """The shortest sequence that turns one rendition into another; "" for equal ones."""
        key = old, new
        change = self._changes.get(key)
        if change is None:
            if len(self._changes) >= _MOST_CHANGES:
                self._changes.clear()
            change = self._changes[key] = _link(old, new) + _sgr(old, new)
        return change

    def _of_codes(self, style: Style) -> int:
        # Rich writes the codes; styles that write the same look the same, whatever else they carry.
        if self._colours is ColorSystem.EIGHT_BIT:
            style = _in_256(style)
        codes = style.render(_PROBE, color_system=self._colours)
        number = self._by_codes.get(codes)
        if number is None:
            if len(self._by_codes) >= _MOST_STYLES:
                self._by_codes.clear()
            number = self._by_codes[codes] = self.number(_parse(codes))
        return number


@lru_cache(maxsize=1024)
def _numbered(foreground: str) -> str:
    red, green, blue = map(int, foreground.split(";")[2:])
    return f"38;5;{nearest(red, green, blue)}"


@lru_cache(maxsize=4096)
def nearest(red: int, green: int, blue: int) -> int:
    numbers = [16 + 36 * _level(red) + 6 * _level(green) + _level(blue), 232 + _grey(red, green, blue)]
    return min(numbers, key=lambda number: _distance(_RGB[number], (red, green, blue)))


def _level(part: int) -> int:
    return min(range(6), key=lambda level: abs(_LEVELS[level] - part))


def _grey(*parts: int) -> int:
    brightness = sum(weight * part for weight, part in zip(_WEIGHTS, parts, strict=True))
    return min(23, max(0, round((brightness - 8) / 10)))


def _distance(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
    return sum(weight * (a - b) ** 2 for weight, a, b in zip(_WEIGHTS, one, other, strict=True))


def _in_256(style: Style) -> Style:
    colours = [
        None if each is None or not each.triplet else each.triplet for each in (style.color, style.bgcolor)
    ]
    if not any(colours):
        return style
    front, back = (each and Color.parse(f"color({nearest(*each)})") for each in colours)
    return style + Style(color=front, bgcolor=back)


def _parse(text: str) -> Rendition:
    prefix = text.partition(_PROBE)[0]
    link = ""
    if prefix.startswith("\x1b]8;"):
        link, _end, prefix = prefix[4:].partition("\x1b\\")
    codes = iter(prefix.removeprefix("\x1b[").removesuffix("m").split(";") if prefix else ())
    foreground = background = ""
    attributes = 0
    for code in codes:
        if code in _BIT:
            attributes |= _BIT[code]
        elif code in ("38", "48"):
            kind = next(codes)
            colour = ";".join([code, kind, *(next(codes) for _part in range(3 if kind == "2" else 1))])
            foreground, background = (colour, background) if code == "38" else (foreground, colour)
        elif code[0] == "4" or code[:2] == "10":
            background = "" if code == "49" else code
        else:
            foreground = "" if code == "39" else code
    return Rendition(foreground, background, attributes, link)


def _link(old: Rendition, new: Rendition) -> str:
    return "" if old.link == new.link else f"\x1b]8;{new.link or ';'}\x1b\\"


def _sgr(old: Rendition, new: Rendition) -> str:
    if old[:3] == new[:3]:
        return ""
    stepwise = ";".join(_steps(old, new))
    codes = new.codes
    if not codes:
        return "\x1b[m"
    return f"\x1b[{stepwise}m" if len(stepwise) <= len(codes) + 1 else f"\x1b[;{codes}m"


def _steps(old: Rendition, new: Rendition) -> list[str]:
    removed = old.attributes & ~new.attributes
    off = {unset for bit, (_on, unset) in enumerate(_ATTRIBUTES) if removed >> bit & 1}
    # One code unsets both bold and dim: the one that stays is set again.
    remaining = sum(
        1 << bit
        for bit, (_on, unset) in enumerate(_ATTRIBUTES)
        if old.attributes >> bit & 1 and unset not in off
    )
    parts = sorted(off)
    parts += [on for bit, (on, _off) in enumerate(_ATTRIBUTES) if (new.attributes & ~remaining) >> bit & 1]
    if old.foreground != new.foreground:
        parts.append(new.foreground or "39")
    if old.background != new.background:
        parts.append(new.background or "49")
    return parts
