import asyncio
import math
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, replace

from services.alarms.beginning import Beginning, begin
from services.aws.client.settings import AwsSettings
from services.background.boundaries import Boundary, Fault, unreported
from services.background.detached import detached, in_thread
from services.background.wake import Wake
from services.clock import Clock
from services.fleet.records import RecordsReader
from services.i18n import _
from services.journal.errors import JournalError
from services.journal.journal import Journal
from services.journal.place import JournalPlace
from services.models.alarms import AlarmOverview
from services.models.feeds import FeedState
from services.models.fleet import SystemRecords, SystemState
from services.models.intervals import Intervals
from services.models.journal import Person
from services.models.problem import Problem, ProblemKind
from services.models.runbook import Runbook
from services.toml.files import DataFileError


@dataclass(frozen=True, slots=True)
class SystemPlan:
    """What a system is made of, once its files are read."""

    runbook: Runbook
    settings: AwsSettings
    journal: JournalPlace
    intervals: Intervals


@dataclass(frozen=True, slots=True)
class SystemEntry:
    name: str  # As the configuration names its runbook
    load: Callable[[], SystemPlan]  # Reads its files; blocks, raises DataFileError
    place: str = ""  # Where the configuration lists it: `config.toml:12: systems[2].runbook`


PATIENCE = 20.0  # Seconds (real time) after which a journal's file, or its ledger, counts as hanging


