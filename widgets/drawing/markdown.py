"""markdown-it, which parses, is imported when the first text is shown."""

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from widgets.drawing.format import wrap
from widgets.drawing.lines import Line, Span, width_of

if TYPE_CHECKING:
    from markdown_it.token import Token

PARSER = "markdown_it"
"""The module that parses; a screen imports it beside the event loop before it shows a text."""
_BUTTON = re.compile(r"^button:(?:primary:)?")
_LISTS = {"bullet_list_open", "ordered_list_open"}


def markdown_lines(source: str, width: int) -> list[Line]:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    writer = _Writer(max(4, width))
    for token in parser.parse(source):
        writer.write(token)
    return writer.lines


class _Writer:
    def __init__(self, width: int) -> None:
        self.width = width
        self.lines: list[Line] = []
        self._lists: list[int | None] = []
        self._marker = ""
        self._role = ""
        self._cells: list[str] = []
        self._in_table = False

    def write(self, token: "Token") -> None:
        if token.type in _LISTS:
            self._lists.append(int(token.attrGet("start") or 1) if token.type[0] == "o" else None)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            self._lists.pop()
        elif token.type == "list_item_open":
            self._begin_item()
        elif token.type.startswith("heading"):
            self._heading(token)
        elif token.type in ("fence", "code_block"):
            self._gap()
            self.lines += [[("  " + line, "code")] for line in token.content.rstrip("\n").split("\n")]
        elif token.type == "hr":
            self.lines.append([("─" * self.width, "rule")])
        elif token.type == "paragraph_open" and not self._lists:
            self._gap()
        else:
            self._table_or_text(token)

    def _table_or_text(self, token: "Token") -> None:
        if token.type in ("table_open", "table_close"):
            self._in_table = token.type == "table_open"
        elif token.type == "tr_open":
            self._cells = []
        elif token.type == "tr_close":
            self._paragraph([("  ".join(self._cells), self._role)])
        elif token.type == "thead_open":
            self._gap()
            self._role = "head"
        elif token.type == "thead_close":
            self._role = ""
        elif token.type == "inline":
            spans = list(_inline(token.children or (), self._role))
            if self._in_table:
                self._cells.append("".join(text for text, _role in spans))
            else:
                self._paragraph(spans)

    def _begin_item(self) -> None:
        number = self._lists[-1]
        self._marker = "• " if number is None else f"{number}. "
        if number is not None:
            self._lists[-1] = number + 1

    def _heading(self, token: "Token") -> None:
        if token.type == "heading_open":
            self._gap()
            self._role = "heading"
        else:
            self._role = ""

    def _gap(self) -> None:
        if self.lines and self.lines[-1]:
            self.lines.append([])

    def _paragraph(self, spans: list[Span]) -> None:
        indent = "  " * max(0, len(self._lists) - 1)
        first = indent + self._marker
        hang = " " * width_of([(first, "")])
        for row, line in enumerate(wrap_spans(spans, self.width - len(hang))):
            self.lines.append([(first if row == 0 else hang, "muted"), *line] if hang else line)
        self._marker = "  " if self._marker else ""


def _inline(tokens: Iterable["Token"], role: str) -> Iterable[Span]:
    roles = [role]
    target = ""
    for token in tokens:
        if token.type in ("strong_open", "em_open", "s_open"):
            roles.append(roles[-1] or "strong")
        elif token.type == "link_open":
            target = str(token.attrGet("href") or "")
            roles.append("link")
        elif token.type.endswith("_close"):
            roles.pop()
            if token.type == "link_close" and target and not target.startswith("#"):
                yield f" ({target})", "muted"
        elif token.type == "code_inline":
            yield token.content, "code"
        elif token.type in ("softbreak", "hardbreak"):
            yield ("\n" if token.type == "hardbreak" else " "), roles[-1]
        else:
            yield _BUTTON.sub("", token.content), roles[-1]


def wrap_spans(spans: Sequence[Span], width: int) -> list[list[Span]]:
    text = "".join(piece for piece, _role in spans)
    roles = [role for piece, role in spans for _character in piece]
    lines: list[list[Span]] = []
    at = 0
    for line in wrap(text, width):
        line_spans: list[Span] = []
        while at < len(text) and text[at : at + len(line)] != line:
            at += 1
        for offset, character in enumerate(line):
            role = roles[at + offset]
            if line_spans and line_spans[-1][1] == role:
                line_spans[-1] = (line_spans[-1][0] + character, role)
            else:
                line_spans.append((character, role))
        at += len(line)
        lines.append(line_spans)
    return lines
