from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from rich.cells import cell_len

from services.i18n import _
from services.models.text import clean
from widgets.logs.form.json_lines import JsonLines
from widgets.logs.form.line_form import DRAWN_LIMIT, LineForm, LineParts, Role, Span, field, flat
from widgets.logs.form.values import cell, quoted, task_of, text_of
from widgets.logs.store.store import StoredLine

STREAM = "@stream"  # A column with the task that wrote the line
REST = "@rest"  # Every further field as `key=value` behind the message
_KEY_LIMIT = 80
_REST_LIMIT = 64
_MESSAGE_SHARE = 0.45  # Share of a row that the columns leave to the message at least
_MESSAGE_LEAST = 24
_STATUS_STYLES = {"5": "error", "4": "warning"}


@dataclass(frozen=True, slots=True)
class FormColumn:
    name: str
    width: int
    title: str = ""  # As displayed
    role: Role | None = None
    fixed: bool = False  # The reader chose the width

    @property
    def least(self) -> int:
        if self.fixed:
            return self.width
        return min(self.width, self.role.least if self.role is not None else 8)


@dataclass(frozen=True, slots=True)
class ColumnLayout:
    """The form of the lines of a pane with its columns; draws the body of a line, behind time and level."""

    form: LineForm
    columns: tuple[FormColumn, ...] = ()
    rest: bool = False  # Further fields follow the message as `key=value`

    def body(self, line: StoredLine, severity: str, reach: int) -> tuple[list[Span], list[Span]]:
        """The columns, and the message with what follows it; fields beyond about `reach` characters are skipped."""
        text = line.text
        parts = self.form.parse(text)
        if parts is None:
            return self._stream(line), [(clean(text, DRAWN_LIMIT), severity)]
        lead = self._lead(line, parts)
        style = parts.style or severity
        spans: list[Span] = [(parts.label, style), (parts.message, style)] if parts.label else []
        spans = spans or [(parts.message, style)]
        spans += [(words, name or style) for words, name in parts.tail]
        if self.rest or not (parts.message or parts.tail or lead):
            spans += self._rest(parts, reach)
        return lead, spans

    def _lead(self, line: StoredLine, parts: LineParts) -> list[Span]:
        """The columns; none for a line that has no value for any of them, so that its message is read at once."""
        values = [
            (column, text_of(field(parts.fields, column.name)))
            for column in self.columns
            if column.name != STREAM
        ]
        if not any(value for _column, value in values):
            return self._stream(line)
        by_name = {column.name: value for column, value in values}
        lead: list[Span] = []
        for column in self.columns:
            if column.name == STREAM:
                _append(lead, cell(clean(task_of(line.stream)), column.width) + " ", "stream")
                continue
            value, role = by_name[column.name], column.role
            style = (
                _STATUS_STYLES.get(value[:1], "value")
                if role is not None and role.id == "status"
                else "value"
            )
            if role is not None and role.id == "action":
                style = parts.style or style
            right, end = (role.right, role.end) if role is not None else (False, False)
            _append(lead, cell(value, column.width, right=right, end=end) + " ", style)
        return lead

    def _stream(self, line: StoredLine) -> list[Span]:
        return [
            (cell(clean(task_of(line.stream)), column.width) + " ", "stream")
            for column in self.columns
            if column.name == STREAM
        ]

    def _rest(self, parts: LineParts, reach: int) -> list[Span]:
        spans: list[Span] = []
        length = len(parts.message)
        columns = {column.name for column in self.columns}
        for name, value in flat(parts.fields):
            if length > reach or len(spans) > 2 * _REST_LIMIT:
                break
            if name in columns or name in parts.hidden or name.split(".", 1)[0] in parts.hidden:
                continue
            key, words = clean(name, _KEY_LIMIT), quoted(value)
            gap = "  " if spans or parts.message or parts.label else ""
            spans += [(f"{gap}{key}=", "key"), (words, "value")]
            length += len(key) + len(words)
        return spans

    def matching(self, line: StoredLine, spans: Callable[[str], Sequence[object]]) -> list[Span]:
        parts = self.form.parse(line.text)
        for name, value in flat(parts.fields if parts is not None else {}):
            key, words = clean(name, _KEY_LIMIT), quoted(value)
            if spans(f"{key}={words}"):
                return [(f"{key}=", "key"), (words, "value"), ("  ", "text")]
        return []

    @property
    def width(self) -> int:
        return sum([column.width + 1 for column in self.columns])

    def header(self) -> str:
        """The titles above the columns and the message; "" where a line has its message only."""
        if not self.columns:
            return ""
        words, at = "", 0
        for index, column in enumerate(self.columns):
            continues = [other for other in self.columns[index + 1 : index + 2] if not other.title]
            width = column.width + sum(other.width + 1 for other in continues)
            right = column.role is not None and column.role.right
            if column.title:
                words += " " * (at - cell_len(words)) + cell(column.title, width, right=right)
            at += column.width + 1
        return words + " " * (at - cell_len(words)) + _(self.form.message_title)


def _append(spans: list[Span], text: str, style: str) -> None:
    if spans and spans[-1][1] == style:
        spans[-1] = (spans[-1][0] + text, style)
    else:
        spans.append((text, style))


def fitted(layout: ColumnLayout, room: int) -> ColumnLayout:
    """The columns in a row of `room` cells (time and level off): the message keeps its share of it. First
    columns are narrowed, then those of the highest rank are dropped; chosen ones stay."""
    columns = list(layout.columns)
    while columns:
        over = sum(column.width + 1 for column in columns) - _for_columns(room)
        if over <= 0:
            break
        slack = sum(column.width - column.least for column in columns)
        if slack >= over or not (
            droppable := [column for column in columns if column.role and not column.fixed]
        ):
            columns = _narrowed(columns, min(over, slack))
            break
        columns.remove(max(droppable, key=lambda column: column.role.rank if column.role else 0))
    return replace(layout, columns=tuple(columns))


def _for_columns(room: int) -> int:
    return min(room - _MESSAGE_LEAST, room - round(room * _MESSAGE_SHARE))


def _narrowed(columns: list[FormColumn], over: int) -> list[FormColumn]:
    """The columns `over` cells narrower in total: the one that is farthest above its least gives first."""
    widths = [column.width for column in columns]
    for _cell in range(over):
        index = max(range(len(columns)), key=lambda index: widths[index] - columns[index].least)
        widths[index] -= 1
    return [replace(column, width=width) for column, width in zip(columns, widths, strict=True)]


UNNAMED = ColumnLayout(JsonLines(), (), rest=True)  # Before the form of a group is known
