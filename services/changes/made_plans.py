"""The plans that this console has made: whether one is young enough, and whether it is what its parameters lead to."""

from collections.abc import Mapping
from datetime import timedelta
from typing import TypeVar

from services.aws.client.errors import AwsError
from services.changes.ages import APART
from services.changes.base import Change
from services.changes.change_wording import problem_text
from services.changes.history import ChangeHistory
from services.clock import Clock, Mark, passed
from services.i18n import _
from services.models.changes import Plan

T = TypeVar("T")
PLANS = 50  # Maximum number of plans that are remembered


class MadePlans:
    def __init__(self, changes: Mapping[str, Change], history: ChangeHistory, clock: Clock) -> None:
        self._changes = changes
        self._history = history
        self._clock = clock
        self._plans: dict[str, tuple[Mark, Plan]] = {}
        self._made_again: dict[str, Plan] = {}
        """What other consoles' plans came to when they were made again here, until they are confirmed."""

    def add(self, plan: Plan, start: Mark) -> None:
        _add(self._plans, plan.id, (start, plan))

    def is_expired(self, plan: Plan) -> bool:
        """Whether the plan is too old, by the wall clock or by `elapsed`, which setting the clock does not
        change. Of a plan that another machine may have made, its clock is only trusted as far as clocks
        agree; such a plan is made again before it is confirmed."""
        is_own = plan.id in self._plans
        apart = APART if self._history.journal.is_shared and not is_own else timedelta()
        if not plan.made_at - apart <= self._clock.now() < plan.expires_at + apart:
            return True
        if not is_own:
            return False
        start, _plan = self._plans[plan.id]
        return passed(self._clock, start) >= (plan.expires_at - plan.made_at).total_seconds()

    async def mismatch(self, plan: Plan) -> str:
        """Why the plan is another than the one that its parameters lead to; "" if it is that. Raises
        JournalError. A plan made in another console is made again here, because its text says itself what
        approval it needs. One that was confirmed before is not sent again in any case."""
        if plan.id in self._plans:
            _start, original = self._plans[plan.id]
            is_same = plan == original
        else:
            await self._history.load()
            if self._history.is_confirmed(plan.id):
                return ""
            try:
                again = await self._changes[plan.kind].plan(plan.target, plan.wish, plan.id)
            except AwsError as error:
                return problem_text(error.problem)
            is_same = _essence(plan) == _essence(again)
            if is_same:
                _add(self._made_again, plan.id, again)
        return "" if is_same else _("It is not the plan that was made; plan it again.")

    def timed_here(self, plan: Plan) -> Plan:
        """The plan with times by this machine's clock, by which its watch goes: as `mismatch` has made it
        again. All else, above all the freeze, is as it was read and confirmed."""
        again = self._made_again.pop(plan.id, plan)
        times = {"made_at": again.made_at, "expires_at": again.expires_at, "watch": again.watch}
        return plan.model_copy(update=times)


def _add(plans: dict[str, T], id: str, plan: T) -> None:
    plans[id] = plan
    while len(plans) > PLANS:
        del plans[next(iter(plans))]


def _essence(plan: Plan) -> tuple[object, ...]:
    return plan.digest, plan.danger, plan.target, plan.watch is None, plan.expires_at - plan.made_at