class WatchedRecords:
    """Reads the summary of one journal; what does not answer is waited for, and no second read of it is begun."""

    def __init__(self, plan: SystemPlan, clock: Clock, fault: Fault, *, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._plan = plan
        self._clock = clock
        self._fault = fault
        self._reader = RecordsReader(plan.runbook, plan.journal.path)
        self._journal: Journal | None = None  # Follows a shared journal while another system is on screen
        self._catching_up: asyncio.Task[None] | None = None
        self._reading: asyncio.Task[SystemRecords] | None = None
        self._last = SystemRecords()

    async def read(self, *, catches_up: bool) -> SystemRecords:
        """The records as of now; why they are older, or may lack entries of other hosts, is their problem.
        `catches_up`: nobody else reads what a shared journal's copy here lacks."""
        shares = catches_up and self._plan.journal.address is not None
        unreached = await self._unreached() if shares else None
        if self._reading is None:
            self._reading = detached(in_thread(self._read), name="system-journal")
        done, _waiting = await asyncio.wait([self._reading], timeout=PATIENCE)
        records = self._outcome() if done else self._unread(_("The journal's file does not answer."))
        if unreached is not None and records.problem is None:
            records = records.model_copy(update={"problem": unreached})
        self._last = records
        return records

    async def close(self) -> None:
        for task in (self._catching_up, self._reading):
            if task is not None:
                task.cancel()
        if self._journal is not None:
            await self._journal.close()

    def _read(self) -> SystemRecords:
        return self._reader.read(self._clock.now())

    def _outcome(self) -> SystemRecords:
        reading, self._reading = self._reading, None
        assert reading is not None
        # One system's journal must not end what watches it.
        with Boundary(self._fault):
            return reading.result()
        return self._last.model_copy(update={"problem": self._internal()})

    async def _unreached(self) -> Problem | None:
        """Read what a shared journal's copy here lacks; why that cannot be done, None if it was."""
        if self._catching_up is None:
            self._catching_up = detached(self._catch_up(), name="system-ledger")
        done, _waiting = await asyncio.wait([self._catching_up], timeout=self._patience)
        if not done:
            return self._problem(ProblemKind.UNREACHABLE, _("The shared journal does not answer."))
        ended, self._catching_up = self._catching_up, None
        with Boundary(self._fault):
            try:
                ended.result()
            except JournalError as error:
                return error.problem
            return None
        # What is not read must not look as if it were.
        return self._internal()

    async def _catch_up(self) -> None:
        if self._journal is None:
            self._journal = self._plan.journal.journal(clock=self._clock, person=Person, syslog=None)
        await self._journal.catch_up()

    def _unread(self, summary: str) -> SystemRecords:
        problem = self._problem(ProblemKind.UNREACHABLE, summary)
        return self._last.model_copy(update={"problem": problem})

    def _internal(self) -> Problem:
        return self._problem(ProblemKind.FAULT, _("An internal error stopped this read."))

    def _problem(self, kind: ProblemKind, summary: str) -> Problem:
        return Problem(kind=kind, summary=summary, at=self._clock.now())


MOST_REQUESTS = 3  # Requests a minute at most for a system that is not on screen


class WatchedSystem:
    """Follows one system; `changed` is called after each change of `state`."""

    def __init__(
        self, entry: SystemEntry, clock: Clock, changed: Callable[[], object], claims: Callable[[str], bool]
    ) -> None:
        """`claims(text)`: whether this system may have this id, or the journal of this path, which no other has."""
        self.fault: Fault = unreported  # Called with internal errors of what follows it here
        self.entry = entry
        self.state = SystemState(key=entry.name, title=entry.name)
        self.plan: SystemPlan | None = None  # None until its files are read
        self.begun: Beginning | None = None
        self._clock = clock
        self._changed = changed
        self._claims = claims
        self._loading: asyncio.Task[bool] | None = None
        self._watching: asyncio.Task[None] | None = None
        self._following_records: asyncio.Task[None] | None = None
        self._records: WatchedRecords | None = None
        self._wake = Wake()

    @property
    def key(self) -> str:
        return self.state.key

    def adopt(self, plan: SystemPlan, begun: Beginning) -> None:
        """Take what was begun elsewhere: that of the system that is shown first."""
        self._claims(plan.runbook.system.id)
        self._claims(str(plan.journal.path.absolute()))
        self._take_plan(plan, begun)

    async def loaded(self) -> bool:
        """Read its files, once; False if they cannot be used, which `state` says. Files that hang delay
        nobody else. What was begun elsewhere goes on, whatever has become of its files since."""
        if self._loading is None or (self._loading.done() and self.begun is None):
            self._loading = detached(self._load(), name="system-files")
        return self.begun is not None or await asyncio.shield(self._loading)

    def watch(self, delay: float = 0.0) -> None:
        """Follow it from now on while another system is on screen; its second read is `delay` seconds later."""
        self._follow_records()
        if self._watching is None or self._watching.done():
            self._watching = detached(self._watch(delay), name="system-alarms")

    def leave_alarms(self) -> None:
        self._follow_records()
        watching, self._watching = self._watching, None
        if watching is not None:
            watching.cancel()
        if self.begun is not None and self.plan is not None:
            self.begun.alarms.interval = self.plan.intervals.alarms

    def refresh(self) -> None:
        """Read its alarms now, or its files if they could not be used; at most MOST_REQUESTS, however often
        it is asked. One that fails is asked no more often than others."""
        if self.begun is None:
            if self._watching is not None:
                self.watch()
        elif self.begun.alarms.idle_for > 60.0 * max(1, self.begun.alarm_watch.calls) / MOST_REQUESTS:
            self.begun.session.renew()
            self.begun.alarms.refresh()

    def observe(self, state: FeedState[AlarmOverview]) -> None:
        error = state.problem
        is_other = error is not None and error.kind is ProblemKind.REFUSED
        problem, remedy = (error.summary, error.remedy) if error and is_other else ("", "")
        # In the language of the screen, which may have changed.
        title = str(self.plan.runbook.system.title) if self.plan is not None else self.state.title
        notice = self._lacks_alarms(state.value)
        self._set(
            replace(self.state, title=title, alarms=state, problem=problem, remedy=remedy, notice=notice)
        )
        self._wake.wake()

    async def close(self, *, keep: bool = False) -> None:
        """End what follows it; close the session, unless somebody else will (`keep`)."""
        for task in (self._watching, self._following_records, self._loading):
            if task is not None:
                task.cancel()
        if self._records is not None:
            await self._records.close()
        if self.begun is not None and not keep:
            await self.begun.session.close()

    def _set(self, state: SystemState) -> None:
        if state != self.state:
            self.state = state
            self._changed()

    async def _load(self) -> bool:
        files: tuple[SystemPlan, tuple[str, str]] | None = None
        with Boundary(self.fault):
            try:
                files = await in_thread(self._files)
            except DataFileError as error:
                first = str(error.mistakes[0]) if error.mistakes else str(error)
                return self._unfit(_("Its files cannot be used: {why}", why=first))
        if files is None:
            # It must not look as if it would be read yet.
            return self._unfit(_("An internal error stopped this read."))
        plan, journal = files
        id = plan.runbook.system.id
        if not self._claims(id):
            text = _("{place}: another system of the list has the id {id} too.")
            return self._unfit(text.format(place=self.entry.place, id=id))
        if not all(map(self._claims, journal)):
            text = _("{place}: another system of the list has the journal {path} too.")
            return self._unfit(text.format(place=self.entry.place, path=plan.journal.path))
        if self.begun is None:
            begun = begin(plan.runbook, plan.settings, self._clock, intervals=plan.intervals)
            begun.workers.fault = self.fault
            self._take_plan(plan, begun)
        return True

    def _files(self) -> tuple[SystemPlan, tuple[str, str]]:
        plan = self.entry.load()
        path = plan.journal.path.absolute()
        return plan, (str(path), str(path.resolve()))

    def _unfit(self, problem: str) -> bool:
        if self.begun is None:
            self._set(replace(self.state, problem=problem))
        return False

    def _take_plan(self, plan: SystemPlan, begun: Beginning) -> None:
        system = plan.runbook.system
        self.plan, self.begun = plan, begun
        self._set(
            SystemState(
                key=str(system.id),
                title=str(system.title),
                environment=system.environment,
                account=str(system.account),
            )
        )

    # -- its alarms

    async def _watch(self, delay: float) -> None:
        if not await self.loaded():
            return
        assert self.begun is not None
        feed = self.begun.alarms
        # On screen other requests are counted with them.
        self.begun.alarm_watch.calls = 0

        async def follow() -> None:
            nonlocal delay
            async with aclosing(feed.states(resumes=True)) as states:
                async for state in states:
                    self.observe(state)
                    self._pace()
                    if delay:
                        feed.delay(delay)
                        delay = 0.0

        await self.begun.workers.keep("fleet", _("watching the system"), follow)

    def _pace(self) -> None:
        """Read seldom enough for MOST_REQUESTS, however many requests one reading takes. Only those of the
        reading count: a change that is followed to its end must not slow the alarms."""
        assert self.begun is not None
        assert self.plan is not None
        if calls := self.begun.alarm_watch.calls:
            usual = max(60.0, self.plan.intervals.alarms)
            self.begun.alarms.interval = max(usual, 60.0 * math.ceil(calls / MOST_REQUESTS))

    def _lacks_alarms(self, overview: AlarmOverview | None) -> str:
        """That nothing was read that could fire; "" if something was."""
        if overview is None or overview.alarms:
            return ""
        return _("AWS lists no alarm: nothing of this system is watched.")

    # -- its journal

    def _follow_records(self) -> None:
        if self._following_records is None or self._following_records.done():
            self._following_records = detached(self._read_records(), name="system-records")

    async def _read_records(self) -> None:
        if not await self.loaded():
            return
        assert self.begun is not None
        assert self.plan is not None
        if self._records is None:
            self._records = WatchedRecords(self.plan, self._clock, self.begun.workers.report)
        while True:
            await self._wake.until_woken()
            # On screen the screen's own journal catches up.
            records = await self._records.read(catches_up=self._watching is not None)
            self._set(replace(self.state, records=records))
