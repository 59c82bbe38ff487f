"""What the keys of a log pane do."""

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from textual import on
from textual.actions import SkipAction
from textual.widget import Widget

from services.i18n import _
from services.models.logs import Severity
from widgets.logs.prompt import Ask, LogPrompt
from widgets.logs.search import BadQuery, Query
from widgets.logs.time import day_text, moment, parse_moment

if TYPE_CHECKING:
    from widgets.logs.pane import LogPane

COPY_LIMIT = 10_000
"""Lines copied at most."""
_SHIFT = 16
_SHIFT_LIMIT = 8_192


class LogActions(Widget):
    """The actions, apart from the pane's wiring; only LogPane inherits it."""

    @property
    def _pane(self) -> "LogPane":
        return cast("LogPane", self)

    # Moving

    def action_cursor(self, lines: int) -> None:
        """Point at the next or previous line; below the newest one, follow."""
        pane = self._pane
        pane.reader_moved()
        if pane.lines.scroller.follow and lines > 0:
            return
        if pane.lines.move_cursor(lines):
            self.action_go_end()

    def action_page(self, pages: int) -> None:
        """A window up or down; at the end, follow."""
        pane = self._pane
        pane.reader_moved()
        if pane.lines.page(pages) and pages > 0:
            self.action_go_end()

    def action_go_start(self) -> None:
        """To the oldest line."""
        self._pane.reader_moved()
        self._pane.lines.go_start()

    def action_go_end(self) -> None:
        """To the newest line, and follow."""
        pane = self._pane
        pane.reader_moved()
        pane.paused = False
        pane.lines.go_end()

    def action_shift(self, steps: int) -> None:
        """Scroll sideways."""
        look = self._pane.lines.look
        if not look.wrap:
            shift = max(0, min(_SHIFT_LIMIT, look.shift + steps * _SHIFT))
            self._pane.lines.show(replace(look, shift=shift))
            self._pane.say()

    def action_pause(self) -> None:
        """Freeze the window, or go on where the newest lines are."""
        pane = self._pane
        if pane.paused:
            self.action_go_end()
            return
        pane.paused = True
        pane.lines.scroller.leave_end()
        pane.say()

    def action_back(self) -> None:
        """Close what is open: the detail, the range, the search, the marked minute, the cursor."""
        pane = self._pane
        if pane.detail.display:
            pane.detail.close()
        elif pane.lines.ranging:
            pane.lines.drop_range()
        elif pane.view.query is not None:
            self._search(None)
        elif pane.lines.rules.marked_at is not None:
            pane.reader_moved()
            pane.lines.mark(None)
        elif pane.lines.cursor is not None:
            pane.lines.drop_cursor()
        else:
            raise SkipAction  # nothing is open here: the key belongs to the screen

    # The look

    def action_toggle_raw(self) -> None:
        """Lines as they are, or readable."""
        look = self._pane.lines.look
        self._pane.lines.show(replace(look, raw=not look.raw))
        self._pane.say()

    def action_toggle_wrap(self) -> None:
        """Long lines in several rows, or cut."""
        look = self._pane.lines.look
        self._pane.lines.show(replace(look, wrap=not look.wrap, shift=0))
        self._pane.say()

    def action_toggle_relative(self) -> None:
        """Ages, which grow every second, or times of day."""
        look = self._pane.lines.look
        self._pane.lines.show(replace(look, relative=not look.relative))
        self._pane.age(not look.relative)
        self._pane.say()

    def action_toggle_stream(self) -> None:
        """Which task wrote the line."""
        look = self._pane.lines.look
        self._pane.lines.show(replace(look, stream=not look.stream))
        self._pane.say()

    def action_threshold(self, level: int) -> None:
        """Hide what is less severe; the same again shows all."""
        wanted = Severity(level)
        if self._pane.view.threshold is wanted:
            wanted = Severity.PLAIN
        self.run_worker(self._show_threshold(wanted), group="log-threshold", exclusive=True)

    async def _show_threshold(self, threshold: Severity) -> None:
        pane = self._pane
        await pane.view.show(threshold)
        pane.lines.redraw()
        pane.mark_dirty()

    # Detail, range, copy

    def action_open(self) -> None:
        """The line in full; again to close."""
        pane = self._pane
        if pane.detail.display:
            pane.detail.close()
            return
        if pane.lines.cursor is None:
            pane.lines.move_cursor(-1)
        line = pane.lines.line_at_cursor()
        if line is not None:
            pane.detail.show(line, pane.lines.look.zone)

    def _show_detail(self) -> None:
        """Let an open detail follow the cursor."""
        pane = self._pane
        line = pane.lines.line_at_cursor()
        if pane.detail.display and line is not None:
            pane.detail.show(line, pane.lines.look.zone)

    def action_mark(self) -> None:
        """Begin or end marking lines."""
        self._pane.reader_moved()
        self._pane.lines.toggle_range()

    def action_copy(self) -> None:
        """Copy the marked lines, or the one pointed at."""
        pane = self._pane
        selected = pane.lines.selected
        if selected is None:
            pane.lines.move_cursor(-1)
            selected = pane.lines.selected
        if selected is None:
            return
        texts: list[str] = []
        row = pane.view.shown.at_or_after(selected[0])
        while row is not None and row <= selected[1] and len(texts) < COPY_LIMIT:
            line = pane.store.line(row)
            at = moment(line.at).astimezone(pane.lines.look.zone)
            texts.append(f"{at.isoformat(timespec='milliseconds')} {line.text}")
            row = pane.view.shown.at_or_after(row + 1)
        pane.lines.drop_range()
        pane.post_message(pane.CopyRequested(pane, "\n".join(texts)))

    # Asking

    def action_search(self) -> None:
        """Ask for what to search."""
        query = self._pane.view.query
        ask = Ask.REGEX if query is not None and query.regex else Ask.SEARCH
        self._pane.prompt.open(ask, query.text if query is not None else "")

    def action_pattern(self) -> None:
        """Ask for the filter pattern."""
        self._pane.prompt.open(Ask.PATTERN, self._pane.pattern)

    def action_ask_time(self) -> None:
        """Ask for a time to go to."""
        self._pane.prompt.open(Ask.TIME)

    def action_pick_group(self) -> None:
        """Ask for another log group."""
        self._pane.post_message(self._pane.GroupRequested(self._pane))

    @on(LogPrompt.Cancelled)
    def _cancelled(self, event: LogPrompt.Cancelled) -> None:
        event.stop()
        self._close_prompt()

    @on(LogPrompt.Answered)
    def _answered(self, event: LogPrompt.Answered) -> None:
        event.stop()
        pane = self._pane
        if event.ask is Ask.PATTERN:
            if event.text.strip() != pane.pattern:
                pane.post_message(pane.PatternChanged(pane, event.text.strip()))
        elif event.ask is Ask.TIME:
            if not self._go_typed(event.text):
                return
        elif not self._search_typed(event.text, event.ask is Ask.REGEX):
            return
        self._close_prompt()

    def _close_prompt(self) -> None:
        self._pane.prompt.close()
        self._pane.lines.focus()

    def _go_typed(self, text: str) -> bool:
        pane = self._pane
        if not text.strip():
            return True
        near = moment(pane.store.newest) if len(pane.store) else pane.now()
        at = parse_moment(text, pane.lines.look.zone, near)
        if at is None:
            today = day_text(int(near.timestamp() * 1000), pane.lines.look.zone)
            pane.prompt.complain(_("not a time; try 9:12 or {day} 9:12").format(day=today))
            return False
        pane.go_to(at)
        return True

    def _search_typed(self, text: str, regex: bool) -> bool:
        try:
            self._search(Query(text, regex) if text else None)
        except BadQuery as error:
            self._pane.prompt.complain(str(error))
            return False
        return True

    def _search(self, query: Query | None) -> None:
        self._pane.searching = query is not None
        self._pane.say()
        self.run_worker(self._run_search(query), group="log-search", exclusive=True)

    async def _run_search(self, query: Query | None) -> None:
        pane = self._pane
        try:
            await pane.view.search(query)
        finally:
            pane.searching = False
        pane.lines.redraw()
        if query is not None:
            self._go_first_match()
        pane.mark_dirty()

    def _go_first_match(self) -> None:
        """The nearest match: backwards from the end while following, else forwards from the reader."""
        pane = self._pane
        found = pane.view.found
        start = pane.lines.cursor if pane.lines.cursor is not None else pane.lines.bottom
        row = None if pane.lines.scroller.follow else found.at_or_after(start)
        row = found.at_or_before(pane.store.end - 1) if row is None else row
        if row is not None:
            pane.reader_moved()
            pane.lines.go_row(row)

    def action_next_match(self) -> None:
        """The next match, round to the oldest after the newest."""
        found = self._pane.view.found
        row = found.at_or_after(self._search_from() + 1)
        self._go_match(row if row is not None else found.at_or_after(self._pane.store.first))

    def action_previous_match(self) -> None:
        """The previous match, round to the newest after the oldest."""
        found = self._pane.view.found
        row = found.at_or_before(self._search_from() - 1)
        self._go_match(row if row is not None else found.at_or_before(self._pane.store.end - 1))

    def _search_from(self) -> int:
        cursor = self._pane.lines.cursor
        return cursor if cursor is not None else self._pane.lines.bottom

    def _go_match(self, row: int | None) -> None:
        if row is not None:
            self._pane.reader_moved()
            self._pane.lines.go_row(row)
