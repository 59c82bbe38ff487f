"""The last look at the journal before a request is sent: what consoles on other hosts have written since the
intent. Clocks alone do not decide: that of a paused virtual machine stood still while another console found
the step not done and made the change itself."""

from datetime import tzinfo

from services.aws.client.writer import ClockedWriter
from services.changes.approval.authority import Authority
from services.changes.change_wording import lock_text, problem_text
from services.changes.history import ChangeHistory
from services.changes.restraints import Restraints
from services.clock import Clock
from services.i18n import _
from services.journal.errors import JournalError
from services.models.change_runs import StepState
from services.models.changes import Plan, PlannedStep
from services.models.journal import Entry

LEAST_AHEAD = 2.0
"""Seconds of difference to AWS's clock that are ignored: its time comes in full seconds, after a delay."""
MOST_MORE = 20.0
"""Seconds by which this machine's clock may be further ahead of AWS's than the intent says: WINDOW_SECONDS leave more."""


class Fence:
    """Asks, between a step's intent and its request, whether the step is still this console's to send."""

    def __init__(
        self,
        session: ClockedWriter,
        *,
        history: ChangeHistory,
        restraints: Restraints,
        authority: Authority,
        clock: Clock,
        zone: tzinfo,
    ) -> None:
        self._session = session
        self._history = history
        self._restraints = restraints
        self._authority = authority
        self._clock = clock
        self._zone = zone

    @property
    def ahead(self) -> float:
        """By how many seconds this machine's clock is ahead of AWS's, as far as that matters."""
        ahead = -(self._session.skew_seconds or 0.0)
        return round(ahead, 1) if ahead >= LEAST_AHEAD else 0.0

    async def objection(self, plan: Plan, step: PlannedStep, intent: Entry) -> str:
        """Why the step, whose `intent` is recorded, must not be sent; "" if it may. A journal that cannot be
        read up to this moment forbids it."""
        try:
            await self._history.catch_up()
            return await self._objection(plan, step, intent)
        except JournalError as error:
            return problem_text(error.problem)

    async def _objection(self, plan: Plan, step: PlannedStep, intent: Entry) -> str:
        if self._history.state(plan.id, step.id) is not StepState.SENDING:
            return _("Another console has recorded its outcome meanwhile.")
        if self._history.is_contradicted(plan.id):
            return _("Another console has recorded that an earlier step was not done; plan it again.")
        holder = await self._history.journal.holder(step.target)
        if holder is None or holder.seq != intent.seq:
            return _("Its resource is not locked for it any more.")
        lock = await self._history.lock({step.target}, of=plan.id)
        if lock is not None:
            return lock_text(lock.by, lock.since, self._zone, self._clock.now())
        if self._history.is_overtaken(plan.id, intent):
            return _("Other consoles showed it as not started, and it was changed meanwhile; plan it again.")
        if self.ahead > self._history.ahead(plan.id, step.id) + MOST_MORE:
            # Its signature would be accepted for longer than the other consoles wait.
            text = _("This machine's clock is {seconds} s ahead of AWS's: correct it and plan it again.")
            return text.format(seconds=round(self.ahead))
        objection = await self._restraints.objection()
        if objection or step is not plan.steps[0]:
            # A freeze that begins in the middle would leave the change half done.
            return objection
        return await self._authority.objection(plan)
