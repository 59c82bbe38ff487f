"""Plans the sweeps that find late lines: how far back, how often, and what the account's budget allows; pure.

A sweep reads from its span's beginning up to where the sweeps that are narrower begin, or the rounds: what is newer
comes with those. Narrow sweeps are frequent, wide ones seldom. Each costs its lines again, so a busy group's sweeps
become less frequent, and the wide ones stop where they would not keep their promise: the tail then reports from when on
late lines may be missing. Times are epoch milliseconds.
"""

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.logs.follow.event_ids import MOST_IDS
from services.logs.follow.limiter import PAGE_LINES, work_of
from services.logs.follow.window import LEAST_OVERLAP, OVERLAP, FollowWindow, Span
from services.models.logs import LATEST, LogLine

SECOND = 1000
MINUTE = 60_000
HOUR = 3_600_000
MEASURED = 60_000  # Milliseconds over which the rate of new lines is measured
_ONE_PAGE = 0.8  # Share of a page that a round's lines and overlap may fill while they cost one request
_OVERLAP_SHARE = 0.5  # Share of the spare budget that overlaps may use; the rest is for sweeps
_LINE_SIZE = 300  # Assumed characters of a line before any was read


@dataclass(frozen=True, slots=True)
class Tier:
    """One kind of sweep; all in milliseconds."""

    span: int  # How far back it reads
    every: int  # How often, while that costs little
    seldomest: int  # How often at least: less often it would leave gaps
    lateness: int  # Events at most so late are complete while it runs; one of `window.LATENESS`


NARROW = Tier(40 * SECOND, 15 * SECOND, 28 * SECOND, 10 * SECOND)
MINUTES = Tier(200 * SECOND, 45 * SECOND, 75 * SECOND, 2 * MINUTE)
QUARTER = Tier(15 * MINUTE, MINUTE, 8 * MINUTE, 7 * MINUTE)
HOURS = Tier(130 * MINUTE, 5 * MINUTE, 28 * MINUTE, LATEST)
DAY = Tier(24 * HOUR, HOUR, 11 * HOUR, 12 * HOUR)
TIERS = (NARROW, MINUTES, QUARTER, HOURS, DAY)  # From the narrowest to the widest
_PREFERENCE = (HOURS, QUARTER, MINUTES, NARROW, DAY)
"""Which of them are given up last to first when the budget does not suffice for all."""
EXPECTED = LATEST
"""The lateness up to which a tail is expected to be complete; below it, the tail reports a gap."""
FLOOR = 1_500.0
"""Lines a second that the sweeps of one tail may read, however quiet the group is: after a burst late lines still come."""
REREAD = 10.0  # How many times the sweeps may read a line: more would be traffic without use
GIVEN_UP_AFTER = 2 * MINUTE
"""A tier that was not affordable for so long is reported; a burst of a minute is not."""


