import asyncio
import contextlib
from collections.abc import Mapping
from datetime import tzinfo
from types import MappingProxyType
from typing import TYPE_CHECKING

from services.aws.client.errors import AwsError, Refused, nothing_done
from services.aws.client.writer import ClockedWriter
from services.changes import entries
from services.changes.approval.authority import Authority
from services.changes.arming.fence import Fence
from services.changes.arming.writers import WriteRoleUse, Writers
from services.changes.base import Change
from services.changes.change_wording import accepted_text, lock_text, observed_done, problem_text
from services.changes.history import ChangeHistory
from services.changes.made_plans import MadePlans
from services.changes.restraints import Restraints
from services.changes.shutdown import Shutdown
from services.changes.trail import mark_of
from services.clock import Clock, Deadline, Mark, mark, real
from services.i18n import _, sentences
from services.journal.errors import AlreadyRecorded, HeldByAnother, JournalError
from services.models.change_runs import Run, StepState
from services.models.changes import Observation, Place, Plan, PlannedStep
from services.models.journal import NewEntry

if TYPE_CHECKING:
    from services.aws.client.write_grants import WriteAuthorizer

WRITE_SECONDS = 20.0  # Time-out of a write to AWS
INTENT_SECONDS = 25.0
"""Maximum time between an intent and its request, which the gate checks once more when the request is signed; other
consoles consider it expired after `WINDOW_SECONDS`."""
WINDOW_SECONDS = 60.0
"""Time after which an intent's request can no longer be in progress; exceeds the sum of the two above."""
TURN_SECONDS = 50.0
"""Maximum time between the entry before a step and its intent; other consoles consider the step not started after
`WINDOW_SECONDS`."""
VERIFY_WAITS = (0.0, 1.0, 2.0, 4.0)
"""Seconds before each check whether AWS shows the change; AWS is eventually consistent."""
VERIFY_SECONDS = 30.0  # Maximum duration of all these checks together


