from collections.abc import Callable

from services.i18n import _
from services.models.duties import Occurrence
from services.report.periods import of_day
from tui.console import Console
from tui.messages import OpenReport
from tui.screens.common.notice import NoticeScreen
from tui.screens.duties.duty_screen_wording import why_not
from tui.screens.duties.sign import SignScreen

Then = Callable[[bool | None], None]  # Called when the dialog closes, with whether something was recorded


def sign(app: Console, chosen: Occurrence | None, then: Then | None = None) -> None:
    """Ask for a note and sign the duty off; a duty that reviews the report opens the report first."""
    occurrence = current(app, chosen)
    if occurrence is None:
        return
    duty = app.ready.duties.duty(occurrence)
    if duty is not None and duty.reviews_report and app.ready.duties.signable(occurrence.slot):
        # The report is read before it is signed for.
        app.post_message(OpenReport(of_day(occurrence.slot.day), occurrence))
    else:
        sign_now(app, occurrence, then)


def sign_now(app: Console, chosen: Occurrence, then: Then | None = None) -> None:
    occurrence = app.ready.duties.now(chosen.slot)
    if app.ready.duties.signable(occurrence.slot):
        app.push_screen(SignScreen(occurrence), then)
    else:
        refuse(app, occurrence, why_not(occurrence, app.zone, app.now()))


def refuse(app: Console, occurrence: Occurrence, why: str) -> None:
    """Show why not in a dialog: keys typed ahead for a note must not act on the screen below."""
    app.push_screen(NoticeScreen(occurrence.slot.title, why))


def current(app: Console, chosen: Occurrence | None) -> Occurrence | None:
    if chosen is None:
        app.push_screen(NoticeScreen(_("Duty"), _("No duty chosen.")))
        return None
    return app.ready.duties.now(chosen.slot)
