from collections.abc import Iterator, Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.events import Click
from textual.geometry import Size
from textual.message import Message

from services.i18n import N_, _
from services.models.aws_cli import ShellLine
from services.models.glyphs import ATTENTION
from services.models.text import clean
from widgets.drawing.format import wrap
from widgets.drawing.lines import Line, LineWidget, Span, width_of

_INDENT = 2
_BREAKS = ", |"  # Characters after which a long value is broken
_LONGEST = 1 << 20  # Characters shown of one word; it is copied whole anyway


def command_lines(line: ShellLine, width: int) -> list[Line]:
    role = "bad" if line.writes else ""
    return [
        *_hang("# ", line.purpose, width, role),
        *_wrapped(line.words, max(8, width - _INDENT)),
        *(row for trap in line.traps for row in _hang(f"{ATTENTION} ", trap, width, "warn")),
    ]


def _hang(mark: str, text: str, width: int, role: str) -> Iterator[Line]:
    indent = cell_len(mark)
    for at, part in enumerate(wrap(text, max(8, width - indent))):
        yield [(mark if at == 0 else " " * indent, role if role == "warn" else "muted"), (part, role)]


def _wrapped(words: Sequence[str], width: int) -> Iterator[Line]:
    spans: list[Span] = []
    for group in _groups(words):
        size = sum(cell_len(text) + 1 for text, _role in group) - 1
        if spans and width_of(spans) + 1 + size > width >= size:
            yield [(" " * _INDENT, ""), *spans]
            spans = []
        for text, role in group:
            rest = text
            while rest:
                room = width - width_of(spans) - bool(spans)
                if spans and cell_len(rest) > room and (cell_len(rest) <= width or room < width // 2):
                    yield [(" " * _INDENT, ""), *spans]
                    spans, room = [], width
                part, rest = _cut(rest, room)
                spans += [(" ", ""), (part, role)] if spans else [(part, role)]
    yield [(" " * _INDENT, ""), *spans]


def _groups(words: Sequence[str]) -> Iterator[list[Span]]:
    group: list[Span] = []
    for text, role in _pieces(words):
        if (role == "muted" or text == "do") and group:
            yield group
            group = []
        group.append((text, role))
    yield group


def _pieces(words: Sequence[str]) -> Iterator[Span]:
    head = next((at for at, word in enumerate(words) if word == "aws" or word.endswith("(aws")), 0) + 3
    for at, word in enumerate(words):
        role = "strong" if head - 3 <= at < head else "muted" if word.startswith("--") else "code"
        yield clean(word, _LONGEST), role


def _cut(text: str, width: int) -> tuple[str, str]:
    """(at most `width` cells, the rest), after a comma or a space where that wastes less than half of them."""
    used = 0
    for at, character in enumerate(text):
        used += cell_len(character)
        if used > width:
            end = max(text.rfind(mark, 0, at) for mark in _BREAKS) + 1
            at = end if end > at // 2 else max(1, at)
            return text[:at], text[at:]
    return text, ""


_GUTTER = 2


class CommandBlock(LineWidget, can_focus=True):
    DEFAULT_CSS = """
    CommandBlock { height: auto; width: 1fr; margin-bottom: 1; }
    """

    def __init__(self, line: ShellLine) -> None:
        super().__init__()
        self.line = line

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self.draw(width, 0))

    def draw(self, width: int, height: int) -> list[Line]:
        bar = ("▏ ", "rule-focus") if self.has_focus else (" " * _GUTTER, "")
        return [[bar, *line] for line in command_lines(self.line, max(8, width - _GUTTER))]

    on_focus = on_blur = LineWidget.redraw


class SheetHead(LineWidget):
    """What to know before running any of the commands; empty without remarks."""

    DEFAULT_CSS = """
    SheetHead { height: auto; width: 1fr; margin-bottom: 1; }
    """

    def __init__(self, remarks: Sequence[str], *, writes: bool) -> None:
        super().__init__()
        self._remarks = remarks
        self._writes = writes

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self.draw(width, 0))

    def draw(self, width: int, height: int) -> list[Line]:
        lines: list[Line] = []
        if self._writes:
            text = _(
                "Run by hand, a change bypasses the plan, the check before sending, the record and the "
                "verification. Record it with F8."
            )
            lines += [[(f" {part} ", "alert")] for part in wrap(text, max(8, width - 2))]
        return lines + [[(part, "muted")] for remark in self._remarks for part in wrap(remark, max(8, width))]


class CommandView(VerticalScroll, can_focus=False):
    DEFAULT_CSS = """
    CommandView { width: 1fr; height: auto; max-height: 100%; scrollbar-size-vertical: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "step(-1)", N_("Up"), show=False),
        Binding("down,j", "step(1)", N_("Down"), show=False),
        Binding("home", "end(0)", N_("First"), show=False),
        Binding("end", "end(-1)", N_("Last"), show=False),
        Binding("y", "copy", N_("Copy"), show=True),
    ]

    class CopyRequested(Message):
        def __init__(self, line: ShellLine) -> None:
            super().__init__()
            self.line = line

    def __init__(self, lines: Sequence[ShellLine], remarks: Sequence[str] = ()) -> None:
        super().__init__()
        self.head = SheetHead(remarks, writes=any(line.writes for line in lines))
        self.head.display = bool(remarks) or any(line.writes for line in lines)
        self.blocks = [CommandBlock(line) for line in lines]

    def compose(self) -> ComposeResult:
        yield self.head
        yield from self.blocks

    @property
    def chosen(self) -> int:
        return next((at for at, block in enumerate(self.blocks) if block.has_focus), 0)

    def choose(self, at: int) -> None:
        block = self.blocks[at]
        block.focus(scroll_visible=False)
        if at == 0:
            self.scroll_home(animate=False)
        else:
            self.scroll_to_widget(block, animate=False)

    def action_step(self, by: int) -> None:
        self.choose(min(len(self.blocks) - 1, max(0, self.chosen + by)))

    def action_end(self, at: int) -> None:
        self.choose(at % len(self.blocks))

    def action_copy(self) -> None:
        self.post_message(self.CopyRequested(self.blocks[self.chosen].line))

    def on_click(self, event: Click) -> None:
        if isinstance(event.widget, CommandBlock):
            self.choose(self.blocks.index(event.widget))
