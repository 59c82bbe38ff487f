"""手順書: contacts, approvers, limits and duties; undecided points are red."""

from collections.abc import Sequence

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from services.changes.approvers import scope_titles
from services.i18n import _
from services.models.runbook import Duty, Runbook
from services.models.verdict import Limit
from services.runbook.undecided import blocked_by_approver, blocked_by_contact
from tui.screens.common.dialog import Dialog
from widgets.drawing.format import pad, wrap

ROLE = 32
LINE = 62
"""Cells of a name, and of a line of the dialog on 80 columns; a longer text goes below, and nothing is cut."""


class RunbookScreen(Dialog[None]):
    """Shows the runbook in the order of the paper that it replaces."""

    def __init__(self, runbook: Runbook) -> None:
        super().__init__()
        self.runbook = runbook

    def compose(self) -> ComposeResult:
        """Sections in the runbook's order."""
        book = self.runbook
        with VerticalScroll(id="window") as window:
            window.border_title = Content(f"{book.document or book.system.title} {book.document_version}")
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
    """A role and who is in it, below the other where they do not fit side by side, and what for."""
    name = Content(who) if who else Content.styled(_("UNDECIDED"), "bold $text-error")
    role = pad(role, ROLE) if cell_len(role) < ROLE else f"{role}  "
    gap = "" if cell_len(role) + name.cell_length <= LINE else "\n    "
    head = Content.assemble("  ", role, gap, name)
    below = "".join(f"\n    {line}" for line in wrap(scope, LINE - 4)) if scope else ""
    return Content.assemble(head, (below, "$text-muted"))


def _blocked(what: Sequence[str], scope: Sequence[str]) -> Content:
    """What besides its scope is blocked while the role above is undecided; empty if nothing is."""
    others = [each for each in what if each not in scope]
    if not others:
        return Content()
    text = _("until decided, blocked: {what}").format(what=_(", ").join(others))
    return Content.styled("".join(f"\n    {line}" for line in wrap(text, LINE - 4)), "$text-warning")


def _duty(duty: Duty) -> Content:
    return Content.assemble("  ", pad(duty.title, LINE - 8), ("  ".join(duty.at), "$text-muted"))


def _limit(limit: Limit) -> Content:
    bound = limit.below if limit.below is not None else limit.above
    sign = "<" if limit.below is not None else ">"
    value = "" if bound is None else f"{sign} {bound * limit.scale:g} {limit.unit}"
    return Content.assemble("  ", pad(limit.title, 40), value)
