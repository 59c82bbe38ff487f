"""The change engine: the only way anything is written to AWS. Lives outside every screen."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta, tzinfo

from services import i18n
from services.aws.client.permits import WriteAuthorizer
from services.aws.client.writer import Writer
from services.background.detached import detached
from services.background.faults import Fault, Workers, unheard
from services.changes.arming import Arming
from services.changes.base import Change
from services.changes.history import History
from services.changes.recovery import Recovery
from services.changes.reverts import reverts
from services.changes.sender import WINDOW_SECONDS, Sender
from services.changes.wording import held, told
from services.clock import Clock, real
from services.i18n import _
from services.journal.errors import JournalError
from services.journal.journal import Journal
from services.models.changes import Armed, ChangeTarget, Plan, Run
from services.models.duties import ScheduledOccurrence

RETRY = 5.0
"""Seconds between two tries to record an outcome that the journal did not take."""

LONGEST = 60.0
"""Seconds between two looks at what changes by time: the clock may be set meanwhile."""


class ChangeEngine:
    """Confirms, sends once, verifies, records; knows after a crash what is open."""

    def __init__(
        self,
        changes: Mapping[str, Change],
        *,
        journal: Journal,
        session: Writer,
        permits: WriteAuthorizer,
        clock: Clock,
        fault: Fault = unheard,
    ) -> None:
        self.workers = Workers(clock, fault)
        self.changes = changes
        self.permits = permits
        self._clock = clock
        self._journal = journal
        self._history = History(journal, clock, real(clock, WINDOW_SECONDS))
        self._sender = Sender(
            changes,
            history=self._history,
            session=session,
            permits=permits,
            clock=clock,
            zone=self._zone,
        )
        self._recovery = Recovery(changes, history=self._history, clock=clock)
        self._arming = Arming(permits, journal=journal, clock=clock)
        self._sending: dict[str, asyncio.Task[Run]] = {}
        self._waiting: dict[str, asyncio.Task[Run]] = {}
        self._reverts_of: tuple[tuple[Run, ...], str] = ((), "")
        self._reverts: tuple[ScheduledOccurrence, ...] = ()
        self._retrying: asyncio.Task[None] | None = None
        self._looking: asyncio.Task[None] | None = None

    @property
    def runs(self) -> tuple[Run, ...]:
        """Every run the journal knows, newest first."""
        return self._recovery.explained(self._history.runs())

    @property
    def unrecorded(self) -> int:
        """How many outcomes the journal has not taken yet; they are shown, and tried again."""
        return self._history.unrecorded

    async def states(self) -> AsyncIterator[tuple[Run, ...]]:
        """`runs`, at once and whenever it changed here or in another console; resolves what is unknown.

        A journal that cannot be read leaves what was known.
        """
        news = self._history.listen()
        follower = asyncio.create_task(self._follow(news), name="changes-follow")
        shown: tuple[Run, ...] | None = None
        try:
            while True:
                news.clear()
                with contextlib.suppress(JournalError):
                    await self._history.load()
                if self.runs != shown:
                    shown = self.runs
                    yield shown
                self._look()
                if self.runs == shown:
                    await self._until(news, self._next_change(), follower)
        finally:
            follower.cancel()
            await asyncio.gather(follower, return_exceptions=True)
            self._history.forget(news)

    async def plan(self, kind: str, target: str, wish: Mapping[str, str]) -> Plan:
        """A plan from live state; a target under change and a journal that cannot be written are refusals.

        `target` is a resource's id or the name people use. Raises AwsError, KeyError (no such change or target).
        """
        change = self.changes[kind]
        found = self.target(kind, target)
        plan = await change.plan(found, wish)
        self._sender.planned(plan)
        objections = await self._objections(plan)
        return plan.model_copy(update={"refusals": (*plan.refusals, *objections)}) if objections else plan

    def target(self, kind: str, target: str) -> ChangeTarget:
        """A change's target by id or name. Raises KeyError."""
        for each in self.changes[kind].targets():
            if target in (each.id, each.title):
                return each
        raise KeyError(target)

    def apply(self, plan: Plan, typed: str = "") -> "asyncio.Task[Run]":
        """Carry out a confirmed plan in a task of the engine's own; cancelling a waiter changes nothing.

        The same plan is carried out once, however often it is applied. The task raises JournalError where the
        confirmation cannot be recorded: nothing was sent then.
        """
        sending = self._sending.get(plan.id)
        if sending is None:
            sending = detached(self._carry_out(plan, typed), name=f"change-{plan.id}")
            self._sending[plan.id] = sending
        waiting = self._waiting.get(plan.id)
        if waiting is None or waiting.cancelled():
            waiting = detached(_wait(sending), name=f"change-wait-{plan.id}")
            waiting.add_done_callback(_seen)
            self._waiting[plan.id] = waiting
        return waiting

    async def resolve(self, run: str) -> Run:
        """Read AWS to find out what became of an unknown step. Raises KeyError, AwsError, JournalError."""
        await self._history.load()
        await self._recovery.resolve_all(self._history.run(run))
        return self._run(run)

    async def settle(self, run: str, step: str, *, done: bool, note: str) -> Run:
        """A person says what became of an unknown step; whoever was first is believed.

        Raises KeyError, JournalError.
        """
        await self._history.load()
        await self._recovery.settle(self._history.run(run), step, done=done, note=note)
        return self._run(run)

    async def arm(self, reason: str, lasts: timedelta) -> Armed:
        """Allow writing for a while; recorded first. Raises Refused, JournalError."""
        return await self._arming.arm(reason, lasts)

    async def disarm(self, why: str = "") -> None:
        """Back to read-only, and recorded. Raises JournalError; it is read-only nevertheless."""
        await self._arming.disarm(why)

    def reverts(self) -> tuple[ScheduledOccurrence, ...]:
        """Dated duties: the ways back of changes that were made and not taken back yet."""
        runs, language = self._history.runs(), i18n.language()
        if (runs, language) != self._reverts_of:
            self._reverts_of, self._reverts = (runs, language), reverts(runs, self._zone)
        return self._reverts

    @property
    def sending(self) -> bool:
        """Whether this console is carrying a change out."""
        return any(not task.done() for task in self._sending.values())

    async def drain(self) -> None:
        """Wait until nothing is being sent, then disarm; what was sent has its recorded outcome."""
        self._sender.ending.begin()
        while sending := [task for task in self._sending.values() if not task.done()]:
            await asyncio.wait(sending)
        for background in (self._retrying, self._looking):
            if background is not None:
                background.cancel()
        if self._history.unrecorded:
            await self._history.retry()
        with contextlib.suppress(JournalError):
            await self._arming.disarm(_("The console ended."))

    @property
    def _zone(self) -> tzinfo:
        """The system's own."""
        return next((change.context.calendar.zone for change in self.changes.values()), UTC)

    def _run(self, run: str) -> Run:
        return self._recovery.explained([self._history.run(run)])[0]

    async def _carry_out(self, plan: Plan, typed: str) -> Run:
        self._history.begin(plan.id)
        confirmed = False
        try:
            run = await self._sender.carry_out(plan, typed)
            confirmed = not run.refusal
        finally:
            self._history.end(plan.id)
            if not confirmed:  # it may be tried again: armed by then, or with the right name
                self._sending.pop(plan.id, None)
                self._waiting.pop(plan.id, None)
            if self._history.unrecorded and (self._retrying is None or self._retrying.done()):
                keeping = self.workers.keep("changes-record", _("recording a change's outcome"), self._retry)
                self._retrying = asyncio.create_task(keeping, name="changes-record")
        return self._run(plan.id)

    async def _retry(self) -> None:
        """Nothing is lost: until the journal takes it, the outcome stays in memory and the hold stays taken."""
        while self._history.unrecorded:
            await self._clock.sleep(RETRY)
            await self._history.retry()
        self._history.tell()

    async def _objections(self, plan: Plan) -> tuple[str, ...]:
        """What the journal says against a plan."""
        targets = {plan.target.id, *(step.target for step in plan.steps)}
        try:
            lock = await self._history.lock(targets)
        except JournalError as error:
            return (_("Without the journal nothing is changed: {why}").format(why=told(error.problem)),)
        health = self._journal.health
        if not health.writable:
            why = told(health.problem) if health.problem else ""
            return (_("Without the journal nothing is changed: {why}").format(why=why).strip(),)
        return (held(lock.by, lock.since, self._zone),) if lock is not None else ()

    async def _follow(self, news: asyncio.Event) -> None:
        async for _seq in self._journal.follow():
            news.set()

    def _look(self) -> None:
        """Look at unknown steps whose time has come, without keeping anybody waiting."""
        due = self._recovery.next_look(self._history.runs())
        if not self._is_looking and due is not None and due <= self._clock.now():
            self._looking = asyncio.create_task(self._looked(), name="changes-look")
            self._looking.add_done_callback(self._ended)

    @property
    def _is_looking(self) -> bool:
        return self._looking is not None and not self._looking.done()

    async def _looked(self) -> None:
        try:
            await self._recovery.look(self._history.runs())
        finally:
            self._history.tell()

    def _ended(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self.workers.report(error)

    def _next_change(self) -> datetime | None:
        now, runs = self._clock.now(), self._history.runs()
        look = None if self._is_looking else self._recovery.next_look(runs)
        return min((at for at in (self._history.next_change(now), look) if at is not None), default=None)

    async def _until(self, news: asyncio.Event, at: datetime | None, follower: "asyncio.Task[None]") -> None:
        waits: list[asyncio.Future[object]] = [asyncio.ensure_future(news.wait())]
        if at is not None:
            seconds = min(LONGEST, (at - self._clock.now()).total_seconds())
            waits.append(asyncio.ensure_future(self._clock.sleep(seconds)))
        try:
            running = () if follower.done() else (follower,)
            await asyncio.wait([*waits, *running], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        if follower.done():
            # Nothing would be heard of other consoles any more.
            follower.result()


async def _wait(sending: "asyncio.Task[Run]") -> Run:
    return await asyncio.shield(sending)


def _seen(task: "asyncio.Task[Run]") -> None:
    """Whoever waits is told; where nobody does, an error is no news for the event loop."""
    if not task.cancelled():
        task.exception()
