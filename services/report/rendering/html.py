import re
from collections.abc import Iterator, Sequence
from html import escape

from services.i18n import _
from services.models import glyphs
from services.models.report import Report
from services.models.verdict import Verdict
from services.report.rendering.dispatch import document
from services.report.rendering.document import (
    Block,
    Bullets,
    Document,
    DocumentFacts,
    DocumentLine,
    Paragraph,
    Quote,
    Section,
    Table,
)
from services.report.rendering.page import size

STYLE = """
@page { size: A4; margin: 12mm 14mm 13mm 14mm;
  @bottom-right { content: counter(page) " / " counter(pages); font-size: 8pt; } }
:root { color-scheme: light; }
body { font-family: "Hiragino Sans", "Hiragino Kaku Gothic ProN", "BIZ UDPGothic", "Yu Gothic", "Meiryo",
  "Noto Sans CJK JP", "Noto Sans JP", "IPAexGothic", sans-serif; font-size: 8.5pt; line-height: 1.35;
  color: #111; background: #fff; max-width: 182mm; margin: 8mm auto; padding: 0 4mm; }
header { display: flex; justify-content: space-between; align-items: flex-start; border-bottom: 2px solid #111;
  padding-bottom: 1.5mm; margin-bottom: 2mm; min-height: 20mm; }
header div { flex: 1; } h1 { font-size: 15pt; margin: 0 0 2mm 0; }
h2 { font-size: 9.5pt; line-height: 1.3; border-left: 3px solid #345; padding-left: 2mm; margin: 2.4mm 0 0.9mm 0; }
h3 { font-size: 9pt; margin: 2.5mm 0 1mm 0; }
h1, h2, h3, caption { break-after: avoid; page-break-after: avoid; }
table { border-collapse: collapse; width: 100%; margin: 0 0 0.7mm 0; }
table.fixed { table-layout: fixed; }
caption { text-align: left; font-weight: bold; padding: 1mm 0; }
th, td { border: 1px solid #999; padding: 0.35mm 1.2mm; text-align: left; vertical-align: top;
  overflow-wrap: anywhere; white-space: pre-wrap; }
th { background: #eee; font-weight: bold; }
td.right, th.right { text-align: right; } td.short, th.short { white-space: nowrap; }
thead { display: table-header-group; }
tr, blockquote, li, section.whole { break-inside: avoid; page-break-inside: avoid; }
table.facts { table-layout: fixed; } table.facts th { white-space: nowrap; width: 13%; }
table.facts td { width: 37%; }
table.seals { width: auto; margin: 0; } table.seals th { text-align: center; width: 17mm; padding: 0.3mm; }
table.seals td { height: 15mm; } table.seals th.name { width: 5mm; writing-mode: vertical-rl; letter-spacing: 1mm; }
p { white-space: pre-wrap; margin: 0.6mm 0; } ul { margin: 0.6mm 0; padding-left: 5mm; }
blockquote { margin: 0.7mm 0; padding: 0 2mm; border-left: 3px solid #999; white-space: pre-wrap; }
footer { margin-top: 3mm; border-top: 1px solid #999; font-size: 7.5pt; color: #444; }
.verdict { font-size: 12pt; font-weight: bold; padding: 0.5mm 3mm; border: 2px solid #111; display: inline-block;
  margin: 0; }
.summary { margin: 0 0 1.6mm 0; } .summary th, .summary td { font-size: 9.5pt; border-color: #345; }
.summary td { font-weight: bold; word-break: keep-all; }
.summary table.facts th { width: 11%; } .summary table.facts td { width: 28%; }
.summary table.facts td:nth-child(2) { width: 50%; }
.attention { background: #fff6d6; } .abnormal { background: #fde0dd; }
.unknown { background: #e9e6f5; }
.annex { margin-top: 5mm; } .annexes { break-before: page; page-break-before: always; }
@media screen { .annexes { border-top: 1px dashed #999; margin-top: 10mm; } }
@media print { body { margin: 0; padding: 0; max-width: none; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; } }
"""


# No scripts, images or fonts: whatever a log line contains, the page loads and executes nothing.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_GLYPHS = "".join(value for name, value in vars(glyphs).items() if name.isupper())
_WITHIN_A_COUNT = re.compile(rf"(?<=[{_GLYPHS}]) | (?=\d)|(?<!,) (?=[{_GLYPHS}])")
"""Spaces of a count such as `◆ abnormal 5` at which no line is broken: beside its glyph, and before its number."""
_SHORT, _SHORT_TOGETHER = 16, 80
"""Half-width characters of a column whose cells are not wrapped, and of all such columns of a table."""


def to_html(report: Report, *, wareki: bool = False) -> str:
    return write(document(report, wareki=wareki))


