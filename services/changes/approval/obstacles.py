"""Why a person cannot approve what is asked for. Pure."""

from services.changes.approval.second_person import are_two, is_one_of
from services.changes.approvers import approver
from services.i18n import _
from services.models.approvals import ApprovalRequest, ApprovalState
from services.models.changes import Plan
from services.models.journal import Person
from services.models.runbook import Runbook


def may_approve(plan: Plan, runbook: Runbook, person: Person) -> bool:
    """Whether the runbook leaves open which OS user approves the plan, or names the person's."""
    who = approver(runbook, plan.approval_scope)
    return who is None or not who.users or is_one_of(person, who.users)


def obstacle(request: ApprovalRequest, runbook: Runbook, me: Person) -> str:
    """Why `me` cannot approve it, in a sentence; "" if I can."""
    if request.state is not ApprovalState.ASKED:
        return _answered(request)
    if not are_two(request.asker, me):
        return _(
            "Approving needs a second person: another OS user with another AWS identity. Asked by {asker} "
            "({identity}); you are {me} ({mine})."
        ).format(
            asker=request.asker.name,
            identity=request.asker.identity or _("identity unknown"),
            me=me.name,
            mine=me.identity or _("identity unknown"),
        )
    who = approver(runbook, request.plan.approval_scope)
    if who is not None and not may_approve(request.plan, runbook, me):
        text = _("The runbook lets only {users} approve as {role}; you are {me}.")
        return text.format(users=_(", ").join(who.users), role=request.plan.approval, me=me.name)
    return ""


def _answered(request: ApprovalRequest) -> str:
    """What became of a request that waits no more."""
    if request.state is ApprovalState.GIVEN:
        consent = request.consent
        name = (consent.who or consent.by) if consent is not None else "?"
        return _("{name} has approved it already.").format(name=name)
    if request.state is ApprovalState.DECLINED:
        text = _("{name} declined it: {reason}")
        return text.format(name=request.declined_by, reason=request.decline_reason)
    if request.state is ApprovalState.USED:
        return _("It was confirmed already.")
    return _("The request has expired.")
