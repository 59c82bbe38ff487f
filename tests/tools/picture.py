"""The screen as SVG, each character in its own cell, so that Japanese and braille stand where they should.

Textual's own export lays text out in runs, which browsers and converters space by the font's widths.
"""

import re
from html import escape

from rich.cells import cell_len
from rich.color import Color
from rich.segment import Segment
from textual.app import App
from textual.strip import Strip

CELL_WIDTH, CELL_HEIGHT = 8.4, 17
_BASELINE = 13
_RUNS = re.compile(r"[\u2800-\u28ff]+|[!-~]+|\s+|[\u3000-\u9fff\uff00-\uff60]+|.")
"""Braille, ASCII words, blanks, full-width text; anything else by itself."""
_DOTS = ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3))
_STYLE = (
    "text{font:14px 'DejaVu Sans Mono','Noto Sans Mono CJK JP','Noto Sans CJK JP',Menlo,Consolas,monospace;white-space:pre}"
    ".w{letter-spacing:2.8px}.b{font-weight:bold}.u{text-decoration:underline}"
)


def picture(app: App[object], background: str = "#14171c") -> str:
    """The app's present screen, its line filters applied, as an SVG document."""
    width, height = app.size
    base = app.screen.background_colors[1]
    strips = app.screen._compositor.render_strips()
    for line_filter in app._filters:
        strips = [strip.apply_filter(line_filter, base) for strip in strips]
    rows = [_row(strip, y, background) for y, strip in enumerate(strips)]
    size = f'width="{width * CELL_WIDTH:.0f}" height="{height * CELL_HEIGHT}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size}><style>{_STYLE}</style>'
    return f'{head}<rect width="100%" height="100%" fill="{background}"/>{"".join(rows)}</svg>\n'


def _row(strip: Strip, y: int, background: str) -> str:
    boxes, letters, x = [], [], 0
    for segment in strip:
        wide = cell_len(segment.text)
        front, back = _colours(segment, background)
        if back != background:
            boxes.append(
                f'<rect x="{x * CELL_WIDTH:.1f}" y="{y * CELL_HEIGHT}" width="{wide * CELL_WIDTH:.1f}" '
                f'height="{CELL_HEIGHT}" fill="{back}"/>'
            )
        letters.append(_letters(segment, x, y, front))
        x += wide
    return "".join(boxes + letters)


def _colours(segment: Segment, background: str) -> tuple[str, str]:
    style = segment.style
    front = _hex(style.color if style else None, "#d8dce3")
    back = _hex(style.bgcolor if style else None, background)
    return (back, front) if style and style.reverse else (front, back)


def _hex(color: Color | None, default: str) -> str:
    return default if color is None or color.is_default else color.get_truecolor().hex


def _letters(segment: Segment, x: int, y: int, front: str) -> str:
    style = segment.style
    names = [name for name, on in (("b", style and style.bold), ("u", style and style.underline)) if on]
    words, dots = [], []
    for run in _RUNS.findall(segment.text):
        if "\u2800" < run[0] < "\u2900":
            dots += [
                _braille(ord(each) - 0x2800, (x + n) * CELL_WIDTH, y * CELL_HEIGHT)
                for n, each in enumerate(run)
            ]
        elif not run.isspace():
            wide = ["w"] if cell_len(run[0]) == 2 else []
            kind = f' class="{" ".join(names + wide)}"' if names or wide else ""
            place = f'x="{x * CELL_WIDTH:.1f}" y="{y * CELL_HEIGHT + _BASELINE}" fill="{front}"'
            words.append(f"<text {place}{kind}>{escape(run)}</text>")
        x += cell_len(run)
    return "".join(words) + (f'<path fill="{front}" d="{"".join(dots)}"/>' if dots else "")


def _braille(bits: int, x: float, top: float) -> str:
    size = CELL_WIDTH / 4.6
    return "".join(
        f"M{x + 1.2 + dx * CELL_WIDTH / 2:.1f} {top + 1.2 + dy * CELL_HEIGHT / 4:.1f}h{size:.1f}v{size:.1f}h-{size:.1f}z"
        for index, (dx, dy) in enumerate(_DOTS)
        if bits >> index & 1
    )
