"""The change engine: the only code that writes to AWS. It outlives every screen."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta, tzinfo

from services import i18n
from services.aws.client.write_grants import WriteAuthorizer
from services.aws.client.writer import ClockedWriter
from services.background.boundaries import Fault, unreported
from services.background.companion import companion
from services.background.detached import detached
from services.background.faults import Workers
from services.background.wake import Wake
from services.changes.approval.authority import Authority
from services.changes.arming.arming import Arming
from services.changes.arming.writers import WriteRoleUse
from services.changes.base import Change
from services.changes.change_wording import lock_text, problem_text
from services.changes.checks import Checks
from services.changes.history import ChangeHistory
from services.changes.ids import new_id
from services.changes.recovery import ChangeRecovery
from services.changes.restraints import Restraints
from services.changes.reverts import reverts
from services.changes.sender import WINDOW_SECONDS, ChangeSender
from services.changes.trail import Trail
from services.changes.watches import Watches
from services.clock import Clock, mark, real
from services.i18n import _
from services.journal.errors import JournalError
from services.journal.journal import Journal
from services.models.approvals import ApprovalRequest
from services.models.change_runs import Run
from services.models.changes import Armed, ChangeTarget, Plan
from services.models.duties import ScheduledOccurrence

RETRY = 5.0  # Seconds between attempts to record an outcome that the journal did not accept
LONGEST = 60.0
"""Maximum seconds between checks for changes by time alone, because the clock may be set meanwhile."""


class ChangeEngine:
    def __init__(
        self,
        changes: Mapping[str, Change],
        *,
        journal: Journal,
        session: ClockedWriter,
        permits: WriteAuthorizer,
        clock: Clock,
        authority: Authority,
        zone: tzinfo,
        fault: Fault = unreported,
        role: WriteRoleUse | None = None,
        trail: Trail | None = None,
    ) -> None:
        self.workers = Workers(clock, fault)
        self.changes = changes
        self.permits = permits
        self.authority = authority
        self._zone = zone
        self._clock = clock
        self._journal = journal
        self._history = ChangeHistory(journal, clock, real(clock, WINDOW_SECONDS))
        self._restraints = Restraints(journal, clock, zone)
        self._sender = ChangeSender(
            changes,
            history=self._history,
            restraints=self._restraints,
            authority=authority,
            session=session,
            permits=permits,
            clock=clock,
            zone=zone,
            role=role,
        )
        self._recovery = ChangeRecovery(changes, history=self._history, clock=clock, zone=zone, trail=trail)
        self._watches = Watches(changes, history=self._history, clock=clock)
        self._checks = Checks(self._history, self._recovery, self._watches, clock, self.workers.report)
        self.arming = Arming(permits, journal=journal, restraints=self._restraints, clock=clock, role=role)
        self._sending: dict[str, asyncio.Task[Run]] = {}
        self._waiting: dict[str, asyncio.Task[Run]] = {}
        self._reverts_of: tuple[tuple[Run, ...], str] = ((), "")
        self._reverts: tuple[ScheduledOccurrence, ...] = ()
        self._retrying: asyncio.Task[None] | None = None

    @property
    def runs(self) -> tuple[Run, ...]:
        return self._watches.followed(self._recovery.explained(self._history.runs()))

    @property
    def requests(self) -> tuple[ApprovalRequest, ...]:
        return self.authority.approvals.requests()

    @property
    def _state(self) -> tuple[tuple[Run, ...], tuple[ApprovalRequest, ...]]:
        return (self.runs, self.requests)

    @property
    def unrecorded(self) -> int:
        return self._history.unrecorded

    async def states(self) -> AsyncIterator[tuple[Run, ...]]:
        """Yield `runs` now and after every change of them or of `requests`, here or in another console.
        Meanwhile it resolves unknown steps and follows accepted changes to their end. While the journal
        cannot be read, the last known runs are kept."""
        reported: tuple[tuple[Run, ...], tuple[ApprovalRequest, ...]] | None = None
        with self._history.wakes.listen() as news:
            async with companion(self._follow(news), news.wake, name="changes-follow") as follower:
                while True:
                    news.clear()
                    with contextlib.suppress(JournalError):
                        await self._history.load()
                        await self.authority.approvals.load()
                    if (state := self._state) != reported:
                        reported = state
                        yield state[0]
                    self._checks.start_due()
                    if self._state == reported:
                        await self._until(news, self._next_change(), follower)

    async def load(self) -> None:
        """Read what consoles have recorded; some changes have targets by that. Raises JournalError."""
        await self._history.load()

    async def plan(
        self, kind: str, target: str, parameters: Mapping[str, str], id: str = "", *, is_preview: bool = False
    ) -> Plan:
        """A plan from live state; refused if its target is being changed or the journal cannot be written.
        `target`: a resource's id or display name; `parameters`: values as typed, by id; `id`: that of an
        earlier plan, which may be approved. A preview needs a readable journal only. Raises AwsError,
        KeyError."""
        unread = ""
        try:
            await self._history.catch_up()  # a plan may depend on earlier runs
        except JournalError as error:
            unread = problem_text(error.problem)
        id, start = id or new_id(self._clock.now()), mark(self._clock)
        plan = await self.changes[kind].plan(self.target(kind, target), parameters, id)
        plan = await self.authority.judged(plan)
        objections = await self._objections(plan, unread, is_preview)
        plan = plan.model_copy(update={"refusals": (*plan.refusals, *objections)}) if objections else plan
        self._sender.made.add(plan, start)
        return plan

    def target(self, kind: str, target: str) -> ChangeTarget:
        """A change's target by id or name. Raises KeyError."""
        for candidate in self.changes[kind].targets():
            if target in (candidate.id, candidate.title):
                return candidate
        raise KeyError(target)

    def apply(self, plan: Plan, typed: str = "") -> "asyncio.Task[Run]":
        """Apply a confirmed plan in a task of the engine's own; cancelling a waiter does not cancel it.
        Repeated calls for one plan apply it once. The task raises JournalError if the confirmation cannot be
        recorded; nothing was sent then."""
        sending = self._sending.get(plan.id)
        if sending is None:
            sending = detached(self._apply(plan, typed), name=f"change-{plan.id}")
            self._sending[plan.id] = sending
        waiting = self._waiting.get(plan.id)
        if waiting is None or waiting.cancelled():
            waiting = detached(_wait(sending), name=f"change-wait-{plan.id}")
            waiting.add_done_callback(_retrieve_exception)
            self._waiting[plan.id] = waiting
        return waiting

    async def resolve(self, run: str) -> Run:
        """Read AWS to determine the outcome of unknown steps. Raises KeyError, AwsError, JournalError."""
        await self._history.catch_up()
        await self._recovery.resolve_all(self._history.run(run))
        return self._run(run)

    async def resolve_manually(self, run: str, step: str, *, done: bool, note: str) -> Run:
        """Record an operator's statement on the outcome of an unknown step; the first one counts. Raises
        KeyError, JournalError, and NotFinal for "not done" while AWS may still accept the request."""
        await self._history.catch_up()
        await self._recovery.resolve_manually(self._history.run(run), step, done=done, note=note)
        return self._run(run)

    async def arm(self, reason: str, lasts: timedelta, code: str = "") -> Armed:
        """Recorded first. `code` is the six-digit MFA code, for a role that needs one. Raises AwsError, JournalError."""
        return await self.arming.arm(reason, lasts, code)

    async def disarm(self, why: str = "") -> None:
        """Return to read-only and record it. Raises JournalError, but writing is disallowed in any case."""
        await self.arming.disarm(why)

    def reverts(self) -> tuple[ScheduledOccurrence, ...]:
        runs, language = self._history.runs(), i18n.language()
        if (runs, language) != self._reverts_of:
            self._reverts_of, self._reverts = (runs, language), reverts(runs, self._zone)
        return self._reverts

    @property
    def applying(self) -> frozenset[str]:
        return frozenset(id for id, task in self._sending.items() if not task.done())

    @property
    def sending(self) -> bool:
        return bool(self.applying)

    async def drain(self) -> None:
        """Wait until nothing is being sent, then disarm; by then every request has its outcome recorded."""
        self._sender.shutdown.begin()
        while sending := [task for task in self._sending.values() if not task.done()]:
            await asyncio.wait(sending)
        self._checks.cancel()
        if self._retrying is not None:
            self._retrying.cancel()
        if self._history.unrecorded:
            await self._history.retry()
        with contextlib.suppress(JournalError):
            await self.arming.disarm(_("The console stopped."))

    def _run(self, run: str) -> Run:
        return self._recovery.explained([self._history.run(run)])[0]

    async def _apply(self, plan: Plan, typed: str) -> Run:
        self._history.begin(plan.id)
        confirmed = False
        try:
            run = await self._sender.apply(plan, typed)
            confirmed = not run.refusal
        finally:
            self._history.end(plan.id)
            if not confirmed:  # it may be applied again: once armed, or with the right name
                self._sending.pop(plan.id, None)
                self._waiting.pop(plan.id, None)
            if self._history.unrecorded and (self._retrying is None or self._retrying.done()):
                retry = self.workers.keep("changes-record", _("recording a change's outcome"), self._retry)
                self._retrying = asyncio.create_task(retry, name="changes-record")
        return self._run(plan.id)

    async def _retry(self) -> None:
        while self._history.unrecorded:
            await self._clock.sleep(RETRY)
            await self._history.retry()
        self._history.wakes.wake()

    async def _objections(self, plan: Plan, unread: str, is_preview: bool) -> tuple[str, ...]:
        """Why the journal's entries forbid a plan, one sentence each; `unread`: why they are not known, "" if they are."""
        targets = {plan.target.id, *(step.target for step in plan.steps)}
        try:
            lock = await self._history.lock(targets)
            restraint = await self._restraints.objection()
        except JournalError as error:
            lock, restraint, unread = None, "", problem_text(error.problem)
        health = self._journal.health
        if unread or not (health.writable or is_preview):
            why = unread or (problem_text(health.problem) if health.problem else "")
            return (_("Without the journal nothing can be changed: {why}", why=why).strip(),)
        locked = lock_text(lock.by, lock.since, self._zone, self._clock.now()) if lock is not None else ""
        return tuple(objection for objection in (locked, restraint) if objection)

    async def _follow(self, news: Wake) -> None:
        async for _seq in self._journal.follow():
            news.wake()

    def _next_change(self) -> datetime | None:
        now = self._clock.now()
        times = (self._history.next_change(now), self._checks.next_due, *(ask.until for ask in self.requests))
        return min((at for at in times if at is not None), default=None)

    async def _until(self, news: Wake, at: datetime | None, follower: "asyncio.Task[None]") -> None:
        seconds = None if at is None else min(LONGEST, (at - self._clock.now()).total_seconds())
        await news.wait(self._clock, seconds)
        if follower.done():
            # Otherwise entries of other consoles would go unnoticed.
            follower.result()


async def _wait(sending: "asyncio.Task[Run]") -> Run:
    return await asyncio.shield(sending)


def _retrieve_exception(task: "asyncio.Task[Run]") -> None:
    """Retrieve the exception so that asyncio does not log it as never retrieved."""
    if not task.cancelled():
        task.exception()
