"""Lines as plain data, measured in cells; what a command prints needs no more, and `lines` draws them on the screen."""

from collections.abc import Iterable, Sequence

from rich.cells import cell_len, set_cell_size

from widgets.drawing.format import ELLIPSIS, crop, wrap

Span = tuple[str, str]  # (text, role); the role is a key of `widgets.drawing.lines.ROLES`, "" or `#rrggbb`
Line = Sequence[Span]


def width_of(line: Line) -> int:
    return sum(cell_len(text) for text, _role in line)


def fit(line: Line, width: int, align: str = "left") -> list[Span]:
    line_width = width_of(line)
    if line_width <= width:
        padding = ("" if line_width == width else " " * (width - line_width), "")
        return [padding, *line] if align == "right" else [*line, padding]
    spans: list[Span] = []
    room = width - 1
    for text, role in line:
        size = cell_len(text)
        if size > room:
            beginning = set_cell_size(text, max(0, room)).removesuffix(ELLIPSIS)
            spans.append((set_cell_size(beginning + ELLIPSIS, max(0, room + 1)), role))
            break
        spans.append((text, role))
        room -= size
    return spans


def spread(left: Line, right: Line, width: int, fill: Span = (" ", "")) -> list[Span]:
    """`left` and `right` at the two ends of `width` cells; if they do not fit, `left` is cropped."""
    room = width - width_of(right)
    if room <= 0:
        return fit(right, width)
    left_width = width_of(left)
    if left_width > room - 1:
        return [*fit(left, room - 1), (" ", ""), *right]
    return [*left, (fill[0] * (room - left_width), fill[1]), *right]


def plain(lines: Iterable[Line]) -> list[str]:
    return ["".join(text for text, _role in line) for line in lines]


NARROWEST = 8  # Least cells of the wrapped text, however wide what stands before it is


def hanging(first: Line, text: str, width: int, role: str = "", most: int | None = None) -> list[Line]:
    """`first`, then the text in this role, wrapped within `width` cells; after `most` lines it ends in an ellipsis."""
    indent = width_of(first)
    room = max(NARROWEST, width - indent)
    rows = wrap(text, room) or [""]
    if most is not None and len(rows) > most:
        rows[most - 1 :] = [crop(" ".join(rows[most - 1 :]), room)]
    return [[*(first if row == 0 else [(" " * indent, "")]), (line, role)] for row, line in enumerate(rows)]


def ending(lines: list[Line], end: Line, width: int, indent: int) -> list[Line]:
    if width_of(lines[-1]) + 2 + width_of(end) > width:
        return [*lines, [(" " * indent, ""), *end]]
    return [*lines[:-1], [*lines[-1], ("  ", ""), *end]]
