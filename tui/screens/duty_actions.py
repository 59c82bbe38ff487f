"""What can be done with a duty wherever one is shown. The caller says which one was meant when the key was pressed."""

from services.i18n import _
from services.journal.errors import JournalError
from services.models.duties import Occurrence
from tui.app import TobanApp
from tui.screens.notice import NoticeScreen
from tui.screens.sign import LeaveOutScreen, SignScreen, signed_first, why_not


def sign(app: TobanApp, chosen: Occurrence | None) -> None:
    """Ask for a note and sign it off."""
    meant = _standing(app, chosen)
    if meant is None:
        return
    if app.ready.duties.signable(meant.slot):
        app.push_screen(SignScreen(meant))
    else:
        _refuse(app, meant, why_not(meant, app.zone, app.now()))


def leave_out(app: TobanApp, chosen: Occurrence | None) -> None:
    """Ask for a reason and leave it out."""
    meant = _standing(app, chosen)
    if meant is None:
        return
    if meant.signed is not None:
        _refuse(app, meant, signed_first(meant.signed, app.zone, app.now()))
    else:
        app.push_screen(LeaveOutScreen(meant))


def plan(app: TobanApp, chosen: Occurrence | None) -> None:
    """Plan it, or take the plan back."""
    meant = _standing(app, chosen)
    if meant is None or not meant.slot.if_planned:
        return
    if meant.signed is not None:
        _refuse(app, meant, signed_first(meant.signed, app.zone, app.now()))
    else:
        app.run_worker(_plan(app, meant, not meant.planned), group="duty-plan")


async def _plan(app: TobanApp, meant: Occurrence, planned: bool) -> None:
    try:
        await app.ready.duties.plan(meant, planned=planned)
    except JournalError as error:
        problem = error.problem
        app.notify(f"{problem.summary} {problem.remedy}", severity="error", markup=False)
        return
    words = _("{title} is planned") if planned else _("{title} is no longer planned")
    app.say(words.format(title=meant.slot.title))


def _refuse(app: TobanApp, meant: Occurrence, why: str) -> None:
    """A note may be typed already, and its letters are keys here."""
    app.push_screen(NoticeScreen(meant.slot.title, why))


def _standing(app: TobanApp, chosen: Occurrence | None) -> Occurrence | None:
    """The chosen one as it stands at this moment; says so where none is chosen."""
    if chosen is None:
        app.push_screen(NoticeScreen(_("duty"), _("no duty chosen")))
        return None
    return app.ready.duties.now(chosen.slot)
