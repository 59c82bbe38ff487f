"""手順書: contacts, roster, approvers, limits and duties; undecided points are red."""

from collections.abc import Sequence
from datetime import date, timedelta

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from services.changes.approvers import scope_titles
from services.i18n import _
from services.incidents.roster import RosterRow, reach_of, roster_rows
from services.models.date_text import day_text, span_text
from services.models.runbook import Duty, Runbook
from services.models.verdict import Limit
from services.runbook.undecided import blocked_by_approver, blocked_by_contact
from tui.screens.common.dialog import Dialog, window
from widgets.drawing.format import pad, wrap

ROLE = 32
LINE = 62
"""Cells of a name, and of a line of the dialog on 80 columns; a longer text goes below, and nothing is cut."""
ROSTER_AHEAD = timedelta(weeks=5)  # How far ahead the roster is shown


class RunbookScreen(Dialog[None]):
    def __init__(self, runbook: Runbook, today: date) -> None:
        super().__init__()
        self.runbook = runbook
        self.today = today

    def compose(self) -> ComposeResult:
        book = self.runbook
        with window(f"{book.document or book.system.title} {book.document_version}", kind=VerticalScroll):
            yield from _section(
                _("Contacts"),
                [
                    _person(contact.role, contact.contact, contact.scope)
                    + _blocked(
                        blocked_by_contact(book, contact.role) if contact.undecided else (), (contact.scope,)
                    )
                    for contact in book.contacts
                ],
            )
            rows = roster_rows(book, self.today, self.today + ROSTER_AHEAD)
            yield from _section(_("Roster"), [_on_duty(book, row, self.today) for row in rows])
            yield from _section(
                _("Approvers"),
                [
                    _person(approver.role, approver.name, _(", ").join(scope_titles(approver.approves)))
                    + _blocked(
                        blocked_by_approver(book, approver.role) if approver.undecided else (),
                        scope_titles(approver.approves),
                    )
                    for approver in book.approvers
                ],
            )
            yield from _section(_("Approved by"), [_person(_("Runbook"), book.approved_by, "")])
            yield from _section(_("Limits"), [_limit(limit) for limit in book.limits])
            yield from _section(_("Duties"), [_duty(duty) for duty in book.duties])


def _section(title: str, rows: list[Content]) -> ComposeResult:
    if rows:
        yield Static(Content.styled(title, "bold $text-primary"))
        yield Static(Content("\n").join(rows) + Content("\n"))


def _person(role: str, who: str, scope: str) -> Content:
    name = Content(who) if who else Content.styled(_("UNDECIDED"), "bold $text-error")
    role = pad(role, ROLE) if cell_len(role) < ROLE else f"{role}  "
    gap = "" if cell_len(role) + name.cell_length <= LINE else "\n    "
    head = Content.assemble("  ", role, gap, name)
    below = "".join(f"\n    {line}" for line in wrap(scope, LINE - 4)) if scope else ""
    return Content.assemble(head, (below, "$text-muted"))


def _on_duty(runbook: Runbook, row: RosterRow, today: date) -> Content:
    first, last = day_text(row.starts, today), day_text(row.ends, today)
    days = first if row.starts == row.ends else span_text(first, last)
    if row.entry is None:
        return _person(days, "", "")
    reach, person = reach_of(runbook, row.entry), f"{row.entry.person}  "
    name = Content.assemble(person, reach or (_("UNDECIDED"), "bold $text-error"))
    gap = "" if max(cell_len(days), ROLE) + name.cell_length <= LINE else "\n    "
    return Content.assemble("  ", pad(days, ROLE), gap, name)


def _blocked(what: Sequence[str], scope: Sequence[str]) -> Content:
    others = [each for each in what if each not in scope]
    if not others:
        return Content()
    text = _("until decided, blocked: {what}", what=_(", ").join(others))
    return Content.styled("".join(f"\n    {line}" for line in wrap(text, LINE - 4)), "$text-warning")


def _duty(duty: Duty) -> Content:
    return Content.assemble("  ", pad(duty.title, LINE - 8), ("  ".join(duty.at), "$text-muted"))


def _limit(limit: Limit) -> Content:
    bound = limit.below if limit.below is not None else limit.above
    sign = "<" if limit.below is not None else ">"
    value = "" if bound is None else f"{sign} {bound * limit.scale:g} {limit.unit}"
    return Content.assemble("  ", pad(limit.title, 40), value)
