"""Whom to call for what: the runbook's roles, with what is undecided in plain words."""

from services.i18n import _
from services.models.contacts import Reachable
from services.models.runbook import Runbook


def reachable(runbook: Runbook) -> tuple[Reachable, ...]:
    """Every contact, then every approver, in the runbook's order."""
    contacts = (
        Reachable(role=each.role, kind="contact", reach=each.contact, scope=each.scope)
        for each in runbook.contacts
    )
    approvers = (
        Reachable(role=each.role, kind="approver", reach=each.name, scope=_(", ").join(each.approves))
        for each in runbook.approvers
    )
    return (*contacts, *approvers)


def escalation(runbook: Runbook, role: str) -> str:
    """Whom to call as `role`, in words that fit into a sentence; says so where nobody has decided.

    "" asks for nobody and gives "".
    """
    if not role:
        return ""
    found = [each for each in reachable(runbook) if each.role == role]
    if not found:
        return _("{role} (the runbook names no contact for that role)").format(role=role)
    # Somebody who approves may also be called: the first way to reach the role counts.
    known = next((each for each in found if not each.undecided), None)
    if known is None:
        return _("{role} (UNDECIDED: the runbook does not say how to reach them)").format(role=role)
    return _("{role}: {reach}").format(role=role, reach=known.reach)


def undecided(runbook: Runbook) -> tuple[Reachable, ...]:
    """The roles nobody can reach."""
    return tuple(each for each in reachable(runbook) if each.undecided)
