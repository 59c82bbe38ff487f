import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from services.i18n import _, plural
from services.models.date_text import span_text
from services.models.evidence import EvidencePlace
from services.models.first_wave import LogEntry, LogSample, Source
from services.models.text import clean
from widgets.drawing.format import crop, crop_middle, wrap
from widgets.drawing.lines import Line, width_of
from widgets.incidents.entries import IncidentEntry
from widgets.incidents.evidence.context import EvidenceContext, heading, note, read_notes

_POSTGRES = re.compile(
    r"\d{4}-\d\d-\d\d \S+ UTC:.*?:(?=(?:PANIC|FATAL|ERROR|WARNING|LOG|STATEMENT|DETAIL|HINT):)"
)
"""The prefix of RDS for PostgreSQL (`log_line_prefix`): the time again, address, user, process."""
_DIFFERENT = re.compile(r"[0-9a-f]{8,}|\d+")  # Ids and figures, in which lines of one kind differ
_TEXTS = ("message", "msg", "error", "errorMessage")
_MOST_ROWS = 2  # Rows of one message


@dataclass
class _Fold:
    first: LogEntry
    last: LogEntry
    count: int


def application_entries(context: EvidenceContext, width: int) -> list[IncidentEntry]:
    return _entries(context, context.evidence.application_errors, Source.APPLICATION_LOG, width)


def database_log_entries(context: EvidenceContext, width: int) -> list[IncidentEntry]:
    return _entries(context, context.evidence.database_lines, Source.DATABASE_LOG, width)


def _entries(
    context: EvidenceContext, sample: LogSample | None, source: Source, width: int
) -> list[IncidentEntry]:
    notes = read_notes(context, source, width=width)
    if sample is None:
        return notes
    count = plural("{count} line", "{count} lines", len(sample.lines), count=len(sample.lines))
    more = "" if sample.is_whole else " " + _("and more")
    group = crop_middle(clean(str(sample.group)), max(12, width - cell_len(count + more) - 2))
    entries = [heading(f"log:{source}", group, (count + more, "muted")), *notes]
    if not sample.lines:
        words = (
            _("No line matched from {start} to {end}.")
            if sample.is_whole
            else _("No line matched in what was read of {start} to {end}; l opens the log.")
        )
        text = words.format(start=context.time(sample.span.start), end=context.time(sample.span.end))
        if source is Source.DATABASE_LOG:
            # Slow queries are not among what is read: none here does not mean that there are none.
            what = _(
                "Looked for: connections, restarts, storage, temporary files; ⏎ on the step counts slow queries."
            )
            return [*entries, note(f"empty:{source}", text, width), note(f"pattern:{source}", what, width)]
        return [*entries, note(f"empty:{source}", text, width)]
    return [*entries, *_lines(context, sample, source, width)]


def _lines(
    context: EvidenceContext, sample: LogSample, source: Source, width: int
) -> Iterator[IncidentEntry]:
    before = [line for line in sample.lines if line.at < context.onset]
    since = sample.lines[len(before) :]
    for name, lines in ((_("from T0 on"), since), (_("before T0"), before)):
        if lines:
            words = f"┄┄ {name} {context.clock(context.onset)} "
            rule: Line = [(words + "┄" * max(0, width - cell_len(words)), "mark")]
            yield IncidentEntry(f"mark:{source}:{name}", (rule,), can_choose=False)
            yield from (_line(context, sample, fold, source, width) for fold in _folded(lines))


def _folded(lines: Sequence[LogEntry]) -> list[_Fold]:
    folds: dict[str, _Fold] = {}
    for line in lines:
        kind = _DIFFERENT.sub("#", log_message(line.text))
        fold = folds.setdefault(kind, _Fold(line, line, 0))
        fold.last, fold.count = line, fold.count + 1
    return sorted(folds.values(), key=lambda fold: (-fold.count, fold.first.at))


def _line(
    context: EvidenceContext, sample: LogSample, fold: _Fold, source: Source, width: int
) -> IncidentEntry:
    time = context.clock(fold.first.at)
    if fold.count > 1:
        time = span_text(time, context.clock(fold.last.at))
        head: Line = [(time, "muted"), (f" ×{fold.count} ", "strong")]
    else:
        head = [(time + " ", "muted")]
    indent = width_of(head)
    room = max(16, width - indent)
    rows = wrap(log_message(fold.first.text), room)
    if len(rows) > _MOST_ROWS:
        rows = [*rows[: _MOST_ROWS - 1], crop(rows[_MOST_ROWS - 1] + "…", room)]
    lines: list[Line] = [[*head, (rows[0], "")], *([(" " * indent, ""), (row, "")] for row in rows[1:])]
    key = f"line:{source}:{fold.first.at.timestamp()}:{fold.first.stream}"
    place = EvidencePlace(kind="log", target=str(sample.group), at=fold.first.at)
    return IncidentEntry(key, tuple(lines), place=place)


def log_message(text: str) -> str:
    """What a line says: of JSON its message and error, of PostgreSQL what follows its prefix."""
    if text.startswith("{"):
        return _json_message(text) or text
    return without_prefix(text)


def without_prefix(text: str) -> str:
    return " ".join(_POSTGRES.sub("", text).split())


def _json_message(text: str) -> str:
    try:
        fields = json.loads(text)
    except ValueError:
        return ""
    if not isinstance(fields, dict):
        return ""
    parts: list[str] = []
    for name in _TEXTS:
        value = fields.get(name)
        if isinstance(value, dict):
            value = " ".join(str(value[key]) for key in ("type", "name", "message") if value.get(key))
        if value and str(value) not in parts:
            parts.append(str(value))
    return " · ".join(parts)
