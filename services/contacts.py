from services.changes.approvers import scope_titles
from services.i18n import _
from services.models.contacts import Reachable
from services.models.runbook import Runbook


def reachable(runbook: Runbook) -> tuple[Reachable, ...]:
    contacts = (
        Reachable(role=each.role, kind="contact", reach=each.contact, scope=each.scope)
        for each in runbook.contacts
    )
    approvers = (
        Reachable(
            role=each.role, kind="approver", reach=each.name, scope=_(", ").join(scope_titles(each.approves))
        )
        for each in runbook.approvers
    )
    return (*contacts, *approvers)


def escalation(runbook: Runbook, role: str) -> str:
    """How to reach `role`, as part of a sentence, also if the runbook leaves that undecided; "" for none."""
    if not role:
        return ""
    contacts = [each for each in reachable(runbook) if each.role == role]
    if not contacts:
        return _("{role} (the runbook names no contact for that role)", role=role)
    # A role may be both a contact and an approver: the first way to reach it counts.
    contact = next((each for each in contacts if not each.undecided), None)
    if contact is None:
        return _("{role} (UNDECIDED: the runbook does not say how to reach them)", role=role)
    return _("{role}: {reach}", role=role, reach=contact.reach)


def undecided(runbook: Runbook) -> tuple[Reachable, ...]:
    return tuple(each for each in reachable(runbook) if each.undecided)