def write(whole: Document) -> str:
    title = _text(whole.title)
    lines = [
        "<!DOCTYPE html>",
        f'<html lang="{_text(whole.language)}">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_text(_POLICY)}">',
        '<meta name="viewport" content="width=device-width">',
        f"<title>{title}</title>",
        f"<style>{STYLE}</style>",
        "</head>",
        "<body>",
        "<header>",
        f"<div><h1>{title}</h1>{_verdict(whole)}</div>",
        *_seals(whole.seals),
        "</header>",
        *_summary(whole.summary),
        *_block(whole.facts),
        *(line for section in whole.sections for line in _section(section, 2)),
        f"<footer>{_text(whole.footer)}</footer>",
        *_annexes(whole.annexes),
        "</body>",
        "</html>",
    ]
    return "\n".join(lines) + "\n"


def _text(words: str) -> str:
    return escape(words)


def _verdict(whole: Document) -> str:
    if not whole.verdict:
        return ""
    return f'<p class="verdict{_tone(whole.tone)}">{_text(whole.verdict)}</p>'


def _summary(blocks: Sequence[Block]) -> Iterator[str]:
    if blocks:
        yield '<div class="summary">'
        for block in blocks:
            yield from (_WITHIN_A_COUNT.sub("\u00a0", line) for line in _block(block))
        yield "</div>"


def _seals(heads: Sequence[str]) -> Iterator[str]:
    if heads:
        names = "".join(f"<th>{_text(head)}</th>" for head in heads)
        title = f'<th class="name" rowspan="2">{_text(_("Seals"))}</th>'
        boxes = "<td></td>" * len(heads)
        rows = f"<tr>{title}{names}</tr><tr>{boxes}</tr>"
        yield f'<table class="seals"><tbody>{rows}</tbody></table>'


def _annexes(sections: Sequence[Section]) -> Iterator[str]:
    if sections:
        yield '<div class="annexes">'
        for section in sections:
            yield '<div class="annex">'
            yield from _section(section, 2)
            yield "</div>"
        yield "</div>"


def _section(section: Section, level: int) -> Iterator[str]:
    yield '<section class="whole">' if section.whole else "<section>"
    yield f"<h{level}>{_text(section.title)}</h{level}>"
    for block in section.blocks:
        yield from _block(block)
    for part in section.parts:
        yield from _section(part, level + 1)
    yield "</section>"


def _block(block: Block) -> Iterator[str]:
    match block:
        case Paragraph():
            yield f'<p class="said{_tone(block.tone)}">{_text(block.text)}</p>'
        case Quote():
            yield f"<blockquote>{_text(block.text)}\n— {_text(block.by)}</blockquote>"
        case Bullets():
            yield f"<ul>{''.join(f'<li>{_text(item)}</li>' for item in block.items)}</ul>"
        case DocumentFacts():
            rows = "".join(_facts(block.pairs))
            yield f'<table class="facts"><tbody>{rows}</tbody></table>'
        case Table():
            yield from _table(block)


def _facts(pairs: Sequence[tuple[str, str]]) -> Iterator[str]:
    cells = [f'<th scope="row">{_text(name)}</th><td>{_text(value)}</td>' for name, value in pairs]
    if len(cells) % 2:
        cells.append("<th></th><td></td>")
    yield from (f"<tr>{left}{right}</tr>" for left, right in zip(cells[::2], cells[1::2], strict=True))


def _table(block: Table) -> Iterator[str]:
    yield '<table class="fixed">' if block.widths else "<table>"
    if block.widths:
        columns = "".join(f'<col width="{width}%">' for width in block.widths)
        yield f"<colgroup>{columns}</colgroup>"
    if block.title:
        yield f"<caption>{_text(block.title)}</caption>"
    short = frozenset[int]() if block.widths else _short(block)
    classes = [_classes(block, number, short) for number in range(len(block.columns))]
    heads = "".join(
        f'<th scope="col"{kind}>{_text(name)}</th>' for kind, name in zip(classes, block.columns, strict=True)
    )
    yield f"<thead><tr>{heads}</tr></thead>"
    yield "<tbody>"
    yield from (_row(block, line, classes) for line in block.lines)
    yield "</tbody></table>"


def _row(block: Table, line: DocumentLine, classes: Sequence[str]) -> str:
    cells = "".join(
        f"<td{kind}>{_text(cell)}</td>" for kind, cell in zip(classes, block.cells(line), strict=True)
    )
    return f'<tr class="row{_tone(line.tone)}">{cells}</tr>'


def _short(block: Table) -> frozenset[int]:
    """The columns whose cells are not wrapped, so that times and numbers stay whole."""
    sizes = sorted(
        (
            max(map(size, [block.columns[number], *(block.cells(line)[number] for line in block.lines)])),
            number,
        )
        for number in range(len(block.columns))
    )
    together, numbers = 0, []
    for width, number in sizes:
        together += width + 2
        if width <= _SHORT and together <= _SHORT_TOGETHER:
            numbers.append(number)
    return frozenset(numbers)


def _classes(block: Table, number: int, short: frozenset[int]) -> str:
    """The class attribute of a column: figures are right-aligned, short cells are not wrapped."""
    names = [*(["right"] if number in block.right else []), *(["short"] if number in short else [])]
    return f' class="{" ".join(names)}"' if names else ""


def _tone(value: Verdict | None) -> str:
    return "" if value in (None, Verdict.NORMAL) else f" {value}"
