"""A report as Markdown (CommonMark with tables): what people wrote and AWS said is text, never markup."""

import re
from collections.abc import Iterator

from services.models.report import Report
from services.report.rendering.dispatch import document
from services.report.rendering.document import (
    Block,
    Bullets,
    Document,
    Facts,
    Paragraph,
    Quote,
    Section,
    Table,
)

_MARKUP = re.compile(r"[\\`*\[\]|~$]|<(?=[A-Za-z/!?])|&(?=[#A-Za-z0-9]+;)|(?<![^\W_])_|_(?![^\W_])")
"""What begins or ends markup anywhere; an underscore inside a word does not, nor `<` before a number."""
_LINK = re.compile(r"(://|\bwww\.)", re.IGNORECASE)
_FIRST = re.compile(r"^(\s*)([#+\-=>]|\d{1,9}(?=[.)]))")
"""What makes a heading, a list or a line under a heading at the beginning of a line."""


def to_markdown(report: Report, *, wareki: bool = False) -> str:
    """The report in the language now spoken; ends with a line feed."""
    return write(document(report, wareki=wareki))


def write(whole: Document) -> str:
    """The document as Markdown."""
    lines = [f"# {_inline(whole.title)}", "", *_block(whole.facts)]
    for block in whole.summary:
        lines += ["", *_block(block)]
    for section in whole.sections:
        lines += _section(section, 2)
    return "\n".join(lines) + "\n"


def text(words: str) -> str:
    """One line of text as it is, whatever it holds."""
    return _FIRST.sub(_escaped_first, _inline(words))


def _inline(words: str) -> str:
    """The same for text that does not begin a line."""
    escaped = _MARKUP.sub(lambda match: f"\\{match[0]}", " ".join(words.split("\n")))
    return _LINK.sub(lambda match: match[0].replace(":", "\\:").replace(".", "\\."), escaped)


def _escaped_first(match: re.Match[str]) -> str:
    # A digit cannot be escaped, but the reference to its character can be written.
    first = match[2]
    return match[1] + (f"&#{ord(first[0])};{first[1:]}" if first[0].isdigit() else f"\\{first}")


def _section(section: Section, level: int) -> Iterator[str]:
    yield ""
    yield f"{'#' * level} {_inline(section.title)}"
    for block in section.blocks:
        yield ""
        yield from _block(block)
    for part in section.parts:
        yield from _section(part, level + 1)


def _block(block: Block) -> Iterator[str]:
    match block:
        case Paragraph():
            yield from _lines(block.text)
        case Quote():
            yield from (f"> {line}" for line in _lines(block.text))
            yield ">"
            yield f"> — {_inline(block.by)}"
        case Bullets():
            yield from (f"- {text(item)}" for item in block.items)
        case Facts():
            yield from (f"- {text(name)}: {_inline(value)}" for name, value in block.pairs)
        case Table():
            yield from _table(block)


def _lines(words: str) -> list[str]:
    """Lines stay lines: a backslash ends each but the last; an empty one shows as a line of its own."""
    lines = [text(line) or "&nbsp;" for line in words.split("\n")]
    return [f"{line}\\" for line in lines[:-1]] + lines[-1:]


def _table(block: Table) -> Iterator[str]:
    if block.title:
        yield f"**{_inline(block.title)}**"
        yield ""
    yield _row(block.columns)
    yield _row(["---:" if number in block.right else "---" for number in range(len(block.columns))], raw=True)
    for line in block.lines:
        yield _row(block.cells(line))


def _row(cells: "list[str] | tuple[str, ...]", *, raw: bool = False) -> str:
    return f"| {' | '.join(cells if raw else map(_inline, cells))} |"
