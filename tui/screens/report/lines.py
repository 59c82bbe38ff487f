from collections.abc import Iterator, Sequence

from rich.cells import cell_len

from services.i18n import _
from services.models.verdict import Verdict
from services.report.rendering.document import (
    Block,
    Bullets,
    Document,
    DocumentFacts,
    Paragraph,
    Quote,
    Section,
    Table,
)
from widgets.drawing.format import crop, pad, wrap, wrap_at
from widgets.drawing.spans import Line, Span, spread
from widgets.drawing.state_styles import VERDICT_STYLES

_GAP = 2  # Cells between columns
_LEAST = 6  # Least cells of a column of text
_FIGURE = 4  # Least cells of a column of figures
_ROWS = 3  # Lines that one table cell may take


def report_lines(document: Document, width: int) -> list[Line]:
    lines: list[Line] = [[(document.title, "title"), ("  ", ""), *_verdict(document)]]
    for block in document.summary:
        lines += [*_block(block, width), []]
    lines += _block(document.facts, width)
    for section in (*document.sections, *document.annexes):
        lines += _section(section, width, 0)
    if document.footer:
        lines += [[], *([(text, "muted")] for text in wrap(document.footer, width))]
    return lines


def _verdict(document: Document) -> list[Span]:
    role = VERDICT_STYLES[document.tone].role if document.tone is not None else ""
    return [(document.verdict, role)] if document.verdict else []


def _section(section: Section, width: int, depth: int) -> Iterator[Line]:
    yield []
    role = "heading" if depth else "title"
    yield spread([(section.title, role), (" ", "")], [], width, fill=("─" if depth == 0 else "╌", "rule"))
    for number, block in enumerate(section.blocks):
        if number:
            yield []
        yield from _block(block, width)
    for part in section.parts:
        yield from _section(part, width, depth + 1)


def _block(block: Block, width: int) -> list[Line]:
    match block:
        case Paragraph():
            role = VERDICT_STYLES[block.tone].role if block.tone else ""
            return [[(text, role if role != "good" else "")] for line in block.text.split("\n") for text in wrap(line, width)]  # fmt: skip
        case Quote():
            lines = [text for line in block.text.split("\n") for text in wrap(line, width - 2) or [""]]
            quoted: list[Line] = [[("▏ ", "rule"), (text, "")] for text in lines]
            return [*quoted, [("▏ ", "rule"), (f"— {block.by}", "muted")]]
        case Bullets():
            return [line for item in block.items for line in _hang("· ", item, width)]
        case DocumentFacts():
            room = max((cell_len(name) for name, _value in block.pairs), default=0)
            return [
                line
                for name, value in block.pairs
                for line in _hang(pad(name, room) + "  ", value, width, "muted")
            ]
        case Table():
            return list(_table(block, width))


def _hang(mark: str, text: str, width: int, role: str = "muted") -> list[Line]:
    indent = cell_len(mark)
    rows = [part for line in text.split("\n") for part in wrap(line, max(8, width - indent)) or [""]]
    return [[(mark if at == 0 else " " * indent, role), (part, "")] for at, part in enumerate(rows)]


def _table(block: Table, width: int) -> Iterator[Line]:
    if block.title:
        yield [(block.title, "heading")]
    if not block.lines:
        yield [(_("nothing"), "muted")]
        return
    rows = [block.cells(line) for line in block.lines]
    sizes = _sizes(block, rows, width)
    yield from _cells(block.columns, sizes, block, "head")
    for line, cells in zip(block.lines, rows, strict=True):
        role = (
            VERDICT_STYLES[line.tone].role
            if line.tone is not None and line.tone is not Verdict.NORMAL
            else ""
        )
        yield from _cells(cells, sizes, block, role)


def _cells(cells: Sequence[str], sizes: list[int], block: Table, role: str) -> Iterator[Line]:
    # Headings are wrapped, not cropped: a cropped one would leave its figures unnamed.
    split = wrap if role == "head" else _cell
    parts = [split(cell, size) for cell, size in zip(cells, sizes, strict=True)]
    for at in range(max(map(len, parts))):
        yield _row([part[at] if at < len(part) else "" for part in parts], sizes, block, role)


def _cell(text: str, size: int) -> list[str]:
    lines = list(wrap_at(text, size))
    if len(lines) > _ROWS:
        at, _line = lines[_ROWS - 1]
        lines[_ROWS - 1 :] = [(at, crop(" ".join(text[at:].split()), size))]
    return [line for _at, line in lines]


def _sizes(block: Table, rows: list[list[str]], width: int) -> list[int]:
    """Return the columns' widths: as wide as the texts if there is room. Otherwise columns of figures shrink
    to their figures first, then the widest texts shrink."""
    columns = range(len(block.columns))
    sizes = [max(cell_len(row[at]) for row in [[*block.columns], *rows]) for at in columns]
    figures = {at: max(_FIGURE, *(cell_len(row[at]) for row in rows)) for at in columns if at in block.right}
    texts = dict.fromkeys((at for at in columns if at not in block.right), _LEAST)
    room = width - _GAP * (len(sizes) - 1)
    for least in (figures, texts):
        while sum(sizes) > room:
            at = max(least, key=lambda at: sizes[at] - least[at], default=None)
            if at is None or sizes[at] <= least[at]:
                break
            sizes[at] -= 1
    return sizes


def _row(cells: Sequence[str], sizes: list[int], block: Table, role: str) -> Line:
    spans: list[Span] = []
    for at, (text, size) in enumerate(zip(cells, sizes, strict=True)):
        align = "right" if at in block.right else "left"
        spans += [(" " * _GAP, "")] if spans else []
        spans.append((pad(crop(text, size), size, align), role))
    return spans
