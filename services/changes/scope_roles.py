from services.changes.kind import ApprovalScope
from services.models.runbook import Approver, Runbook


def role_for(runbook: Runbook, name: str, scope: ApprovalScope) -> Approver | None:
    """The role whose `approves` names the scope, as `name` (`task-limit:raise`) or by its sentence; None: nobody has to."""
    names = {name, scope.sentence} - {""}
    roles = (role for role in runbook.approvers if not names.isdisjoint(map(str, role.original("approves"))))
    return next(roles, None)
