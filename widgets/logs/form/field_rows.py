import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, tzinfo

from services.i18n import _
from services.models.date_text import day_text
from services.models.text import clean
from widgets.drawing.format import duration
from widgets.logs.form.json_lines import ERROR_KEYS, MESSAGE_KEYS
from widgets.logs.form.line_form import LineForm
from widgets.logs.form.values import text_of
from widgets.logs.store.store import StoredLine
from widgets.logs.text.time import clock_text, local_day, moment

Path = tuple[str, ...]  # Names from the outermost field inwards; an element of a list is `[0]`

ROWS = 600  # Rows of one line at most
_VALUE_LIMIT = 8_192
_NAME_LIMIT = 80
_PIECE = 400  # Characters of one row of a long text
_FEED = "\u240a"


@dataclass(frozen=True, slots=True)
class FieldRow:
    path: Path  # () for what CloudWatch says about the line
    name: str  # Clean; "" for a further row of a text
    text: str  # Clean; "" for a tree
    depth: int = 0
    value: object = None  # As logged; None for what CloudWatch says
    rank: int = 2  # 0: what went wrong; 1: the message; 2: other fields; 3: about the line
    folds: bool = False  # It has rows below it that can be folded away

    @property
    def key(self) -> str:
        return f"{self.rank}:{'/'.join(self.path)}:{self.name}:{'' if self.name else self.text}"


def rows_of(form: LineForm | None, line: StoredLine, zone: tzinfo, today: date) -> list[FieldRow]:
    tree = form.tree(line.text) if form is not None else None
    if tree is None:
        tree = {"message": line.text.replace(_FEED, "\n")}
    ranked = sorted(tree.items(), key=lambda item: _rank(item[0]))
    rows: list[FieldRow] = []
    for name, value in ranked:
        rank = _rank(name)
        for row in _rows((name,), value, 0):
            rows.append(replace(row, rank=rank))
            if len(rows) >= ROWS:
                break
    return [*rows[:ROWS], *about(line, zone, today)]


def folded(rows: Sequence[FieldRow], closed: frozenset[Path]) -> list[FieldRow]:
    return [row for row in rows if not any(_is_below(row, path) for path in closed)]


def about(line: StoredLine, zone: tzinfo, today: date) -> list[FieldRow]:
    delay = max(0, line.ingested_at - line.at)
    late = _("late: it came after newer lines were shown, and stands at its own time") if line.late else ""
    ingested = _("{time}, {span} after the event").format(
        time=_time(line.ingested_at, zone, today),
        span=f"{delay}ms" if delay < 1000 else duration(delay / 1000),
    )
    pairs = (
        (_("time"), _time(line.at, zone, today)),
        ("UTC", _time(line.at, UTC, moment(line.at).date())),
        (_("ingested"), ingested),
        (_("late"), late),
        (_("log stream"), clean(line.stream)),
    )
    return [FieldRow((), name, text, rank=3) for name, text in pairs if text]


def _time(at: int, zone: tzinfo, today: date) -> str:
    name = moment(at).astimezone(zone).tzname()
    return f"{day_text(local_day(at, zone), today)} {clock_text(at, zone)} {name}"


def _rank(name: str) -> int:
    if name in ERROR_KEYS:
        return 0
    return 1 if name in MESSAGE_KEYS else 2


def _rows(path: Path, value: object, depth: int) -> Iterator[FieldRow]:
    name = clean(path[-1], _NAME_LIMIT)
    inner = _children(value)
    if inner is not None:
        yield FieldRow(path, name, "", depth, value, folds=True)
        for key, item in inner[:ROWS]:
            yield from _rows((*path, key), item, depth + 1)
        return
    lines = _lines(value)
    if len(lines) == 1:
        yield FieldRow(path, name, lines[0], depth, value)
        return
    yield FieldRow(path, name, lines[0], depth, value, folds=True)
    for line in lines[1:ROWS]:
        yield FieldRow(path, "", line, depth + 1, value)


def _children(value: object) -> list[tuple[str, object]] | None:
    """The items of an object, and of a list that has objects in it; None for other values."""
    if isinstance(value, Mapping) and value:
        return [(str(key), item) for key, item in value.items()]
    if isinstance(value, list) and any(isinstance(item, Mapping | list) for item in value):
        return [(f"[{index}]", item) for index, item in enumerate(value)]
    return None


def _lines(value: object) -> list[str]:
    """A value as clean rows; a text has its own line breaks, and a very long line is cut into pieces."""
    if value is None or isinstance(value, float):
        return [json.dumps(value)]
    if not isinstance(value, str):
        return [text_of(value, _VALUE_LIMIT)]
    pieces: list[str] = []
    for part in value[:_VALUE_LIMIT].splitlines() or [""]:
        text = clean(part.rstrip(), _VALUE_LIMIT)
        pieces += [text[start : start + _PIECE] for start in range(0, max(1, len(text)), _PIECE)]
    over = len(value) - _VALUE_LIMIT
    return [*pieces, f"…(+{over})"] if over > 0 else pieces


def _is_below(row: FieldRow, path: Path) -> bool:
    return row.path[: len(path)] == path and (len(row.path) > len(path) or not row.name)


def value_text(row: FieldRow) -> str:
    value = row.value
    if not row.path:
        return row.text
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping | list):
        return json.dumps(value, ensure_ascii=False)
    return row.text
