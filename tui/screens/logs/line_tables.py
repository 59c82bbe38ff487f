import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from services.i18n import N_, _, plural
from services.logs import slow_queries, waf_blocks
from services.models.text import clean
from services.models.waf import BlockedGroup
from tui.console import Console
from tui.screens.common.dialog import window
from tui.screens.common.type_ahead_guard import GuardedDialog
from widgets.drawing.columns import Column
from widgets.drawing.format import stamp
from widgets.drawing.prose import Prose
from widgets.drawing.table import KeyedTable, Row
from widgets.drawing.whole_row import WholeRowTable
from widgets.logs.pane.pane import LogPane
from widgets.logs.store.store import LogStore
from widgets.logs.text.search import SearchQuery
from widgets.logs.text.time import moment

_SLICE = 500  # Lines read before others have their turn
_MOST_ROWS = 500
_SLOW = b"duration: "


@dataclass(frozen=True, slots=True)
class LineTarget:
    """Where a row leads: a time, and what to search there."""

    at: datetime | None
    text: str = ""


@dataclass(frozen=True, slots=True)
class TableView:
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    targets: dict[str, LineTarget]  # By the key of the row


async def parsed(store: LogStore, parse: Callable[[bytes, int], object | None]) -> list[object]:
    """What `parse` makes of every line (its text, epoch milliseconds); reads in slices."""
    results: list[object] = []
    for chunk in store.chunks[:]:
        for index, (line, at) in enumerate(zip(chunk.lines(), chunk.ats, strict=False)):
            result = parse(line, at)
            if result is not None:
                results.append(result)
            if index % _SLICE == _SLICE - 1:
                await asyncio.sleep(0)
    return results


def slow_line(line: bytes, at: int) -> tuple[datetime, slow_queries.SlowLine] | None:
    if _SLOW not in line:
        return None
    query = slow_queries.slow_line(line.decode("utf-8", "replace"))
    return (moment(at), query) if query is not None else None


def slow_views(
    lines: Sequence[tuple[datetime, slow_queries.SlowLine]], zone: tzinfo, now: datetime
) -> list[TableView]:
    """Slow queries by shape, then by minute."""
    by_shape = [group for group in slow_queries.by_statement(lines) if group.text]
    by_time = slow_queries.by_minute(lines)
    numbers = (
        Column(_("Count"), align="right"),
        Column(_("Total (s)"), align="right"),
        Column("p50", align="right", rank=3),
        Column("p95", align="right", rank=2),
        Column(_("Slowest (ms)"), align="right"),
    )
    times = (Column(_("First"), rank=4), Column(_("Last"), rank=1))
    statement = Column(_("Statement (values as ?)"), flex=1, min_width=24)
    shapes = _view(
        _("by shape"), (*numbers, *times, statement), by_shape,
        lambda group: (*_numbers(group), *_times(group.first, group.last, zone, now), group.text),
        lambda group: LineTarget(group.slowest_at),
    )  # fmt: skip
    minutes = _view(
        _("by minute"), (Column(_("Minute"), min_width=16), *numbers), by_time,
        lambda group: (stamp(datetime.fromisoformat(group.text), zone, now), *_numbers(group)),
        lambda group: LineTarget(group.first),
    )  # fmt: skip
    return [shapes, minutes]


def block_views(blocks: Sequence[waf_blocks.WafBlock], zone: tzinfo, now: datetime) -> list[TableView]:
    titles = {
        "rule": (_("by rule"), _("Rule")),
        "address": (_("by address"), _("Address")),
        "country": (_("by country"), _("Country")),
        "uri": (_("by path"), _("Path")),
    }
    views = []
    for kind in waf_blocks.KINDS:
        title, name = titles[kind]
        columns = (
            Column(name, flex=1, min_width=20),
            *([Column(_("Country"), rank=2)] if kind == "address" else []),
            Column(_("Blocked"), align="right"),
            Column(_("First"), rank=3),
            Column(_("Last"), rank=1),
        )
        groups = waf_blocks.grouped(blocks, kind)
        views.append(_view(title, columns, groups, _block_cells(kind, zone, now), _block_target))
    return views


def _block_cells(
    kind: waf_blocks.Kind, zone: tzinfo, now: datetime
) -> Callable[[BlockedGroup], tuple[str, ...]]:
    def cells(group: BlockedGroup) -> tuple[str, ...]:
        country = (group.country,) if kind == "address" else ()
        name = group.name or _("none")
        return (name, *country, f"{group.count:,}", *_times(group.first, group.last, zone, now))

    return cells


