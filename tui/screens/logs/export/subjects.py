import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from services.i18n import _, plural
from services.logs.export.reading import SpanReader
from services.logs.export.rendering import ExportedLine
from services.models.base import RawId
from services.models.log_exports import ExportKind, ExportSubject
from services.models.logs import LogLine
from tui.screens.logs.levels import level_words
from tui.screens.logs.origins import Origins
from widgets.logs.pane.pane import LogPane
from widgets.logs.pane.status import filter_text
from widgets.logs.store.store import StoredLine
from widgets.logs.text.time import moment

BATCH = 1_000  # Lines taken from a pane between two turns of the event loop


@dataclass(frozen=True, slots=True)
class PaneContent:
    groups: tuple[str, ...]  # Exact names of the log groups
    pattern: str  # The filter pattern
    origins: Origins  # Where the lines of its streams are from


@dataclass(frozen=True, slots=True)
class PaneExport:
    pane: LogPane
    content: PaneContent
    kind: ExportKind
    rows: tuple[int, int] | None
    """First and last store row of a selection; None: a span of time, read from CloudWatch Logs."""
    start_ms: int
    end_ms: int

    @property
    def name(self) -> str:
        groups = self.content.groups
        return groups[0] if len(groups) == 1 else self.pane.title

    @property
    def title(self) -> str:
        if self.rows is None:
            return _("A span of time, read from CloudWatch Logs")
        count = len(ids_in(self.pane, self.rows))
        if self.kind is ExportKind.SELECTION:
            return plural("The selected line", "The {count} selected lines", count, count=f"{count:,}")
        return plural("The line shown", "The {count} lines in memory", count, count=f"{count:,}")

    def subject(self, start_ms: int, end_ms: int) -> ExportSubject:
        return ExportSubject(
            kind=ExportKind.RANGE if self.rows is None else ExportKind.SELECTION,
            groups=tuple(RawId(group) for group in self.content.groups),
            pattern=self.content.pattern,
            start=moment(start_ms),
            end=moment(end_ms),
            note="" if self.rows is None else _hidden(self.pane),
        )

    def batches(self, spans: SpanReader, start_ms: int, end_ms: int) -> AsyncIterator[Sequence[ExportedLine]]:
        """The lines. Raises AwsError."""
        if self.rows is None:
            return spans.span(self.content.groups[0], start_ms, end_ms, self.content.pattern)
        return _held(self.pane, self.content.origins, ids_in(self.pane, self.rows), spans)


def exports_of(pane: LogPane, content: PaneContent) -> list[PaneExport]:
    """What can be exported from a pane: its selection, the lines in memory, a span of its only group."""
    exports: list[PaneExport] = []
    store = pane.store

    def held(kind: ExportKind, first: int, last: int) -> PaneExport:
        return PaneExport(pane, content, kind, (first, last), store.time_at(first), store.time_at(last))

    selected = pane.lines.selected if pane.lines.ranging else None
    if selected is not None and selected[0] >= store.first:
        exports.append(held(ExportKind.SELECTION, *selected))
    span = pane.lines.times_on_screen
    if len(store):
        exports.append(held(ExportKind.RANGE, store.first, store.end - 1))
    if span is not None and len(content.groups) == 1:
        first, last = (round(each.timestamp() * 1000) for each in span)
        exports.append(PaneExport(pane, content, ExportKind.RANGE, None, first, last))
    return exports


def _hidden(pane: LogPane) -> str:
    """Which lines are left out because the pane hides them, in words; "" if none are."""
    shown = pane.view.shown
    if not shown.hides:
        return ""
    levels = [level_words(shown.threshold)] if shown.threshold else []
    filters = ", ".join([*levels, *(filter_text(each) for each in shown.active)])
    return _("Only what the pane showed of the lines: {filters}", filters=filters)


def ids_in(pane: LogPane, rows: tuple[int, int]) -> list[int]:
    """The ids of the visible lines between two rows: rows move while lines arrive, ids do not."""
    visible, store, ids = pane.view.visible, pane.store, list[int]()
    row = visible.at_or_after(max(rows[0], store.first))
    while row is not None and row <= rows[1]:
        ids.append(store.id_at(row))
        row = visible.at_or_after(row + 1)
    return ids


async def _held(
    pane: LogPane, origins: Origins, ids: list[int], spans: SpanReader
) -> AsyncIterator[Sequence[ExportedLine]]:
    for start in range(0, len(ids), BATCH):
        rows = (pane.store.row_of(line_id) for line_id in ids[start : start + BATCH])
        lines = [pane.store.line(row) for row in rows if row is not None]
        batch: list[ExportedLine] = []
        for stored in lines:
            origin = origins(stored.stream)
            if origin is None:
                batch.append(ExportedLine("", _line(stored)))
            else:
                batch += await spans.whole(origin.group, [_line(stored._replace(stream=origin.stream))])
        yield batch
        await asyncio.sleep(0)


def _line(stored: StoredLine) -> LogLine:
    return LogLine("", stored.at, stored.ingested_at, stored.stream, stored.text, stored.late)
