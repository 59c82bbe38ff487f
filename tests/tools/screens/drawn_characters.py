"""Characters that terminals draw themselves, without a font: lines, blocks and braille, as paths of SVG."""

from collections.abc import Iterator
from typing import NamedTuple

_DOTS = ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3))
_THIN, _THICK = 1.2, 2.6
_ARMS = {
    "─": "lr", "│": "ud", "┌": "rd", "┐": "ld", "└": "ru", "┘": "lu", "├": "udr", "┤": "udl", "┬": "lrd", "┴": "lru",
    "┼": "lrud", "╭": "rd", "╮": "ld", "╰": "ru", "╯": "lu", "╴": "l", "╵": "u", "╶": "r", "╷": "d",
    "━": "LR", "┃": "UD", "┏": "RD", "┓": "LD", "┗": "RU", "┛": "LU", "┣": "UDR", "┫": "UDL", "┳": "LRD", "┻": "LRU",
    "╋": "LRUD", "╸": "L", "╹": "U", "╺": "R", "╻": "D",
}  # fmt: skip
"""The arms of a line's character: left, right, up, down; heavy in capitals."""
_QUADRANTS = {"▖": 4, "▗": 8, "▘": 1, "▙": 13, "▚": 9, "▛": 7, "▜": 11, "▝": 2, "▞": 6, "▟": 14}
"""Bits: upper left, upper right, lower left, lower right."""


class _Box(NamedTuple):
    """Shares of the cell."""

    left: float
    top: float
    right: float
    bottom: float


def drawn(character: str, x: float, y: float, width: float, height: float) -> str:
    """The path of a character in the cell at (x, y); "" for one that a font draws."""
    if len(character) != 1:
        return ""
    code = ord(character)
    if 0x2800 < code < 0x2900:
        return "".join(_dots(code - 0x2800, x, y, width, height))
    if arms := _ARMS.get(character):
        return "".join(_arm(arm, x, y, width, height) for arm in arms)
    return "".join(
        _rectangle(x + box.left * width, y + box.top * height, x + box.right * width, y + box.bottom * height)
        for box in _blocks(character)
    )


def _rectangle(left: float, top: float, right: float, bottom: float) -> str:
    return f"M{left:.1f} {top:.1f}H{right:.1f}V{bottom:.1f}H{left:.1f}z"


def _dots(bits: int, x: float, y: float, width: float, height: float) -> Iterator[str]:
    size = width / 4.6
    for index, (dx, dy) in enumerate(_DOTS):
        if bits >> index & 1:
            left, top = x + 1.2 + dx * width / 2, y + 1.2 + dy * height / 4
            yield _rectangle(left, top, left + size, top + size)


def _arm(arm: str, x: float, y: float, width: float, height: float) -> str:
    half = (_THICK if arm.isupper() else _THIN) / 2
    middle, centre = x + width / 2, y + height / 2
    match arm.lower():
        case "l":
            return _rectangle(x, centre - half, middle + half, centre + half)
        case "r":
            return _rectangle(middle - half, centre - half, x + width, centre + half)
        case "u":
            return _rectangle(middle - half, y, middle + half, centre + half)
        case _:
            return _rectangle(middle - half, centre - half, middle + half, y + height)


def _blocks(character: str) -> Iterator[_Box]:
    code = ord(character)
    if 0x2581 <= code <= 0x2588:
        yield _Box(0, 1 - (code - 0x2580) / 8, 1, 1)
    elif 0x2589 <= code <= 0x258F:
        yield _Box(0, 0, (0x2590 - code) / 8, 1)
    elif character in _QUADRANTS:
        for index in range(4):
            if _QUADRANTS[character] >> index & 1:
                left, top = index % 2 / 2, index // 2 / 2
                yield _Box(left, top, left + 0.5, top + 0.5)
    elif character in "▀▐▔▕":
        edges = {
            "▀": _Box(0, 0, 1, 0.5),
            "▐": _Box(0.5, 0, 1, 1),
            "▔": _Box(0, 0, 1, 1 / 8),
            "▕": _Box(7 / 8, 0, 1, 1),
        }
        yield edges[character]
