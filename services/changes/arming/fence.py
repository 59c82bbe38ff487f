"""The last look at the journal before a request is sent: what consoles on other hosts have written since the intent.

Clocks alone do not decide. A virtual machine that was paused has a clock that stood still: by it no time has passed,
while another console has found the step not done, released the target and made the change itself.
"""

from datetime import tzinfo

from services.changes.approval.authority import Authority
from services.changes.history import History
from services.changes.restraints import Restraints
from services.changes.wording import lock_text, problem_text
from services.clock import Clock
from services.i18n import _
from services.journal.errors import JournalError
from services.models.change_runs import StepState
from services.models.changes import Plan, PlannedStep
from services.models.journal import Entry


class Fence:
    """Asks, between a step's intent and its request, whether the step is still this console's to send."""

    def __init__(
        self, history: History, restraints: Restraints, authority: Authority, clock: Clock, zone: tzinfo
    ) -> None:
        self._history = history
        self._restraints = restraints
        self._authority = authority
        self._clock = clock
        self._zone = zone

    async def objection(self, plan: Plan, step: PlannedStep, intent: Entry) -> str:
        """Why the step, whose `intent` is recorded, must not be sent; "" if it may.

        A journal that cannot be read up to this moment forbids it.
        """
        try:
            await self._history.catch_up()
            return await self._objection(plan, step, intent)
        except JournalError as error:
            return problem_text(error.problem)

    async def _objection(self, plan: Plan, step: PlannedStep, intent: Entry) -> str:
        if self._history.state(plan.id, step.id) is not StepState.SENDING:
            return _("Another console has recorded its outcome meanwhile.")
        holder = await self._history.journal.holder(step.target)
        if holder is None or holder.seq != intent.seq:
            return _("Its resource is not locked for it any more.")
        lock = await self._history.lock({step.target}, of=plan.id)
        if lock is not None:
            return lock_text(lock.by, lock.since, self._zone, self._clock.now())
        objection = await self._restraints.objection()
        if objection or step is not plan.steps[0]:
            # A freeze that begins in the middle would leave the change half done.
            return objection
        return await self._authority.objection(plan)
