"""ログ: one to six log groups side by side, each followed independently."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.widgets import Input

from services.i18n import _
from services.models.aws_cli import CommandSheet
from tui.commands import bindings
from tui.screens.common.mode_screen import WAY_BACK, ScreenPlace
from tui.screens.logs import key_order
from tui.screens.logs.covers.covering import CoveringPane
from tui.screens.logs.covers.covers import Covers
from tui.screens.logs.covers.request_ids import RequestPane
from tui.screens.logs.export.choosing import offer_pane_export
from tui.screens.logs.export.subjects import PaneContent
from tui.screens.logs.forms import choose_columns
from tui.screens.logs.groups import GroupScreen
from tui.screens.logs.insights.open import open_query
from tui.screens.logs.layouts import LayoutScreen, open_layout, present_layout
from tui.screens.logs.marking import choose_mark, go_mark, restore_marks, toggle_mark
from tui.screens.logs.memory import log_memory
from tui.screens.logs.origins import of_group
from tui.screens.logs.pane_set import OF_SEVERAL, PaneSet
from tui.screens.logs.panes import close_question, is_reading
from widgets.logs.arrangement.regions import MOST_PANES
from widgets.logs.pane.pane import LogPane
from widgets.logs.pane.prompt import LogPrompt


class OneTime:
    def __init__(self, panes: Callable[[], Collection[LogPane]]) -> None:
        self._panes = panes
        self.together = True
        """Whether the other panes scroll to the moment; otherwise only their mark line moves."""
        self._led: set[LogPane] = set()  # Panes that were moved along and have not moved by themselves since

    def moved(self, source: LogPane, at: int) -> None:
        """The reader moved in `source` to the line of the time `at` (epoch milliseconds), or of the one asked for."""
        at = at if source.target.at is None else source.target.at
        self._led &= set(self._panes())
        self._led.discard(source)
        source.set_time_mark(None)
        if source.lines.scroller.follow:
            self._follow(source)
            return
        for pane in self._panes():
            if pane is not source:
                pane.set_time_mark(at)
                if self.together and pane.target.at != at:
                    self._lead(pane, at)

    def go_to(self, source: LogPane, at: int, *, minute: bool) -> None:
        for pane in self._panes():
            if pane is not source:
                pane.go_to(at, minute=minute)

    def toggle(self, source: LogPane | None) -> bool:
        self.together = not self.together
        if self.together and source is not None and not source.lines.scroller.follow:
            row = source.lines.position
            if row >= source.store.first:
                self.moved(source, source.store.time_at(row))
        return self.together

    def _lead(self, pane: LogPane, at: int) -> None:
        """Bring the moment into view: the first line of it or later, else the newest."""
        visible, store = pane.view.visible, pane.store
        row = visible.at_or_after(store.row_at(at))
        if row is None and pane.lines.scroller.follow:
            return  # nothing is as late as that: the newest line is in view already
        row = visible.at_or_before(store.end - 1) if row is None else row
        if row is not None:
            self._led.add(pane)
            pane.target.drop()
            pane.lines.go_row(row)

    def _follow(self, source: LogPane) -> None:
        for pane in self._panes():
            pane.set_time_mark(None)
            if pane is not source and pane in self._led and not pane.paused:
                pane.action_go_end()
        self._led.clear()


class LogsScreen(PaneSet):
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("logs"), WAY_BACK]
    FOOTER_KEYS = key_order.FOOTER
    HAS_RULERS = True

    def __init__(self) -> None:
        super().__init__()
        self.one_time = OneTime(lambda: self.tails)
        self.covers = Covers(self)

    async def opened(self) -> None:
        groups = self.services.runbook.log_groups
        targets, self.app.requested_logs = self.app.requested_logs, ()
        if targets:
            await self.show(targets)
        elif groups:
            await self.add_pane(groups[0].id)

    @property
    def pane(self) -> LogPane | None:
        if self.cover is not None:
            return self.cover.pane
        return super().pane

    def aws_commands(self) -> CommandSheet | None:
        return self.pane_sheet(self.pane) if self.pane in self.tails else None

    def note_subject(self) -> ScreenPlace | None:
        mode, incident = self.app.way_back or ("", "")
        if mode != self.app.current_mode:
            return None
        places = (
            ScreenPlace(str(record.target), record.title, record.id, opened=True)
            for record in self.app.incidents
            if record.id == incident
        )
        return next(places, None)

    # Opening and closing

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in OF_SEVERAL:
            return len(self.tails) > 1 and self.cover is None
        if action == "extend":
            return isinstance(self.cover, RequestPane)
        if action == "merge":
            return len(self.tails) > 1
        return super().check_action(action, parameters)

    @work(group="query", exclusive=True)
    async def action_query(self) -> None:
        pane = self.pane
        groups = self.cover.groups if self.cover is not None else ()
        if pane in self.tails:
            groups = (self.tails[pane].group, *(tail.group for tail in self.tails.values()))
        groups = tuple(filter(None, groups))
        await open_query(self.app, groups, pane.lines.times_on_screen if pane is not None else None)

    def action_open_pane(self) -> None:
        if self.has_room():
            self.choose_more()

    @work(group="choose-group", exclusive=True)
    async def choose_more(self) -> None:
        room = MOST_PANES - len(self.tails)
        dialog = GroupScreen(self.services, self.app.config.log_groups, most=room)
        for group in await self.app.push_screen_wait(dialog) or ():
            await self.add_pane(group)

    @work(group="close-pane", exclusive=True)
    async def action_close_pane(self) -> None:
        """Close the active pane, unless it is the last one; ask first if that drops what the reader did in it."""
        pane = self.pane
        if pane is None or len(self.tails) < 2:
            return
        if pane.holds_work and not await self.app.push_screen_wait(close_question(pane.title)):
            return
        await self.remove_pane(pane)

    @work(group="log-export", exclusive=True)
    async def action_export(self) -> None:
        pane, cover = self.pane, self.cover
        if cover is not None:
            content = PaneContent(cover.groups, cover.pane.pattern, cover.origin)
            await offer_pane_export(self.app, cover.pane, content)
        elif pane is not None and (tail := self.tails[pane]).group:
            content = PaneContent((tail.group,), tail.pattern, of_group(tail.group))
            await offer_pane_export(self.app, pane, content)

    def action_columns(self) -> None:
        if self.cover is None:
            super().action_columns()
        else:
            self.run_worker(choose_columns(self.app, self.cover.pane), group="columns", exclusive=True)

    def action_line_tables(self) -> None:
        if self.cover is None:
            super().action_line_tables()
        else:
            self.app.inform(_("Lines are counted in a single log pane: Esc shows the panes."))

    def _pane_at_hand(self) -> LogPane | None:
        return super()._pane_at_hand() if self.cover is None else self.cover.followed_pane()

    # A pane over the others

    async def uncover(self) -> None:
        await self.covers.end()

    @property
    def cover(self) -> CoveringPane | None:
        return self.covers.current

    def action_merge(self) -> None:
        self.covers.run(self.covers.merge())

    def action_request(self) -> None:
        self.run_worker(self.covers.request(), group="request", exclusive=True)

    def action_extend(self) -> None:
        if isinstance(self.cover, RequestPane):
            self.covers.run(self.cover.extend())

    def action_more(self) -> None:
        if isinstance(self.cover, RequestPane):
            self.action_extend()
        else:
            self.action_late_lines()

    def leads_back(self) -> bool:
        if self.cover is not None and self.is_active:
            return not is_reading(self.cover.pane) and not isinstance(self.focused, Input)
        return super().leads_back()

    def action_back_to_incident(self) -> None:
        if self.cover is not None:
            self.covers.run(self.covers.remove())
        else:
            super().action_back_to_incident()

    @on(LogPane.PatternChanged)
    def cover_pattern_changed(self, message: LogPane.PatternChanged) -> None:
        if self.cover is not None and message.pane is self.cover.pane:
            self.cover.change_pattern(message.pattern)

    @on(LogPane.TimeRequested)
    def cover_time_requested(self, message: LogPane.TimeRequested) -> None:
        if self.cover is not None and message.pane is self.cover.pane:
            self.cover.read_earlier(message.at)

    @on(LogPane.EarlierRequested)
    def cover_earlier_requested(self, message: LogPane.EarlierRequested) -> None:
        if self.cover is not None and message.pane is self.cover.pane:
            self.cover.read_older()

    def _zone_changed(self) -> None:
        super()._zone_changed()
        if self.cover is not None:
            self.cover.pane.zone = self.app.zone

    # One time

    @on(LogPane.Moved)
    def pane_moved(self, message: LogPane.Moved) -> None:
        if message.pane in self.tails and self.cover is None:
            self.one_time.moved(message.pane, message.at)

    @on(LogPrompt.TimeEntered)
    def time_entered(self, message: LogPrompt.TimeEntered) -> None:
        if self.pane in self.tails:
            self.one_time.go_to(self.pane, message.at, minute=message.minute)

    def action_toggle_together(self) -> None:
        together = self.one_time.toggle(self.pane)
        self.app.inform(
            _("The panes scroll together.")
            if together
            else _("The panes scroll each by itself; the mark line shows the moment.")
        )

    # Marks

    def follow(self, pane: LogPane, group: str, pattern: str = "", at: datetime | None = None) -> None:
        super().follow(pane, group, pattern, at)
        self._restore_marks(pane, group)

    def _restore_marks(self, pane: LogPane, group: str) -> None:
        self.run_worker(restore_marks(self.app, pane, {"": group}), group=f"marks-{id(pane)}", exclusive=True)

    @work(group="mark", exclusive=True)
    async def action_mark_line(self) -> None:
        marked, cover = self.pane, self.cover
        if marked is None:
            return
        origins = cover.origin if cover is not None else of_group(self.tails[marked].group)
        group = await toggle_mark(self.app, marked, origins)
        for pane, tail in self.tails.items():
            if group and tail.group == group and pane is not marked:
                self._restore_marks(pane, group)

    def action_go_mark(self, step: int) -> None:
        if self.pane is not None:
            go_mark(self.app, self.pane, step)

    @work(group="mark", exclusive=True)
    async def action_list_marks(self) -> None:
        await choose_mark(self.app, self.tails if self.cover is None else [self.cover.pane])

    # Layouts

    @work(group="layouts", exclusive=True)
    async def action_layouts(self) -> None:
        memory = log_memory(self.app)
        await memory.load()
        layout = await self.app.push_screen_wait(LayoutScreen(memory, present_layout(self, memory)))
        if layout is not None:
            await self.uncover()
            await open_layout(self, layout, memory)

    # The room of the panes

    def action_zoom_pane(self) -> None:
        self.area.zoom(not self.area.zoomed)

    def action_resize_pane(self, steps: int) -> None:
        if self.pane is not None:
            self.area.grow(self.pane, steps)