def _block_target(group: BlockedGroup) -> LineTarget:
    # Of a managed group's rule the log has the name alone, not the path that the table shows.
    return LineTarget(
        group.first, group.name.rpartition("/")[2] if group.name.count("/") == 1 else group.name
    )


def _view(
    title: str,
    columns: tuple[Column, ...],
    groups: Sequence[object],
    cells: Callable[[object], tuple[str, ...]] | Callable[..., tuple[str, ...]],
    target: Callable[..., LineTarget],
) -> TableView:
    rows, targets = [], {}
    for index, group in enumerate(groups[:_MOST_ROWS]):
        key = str(index)
        rows.append(Row(key, tuple([(clean(text), "")] for text in cells(group))))
        targets[key] = target(group)
    return TableView(title, columns, tuple(rows), targets)


def _numbers(group: slow_queries.SlowStatement) -> Iterator[str]:
    yield f"{group.lines:,}"
    yield f"{group.total / 1000:,.1f}"
    for share in (0.5, 0.95):
        yield f"{group.percentile(share):,.0f}"
    yield f"{group.worst:,.0f}"


def _times(first: datetime | None, last: datetime | None, zone: tzinfo, now: datetime) -> Iterable[str]:
    return tuple(stamp(each, zone, now) if each is not None else "" for each in (first, last))


class LineTablesScreen(GuardedDialog[LineTarget | None]):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "other(-1)", N_("Previous"), show=False),
        Binding("right", "other(1)", N_("Next"), show=False),
    ]
    DEFAULT_CSS = """
    LineTablesScreen {
        & #window { width: 96%; max-width: 180; }
        & KeyedTable { height: auto; max-height: 30; min-height: 3; }
        & #note { color: $text-muted; height: auto; }
    }
    """

    def __init__(self, title: str, views: Sequence[TableView]) -> None:
        """`views`: at least one."""
        super().__init__(harmless=True)
        self._title = title
        self._views = tuple(views)
        self._place = 0
        self.table = KeyedTable(views[0].columns)
        self.rows = WholeRowTable(self.table)

    def compose(self) -> ComposeResult:
        with window(self._title, _("⏎ goes to the lines · ← → other table · Esc closes")):
            yield Prose(id="note")
            yield self.rows

    def on_mount(self) -> None:
        self._show()
        super().on_mount()

    def first(self) -> Widget:
        return self.table

    @property
    def view(self) -> TableView:
        return self._views[self._place]

    def action_other(self, steps: int) -> None:
        self._place = (self._place + steps) % len(self._views)
        self._show()

    def _show(self) -> None:
        titles = [f"[{view.title}]" if view is self.view else f" {view.title} " for view in self._views]
        self.query_one("#note", Prose).show(Content("  ".join(titles)))
        self.table.columns = self.view.columns
        self.table.set_rows(())
        self.table.set_rows(self.view.rows)
        self.rows.fit()

    @on(KeyedTable.Selected)
    def _chosen(self, event: KeyedTable.Selected) -> None:
        event.stop()
        self.dismiss(self.view.targets[event.key])


async def show_tables(app: Console, pane: LogPane) -> None:
    form, now = pane.lines.group_form.form, app.now()
    zone = app.zone
    if form is not None and form.id == "waf":
        blocks = [
            block
            for block in await parsed(pane.store, waf_blocks.block_of)
            if isinstance(block, waf_blocks.WafBlock)
        ]
        views, count = block_views(blocks, zone, now), len(blocks)
        text = plural(
            "{count} blocked request in the lines held", "{count} blocked requests in the lines held", count
        )
    else:
        lines = [each for each in await parsed(pane.store, slow_line) if isinstance(each, tuple)]
        views, count = slow_views(lines, zone, now), len(lines)
        text = plural("{count} slow query in the lines held", "{count} slow queries in the lines held", count)
    if not count:
        app.inform(_("The lines held tell of no slow query and of no blocked request."))
        return
    target = await app.push_screen_wait(LineTablesScreen(text.format(count=f"{count:,}"), views))
    if target is None or not pane.is_attached:
        return
    if target.at is not None:
        pane.go_to(round(target.at.timestamp() * 1000))
    if target.text:
        pane.search.start(SearchQuery(target.text))
    pane.focus()
