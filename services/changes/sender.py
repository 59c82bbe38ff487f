"""Carries out one confirmed plan: record, look again, send once, record, verify."""

import asyncio
import contextlib
from collections.abc import Mapping
from datetime import tzinfo
from typing import TYPE_CHECKING

from services.aws.client.errors import AwsError, Refused
from services.aws.client.outcome import nothing_done
from services.aws.client.writer import Writer
from services.changes import entries as drafts
from services.changes.base import Change
from services.changes.history import History
from services.changes.shutdown import Ending
from services.changes.wording import found_done, held, told
from services.clock import Clock, Mark, mark, passed, real
from services.i18n import _
from services.journal.errors import AlreadyRecorded, HeldByAnother, JournalError
from services.models.changes import Observation, Place, Plan, PlannedStep, Run, StepState

if TYPE_CHECKING:
    from services.aws.client.permits import WriteAuthorizer

WRITE_SECONDS = 20.0
"""The longest that AWS may take to answer a change."""
INTENT_SECONDS = 25.0
"""A request is not sent later than this after its intent: others take it for lost after `WINDOW_SECONDS`."""
WINDOW_SECONDS = 60.0
"""After this long nothing of an intent can be under way any more; more than the two above together."""
PLANS = 50
"""Plans whose making is remembered."""
LOOKS = (0.0, 1.0, 2.0, 4.0)
"""Seconds before each look at whether AWS shows what was done; it is eventually consistent."""
LOOK_SECONDS = 30.0
"""For all of them together."""


