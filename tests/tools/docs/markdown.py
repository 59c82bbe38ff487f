"""Markdown from values: tables, code, headings with stable anchors."""

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table; bars within its cells are escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |" for cells in lines]


def code(text: str) -> str:
    """Inline code."""
    return f"`{text}`"


def codes(texts: Iterable[str], separator: str = ", ") -> str:
    """Several of them."""
    return separator.join(map(code, texts))


def heading(level: int, title: str, anchor: str) -> str:
    """A heading whose anchor is the same in both languages."""
    return f"{'#' * level} {title} {{ #{anchor} }}"


def fence(lines: Iterable[str], kind: str = "sh") -> list[str]:
    """A block of code."""
    return [f"```{kind}", *lines, "```"]
