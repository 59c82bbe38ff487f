"""Which role of the runbook approves a scope of a kind of change. Pure."""

from services.changes.kind import ChangeKind
from services.models.runbook import Approver, Runbook


def role_for(runbook: Runbook, kind: ChangeKind, id: str) -> Approver | None:
    """The role that approves this scope, which `approves` names by its id or by its sentence; None: nobody has to.

    Raises KeyError (not a scope of the kind).
    """
    names = {kind.scope(id), *(scope.sentence for scope in kind.scopes if scope.id == id and scope.sentence)}
    roles = (role for role in runbook.approvers if not names.isdisjoint(map(str, role.original("approves"))))
    return next(roles, None)
