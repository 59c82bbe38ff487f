import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import aclosing, contextmanager
from datetime import datetime
from functools import partial

from services.aws.client.errors import AwsError
from services.background.boundaries import Boundary
from services.background.faults import fault_problem
from services.background.turns import next_turn
from services.i18n import _
from services.logs.follow.earlier import EarlierLines, read_earlier
from services.logs.follow.event_ids import EventIds
from services.logs.follow.source import LimitedSource
from services.logs.follow.twins import TwinLines
from services.models.date_text import dated_time
from services.models.logs import LogLine, TailBatch, TailStats
from services.models.problem import Problem
from services.system import Services
from widgets.logs.drawing.separators import Gap
from widgets.logs.pane.pane import LogPane
from widgets.logs.store.store import LogStore
from widgets.logs.text.time import moment

EARLIER_PAGES = 10  # Pages read at most for a time before the oldest line in the pane

MOST_IDS = 500_000  # Lines that are known to be shown, so that none is shown twice
LIVE_OVERLAP = 120_000  # Milliseconds before Live Tail begins whose lines may come by it, too
MOST_COMPARED = 50_000  # Lines of that time that are compared at most
LIVE_LATE = 2_000  # Milliseconds behind the newest line from which a line of Live Tail is late
_FULL = 0.9  # Share of the pane's memory from which older lines would be dropped as soon as they are read
MINUTE = 60_000  # Milliseconds