class ChangeSender:
    def __init__(
        self,
        changes: Mapping[str, Change],
        *,
        history: ChangeHistory,
        restraints: Restraints,
        authority: Authority,
        session: ClockedWriter,
        permits: "WriteAuthorizer",
        clock: Clock,
        zone: tzinfo,
        role: WriteRoleUse | None = None,
    ) -> None:
        self._changes = changes
        self._history = history
        self._restraints = restraints
        self._authority = authority
        self._permits = permits
        self._clock = clock
        self._zone = zone
        self.shutdown = Shutdown()
        self._writers = Writers(session, role, self.shutdown)
        self._fence = Fence(
            session, history=history, restraints=restraints, authority=authority, clock=clock, zone=zone
        )
        self._turns: dict[str, Mark] = {}
        """By plan: before its newest entry that makes the next step due was written."""
        self.made = MadePlans(changes, history, clock)

    async def apply(self, plan: Plan, typed: str) -> Run:
        """Raises JournalError if the journal cannot be read or does not accept the confirmation; nothing was sent then."""
        try:
            return await self._apply_all(plan, typed)
        finally:
            self._turns.pop(plan.id, None)
            await self._writers.close(plan)

    async def _apply_all(self, plan: Plan, typed: str) -> Run:
        await self._history.catch_up()
        # Assuming a role and reading the account take time, in which the plan may have expired.
        objection = (
            self._objection(plan, typed)
            or await self._assume(plan)
            or await self._writers.elsewhere(plan)
            or await self.made.mismatch(plan)
            or await self._restraints.objection()
            or await self._authority.objection(plan)
            or self._objection(plan, typed)
        )
        if objection:
            await self._history.append(entries.refused(plan, objection))
            return self._history.run(plan.id)
        plan = self.made.timed_here(plan)
        self._turns[plan.id] = mark(self._clock)
        try:
            await self._history.append(entries.confirmed(plan, self._authority.approvals.consents(plan)))
        except AlreadyRecorded:
            await self._history.load()
            return self._history.run(plan.id)
        for step in plan.steps:
            if not await self._apply(plan, step):
                break
        return self._history.run(plan.id)

    def _objection(self, plan: Plan, typed: str) -> str:
        """Why the plan cannot be confirmed; "" if it can."""
        if self.shutdown.has_begun:
            return _("The console is shutting down.")
        if plan.refusals or not plan.steps or plan.kind not in self._changes:
            return _("The plan was refused: {why}", why=sentences(*plan.refusals)).strip()
        if self.made.is_expired(plan):
            return _("The plan has expired; plan it again.")
        if plan.confirm and typed.strip() != plan.confirm:
            return _("The name typed is not {name}.", name=plan.confirm)
        if self._permits.read_only:
            return _("This console is configured to be read-only.")
        if self._permits.armed is None:
            return _("The console is read-only; arm it first.")
        return ""

    async def _assume(self, plan: Plan) -> str:
        """Assume the role for writing, for what this plan sends to AWS; why that failed, "" if it did not."""
        change = self._changes[plan.kind]
        calls = [step.call for step in plan.steps if change.transport(step) is None]
        if not self._writers.needs_role(calls):
            return ""
        return (
            await self._restraints.objection()
            or await self._authority.objection(plan)
            or await self._writers.assume(plan, calls)
        )

    async def _apply(self, plan: Plan, step: PlannedStep) -> bool:
        if self._within(TURN_SECONDS, self._turns[plan.id]).is_over:
            why = _("It came to this step too late: other consoles show it as not started; plan it again.")
            await self._history.keep(entries.refused(plan, why, step))
            return False
        deadline = self._within(INTENT_SECONDS, mark(self._clock))
        try:
            lock = await self._history.lock({step.target}, of=plan.id)
            if lock is not None:
                await self._history.keep(
                    entries.refused(plan, lock_text(lock.by, lock.since, self._zone, self._clock.now()), step)
                )
                return False
            intent = await self._history.append(self._intent(plan, step))
        except HeldByAnother as error:
            by = error.entry.person.name_beside(self._history.journal.shared_host)
            why = lock_text(by, error.entry.at, self._zone, self._clock.now())
            await self._history.keep(entries.refused(plan, why, step))
            return False
        except AlreadyRecorded as error:
            await self._history.keep(entries.refused(plan, error.entry.text, step))
            return False
        except JournalError as error:
            await self._history.keep(entries.refused(plan, problem_text(error.problem), step))
            return False
        if deadline.is_over:
            difference = _("Recording the intent took too long; plan it again.")
        else:
            difference = await self._difference(plan, step) or await self._fence.objection(plan, step, intent)
        if not difference and deadline.is_over:
            difference = _("Reading AWS took too long; plan it again.")
        if difference:
            return await self._record(plan, step, StepState.REFUSED, difference)
        return await self._send(plan, step, deadline)

    def _intent(self, plan: Plan, step: PlannedStep) -> NewEntry:
        mark = "" if self._changes[plan.kind].transport(step) else mark_of(plan, step)
        return entries.intent(plan, step, self._fence.ahead, mark)

    def _within(self, seconds: float, since: Mark) -> Deadline:
        """The moment by which something has to be done, in real seconds: of both clocks the one that is further on."""
        return Deadline(self._clock, since, real(self._clock, seconds).total_seconds())

    async def _difference(self, plan: Plan, step: PlannedStep) -> str:
        """Why the step must not be sent, for example because the state has changed since the plan; "" if it may be."""
        # Before each step, because the credentials may have been replaced by another identity's since the last one.
        if objection := await self._writers.elsewhere(plan):
            return objection
        try:
            observation = await self.shutdown.in_time(self._changes[plan.kind].observe(step))
        except TimeoutError:
            return _("The console is shutting down.")
        except AwsError as error:
            text = _("{party} could not be read before sending: {why}")
            return text.format(party=step.call.party, why=problem_text(error.problem))
        if observation.digest != step.expects:
            return _("The resource changed since the plan was made: {state}", state=observation.text)
        if observation.place is Place.AFTER and self._changes[plan.kind].transport(step) is None:
            # Seen after the request as well, it would prove nothing.
            return _("AWS shows it already, so there is nothing to send: {state}", state=observation.text)
        return ""

    async def _send(self, plan: Plan, step: PlannedStep, deadline: Deadline) -> bool:
        try:
            permit = self._permits.issue(step.call, plan.account, deadline, mark_of(plan, step))
        except Refused as error:
            return await self._record(plan, step, StepState.REFUSED, problem_text(error.problem))
        change = self._changes[plan.kind]
        transport = change.transport(step) or self._writers.of(plan)
        write = transport.write(permit, required=step.required, timeout=WRITE_SECONDS)
        try:
            response = await self.shutdown.in_time(write)
        except TimeoutError:
            text = _("The console stopped before {party} responded.")
            return await self._record_unknown(plan, step, text.format(party=step.call.party))
        except AwsError as error:
            if nothing_done(error):
                refused = isinstance(error, Refused)
                state = StepState.REFUSED if refused else StepState.FAILED
                why = problem_text(error.problem)
                return await self._record(plan, step, state, why, request=error.request_id)
            return await self._record_unknown(plan, step, problem_text(error.problem), error.request_id)
        answer = change.answered(plan, step, response)
        request = str(response.get("ResponseMetadata", {}).get("RequestId") or "")
        if not step.required:
            return await self._prove(plan, step, answer, request)
        text = accepted_text(step.call)
        await self._record(plan, step, StepState.DONE, text, answer=answer, request=request)
        verified, text = await self._verify(plan, step)
        await self._history.keep(entries.later(entries.outcome(plan, step, StepState.DONE, text, verified)))
        return True

    async def _record(
        self,
        plan: Plan,
        step: PlannedStep,
        state: StepState,
        text: str,
        verified: bool | None = None,
        answer: Mapping[str, str] = MappingProxyType({}),
        request: str = "",
    ) -> bool:
        turn = mark(self._clock)
        await self._history.keep(entries.outcome(plan, step, state, text, verified, answer, request))
        self._turns[plan.id] = turn
        return state is StepState.DONE

    async def _prove(self, plan: Plan, step: PlannedStep, answer: Mapping[str, str], request: str) -> bool:
        """Decide by reading AWS: a response without required keys proves nothing, because a proxy may have sent it."""
        verified, text = await self._verify(plan, step)
        if verified:
            turn = mark(self._clock)
            done = entries.outcome(plan, step, StepState.DONE, text, verified, answer, request)
            await self._history.keep(entries.observed(done))
            self._turns[plan.id] = turn
            return self._history.state(plan.id, step.id) is StepState.DONE
        why = _("AWS responded, but the change is not visible: {state}", state=text)
        return await self._record(plan, step, StepState.UNKNOWN, why, answer=answer, request=request)

    async def _record_unknown(self, plan: Plan, step: PlannedStep, why: str, request: str = "") -> bool:
        """Record the unknown outcome, then read AWS; if it shows what only this request can have made, the plan continues."""
        await self._record(plan, step, StepState.UNKNOWN, why, request=request)
        with contextlib.suppress(JournalError):
            await self._history.catch_up()
        if (state := self._history.state(plan.id, step.id)) is not StepState.UNKNOWN:
            # Another console has resolved it while this one was stopped, and may have made the change itself since.
            return state is StepState.DONE
        change = self._changes[plan.kind]
        if step.call.operation not in change.guarantees.named:
            return False
        try:
            observation = await self.shutdown.in_time(change.observe(step))
        except (AwsError, TimeoutError):
            return False
        if observation.place is not Place.AFTER:
            return False
        await self._history.keep(
            entries.resolved(plan, step, done=True, text=observed_done(observation), how="read")
        )
        return self._history.state(plan.id, step.id) is StepState.DONE

    async def _verify(self, plan: Plan, step: PlannedStep) -> tuple[bool | None, str]:
        """(whether AWS shows the change, or None if it could not be read; the observed state in words)."""
        change = self._changes[plan.kind]
        observation: Observation | None = None
        follows, why = "", _("{party} could not be read.", party=step.call.party)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(VERIFY_SECONDS):
                for wait in VERIFY_WAITS:
                    await self.shutdown.pause(self._clock, wait)
                    try:
                        observation = await self.shutdown.in_time(change.observe(step))
                    except AwsError as error:
                        why = problem_text(error.problem)
                        continue
                    if observation.place is Place.AFTER:
                        follows = await self.shutdown.in_time(self._outcome(change, plan))
                        break
        if observation is None:
            return None, _("Not verified: {why}", why=why)
        if observation.place is not Place.AFTER:
            text = _("Not visible in {party} yet: {state}")
            return False, text.format(party=step.call.party, state=observation.text)
        return True, sentences(observation.text, follows)

    async def _outcome(self, change: Change, plan: Plan) -> str:
        try:
            return await change.outcome(plan)
        except AwsError:
            return ""
