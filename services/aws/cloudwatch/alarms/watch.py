"""Reads the alarms again and again, with requests whose number does not grow with the account.

Where three pages hold all alarms, they are read whole each time. In larger accounts each reading asks for the runbook's
alarms by name, for those without data and for those that fire, and the whole list is read seldom
(`services.aws.cloudwatch.alarms.alarm_list`). An alarm that no longer fires, or has data again, is read by name: that
it is in no list does not prove that it is OK.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta

from services.aws.client.pace import RequestPace
from services.aws.client.reader import Reader
from services.aws.cloudwatch.alarms.alarm_list import AlarmList
from services.aws.cloudwatch.alarms.listeners import Listeners
from services.aws.cloudwatch.alarms.mute_rules import MuteRules, Muting
from services.aws.cloudwatch.alarms.overview import by_name, marked, overview_of, too_many
from services.aws.cloudwatch.alarms.requests import MOST_RECORDS, AlarmRequests
from services.aws.cloudwatch.alarms.subscriptions import Subscriptions
from services.background.turns import next_turn
from services.clock import Clock
from services.models.alarms import Alarm, AlarmOverview, AlarmState
from services.models.runbook import Runbook

FEW = 3
"""Pages of an account whose alarms are all read each time: by name and by state would be as many requests."""
RATE = 5
"""Requests a second; AWS allows an account 9, which other consoles and people use, too."""


def _read_no_further() -> None:
    """Nobody reads on at once."""


class AlarmWatch:
    """The alarms of one account and region, as one console follows them."""

    def __init__(self, session: Reader, runbook: Runbook, clock: Clock) -> None:
        self.calls = 0
        """Requests that the session sent during the newest reading; whoever calls `read` counts them."""
        self._clock = clock
        self._expected = [str(alarm.name) for alarm in runbook.alarms]
        self._requests = AlarmRequests(session, clock, RequestPace(clock, RATE))
        self._mutes = MutesInForce(MuteRules(session), clock)
        self._listeners = Listeners(runbook, Subscriptions.of(session, clock))
        self._list = AlarmList(self._requests, clock)
        self._is_large = False
        self._begins_anew = False
        self._open: frozenset[str] = frozenset()
        """The alarms that were not OK when they were read last."""
        self._states: dict[str, AlarmState] = {}
        """The states of the last reading."""
        self._composites: frozenset[str] | None = None
        """The composite alarms, if they were read with the runbook's alarms, of which one has no action."""
        self._cut = ""
        """That more alarms fire, or have no data, than are read."""
        self.read_on: Callable[[], object] = _read_no_further
        """Called when another reading would bring more of the whole list at once."""

    def refresh(self) -> None:
        """Read the whole list and the mute rules at the next time."""
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
        """The overview where all alarms have just been read."""
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
        """Whether an alarm that counts has another state than at the last reading."""
        states = {
            str(alarm.id): alarm.state
            for alarm in alarms
            if not alarm.scaling or str(alarm.id) in self._expected
        }
        before, self._states = self._states, states
        return any(before.get(name, AlarmState.OK) is not state for name, state in states.items())


AGE = 300.0
"""Seconds after which mute rules are read again although no alarm has turned."""


class MutesInForce:
    """Reads mute rules every five minutes, and at once when an alarm has turned or a mute has ended.

    What could not be read completely is read again each time.
    """

    def __init__(self, rules: MuteRules, clock: Clock) -> None:
        self._rules = rules
        self._clock = clock
        self._muting: Muting | None = None
        self._read_at = 0.0

    def forget(self) -> None:
        """Read the rules at the next time."""
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
