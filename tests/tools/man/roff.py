"""Text as a man page needs it, for groff and for mandoc: man(7) macros, and characters that roff would take for its own."""

import re
from collections.abc import Iterable, Iterator

from rich.cells import cell_len

_CHARACTERS = str.maketrans(
    {"\\": r"\e", "-": r"\-", "'": r"\(aq", "`": r"\(ga", "^": r"\(ha", "~": r"\(ti", '"': r"\(dq"}
)
_CODE = re.compile(r"`([^`\n]+)`")


def escaped(text: str) -> str:
    """Text that is printed as it is; `-` can be copied from the page as typed."""
    return text.translate(_CHARACTERS)


def bold(text: str) -> str:
    """What is typed as it stands."""
    return rf"\fB{escaped(text)}\fR"


def italic(text: str) -> str:
    """What stands for something else, such as FILE."""
    return rf"\fI{escaped(text)}\fR"


def prose(text: str) -> str:
    """One paragraph; what stands in backquotes is bold, and rows of wide characters may be broken. A row of
    Japanese is one word to roff, which would run over the edge of the screen."""
    parts = _CODE.split(" ".join(text.split()))
    return guarded("".join(bold(part) if index % 2 else _breakable(part) for index, part in enumerate(parts)))


def guarded(line: str) -> str:
    """A line that begins with a dot or an escaped quote is no request."""
    return rf"\&{line}" if line.startswith((".", "'")) else line


def _breakable(text: str) -> str:
    """With a place to break (`\\:`) between two wide characters, unless one of them may not begin or end a line."""
    out: list[str] = []
    before = ""
    for character in text:
        if before and cell_len(before) == 2 and cell_len(character) == 2 and _may_part(before, character):
            out.append(r"\:")
        out.append(escaped(character))
        before = character
    return "".join(out)


_NOT_FIRST = (
    "、。，．・：；？！゛゜ヽヾゝゞ々ー）〕］｝〉》」』】ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ"
)
_NOT_LAST = "（〔［｛〈《「『【"


def _may_part(before: str, after: str) -> bool:
    return after not in _NOT_FIRST and before not in _NOT_LAST


def entry(term: str, text: str) -> Iterator[str]:
    """A term and its text: `term` is roff already, `text` is not."""
    yield ".TP"
    yield guarded(term)
    yield prose(text)


def literal(lines: Iterable[str]) -> Iterator[str]:
    """Lines as they are, indented."""
    yield ".PP"
    yield ".RS 4"
    yield ".nf"
    yield from (guarded(escaped(line)) for line in lines)
    yield ".fi"
    yield ".RE"


def paragraphs(text: str) -> Iterator[str]:
    """Paragraphs parted by empty lines; one that begins with Click's `\\b` keeps its lines."""
    for paragraph in text.split("\n\n"):
        lines = paragraph.strip("\n").split("\n")
        if lines[0].strip() == "\b":
            yield from literal(line.strip() for line in lines[1:])
        else:
            yield ".PP"
            yield prose(paragraph)


def heading(macro: str, text: str) -> str:
    """A heading: `.SH` or `.SS`."""
    return f'.{macro} "{escaped(text)}"'
