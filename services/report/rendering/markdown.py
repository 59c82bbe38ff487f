"""Writes a report as Markdown (CommonMark with tables). Text from people and from AWS is escaped, so it never acts as markup."""

import re
from collections.abc import Iterator

from services.models.report import Report
from services.report.rendering.dispatch import document
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

_MARKUP = re.compile(r"[\\`*\[\]|~$]|<(?=[A-Za-z/!?])|&(?=[#A-Za-z0-9]+;)|(?<![^\W_])_|_(?![^\W_])")
"""Characters that act as markup anywhere in a line; an underscore within a word and `<` before a number do not."""
_LINK = re.compile(r"(://|\bwww\.)", re.IGNORECASE)
_FIRST = re.compile(r"^(\s*)([#+\-=>]|\d{1,9}(?=[.)]))")
"""Characters that start a heading, a list item or a setext underline at the beginning of a line."""


def to_markdown(report: Report, *, wareki: bool = False) -> str:
    return write(document(report, wareki=wareki))


def write(whole: Document) -> str:
    lines = [f"# {_inline(whole.title)}", ""]
    if whole.verdict:
        lines += [f"**{_inline(whole.verdict)}**", ""]
    for block in whole.summary:
        lines += [*_block(block), ""]
    lines += _block(whole.facts)
    if whole.seals:
        lines += [
            "",
            _row(whole.seals),
            _row(["---"] * len(whole.seals), raw=True),
            _row([" "] * len(whole.seals)),
        ]
    for section in (*whole.sections, *whole.annexes):
        lines += _section(section, 2)
    return "\n".join(lines) + "\n"


def text(words: str) -> str:
    """Escape one line of text so that it renders literally."""
    return _FIRST.sub(_escaped_first, _inline(words))


def _inline(words: str) -> str:
    escaped = _MARKUP.sub(lambda match: f"\\{match[0]}", " ".join(words.split("\n")))
    return _LINK.sub(lambda match: match[0].replace(":", "\\:").replace(".", "\\."), escaped)


def _escaped_first(match: re.Match[str]) -> str:
    # CommonMark has no backslash escape for a digit, so it is written as a character reference.
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
        case DocumentFacts():
            yield from (f"- {text(name)}: {_inline(value)}".rstrip() for name, value in block.pairs)
        case Table():
            yield from _table(block)


def _lines(words: str) -> list[str]:
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
