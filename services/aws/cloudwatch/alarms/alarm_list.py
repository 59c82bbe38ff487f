"""The whole list of an account with many alarms: read seldom, in parts, and as old as its oldest alarm.

Every tenth minute all parts are read again: known names by their prefixes, side by side; every hour the list without
a prefix, page by page, which alone shows alarms whose names begin as no other's. A part that fails is tried again, and
what it contains is outdated until it was read.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from services.aws.client.errors import AwsError
from services.aws.client.reader import incomplete
from services.aws.cloudwatch.alarms.overview import by_name, too_many
from services.aws.cloudwatch.alarms.requests import MOST_PAGES, MOST_RECORDS, AlarmRequests, Listed
from services.clock import Clock
from services.i18n import _
from services.models.alarms import Alarm

EVERY = 600.0
"""Seconds between the beginnings of two readings of the whole list."""
THOROUGH = 3600.0
"""Seconds between two readings without prefixes."""
LANES = 3
"""Parts that are read at the same time."""
PAGES = 15
"""Pages that are read before what fires is read again: about three seconds. In an account of very many alarms, where
each overview takes long to make, a quarter of the whole list."""
PART = 1_500
"""A part has fewer known alarms than this if their names permit: as many as PAGES contain."""
_LONGEST = 24
"""Characters of the longest prefix."""


@dataclass
class Part:
    """The alarms whose names begin with `prefix`."""

    prefix: str = ""
    token: str = ""
    """With which the part continues."""
    tokens: set[str] = field(default_factory=set)
    problem: AwsError | None = None
    """Why its newest page could not be read."""


class AlarmList:
    """Every known alarm, unmarked, with the time of its last reading."""

    def __init__(self, requests: AlarmRequests, clock: Clock) -> None:
        self._requests = requests
        self._clock = clock
        self._alarms: dict[str, Alarm] = {}
        self._readings: dict[str, tuple[float, int]] = {}
        """By name: when it was read last (`clock.elapsed`), and in which reading of the whole list."""
        self._reading = 0
        self._failed: set[str] = set()
        """Alarms of a part that failed after they were read last."""
        self._parts: deque[Part] = deque()
        self._began: float | None = None
        """When the present or last reading of the whole list began."""
        self._thorough_began: float | None = None
        self._thorough: float | None = None
        """When the last complete reading without prefixes began."""
        self._pages = 0
        self._is_cut = False

    @property
    def alarms(self) -> Mapping[str, Alarm]:
        return self._alarms

    @property
    def is_progressing(self) -> bool:
        """Whether more can be read at once; after a failure nothing is, until the next reading is due."""
        return bool(self._parts) and self.problem is None

    @property
    def problem(self) -> AwsError | None:
        """Why a part cannot be read; None if none has failed."""
        return next((part.problem for part in self._parts if part.problem is not None), None)

    @property
    def unlisted(self) -> str:
        """Why AWS may have other alarms; "": it has none, as far as the last thorough reading shows."""
        if self._is_cut:
            return too_many(len(self._alarms))
        if self._thorough is not None and self._clock.elapsed() - self._thorough <= 2 * THOROUGH + 1:
            return ""
        if self.problem is not None:
            text = _("The list of all alarms could not be read: {reason}")
            return text.format(reason=self.problem.problem.summary)
        text = _("The list of all alarms is being read: {count} so far.")
        return text.format(count=f"{len(self._alarms):,}")

    def put(self, alarms: Iterable[Alarm]) -> None:
        """Take note of alarms that were read now."""
        reading = (self._clock.elapsed(), self._reading)
        for name, alarm in by_name(alarms).items():
            # The same object, so that what is shown is compared by identity.
            before = self._alarms.get(name)
            self._alarms[name] = before if before is not None and before == alarm else alarm
            self._readings[name] = reading
            self._failed.discard(name)

    def remove(self, names: Iterable[str]) -> None:
        """Forget alarms that AWS does not have."""
        for name in names:
            self._alarms.pop(name, None)
            self._readings.pop(name, None)
            self._failed.discard(name)

    def outdated(self) -> frozenset[str]:
        """The alarms that were not read when they were due, or could not be."""
        oldest = self._clock.elapsed() - 2 * EVERY - 1
        return frozenset(self._failed).union(
            name for name, (at, _reading) in self._readings.items() if at < oldest
        )

    def age(self, names: Iterable[str]) -> float:
        """Seconds since the first of these alarms was read; 0 for none."""
        now = self._clock.elapsed()
        return max((now - self._readings[name][0] for name in names), default=0.0)

    def begin(self, first: Listed | None = None) -> None:
        """Read the whole list without prefixes from now on; `first`: its first pages, of an account that was small."""
        if first is not None:
            # What was known before it became small is old.
            self.remove(list(self._alarms))
            self._thorough = None
        self._start([Part()])
        if first is not None:
            self.put(first.alarms)
            self._pages = -(-len(first.alarms) // MOST_RECORDS)
            self._parts[0].token = first.token

    def begin_if_due(self) -> bool:
        """Begin to read the whole list where it is time. Returns whether it has been begun."""
        now = self._clock.elapsed()
        if self._began is not None and now - self._began < EVERY:
            return False
        is_thorough = self._thorough is None or now - self._thorough >= THOROUGH
        self._start([Part()] if is_thorough else self._by_prefix())
        return True

    async def advance(self) -> None:
        """Read some pages of what has been begun, until requests fail. A part that fails is tried again the next time."""
        for part in self._parts:
            part.problem = None
        pages = iter(range(max(PAGES, len(self._alarms) // MOST_RECORDS // 4)))
        lanes = [asyncio.ensure_future(self._lane(pages)) for _lane in range(LANES)]
        try:
            await asyncio.gather(*lanes)
        finally:
            for lane in lanes:
                lane.cancel()
            await asyncio.gather(*lanes, return_exceptions=True)

    def _start(self, parts: list[Part]) -> None:
        self._began = self._clock.elapsed()
        self._reading += 1
        self._thorough_began = self._began if [part.prefix for part in parts] == [""] else None
        self._parts = deque(parts)
        self._pages, self._is_cut = 0, False

    def _by_prefix(self) -> list[Part]:
        """Parts for the known names; the whole list as one where hardly two names begin alike."""
        parts = [Part(prefix) for prefix in prefixes(self._alarms)]
        pages = -(-len(self._alarms) // MOST_RECORDS)
        return parts if len(parts) <= max(LANES, pages) else [Part()]

    async def _lane(self, pages: Iterator[int]) -> None:
        """Read pages of one part after another."""
        while part := next((part for part in self._parts if part.problem is None), None):
            if next(pages, None) is None:
                return
            # Meanwhile no other lane reads it.
            self._parts.remove(part)
            try:
                is_complete = await self._page(part)
            except AwsError as error:
                part.problem = error
                self._fail(part)
                self._parts.append(part)
                # The others may fail as slowly, while nobody is told what fires.
                return
            except BaseException:
                self._parts.appendleft(part)
                raise
            if is_complete:
                self._end(part)
            elif not self._is_cut:
                self._parts.appendleft(part)

    async def _page(self, part: Part) -> bool:
        """Read one page. Returns whether it was the part's last."""
        params = {"AlarmNamePrefix": part.prefix} if part.prefix else {}
        listed = await self._requests.read(1, token=part.token, **params)
        if any(not alarm.id.startswith(part.prefix) for alarm in listed.alarms):
            text = _("AWS returned an alarm that was not requested.")
            raise incomplete(text, "cloudwatch", "DescribeAlarms")
        self.put(listed.alarms)
        if not listed.token:
            return True
        if listed.token in part.tokens:
            raise incomplete(_("AWS returned the same page token twice."), "cloudwatch", "DescribeAlarms")
        part.tokens.add(listed.token)
        part.token = listed.token
        self._pages += 1
        self._is_cut = self._is_cut or self._pages >= MOST_PAGES
        return False

    def _fail(self, part: Part) -> None:
        """Nothing of the part that this reading has not reached is known any longer."""
        # Its pages are read anew, because a token may have become invalid.
        part.token = ""
        part.tokens.clear()
        self._failed.update(self._unread(part))

    def _end(self, part: Part) -> None:
        """AWS no longer has what a complete part does not contain."""
        self.remove(list(self._unread(part)))
        if self._thorough_began is not None and not part.prefix:
            self._thorough = self._thorough_began

    def _unread(self, part: Part) -> Iterator[str]:
        return (
            name
            for name, (_at, reading) in self._readings.items()
            if reading < self._reading and name.startswith(part.prefix)
        )


def prefixes(names: Iterable[str]) -> list[str]:
    """Prefixes that together begin every one of these names, none of which begins another."""
    chosen: list[str] = []
    groups: list[tuple[int, list[str]]] = [(0, list(names))]
    while groups:
        length, group = groups.pop()
        if not group:
            continue
        shortest = min(map(len, group))
        if length > 0 and (len(group) < PART or length >= min(shortest, _LONGEST)):
            chosen.append(group[0][:length])
            continue
        parts: dict[str, list[str]] = {}
        for name in group:
            parts.setdefault(name[: length + 1], []).append(name)
        groups += [(length + 1, part) for part in parts.values()]
    return sorted(chosen)
