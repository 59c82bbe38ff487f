"""What terminals make of the codes they are sent: palettes, and the looks that a picture is taken in."""

from dataclasses import dataclass
from typing import Literal, get_args

from rich.color import ColorSystem

from tui import themes

Brightness = Literal["dark", "light"]
BRIGHTNESSES: tuple[Brightness, ...] = get_args(Brightness)
SMALL = (80, 24)  # The size at which the rarer palettes are painted as well


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours that a terminal has."""

    id: str
    colours: ColorSystem
    count: int
    everywhere: bool = True  # Whether it is painted at every size
    no_color: bool = False  # Whether NO_COLOR is set


PALETTES = (
    Palette("truecolor", ColorSystem.TRUECOLOR, 1 << 24),
    Palette("256", ColorSystem.EIGHT_BIT, 256),
    Palette("16", ColorSystem.STANDARD, 16, everywhere=False),
    Palette("nocolor", ColorSystem.EIGHT_BIT, 256, everywhere=False, no_color=True),
)


@dataclass(frozen=True, slots=True)
class Look:
    """A palette on a dark or a light terminal."""

    palette: Palette
    brightness: Brightness

    @property
    def name(self) -> str:
        """The end of a picture's file name."""
        return f"{self.palette.id}-{self.brightness}"

    @property
    def ground(self) -> tuple[str, str]:
        """The terminal's own foreground and background."""
        return ("#d0d0d0", "#000000") if self.brightness == "dark" else ("#000000", "#ffffff")

    @property
    def theme(self) -> str:
        """The theme that the console takes on such a terminal."""
        return themes.theme_name(self.brightness, self.palette.count)


LOOKS = tuple(
    Look(palette, brightness)
    for palette in PALETTES
    for brightness in BRIGHTNESSES
    if not (palette.no_color and brightness == "light")
)


def looks_at(size: tuple[int, int], chosen: tuple[Look, ...] = LOOKS) -> tuple[Look, ...]:
    """Those of `chosen` that are painted at `size`."""
    return tuple(look for look in chosen if look.palette.everywhere or size == SMALL)


_XTERM_16 = (
    "000000", "cd0000", "00cd00", "cdcd00", "0000ee", "cd00cd", "00cdcd", "e5e5e5",
    "7f7f7f", "ff0000", "00ff00", "ffff00", "5c5cff", "ff00ff", "00ffff", "ffffff",
)  # fmt: skip
_LEVELS = (0, 95, 135, 175, 215, 255)


def numbered(number: int) -> str:
    """Colour `number` of xterm's 256, as `#rrggbb`."""
    if number < 16:
        return f"#{_XTERM_16[number]}"
    if number < 232:
        red, rest = divmod(number - 16, 36)
        return "#" + "".join(f"{_LEVELS[level]:02x}" for level in (red, *divmod(rest, 6)))
    return "#" + f"{8 + 10 * (number - 232):02x}" * 3


def colour(code: str) -> str:
    """What xterm paints for an SGR colour code such as `31`, `48;5;236` or `38;2;1;2;3`, as `#rrggbb`."""
    first, *rest = map(int, code.split(";"))
    match rest:
        case [2, red, green, blue]:
            return f"#{red:02x}{green:02x}{blue:02x}"
        case [5, number]:
            return numbered(number)
    return numbered(first % 10 + (8 if first >= 90 else 0))