class Sender:
    """What the engine does with a plan once it is confirmed."""

    def __init__(
        self,
        changes: Mapping[str, Change],
        *,
        history: History,
        session: Writer,
        permits: "WriteAuthorizer",
        clock: Clock,
        zone: tzinfo,
    ) -> None:
        self._changes = changes
        self._history = history
        self._session = session
        self._permits = permits
        self._clock = clock
        self._zone = zone
        self.ending = Ending()
        self._planned: dict[str, Mark] = {}
        """When this console made a plan, by its id; the newest ones."""

    def planned(self, plan: Plan) -> None:
        """The plan was made just now."""
        self._planned[plan.id] = mark(self._clock)
        while len(self._planned) > PLANS:
            del self._planned[next(iter(self._planned))]

    def _expired(self, plan: Plan) -> bool:
        """By the clock, or by what passed since it was made, however the clock was set."""
        now, made = self._clock.now(), self._planned.get(plan.id)
        if not plan.made_at <= now < plan.expires_at:
            return True
        lasts = (plan.expires_at - plan.made_at).total_seconds()
        return made is not None and passed(self._clock, made) >= lasts

    async def carry_out(self, plan: Plan, typed: str) -> Run:
        """Every check, then every step until one is not done.

        Raises JournalError where the confirmation cannot be recorded; nothing was sent then.
        """
        # Asking for the account takes its time: the plan may have expired meanwhile.
        objection = (
            self._objection(plan, typed) or await self._elsewhere(plan) or self._objection(plan, typed)
        )
        if objection:
            await self._history.append(drafts.refused(plan, objection))
            return self._history.run(plan.id)
        try:
            await self._history.append(drafts.confirmed(plan))
        except AlreadyRecorded:
            await self._history.load()
            return self._history.run(plan.id)
        for step in plan.steps:
            if not await self._carry_out(plan, step):
                break
        return self._history.run(plan.id)

    def _objection(self, plan: Plan, typed: str) -> str:
        """Why it is not even confirmed; "" for nothing."""
        if self.ending.begun:
            return _("The console is ending.")
        if plan.refusals or not plan.steps or plan.kind not in self._changes:
            return _("The plan was refused: {why}").format(why=" ".join(plan.refusals)).strip()
        if self._expired(plan):
            return _("The plan has expired; plan it again.")
        if plan.confirm and typed.strip() != plan.confirm:
            return _("The name that was typed is not {name}.").format(name=plan.confirm)
        if self._permits.read_only:
            return _("This console is configured to be read-only.")
        if self._permits.armed is None:
            return _("The console is read-only; arm it first.")
        return ""

    async def _elsewhere(self, plan: Plan) -> str:
        """Why these credentials are not good enough for the plan's account; "" where they are."""
        try:
            identity = await self.ending.in_time(self._session.identity())
        except TimeoutError:
            return _("The console is ending.")
        except AwsError as error:
            return _("AWS does not say which account this is: {why}").format(why=told(error.problem))
        if identity.account != plan.account:
            return _("These credentials are for account {actual}, the runbook's is {expected}.").format(
                actual=identity.account, expected=plan.account
            )
        return ""

    async def _carry_out(self, plan: Plan, step: PlannedStep) -> bool:
        """One step; whether it is done."""
        begun = mark(self._clock)
        try:
            lock = await self._history.lock({step.target}, of=plan.id)
            if lock is not None:
                await self._history.keep(drafts.refused(plan, held(lock.by, lock.since, self._zone), step))
                return False
            await self._history.append(drafts.intent(plan, step))
        except HeldByAnother as error:
            why = held(error.entry.person.name, error.entry.at, self._zone)
            await self._history.keep(drafts.refused(plan, why, step))
            return False
        except AlreadyRecorded as error:
            await self._history.keep(drafts.refused(plan, error.entry.text, step))
            return False
        except JournalError as error:
            await self._history.keep(drafts.refused(plan, told(error.problem), step))
            return False
        moved = await self._moved(plan, step, begun)
        if moved:
            return await self._record(plan, step, StepState.REFUSED, moved)
        return await self._send(plan, step)

    async def _moved(self, plan: Plan, step: PlannedStep, begun: Mark) -> str:
        """Why the world is not the one the plan was made for; "" where it is."""
        # Before each step: credentials may have been renewed since the last one, as somebody else's.
        elsewhere = await self._elsewhere(plan)
        if elsewhere:
            return elsewhere
        try:
            seen = await self.ending.in_time(self._changes[plan.kind].observe(step))
        except TimeoutError:
            return _("The console is ending.")
        except AwsError as error:
            return _("AWS could not be read before sending: {why}").format(why=told(error.problem))
        if seen.digest != step.expects:
            return _("It moved since the plan: {state}").format(state=seen.text)
        if passed(self._clock, begun) > real(self._clock, INTENT_SECONDS).total_seconds():
            return _("It took too long to look at AWS; plan it again.")
        return ""

    async def _send(self, plan: Plan, step: PlannedStep) -> bool:
        try:
            permit = self._permits.issue(step.call, plan.account)
        except Refused as error:
            return await self._record(plan, step, StepState.REFUSED, told(error.problem))
        write = self._session.write(permit, required=step.required, timeout=WRITE_SECONDS)
        try:
            await self.ending.in_time(write)
        except TimeoutError:
            return await self._unknown(plan, step, _("The console ended before AWS answered."))
        except AwsError as error:
            if nothing_done(error):
                refused = isinstance(error, Refused)
                state = StepState.REFUSED if refused else StepState.FAILED
                return await self._record(plan, step, state, told(error.problem))
            return await self._unknown(plan, step, told(error.problem))
        if not step.required:
            return await self._prove(plan, step)
        await self._record(plan, step, StepState.DONE, _("AWS accepted it."))
        verified, text = await self._look(plan, step)
        await self._history.keep(drafts.later(drafts.outcome(plan, step, StepState.DONE, text, verified)))
        return True

    async def _record(
        self, plan: Plan, step: PlannedStep, state: StepState, text: str, verified: bool | None = None
    ) -> bool:
        await self._history.keep(drafts.outcome(plan, step, state, text, verified))
        return state is StepState.DONE

    async def _prove(self, plan: Plan, step: PlannedStep) -> bool:
        """AWS's good answer says nothing, as a proxy's page may: done is what AWS shows."""
        verified, text = await self._look(plan, step)
        if verified:
            return await self._record(plan, step, StepState.DONE, text, verified)
        why = _("AWS answered, but does not show it: {state}").format(state=text)
        return await self._record(plan, step, StepState.UNKNOWN, why)

    async def _unknown(self, plan: Plan, step: PlannedStep, why: str) -> bool:
        """Record it, and look at once: what AWS shows as done is done, and the rest of the plan goes on."""
        await self._record(plan, step, StepState.UNKNOWN, why)
        try:
            seen = await self.ending.in_time(self._changes[plan.kind].observe(step))
        except (AwsError, TimeoutError):
            return False
        if seen.place is not Place.AFTER:
            return False
        await self._history.keep(drafts.resolved(plan, step, done=True, text=found_done(seen), how="read"))
        return True

    async def _look(self, plan: Plan, step: PlannedStep) -> tuple[bool | None, str]:
        """(AWS shows the change, in words); None: it could not be read."""
        change = self._changes[plan.kind]
        seen: Observation | None = None
        follows, why = "", _("AWS could not be read.")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):
                for wait in LOOKS:
                    await self.ending.pause(self._clock, wait)
                    try:
                        seen = await self.ending.in_time(change.observe(step))
                    except AwsError as error:
                        why = told(error.problem)
                        continue
                    if seen.place is Place.AFTER:
                        follows = await self.ending.in_time(self._outcome(change, plan))
                        break
        if seen is None:
            return None, _("Not verified: {why}").format(why=why)
        if seen.place is not Place.AFTER:
            return False, _("AWS does not show it yet: {state}").format(state=seen.text)
        return True, f"{seen.text} {follows}".strip()

    async def _outcome(self, change: Change, plan: Plan) -> str:
        try:
            return await change.outcome(plan)
        except AwsError:
            return ""