class PaneTail:
    def __init__(self, pane: LogPane, services: Services) -> None:
        self.pane = pane
        self.services = services
        self.group = ""
        self.pattern = ""
        self._began = asyncio.Event()  # Set when the first read of the present group is in the pane
        self._read_back_to: int | None = None
        """From when on the pane holds the lines before the loop's, too, epoch milliseconds; None if none were read."""
        self._late_read_at: int | None = None
        """When all late lines were added that were visible then, epoch milliseconds; None: they were not asked for."""
        self._missed: Problem | None = None
        """Why the newest lines are missing from the pane; None if they are not."""
        self._ids = EventIds(MOST_IDS)
        """Late lines, and lines that were read by themselves: each may come by both ways, and is shown once."""
        self._twins = TwinLines()
        self._reading_earlier = False

    async def follow(self, group: str, pattern: str = "", at: datetime | None = None) -> None:
        """Follow `group` until cancelled, starting at the time `at` if given; lines stay while reading fails."""
        self.group = group
        self.pattern = pattern
        self.pane.clear()
        self._began = asyncio.Event()
        self._missed = self._read_back_to = self._late_read_at = None
        self._ids, self._twins = EventIds(MOST_IDS), TwinLines()
        self.pane.note, self.pane.problem = "", None
        self.pane.title = self._title(group)
        self.pane.pattern = pattern
        if at is not None:
            self.pane.go_to(round(at.timestamp() * 1000))
        async with aclosing(self.services.tails.batches(group, pattern)) as batches:
            async for batch in batches:
                if batch.lines:
                    await next_turn()
                # One bad batch must not end the tail.
                with Boundary(partial(self._lose, batch)):
                    self._take(batch)
                if batch.lines or batch.stats.complete_from is not None:
                    self._began.set()

    def _take(self, batch: TailBatch) -> None:
        if batch.lines:
            lines = [line for line in batch.lines if not line.late or self._ids.add(line.id, line.at)]
            self.pane.append(self._twins.from_loop(lines, self._now))
            self._missed = None
        self.pane.stats = self._stats(batch.stats)
        if self.pane.problem is not None and batch.problem is None:
            # Feeds and other panes failed for the same reason; retry them now instead of at their next poll.
            self.services.refresh_feeds()
        self.pane.problem = batch.problem or self._missed

    def _lose(self, batch: TailBatch, error: BaseException) -> None:
        self.pane.missing_until = max([self.pane.missing_until, *(line.at for line in batch.lines)])
        self.services.workers.report(error)
        what = _("An internal error kept some lines from being shown.")
        self._missed = self.pane.problem = fault_problem(what, error, self.services.clock.now())

    def _stats(self, stats: TailStats) -> TailStats:
        return stats.complete_since(self._read_back_to).late_lines_read(self._late_read_at)

    def late_lines_read(self, at: int) -> None:
        """Say that all late lines are shown that were visible `at` a time (epoch milliseconds)."""
        self._late_read_at = at
        if self.pane.stats is not None:
            self.pane.stats = self._stats(self.pane.stats)

    async def read_from(self, at: int) -> None:
        """Read from a minute before `at` (epoch milliseconds) up to the oldest line in the pane, if that is later."""
        start, token = at - MINUTE, None
        reason = _("not read: too many lines")
        # What the loop reads first must be there, or both would bring the same lines.
        began = self._began
        await began.wait()
        oldest = self.pane.store.oldest or at + 10 * MINUTE
        if oldest <= start:
            return  # they have arrived since the time was asked for
        newest_read, is_whole = start, False
        with self._source() as source:
            try:
                for _page in range(EARLIER_PAGES):
                    lines, token = await source.page(self.group, start, oldest - 1, self.pattern, token)
                    self.add(lines)
                    if token is None:
                        is_whole = True
                        return
                    newest_read = max([newest_read, *(line.at for line in lines)])
            except AwsError as error:
                self.pane.problem, reason = error.problem, error.problem.summary
            except asyncio.CancelledError:
                reason = _("not read: another time was asked for")
                raise
            finally:
                # The pane may follow another group by now.
                if not is_whole and began is self._began:
                    self.pane.gaps = (*self.pane.gaps, Gap(newest_read + 1, oldest - 1, reason))

    async def read_earlier(self) -> None:
        """Read the lines before the oldest one in the pane; reports how far, and where the log begins."""
        pane, store = self.pane, self.pane.store
        if self._reading_earlier or not self.group or not len(store):
            return
        if store.size > _FULL * store.max_bytes:
            pane.note = _("memory is full: go to a time (@) to read older lines")
            return
        self._reading_earlier = True
        density = len(store) / max(1, store.newest - store.oldest)
        continues = self._continues()
        pane.note = _("reading older lines…")
        try:
            with self._source() as source:
                lines = read_earlier(source, self.group, self.pattern, store.oldest, self._now, density)
                async with aclosing(lines) as pages:
                    async for page in pages:
                        self.add(page.lines)
                        pane.note = self._progress(page)
                        if page.done and continues:
                            self._extend(store.oldest)
        except AwsError as error:
            pane.note, pane.problem = "", error.problem
        finally:
            self._reading_earlier = False

    def _continues(self) -> bool:
        stats, store = self.pane.stats, self.pane.store
        if stats is None or stats.complete_from is None or store.dropped or self.pane.gaps:
            return False
        return stats.complete_from <= store.oldest

    def _extend(self, back_to: int) -> None:
        """Say that nothing is missing from `back_to` (epoch milliseconds) on."""
        self._read_back_to = back_to
        if self.pane.stats is not None:
            self.pane.stats = self.pane.stats.complete_since(back_to)

    def _progress(self, page: EarlierLines) -> str:
        if page.at_beginning:
            return _("beginning of the log")
        if page.done:
            return ""
        time = dated_time(moment(page.back_to), self.pane.zone, self.services.clock.now(), seconds=True)
        return _("reading older lines, back to {time}…", time=time)

    def add(self, lines: Sequence[LogLine], *, late: bool = False) -> int:
        """Show lines that were read by themselves, each once; returns how many were not shown before."""
        fresh = [line._replace(late=late) for line in lines if self._ids.add(line.id, line.at)]
        self.pane.append(fresh)
        return len(fresh)

    def begin_live(self) -> None:
        """Live Tail brings lines from now on; what the pane has shown of late may come again."""
        now = self._now
        self._twins = TwinLines()
        self._twins.live = True
        store = self.pane.store
        recent = range(
            max(store.first, store.row_at(now - LIVE_OVERLAP), store.end - MOST_COMPARED), store.end
        )
        shown = [store.line(row) for row in recent]
        self._twins.from_loop(
            [LogLine("", line.at, line.ingested_at, line.stream, line.text) for line in shown], now
        )

    def end_live(self) -> None:
        self._twins.live = False

    def show_unnamed(self, lines: Sequence[LogLine], *, live: bool = False) -> int:
        """Show lines without event ids that the pane does not show yet; returns how many."""
        now, newest = self._now, self.pane.store.newest
        self._twins.forget_old(now)
        if live:
            fresh = [
                line._replace(late=line.at < newest - LIVE_LATE) for line in self._twins.unnamed(lines, now)
            ]
        else:
            fresh = self._twins.unnamed(missing(self.pane.store, lines), now)
        if fresh:
            self.pane.append(fresh)
        return len(fresh)

    @property
    def _now(self) -> int:
        return int(self.services.clock.now().timestamp() * 1000)

    @contextmanager
    def _source(self) -> Iterator[LimitedSource]:
        limiter = self.services.log_limiter
        lane = limiter.open(self.group)
        try:
            yield LimitedSource(self.services.logs, limiter, lane)
        finally:
            limiter.close(lane)

    def _title(self, group: str) -> str:
        title = next((each.title for each in self.services.runbook.log_groups if each.id == group), "")
        return f"{group}  {title}" if title else group


def missing(store: LogStore, lines: Sequence[LogLine]) -> list[LogLine]:
    shown: Counter[tuple[str, int, str]] = Counter()
    for at in {line.at for line in lines}:
        for row in range(store.row_at(at), store.row_at(at + 1)):
            stored = store.line(row)
            shown[stored.stream, stored.at, stored.text] += 1
    fresh = []
    for line in lines:
        key = (line.stream, line.at, line.text)
        if shown[key]:
            shown[key] -= 1
        else:
            fresh.append(line)
    return fresh
