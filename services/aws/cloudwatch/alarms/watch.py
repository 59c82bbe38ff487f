"""Reads the alarms again and again, with requests whose number does not grow with the account.

Where three pages hold all alarms, they are read whole each time. In larger accounts each reading asks for the runbook's
alarms by name, for those without data and for those that fire, and the whole list is read seldom
(`services.aws.cloudwatch.alarms.watch`). An alarm that no longer fires, or has data again, is read by name: that
it is in no list does not prove that it is OK.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from services.aws.client.errors import AwsError
from services.aws.client.pace import RequestPace
from services.aws.client.reader import Reader, incomplete
from services.aws.cloudwatch.alarms.listeners import Listeners
from services.aws.cloudwatch.alarms.mute_rules import MuteRules, Muting
from services.aws.cloudwatch.alarms.overview import by_name, marked, overview_of, too_many
from services.aws.cloudwatch.alarms.requests import MOST_PAGES, MOST_RECORDS, AlarmRequests, ListedAlarms
from services.aws.cloudwatch.alarms.subscriptions import TopicSubscriptions
from services.background.boundaries import on_error
from services.background.turns import next_turn
from services.clock import Clock
from services.i18n import _
from services.models.alarms import Alarm, AlarmOverview, AlarmState
from services.models.runbook import Runbook

# The whole list of an account with many alarms: read seldom, in parts, and as old as its oldest alarm.
#
# Every tenth minute all parts are read again: known names by their prefixes, side by side; every hour the list without
# a prefix, page by page, which alone shows alarms whose names begin as no other's. A part that fails is tried again, and
# what it contains is outdated until it was read.


EVERY = 600.0  # Seconds between the beginnings of two readings of the whole list
THOROUGH = 3600.0  # Seconds between two readings without prefixes
LANES = 3  # Parts that are read at the same time
PAGES = 15
"""Pages that are read before what fires is read again: about three seconds. In an account of very many alarms, where
each overview takes long to make, a quarter of the whole list."""
PART = 1_500  # A part has fewer known alarms than this if their names permit: as many as PAGES contain
_LONGEST = 24  # Characters of the longest prefix


@dataclass
class Part:
    prefix: str = ""
    token: str = ""  # With which the part continues
    tokens: set[str] = field(default_factory=set)
    problem: AwsError | None = None  # Why its newest page could not be read


class AlarmList:
    """Every known alarm, unmarked, with the time of its last reading."""

    def __init__(self, requests: AlarmRequests, clock: Clock) -> None:
        self._requests = requests
        self._clock = clock
        self._alarms: dict[str, Alarm] = {}
        self._readings: dict[str, tuple[float, int]] = {}
        """By name: when it was read last (`clock.elapsed`), and in which reading of the whole list."""
        self._reading = 0
        self._failed: set[str] = set()  # Alarms of a part that failed after they were read last
        self._parts: deque[Part] = deque()
        self._began: float | None = None  # When the present or last reading of the whole list began
        self._thorough_began: float | None = None
        self._thorough: float | None = None  # When the last complete reading without prefixes began
        self._pages = 0
        self._is_cut = False

    @property
    def alarms(self) -> Mapping[str, Alarm]:
        return self._alarms

    @property
    def is_progressing(self) -> bool:
        return bool(self._parts) and self.problem is None

    @property
    def problem(self) -> AwsError | None:
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
        return _("The list of all alarms is being read: {count} so far.", count=f"{len(self._alarms):,}")

    def put(self, alarms: Iterable[Alarm]) -> None:
        reading = (self._clock.elapsed(), self._reading)
        for name, alarm in by_name(alarms).items():
            # The same object, so that what is shown is compared by identity.
            before = self._alarms.get(name)
            self._alarms[name] = before if before is not None and before == alarm else alarm
            self._readings[name] = reading
            self._failed.discard(name)

    def remove(self, names: Iterable[str]) -> None:
        for name in names:
            self._alarms.pop(name, None)
            self._readings.pop(name, None)
            self._failed.discard(name)

    def outdated(self) -> frozenset[str]:
        oldest = self._clock.elapsed() - 2 * EVERY - 1
        return frozenset(self._failed).union(
            name for name, (at, _reading) in self._readings.items() if at < oldest
        )

    def age(self, names: Iterable[str]) -> float:
        """Seconds since the first of these alarms was read; 0 for none."""
        now = self._clock.elapsed()
        return max((now - self._readings[name][0] for name in names), default=0.0)

    def begin(self, first: ListedAlarms | None = None) -> None:
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
        now = self._clock.elapsed()
        if self._began is not None and now - self._began < EVERY:
            return False
        is_thorough = self._thorough is None or now - self._thorough >= THOROUGH
        self._start([Part()] if is_thorough else self._by_prefix())
        return True

    async def advance(self) -> None:
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
        parts = [Part(prefix) for prefix in prefixes(self._alarms)]
        pages = -(-len(self._alarms) // MOST_RECORDS)
        return parts if len(parts) <= max(LANES, pages) else [Part()]

    async def _lane(self, pages: Iterator[int]) -> None:
        while part := next((part for part in self._parts if part.problem is None), None):
            if next(pages, None) is None:
                return
            # Meanwhile no other lane reads it.
            self._parts.remove(part)
            try:
                with on_error(partial(self._parts.appendleft, part)):
                    is_complete = await self._page(part)
            except AwsError as error:
                part.problem = error
                self._fail(part)
                self._parts.rotate(-1)
                # The others may fail as slowly, while nobody is told what fires.
                return
            if is_complete:
                self._end(part)
            elif not self._is_cut:
                self._parts.appendleft(part)

    async def _page(self, part: Part) -> bool:
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
        # Its pages are read anew, because a token may have become invalid.
        part.token = ""
        part.tokens.clear()
        self._failed.update(self._unread(part))

    def _end(self, part: Part) -> None:
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


FEW = 3
"""Pages of an account whose alarms are all read each time: by name and by state would be as many requests."""
RATE = 5  # Requests a second; AWS allows an account 9, which other consoles and people use, too


def _read_no_further() -> None:
    pass


class AlarmWatch:
    def __init__(self, session: Reader, runbook: Runbook, clock: Clock) -> None:
        self.calls = 0
        """Requests that the session sent during the newest reading; whoever calls `read` counts them."""
        self._clock = clock
        self._expected = [str(alarm.name) for alarm in runbook.alarms]
        self._requests = AlarmRequests(session, clock, RequestPace(clock, RATE))
        self._mutes = MutesInForce(MuteRules(session), clock)
        self._listeners = Listeners(runbook, TopicSubscriptions.of(session, clock))
        self._list = AlarmList(self._requests, clock)
        self._is_large = False
        self._begins_anew = False
        self._open: frozenset[str] = frozenset()  # The alarms that were not OK when they were read last
        self._states: dict[str, AlarmState] = {}  # The states of the last reading
        self._composites: frozenset[str] | None = None
        """The composite alarms, if they were read with the runbook's alarms, of which one has no action."""
        self._cut = ""  # That more alarms fire, or have no data, than are read
        self.read_on: Callable[[], object] = _read_no_further
        """Called when another reading would bring more of the whole list at once."""

    def refresh(self) -> None:
        self._begins_anew = True
        self._mutes.forget()

    async def read(self) -> AlarmOverview:
        """Every alarm, including missing ones that the runbook expects. Raises AwsError if what fires cannot be read."""
        if not self._is_large:
            listed = await self._requests.read(FEW)
            self._begins_anew = False
            if not listed.token:
                return await self._small(by_name(listed.alarms))
            self._is_large = True
            self._list.begin(listed)
            return await self._large(advances=False)
        begins, self._begins_anew = self._begins_anew, False
        if begins:
            self._list.begin()
        # What fires is shown before the first pages are read.
        return await self._large(advances=not (begins or self._list.begin_if_due()))

    async def _small(self, alarms: Mapping[str, Alarm]) -> AlarmOverview:
        muting = (await self._mutes.read(turned=self._turned(alarms.values()))).checked(alarms)
        every = marked(alarms, muting, self._expected)
        heard = await asyncio.to_thread(self._listeners.marks, every)
        return overview_of(every | heard, self._expected, muting, self._requests.remarks)

    async def _large(self, *, advances: bool) -> AlarmOverview:
        current = await self._current()
        muting = await self._mutes.read(turned=self._turned(current.values()))
        if advances:
            await self._list.advance()
        alarms, unlisted = self._list.alarms, self._list.unlisted or self._cut
        if self._list.is_progressing:
            self.read_on()
        elif not unlisted and len(alarms) <= (FEW - 1) * MOST_RECORDS:
            self._is_large = False
        # The list's pages are newer than what was read before them.
        self._open = frozenset(name for name, alarm in alarms.items() if alarm.state is not AlarmState.OK)
        urgent = self._open.union(current)
        outdated = self._list.outdated() - urgent
        others = [name for name in alarms if name not in urgent and name not in outdated]
        muting = muting if unlisted else muting.checked(alarms)
        # Of tens of thousands of alarms each of these steps takes a while.
        await next_turn()
        every = marked(alarms, muting, self._expected)
        every |= await asyncio.to_thread(
            self._listeners.marks, every, listed=not unlisted, composites=self._composites
        )
        await next_turn()
        return overview_of(
            {name: alarm for name, alarm in every.items() if name not in outdated} if outdated else every,
            self._expected,
            muting,
            self._requests.remarks,
            outdated=[every[name] for name in outdated],
            listed_at=self._clock.now() - timedelta(seconds=self._list.age(others)) if others else None,
            unlisted=unlisted,
        )

    async def _current(self) -> dict[str, Alarm]:
        """The runbook's alarms, those that are not OK, and those that were not; read now. Raises AwsError."""
        own = await self._requests.exactly(self._expected)
        # In this order, because an alarm that begins to fire between the two is in the second list.
        blind = await self._requests.in_state("INSUFFICIENT_DATA")
        firing = await self._requests.in_state("ALARM")
        cut = next((listed for listed in (firing, blind) if listed.token), None)
        self._cut = too_many(len(cut.alarms)) if cut is not None else ""
        composites: tuple[Alarm, ...] = ()
        self._composites = None
        if not all(alarm.has_actions for alarm in own):
            composites = (await self._requests.read(types=("CompositeAlarm",))).alarms
            self._composites = frozenset(str(alarm.id) for alarm in composites)
        current = by_name([*own, *blind.alarms, *firing.alarms, *composites])
        left = [name for name in self._open if name not in current]
        current |= by_name(await self._requests.exactly(left))
        self._list.remove(name for name in (*self._expected, *left) if name not in current)
        self._list.put(current.values())
        return current

    def _turned(self, alarms: Iterable[Alarm]) -> bool:
        states = {
            str(alarm.id): alarm.state
            for alarm in alarms
            if not alarm.scaling or str(alarm.id) in self._expected
        }
        before, self._states = self._states, states
        return any(before.get(name, AlarmState.OK) is not state for name, state in states.items())


AGE = 300.0  # Seconds after which mute rules are read again although no alarm has turned


class MutesInForce:
    """Reads mute rules every five minutes, and at once when an alarm has turned or a mute has ended. What
    could not be read completely is read again each time."""

    def __init__(self, rules: MuteRules, clock: Clock) -> None:
        self._rules = rules
        self._clock = clock
        self._muting: Muting | None = None
        self._read_at = 0.0

    def forget(self) -> None:
        self._muting = None

    async def read(self, *, turned: bool) -> Muting:
        """What is muted now; `turned`: an alarm has changed its state since the last time. Never raises AwsError."""
        if self._muting is None or turned or self._is_due(self._muting):
            read_at = self._clock.elapsed()
            self._muting = await self._rules.read(self._clock.now())
            self._read_at = read_at
        return self._muting

    def _is_due(self, muting: Muting) -> bool:
        now = self._clock.now()
        has_ended = any(mute.until is not None and mute.until <= now for mute in muting.mutes)
        return has_ended or not muting.is_complete or self._clock.elapsed() - self._read_at >= AGE
