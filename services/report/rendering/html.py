"""Writes a report as one self-contained HTML file that prints well on A4."""

from collections.abc import Iterator, Sequence
from html import escape

from services.models.report import Report
from services.models.verdict import Verdict
from services.report.rendering.dispatch import document
from services.report.rendering.document import (
    Block,
    Bullets,
    Document,
    Facts,
    Line,
    Paragraph,
    Quote,
    Section,
    Table,
)
from services.report.rendering.wording import verdict

# No scripts, images or fonts: whatever a log line contains, the page loads and executes nothing.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_SHORT = 9
"""Columns whose longest cell has at most this many characters are never wrapped."""
_STYLE = """
@page { size: A4; margin: 18mm 15mm 18mm 15mm; @bottom-right { content: counter(page) " / " counter(pages); font-size: 8pt; } }
:root { color-scheme: light; }
body { font-family: "Hiragino Sans", "Hiragino Kaku Gothic ProN", "BIZ UDPGothic", "Yu Gothic", "Meiryo",
  "Noto Sans CJK JP", "Noto Sans JP", "IPAexGothic", sans-serif; font-size: 10pt; line-height: 1.5;
  color: #111; background: #fff; max-width: 190mm; margin: 8mm auto; padding: 0 4mm; }
h1 { font-size: 16pt; border-bottom: 2px solid #111; padding-bottom: 2mm; }
h2 { font-size: 12pt; border-left: 4px solid #345; padding-left: 2mm; margin-top: 7mm; }
h3 { font-size: 10.5pt; margin-top: 5mm; }
h1, h2, h3, caption { break-after: avoid; page-break-after: avoid; }
table { border-collapse: collapse; width: 100%; margin: 2mm 0; }
caption { text-align: left; font-weight: bold; padding: 1mm 0; }
th, td { border: 1px solid #999; padding: 0.8mm 1.5mm; text-align: left; vertical-align: top;
  overflow-wrap: anywhere; white-space: pre-wrap; }
th { background: #eee; font-weight: bold; }
td.right, th.right { text-align: right; }
td.short, th.short { white-space: nowrap; }
thead { display: table-header-group; }
tr, blockquote, li, section.whole { break-inside: avoid; page-break-inside: avoid; }
table.facts { width: auto; } table.facts th { white-space: nowrap; }
p { white-space: pre-wrap; margin: 1.5mm 0; } ul { margin: 1mm 0; padding-left: 6mm; }
blockquote { margin: 2mm 0; padding: 1mm 3mm; border-left: 3px solid #999; white-space: pre-wrap; }
footer { margin-top: 8mm; border-top: 1px solid #999; font-size: 8pt; color: #444; }
.attention { background: #fff6d6; } .abnormal { background: #fde0dd; font-weight: bold; }
.unknown { background: #e9e6f5; } .verdict { font-size: 13pt; padding: 1mm 3mm; border: 2px solid #111;
  display: inline-block; }
@media print { body { margin: 0; padding: 0; max-width: none; font-size: 9pt; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; } }
"""


def to_html(report: Report, *, wareki: bool = False) -> str:
    """The report as HTML in the active language."""
    return write(document(report, wareki=wareki))


def write(whole: Document) -> str:
    """The document as an HTML page; all of its text is escaped."""
    title = _text(whole.title)
    lines = [
        "<!DOCTYPE html>",
        f'<html lang="{_text(whole.language)}">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_text(_POLICY)}">',
        '<meta name="viewport" content="width=device-width">',
        f"<title>{title}</title>",
        f"<style>{_STYLE}</style>",
        "</head>",
        "<body>",
        f"<h1>{title}</h1>",
        *(
            [f'<p class="verdict{_tone(whole.tone)}">{_text(verdict(whole.tone))}</p>']
            if whole.judged
            else []
        ),
        *_block(whole.facts),
        *(line for block in whole.summary for line in _block(block)),
        *(line for section in whole.sections for line in _section(section, 2)),
        f"<footer>{_text(whole.footer)}</footer>",
        "</body>",
        "</html>",
    ]
    return "\n".join(lines) + "\n"


def _text(words: str) -> str:
    """Escape text for element content and attribute values."""
    return escape(words)


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
        case Facts():
            rows = (
                f'<tr><th scope="row">{_text(name)}</th><td>{_text(value)}</td></tr>'
                for name, value in block.pairs
            )
            yield f'<table class="facts"><tbody>{"".join(rows)}</tbody></table>'
        case Table():
            yield from _table(block)


def _table(block: Table) -> Iterator[str]:
    yield "<table>"
    if block.title:
        yield f"<caption>{_text(block.title)}</caption>"
    classes = [_classes(block, number) for number in range(len(block.columns))]
    heads = "".join(
        f'<th scope="col"{kind}>{_text(name)}</th>' for kind, name in zip(classes, block.columns, strict=True)
    )
    yield f"<thead><tr>{heads}</tr></thead>"
    yield "<tbody>"
    yield from (_row(block, line, classes) for line in block.lines)
    yield "</tbody></table>"


def _row(block: Table, line: Line, classes: Sequence[str]) -> str:
    cells = "".join(
        f"<td{kind}>{_text(cell)}</td>" for kind, cell in zip(classes, block.cells(line), strict=True)
    )
    return f'<tr class="row{_tone(line.tone)}">{cells}</tr>'


def _classes(block: Table, number: int) -> str:
    """The class attribute of a column: numbers are right-aligned, short cells such as times are not wrapped."""
    texts = [block.columns[number], *(block.cells(line)[number] for line in block.lines)]
    names = [
        *(["right"] if number in block.right else []),
        *(["short"] if max(map(len, texts)) <= _SHORT else []),
    ]
    return f' class="{" ".join(names)}"' if names else ""


def _tone(value: Verdict | None) -> str:
    return "" if value in (None, Verdict.NORMAL) else f" {value}"
