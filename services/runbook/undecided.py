"""Undecided points of a runbook (fields left empty), and what they block."""

from collections.abc import Iterator

from services.changes.approvers import scope_titles
from services.i18n import _
from services.incidents.roster import gaps, reach_of
from services.models.date_text import day_text, span_text
from services.models.runbook import Runbook
from services.toml.positions import Path

Entries = Iterator[tuple[Path, str]]  # (path, message) of each undecided point


def undecided(runbook: Runbook) -> Entries:
    """Yield (path, message) for every undecided point; the message says what it blocks."""
    if not runbook.approved_by:
        text = _("undecided: nobody has approved this runbook; reports and procedures are based on a draft")
        yield ("approved_by",), text
    for index, contact in enumerate(runbook.contacts):
        if contact.undecided:
            text = _("undecided: {role} cannot be reached", role=contact.role)
            yield (
                ("contacts", index, "contact"),
                _with_blocked(text, blocked_by_contact(runbook, contact.role)),
            )
    yield from _roster(runbook)
    for index, approver in enumerate(runbook.approvers):
        if approver.undecided:
            text = _("undecided: nobody can approve as {role}", role=approver.role)
            yield (
                ("approvers", index, "name"),
                _with_blocked(text, blocked_by_approver(runbook, approver.role)),
            )
    if runbook.costs and not runbook.costs.budget_yen:
        text = _("undecided: without a budget its {percent} % cannot be judged")
        yield ("costs", "budget_yen"), text.format(percent=runbook.costs.budget_percent)


def draft_text(runbook: Runbook) -> str:
    """That nobody has approved the runbook, and what follows; "" if somebody has."""
    words = _("Nobody has approved this runbook; reports and procedures are based on a draft.")
    return "" if runbook.approved_by else words


def _roster(runbook: Runbook) -> Entries:
    for index, entry in enumerate(runbook.roster):
        if not reach_of(runbook, entry):
            text = _("undecided: {person}, on duty, cannot be reached")
            yield ("roster", index, "contact"), text.format(person=entry.person)
    for index, row in gaps(runbook):
        first, last = day_text(row.starts), day_text(row.ends)
        days = first if row.starts == row.ends else span_text(first, last)
        yield ("roster", index, "ends"), _("undecided: nobody is on duty on {days}", days=days)


def blocked_by_contact(runbook: Runbook, role: str) -> tuple[str, ...]:
    """What an unreachable contact role blocks: escalations, reports, the contact's own scope."""
    escalations = [
        _("escalation of “{playbook}”", playbook=playbook.title)
        for playbook in runbook.playbooks
        if playbook.escalate_to == role
    ]
    reports = [_("report of costs")] if runbook.costs and runbook.costs.report_to == role else []
    scopes = [str(contact.scope) for contact in runbook.contacts if contact.role == role and contact.scope]
    return tuple(dict.fromkeys([*escalations, *reports, *scopes]))


def blocked_by_approver(runbook: Runbook, role: str) -> tuple[str, ...]:
    changes = [
        title
        for approver in runbook.approvers
        if approver.role == role
        for title in scope_titles(approver.approves)
    ]
    asking = [
        *(str(procedure.title) for procedure in runbook.procedures if procedure.approval == role),
        *(str(playbook.title) for playbook in runbook.playbooks if playbook.approval == role),
    ]
    return tuple(dict.fromkeys([*changes, *asking, *blocked_by_contact(runbook, role)]))


def _with_blocked(text: str, blocked: tuple[str, ...]) -> str:
    if not blocked:
        return text
    return _("{undecided}; blocked until then: {what}", undecided=text, what=_(", ").join(blocked))
