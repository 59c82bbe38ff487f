from collections.abc import Iterable
from dataclasses import dataclass
from datetime import tzinfo

from textual import on
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from services.i18n import _, plural
from services.models.feeds import FeedState, Freshness
from services.models.journal import Entry
from services.models.journal_view import JournalView
from widgets.drawing.lines import Line, LineWidget, Span, fit, width_of
from widgets.drawing.table import KeyedTable, Row
from widgets.frame.panel import Now, Panel
from widgets.journal.journal_wording import cells, day_line, day_of
from widgets.journal.table import JournalTable


class NoticeLine(LineWidget):
    """One row, hidden while it has no text."""

    DEFAULT_CSS = """
    NoticeLine { height: 1; display: none; background: $warning-muted; }
    """

    spans: reactive[tuple[Span, ...]] = reactive((), repaint=False, init=False)

    def watch_spans(self, spans: tuple[Span, ...]) -> None:
        self.display = bool(spans)
        self.redraw()


class FilterLine(NoticeLine):
    def draw(self, width: int, height: int) -> list[Line]:
        way_out: list[Span] = [("  ", ""), ("Esc", "key"), (" " + _("shows all") + " ", "muted")]
        conditions: list[Span] = [(" ▽ ", "caution"), (_("filtered") + "  ", "caution"), *self.spans]
        return [[*fit(conditions, max(0, width - width_of(way_out))), *way_out]]


class CheckpointLine(NoticeLine):
    """Why the newest hash is in no external log; hidden while it is in one."""

    def draw(self, width: int, height: int) -> list[Line]:
        return [fit(self.spans, width)]


class JournalPanel(Panel[JournalView]):
    """Entries newest first, by day; set `state`, and call `begin` to show another part of the journal."""

    DEFAULT_CSS = """
    JournalPanel { min-height: 4; }
    """

    @dataclass
    class Opened(Message):
        entry: Entry

    def __init__(self, title: str, *, now: Now, zone: tzinfo, id: str | None = None) -> None:
        super().__init__(title, now=now, zone=zone, id=id)
        self.table = JournalTable()
        self.here = ""
        """This host, where people on other hosts write to the journal, too; "": hosts tell nothing."""
        self._begin: bool | None = None
        """Show the next value from its first (False) or last entry (True); None: at the current position."""
        self._newest_in_view = 0  # The number of the newest entry that was in view

    def compose_body(self) -> Iterable[Widget]:
        yield self.table

    def on_mount(self) -> None:
        super().on_mount()
        self.watch(self.table, "scroll_y", self._scrolled, init=False)

    def begin(self, state: FeedState[JournalView], *, last: bool = False) -> None:
        """Show another part of the journal, from its newest entry or from its oldest."""
        self._begin = last
        self.state = state
        if self._begin is not None and state.value is not None:
            self.show(state.value)
        self._begin = None

    def show(self, value: JournalView) -> None:
        rows = self._rows(value)
        self.table.newer, self.table.older = value.newer, value.older
        if self._begin is None:
            self.table.set_rows(rows)
        else:
            self.table.begin(rows, last=self._begin)
            self._begin, self._newest_in_view = None, 0
        self._scrolled()
        self.table.call_after_refresh(self.table.ask_for_page)

    def _rows(self, value: JournalView) -> list[Row]:
        local = self.now().astimezone(self.zone)
        rows: list[Row] = []
        before = None
        for entry in value.entries:
            day = day_of(entry, self.zone)
            if day != before:
                line = day_line(day, local.date(), str(local.tzname()))
                # After the clock was set back, a day may occur twice.
                rows.append(Row(f"{day}:{entry.seq}", (line,), heading=True))
                before = day
            rows.append(Row(str(entry.seq), cells(entry, self.zone, self.here)))
        return rows

    def _scrolled(self) -> None:
        """Remember the newest entry in view, and show the number of new ones above it in the head."""
        view = self.state.value
        if view is None:
            return
        first = self.table.first_in_view
        if first and not view.newer:
            self._newest_in_view = max(self._newest_in_view, int(first))
        self.head.update(facts=self.facts(view))

    def facts(self, value: JournalView) -> list[Span]:
        spans: list[Span] = [(_count(value), "muted")]
        unseen = (
            sum(entry.seq > self._newest_in_view for entry in value.entries) if self._newest_in_view else 0
        )
        if value.newer:
            spans += [("  ", ""), ("↑ " + _("newer entries above"), "key")]
        elif unseen:
            words = plural("{count} new above", "{count} new above", unseen, count=unseen)
            spans += [("  ", ""), (f"↑ {words}", "key")]
        return spans

    def _age(self, freshness: Freshness) -> list[Span]:
        """The age of the state, only if it is outdated: new entries appear at once."""
        return [] if freshness is Freshness.FRESH else super()._age(freshness)

    def _absent(self, freshness: Freshness) -> str:
        if self.state.value is None and freshness is Freshness.FAILED:
            return _(
                "The journal cannot be read. Monitoring continues; changes, sign-offs and acknowledgements "
                "are refused until it can be written."
            )
        return super()._absent(freshness)

    def empty(self, value: JournalView) -> str:
        if value.entries:
            return ""
        if value.filtered:
            return _("No entry matches the filter. Esc shows all entries again.")
        return _(
            "Nothing is recorded yet. Notes (F8), sign-offs, acknowledgements and changes will appear here."
        )

    @on(KeyedTable.Selected)
    def _open(self, event: KeyedTable.Selected) -> None:
        event.stop()
        view = self.state.value
        entry = next((each for each in view.entries if str(each.seq) == event.key), None) if view else None
        if entry is not None:
            self.post_message(self.Opened(entry))


def _count(value: JournalView) -> str:
    if not value.filtered:
        return plural("{count} entry", "{count} entries", value.total, count=f"{value.total:,}")
    count = len(value.entries)
    if value.newer or value.older:
        return _("more than {count} found", count=f"{count:,}")
    return _("{count} found", count=f"{count:,}")