class SweepRate:
    """New lines a second, and their length, over the last MEASURED milliseconds."""

    def __init__(self) -> None:
        self._reads: deque[tuple[int, int, int]] = deque()
        self._lines = self._size = 0
        self._since: int | None = None

    def add(self, lines: Sequence[LogLine], now: int, since: int | None = None) -> None:
        """New lines arrived at `now`. With `since` they are what a tail begins with, read back to that time:
        each counts when it was ingested."""
        if since is not None:
            self._since = max(min(since, now - SECOND), now - MEASURED)
        elif self._since is None:
            self._since = now
        seconds = Counter[int]()
        sizes = Counter[int]()
        for line in lines:
            second = now if since is None else min(line.ingested_at // SECOND * SECOND, now)
            seconds[second] += 1
            sizes[second] += len(line.text)
        for second in sorted(seconds):
            self._reads.append((second, seconds[second], sizes[second]))
        self._lines += len(lines)
        self._size += sizes.total()
        self._expire(now)

    def per_second(self, now: int) -> float:
        self._expire(now)
        if self._since is None:
            return 0.0
        return self._lines * SECOND / min(MEASURED, max(5 * SECOND, now - self._since))

    @property
    def size(self) -> float:
        return self._size / self._lines if self._lines else _LINE_SIZE

    def _expire(self, now: int) -> None:
        while self._reads and self._reads[0][0] <= now - MEASURED:
            _at, lines, size = self._reads.popleft()
            self._lines -= lines
            self._size -= size


@dataclass(eq=False, slots=True)
class Sweep:
    tier: Tier
    span: Span
    token: str | None = None


class SweepPlan:
    def __init__(self, window: FollowWindow, rate: SweepRate, began: int) -> None:
        self._window = window
        self._rate = rate
        self._began = began
        self._last = dict.fromkeys(TIERS, began)
        """When the last completed sweep of each tier began; at first, when the tail began."""
        self._running: dict[Tier, Sweep] = {}
        self._every: dict[Tier, int] = {}
        """Milliseconds between sweeps as the budget allows, the cheapest first; tiers that it does not allow are missing."""
        self._unaffordable: dict[Tier, int] = {}  # Since when the budget does not allow a tier

    def overlap(self, now: int, poll: float, share: float) -> tuple[int, int | None]:
        """What a round reads again, in milliseconds and in lines: much while it costs no further request.
        `poll` is the time between rounds in seconds, `share` the share of the budget that this tail may use.
        After a time without an answer it is what the sweeps would have read that are most frequent."""
        finished = self._window.finished
        if finished is not None and now - finished > MINUTES.span:
            return MINUTES.span, None
        rate = self._rate.per_second(now)
        page = _OVERLAP_SHARE * share / self._work(PAGE_LINES) * poll
        lines = max(_ONE_PAGE * PAGE_LINES - rate * poll, page * PAGE_LINES, rate * LEAST_OVERLAP / SECOND)
        return min(OVERLAP, round(lines / max(rate, 0.01) * SECOND)), round(lines)

    def plan(self, now: int, share: float) -> None:
        """Decide how often each tier's sweeps run within `share` (seconds of the account's budget a second)."""
        allowed = max(FLOOR, REREAD * self._rate.per_second(now)) / PAGE_LINES
        share = min(share, allowed * self._work(PAGE_LINES))
        edge = self._window.edge
        affordable = [tier for tier in _PREFERENCE if self.lines_in(now - tier.span, edge, now) <= MOST_IDS]
        work = self._costs(affordable, now)
        while (least := sum(work[tier] / tier.seldomest for tier in affordable) * SECOND) > share:
            affordable.pop()
            work = self._costs(affordable, now)
        for tier in TIERS:
            if tier in affordable:
                self._unaffordable.pop(tier, None)
            else:
                self._unaffordable.setdefault(tier, now)
        # What is left makes them more frequent, the cheapest first.
        share -= least
        self._every = {}
        for tier in sorted(affordable, key=lambda tier: (work[tier], tier.span)):
            wanted = work[tier] * SECOND * (1 / tier.every - 1 / tier.seldomest)
            part = min(1.0, share / wanted) if wanted > 0 else 1.0
            share -= part * wanted
            self._every[tier] = round(1 / (part / tier.every + (1 - part) / tier.seldomest))

    def _costs(self, affordable: Sequence[Tier], now: int) -> dict[Tier, float]:
        """What one sweep of each tier costs, if these run; in seconds of the account's budget."""
        costs: dict[Tier, float] = {}
        for tier in affordable:
            # Where a round itself reads so far back, a sweep costs nothing, because there is none.
            costs[tier] = 0.0
            if tier.lateness > now - self._window.edge:
                start = now - tier.span
                costs[tier] = self._work(self.lines_in(start, self._end(tier, start, now, affordable), now))
        return costs

    def next(self, now: int) -> Sweep | None:
        """The sweep whose next page is to be read, the cheapest first; None: none is due."""
        overlap = now - self._window.edge
        # A long one that is due again when it ends must not keep the others waiting for ever.
        for tier, every in self._every.items():
            if tier in self._running:
                return self._running[tier]
            if now - self._last[tier] < every:
                continue
            if tier.lateness <= overlap:
                self._last[tier] = now
                continue
            start = max(self._start(tier, now), self._window.horizon)
            sweep = self._running[tier] = Sweep(
                tier, Span(start, self._end(tier, start, now, self._every), now)
            )
            return sweep
        return None

    def _start(self, tier: Tier, now: int) -> int:
        """Where a sweep begins: earlier than usual where sweeps have been left out, so that no time stays unread."""
        complete = self._window.complete_to(tier.lateness)
        usual = now - tier.span
        return usual if complete is None else min(usual, complete + 1)

    def _end(self, tier: Tier, start: int, now: int, affordable: Iterable[Tier]) -> int:
        edge = self._window.edge
        narrower = [
            other.span
            for other in affordable
            if other.span < tier.span and other.lateness > now - edge  # below that the rounds are its sweeps
        ]
        return max(start, min([edge, *(now - span for span in narrower)]))

    def finish(self, sweep: Sweep) -> None:
        """The last page of a sweep was read."""
        self._window.cover(sweep.span)
        self._running.pop(sweep.tier, None)
        self._last[sweep.tier] = sweep.span.at

    def drop(self, sweep: Sweep) -> None:
        self._running.pop(sweep.tier, None)

    def lines_in(self, start: int, end: int, now: int) -> int:
        """The expected number of lines in a time: counted where it was read, else by the present rate."""
        window = self._window
        counted = window.count(max(start, window.start), end)
        unread = max(0, min(end, window.start) - start)
        if not unread:
            return counted
        expected = round(self._rate.per_second(now) * unread / SECOND)
        return counted + max(expected, window.count(start, window.start - MINUTE))

    def covered(self, now: int) -> int:
        return max((tier.lateness for tier in TIERS if self._holds(tier, now)), default=LEAST_OVERLAP)

    def complete_to(self, now: int) -> int | None:
        """Time up to which no line is missing that was visible within the usual two minutes, or `covered` if less."""
        return self._window.complete_to(min(self.covered(now), MINUTES.lateness))

    def incomplete_from(self, now: int) -> int | None:
        covered = self.covered(now)
        above = [tier.lateness for tier in TIERS if covered < tier.lateness <= EXPECTED]
        ends = [end for lateness in above if (end := self._window.complete_to(lateness)) is not None]
        return min(ends, default=None)

    def _holds(self, tier: Tier, now: int) -> bool:
        complete = self._window.complete_to(tier.lateness)
        # Beyond what is expected, a tier holds once it has run.
        untried = tier.lateness > EXPECTED and self._last[tier] == self._began
        given_up = untried or now - self._unaffordable.get(tier, now) > GIVEN_UP_AFTER
        return complete is not None and not given_up and now - tier.lateness - complete <= 2 * tier.seldomest

    def _work(self, lines: int) -> float:
        pages = max(1, -(-lines // PAGE_LINES))
        return pages * work_of(lines // pages, round(lines / pages * self._rate.size))
