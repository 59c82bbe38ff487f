from dataclasses import dataclass
from zoneinfo import ZoneInfo

from services.aws.change_calendar import ChangeCalendars
from services.aws.client.errors import AwsError
from services.aws.client.reader import Reader
from services.changes.approval.approvals import Approvals
from services.changes.base import ChangeContext
from services.changes.change_wording import problem_text
from services.clock import Clock
from services.i18n import _
from services.journal.journal import Journal
from services.models.approvals import ApprovalState, ConsentWay
from services.models.changes import Caution, Plan
from services.models.date_text import zoned_time
from services.models.runbook import Runbook


@dataclass(frozen=True, slots=True)
class FreezeInForce:
    id: str  # Tells it from other freezes: an emergency goes through one only
    text: str  # What is frozen until when, in words


class Freezes:
    def __init__(self, runbook: Runbook, reader: Reader, clock: Clock, zone: ZoneInfo) -> None:
        self._runbook = runbook
        self._calendars = ChangeCalendars(reader)
        self._clock = clock
        self._zone = zone

    async def current(self) -> FreezeInForce | None:
        """The freeze in force now; None if changes are allowed. A calendar that cannot be read is closed."""
        now = self._clock.now()
        for freeze in self._runbook.freezes:
            starts, ends = (at.replace(tzinfo=self._zone) for at in (freeze.starts, freeze.ends))
            if starts <= now < ends:
                until = zoned_time(ends, self._zone, now)
                text = _("{title}, until {when}", title=freeze.title, when=until)
                return FreezeInForce(f"runbook:{freeze.starts.isoformat()}/{freeze.ends.isoformat()}", text)
        calendar = self._runbook.change_calendar
        text = await self._of_calendar(str(calendar.name)) if calendar is not None else ""
        return FreezeInForce(f"calendar:{calendar.name}", text) if calendar is not None and text else None

    async def _of_calendar(self, name: str) -> str:
        """Why the calendar forbids changes; "" if it is open."""
        try:
            if await self._calendars.is_open(name):
                return ""
        except AwsError as error:
            text = _("the change calendar {name} cannot be read, which counts as closed: {why}")
            return text.format(name=name, why=problem_text(error.problem))
        return _("the change calendar {name} is closed", name=name)


class Authority:
    """What the runbook and other people allow; a plan that none of them restricts needs nothing."""

    def __init__(self, freezes: Freezes, approvals: Approvals) -> None:
        self._freezes = freezes
        self.approvals = approvals

    async def judged(self, plan: Plan) -> Plan:
        freeze = await self._freezes.current()
        if freeze is None or not plan.steps:
            return plan
        text = _("Changes are frozen: {freeze}. Only an emergency with a reason goes through.")
        caution = Caution(grave=True, text=text.format(freeze=freeze.text))
        return plan.model_copy(update={**_frozen(freeze), "cautions": (caution, *plan.cautions)})

    async def objection(self, plan: Plan) -> str:
        """Why the plan must not be confirmed now; "" if it may. Raises JournalError."""
        freeze = await self._freezes.current()
        if freeze is None and not plan.approval_scope:
            return ""
        await self.approvals.load()
        if freeze is not None and freeze.id != plan.freeze_id:
            text = _("Changes have been frozen since it was planned: {freeze}. Plan it again.")
            return text.format(freeze=freeze.text)
        return self.missing(plan.model_copy(update=_frozen(freeze)))

    def missing(self, plan: Plan) -> str:
        """What the plan lacks according to the entries read so far; "" if nothing."""
        consents = self.approvals.consents(plan)
        ways = {consent.way for consent in consents}
        if plan.freeze and all(consent.freeze_id != plan.freeze_id for consent in consents):
            return _("Changes are frozen: {freeze}. F7 records an emergency.", freeze=plan.freeze)
        if not plan.approval_scope:
            return ""
        if self.approvals.is_undecided(plan):
            if ConsentWay.EMERGENCY in ways:
                return ""
            text = _("The runbook names nobody as {role}: F7 records an emergency, or the runbook a name.")
            return text.format(role=plan.approval)
        if ways - {ConsentWay.EMERGENCY}:
            return ""
        return self._asked(plan) or _("The approval of {role} is missing: F7.", role=plan.approval)

    def _asked(self, plan: Plan) -> str:
        """What became of the request for this plan's approval; "" without one that is of use."""
        request = self.approvals.request(plan.id)
        if request is None or request.plan.digest != plan.digest:
            return ""
        if self.approvals.is_own(request):
            return _("It was approved with your OS user or AWS identity: another person has to confirm it.")
        if request.state is ApprovalState.ASKED:
            return _("{role} was asked and has not answered yet.", role=plan.approval)
        if request.state is ApprovalState.DECLINED:
            text = _("Declined by {name}: {reason}. Another request needs another plan: F5.")
            return text.format(name=request.declined_by, reason=request.decline_reason)
        return ""


def _frozen(freeze: FreezeInForce | None) -> dict[str, str]:
    return (
        {"freeze": freeze.text, "freeze_id": freeze.id}
        if freeze is not None
        else {"freeze": "", "freeze_id": ""}
    )


def authority_of(context: ChangeContext, journal: Journal) -> Authority:
    runbook, clock = context.runbook, context.clock
    freezes = Freezes(runbook, context.reader, clock, context.zone)
    return Authority(freezes, Approvals(journal, runbook, clock))
