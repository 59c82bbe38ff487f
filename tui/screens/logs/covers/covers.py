from collections.abc import Coroutine
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from services.aws.client.errors import AwsError
from services.aws.logs.streams import LogStreams
from services.i18n import _, plural
from services.logs.follow.source import LimitedSource
from services.models.base import RawId
from services.models.date_text import dated_time, span_text
from services.models.text import clean
from tui.screens.logs.covers.covering import CoveringPane, reading_time
from tui.screens.logs.covers.merged import MergedPanes
from tui.screens.logs.covers.request_ids import RequestPane, choose_request
from tui.screens.logs.pane_set import PaneSet
from widgets.logs.drawing.separators import Gap
from widgets.logs.store.sources import lettered
from widgets.logs.text.time import moment

BEFORE, AFTER = timedelta(hours=1), timedelta(minutes=5)
"""How long before and after the end of the task its lines are read."""
PAGES = 20  # Pages read at most for one span; a page is about 1 MB
HOUR = 3_600_000  # Milliseconds of each span before, read on demand
MINUTE = 60_000  # Milliseconds


class TaskPane(CoveringPane):
    def __init__(self, screen: PaneSet, group: str, task: str, ended: datetime) -> None:
        super().__init__(screen, {group: group})
        self.group = group
        self.task = task
        self.ended = ended
        self.pane.title = _("Task {id}", id=clean(task, 12))
        self.pane.scope = _("looking for the task's streams…")
        self._streams: tuple[RawId, ...] = ()
        self._from = int((ended - BEFORE).timestamp() * 1000)
        """From when on the lines are read, epoch milliseconds."""
        self._to = int((ended + AFTER).timestamp() * 1000)
        self._is_reading = False

    async def start(self) -> None:
        try:
            self._streams = await LogStreams(self.screen.services.session).of_task(self.group, self.task)
        except AwsError as error:
            self.pane.problem = error.problem
            return
        if not self._streams:
            words = _("{group} has no recent stream of the task {id}.")
            words = words.format(group=clean(self.group), id=clean(self.task, 12))
            self.pane.scope = words
            self.screen.app.inform(words)
            return
        await self._read(self._from, self._to)
        self.pane.go_to(int(self.ended.timestamp() * 1000))

    def change_pattern(self, pattern: str) -> None:
        """The streams are the filter: there is no other."""
        self.screen.app.inform(_("The lines of a task are filtered by its stream; / searches in them."))

    def read_earlier(self, at: int) -> None:
        """Read the streams from a minute before `at` (epoch milliseconds) on."""
        if at - MINUTE < self._from:
            self._read_before(at - MINUTE)

    def read_older(self) -> None:
        self._read_before(self._from - HOUR)

    def stop(self) -> None:
        self.screen.workers.cancel_group(self.screen, f"task-{id(self)}")

    def _read_before(self, start: int) -> None:
        if self._streams and not self._is_reading:
            self.screen.run_worker(self._older(start), group=f"task-{id(self)}")

    async def _older(self, start: int) -> None:
        self.pane.note = _("reading older lines…")
        before = len(self.pane.store)
        end, self._from = self._from - 1, start
        is_whole = await self._read(start, end)
        is_empty = is_whole and len(self.pane.store) == before
        self.pane.note = _("no line of the task in the time before") if is_empty else ""

    async def _read(self, start: int, end: int) -> bool:
        """Read `[start, end]`, epoch milliseconds; returns whether no line of it is missing."""
        services, self._is_reading = self.screen.services, True
        limiter = services.log_limiter
        lane = limiter.open(self.group)
        limited = LimitedSource(services.logs, limiter, lane)
        token: str | None = None
        newest_read, reason = start, _("not read: too many lines")
        self.pane.problem = None
        try:
            for _page in range(PAGES):
                send = partial(services.logs.page, self.group, start, end, token=token, streams=self._streams)
                lines, token = await limited.request(send)
                self.pane.append(lettered(lines, self.letters[self.group]))
                newest_read = max([newest_read, *(line.at for line in lines)])
                if token is None:
                    break
        except AwsError as error:
            self.pane.problem = error.problem
            token, reason = token or "", _("not read: reading failed")
        finally:
            limiter.close(lane)
            self._is_reading = False
        if token is not None:
            gap = Gap(newest_read + 1, end, reason)
            self.pane.gaps = (*self.pane.gaps, gap)
        self._show_scope()
        return token is None

    def _show_scope(self) -> None:
        zone, now = self.screen.app.zone, self.screen.app.now()
        first, last = (dated_time(moment(at), zone, now, seconds=True) for at in (self._from, self._to))
        count = len(self._streams)
        words = plural("{count} stream of the task, {span}", "{count} streams of the task, {span}", count)
        self.pane.scope = words.format(count=count, span=span_text(first, last))


class Covers:
    def __init__(self, screen: PaneSet) -> None:
        self._screen = screen
        self.current: CoveringPane | None = None

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Do one thing at a time: what fills a covering pane ends when something else is asked for."""
        self._screen.run_worker(work, group="covers", exclusive=True)

    async def end(self) -> None:
        """Show the panes again for something that is not done by `run`: what fills the covering pane ends."""
        self._screen.workers.cancel_group(self._screen, "covers")
        await self.remove()

    async def merge(self) -> None:
        if self.current is not None:
            await self.remove()
            return
        pane = self._screen.pane
        at = reading_time(pane) if pane is not None else None
        view = MergedPanes(self._screen)
        await self.put(view)
        if at is not None:
            view.pane.go_to(at)

    async def request(self) -> None:
        screen, pane = self._screen, self._screen.pane
        if pane is None or (request_at := await choose_request(screen, pane)) is None:
            return
        groups = [str(spec.id) for spec in screen.services.runbook.log_groups]
        groups += [tail.group for tail in screen.tails.values() if tail.group]
        request, at = request_at
        self.run(self.put(RequestPane(screen, request, at, tuple(dict.fromkeys(groups)))))

    async def task(self, group: str, task: str, ended: datetime) -> None:
        await self.put(TaskPane(self._screen, group, task, ended))

    async def put(self, cover: CoveringPane) -> None:
        await self.remove()
        self.current = cover
        await self._screen.area.mount(cover.pane)
        for pane in self._screen.tails:
            pane.display = False
        cover.pane.focus()
        self._screen.refresh_bindings()
        self._screen.run_worker(cover.restore_marks(), group=f"marks-{id(cover.pane)}")
        await cover.start()

    async def remove(self) -> None:
        cover, self.current = self.current, None
        if cover is None:
            return
        at = reading_time(cover.pane)
        cover.stop()
        for pane in self._screen.tails:
            pane.display = True
        await cover.pane.remove()
        self._screen.refresh_bindings()
        active = self._screen.pane
        if active is None:
            return
        active.focus()
        if at is not None:
            for pane in self._screen.tails:
                pane.go_to(at)
