"""What can be done with a duty wherever one is shown. The caller says which one was meant when the key was pressed."""

from textual.screen import ModalScreen, Screen

from services.i18n import _
from services.inspections.running.entries import found_text
from services.journal.errors import JournalError
from services.models.duties import Occurrence
from services.models.runbook import Duty
from services.report.periods import of_day
from tui.console import Console
from tui.messages import OpenReport
from tui.screens.common.choose import Choice, ChooseScreen
from tui.screens.duties.finding import FindingScreen
from tui.screens.duties.finding_actions import no_look, titles
from tui.screens.common.notice import NoticeScreen
from tui.screens.duties.sign_all import SignAllScreen
from tui.screens.common.already_recorded import signed_first
from tui.screens.duties.sign import SkipScreen, SignScreen, why_not


def sign(app: Console, chosen: Occurrence | None) -> None:
    """Ask for a note and sign it off."""
    meant = _standing(app, chosen)
    if meant is None:
        return
    duty = app.ready.duties.duty(meant)
    if duty is not None and duty.reviews_report and app.ready.duties.signable(meant.slot):
        # Who signs for the day's report has it before his eyes.
        app.post_message(OpenReport(of_day(meant.slot.day), meant))
    else:
        sign_now(app, meant)


def sign_now(app: Console, chosen: Occurrence) -> None:
    """Ask for a note and sign it off, without the report before."""
    meant = app.ready.duties.now(chosen.slot)
    if app.ready.duties.signable(meant.slot):
        app.push_screen(SignScreen(meant))
    else:
        _refuse(app, meant, why_not(meant, app.zone, app.now()))


def report(app: Console) -> None:
    """Today's report."""
    app.post_message(OpenReport(of_day(app.ready.calendar.day_of(app.now()))))


def leave_out(app: Console, chosen: Occurrence | None) -> None:
    """Ask for a reason and leave it out."""
    meant = _standing(app, chosen)
    if meant is None:
        return
    if meant.signed is not None:
        _refuse(app, meant, signed_first(meant.signed, app.zone, app.now()))
    else:
        app.push_screen(SkipScreen(meant))


def look_again(app: Console, chosen: Occurrence | None) -> None:
    """Make its looks now, whatever was found before."""
    meant = _standing(app, chosen)
    if meant is None:
        return
    if not app.ready.rounds.wanted(meant.slot):
        _refuse(app, meant, _("it has no inspection: a person does it and signs it off"))
    elif why := no_look(app, meant.slot):
        _refuse(app, meant, why)
    else:
        app.say(_("{title}: inspecting…").format(title=meant.slot.title))
        app.run_worker(app.ready.rounds.look_again(meant.slot), group="look again")


def look_by_hand(app: Console) -> None:
    """Choose an inspection and make it now."""
    choices = [Choice(id, title) for id, title in titles(app.ready.runbook).items()]

    def chosen(id: str | None) -> None:
        if id is not None:
            look_now(app, id)

    app.push_screen(ChooseScreen(_("Inspect now"), choices), chosen)


def look_now(app: Console, inspection: str) -> None:
    """Make one inspection now, and show what it found."""
    below = [each for each in app.screen_stack if not isinstance(each, ModalScreen)]
    app.run_worker(_by_hand(app, inspection, below[-1]), group="look by hand")


async def _by_hand(app: Console, id: str, asked_on: Screen[object]) -> None:
    app.say(_("{title}: inspecting…").format(title=titles(app.ready.runbook)[id]))
    recorded = await app.ready.rounds.looks.by_hand(id)
    if app.screen is asked_on:
        app.push_screen(FindingScreen(recorded.subject, recorded))
    else:
        # Whoever writes or reads something else meanwhile has keys under his fingers.
        app.say(found_text(recorded.finding))


def sign_normal(app: Console) -> None:
    """Sign every open duty whose findings are all normal, after one look at what they are.

    What a person must do or read besides is signed on its own.
    """
    ready = app.ready
    open_now = app.duties.open if app.duties is not None else ()
    meant = [
        each
        for each in open_now
        if (found := ready.rounds.of(each.slot)) is not None
        and found.all_normal
        and ready.duties.signable(each.slot)
        and _needs_no_more(ready.duties.duty(each))
    ]
    if meant:
        app.push_screen(SignAllScreen(meant))
    else:
        why = _("No open duty has findings that are all normal.")
        app.push_screen(NoticeScreen(_("Sign all normal"), why))


def _needs_no_more(duty: Duty | None) -> bool:
    """Its findings are all there is to it: no lines to tick, nothing to write down, no report to read."""
    return duty is not None and not (duty.checklist or duty.evidence or duty.reviews_report)


def plan(app: Console, chosen: Occurrence | None) -> None:
    """Plan it, or take the plan back."""
    meant = _standing(app, chosen)
    if meant is None or not meant.slot.if_planned:
        return
    if meant.signed is not None:
        _refuse(app, meant, signed_first(meant.signed, app.zone, app.now()))
    else:
        app.run_worker(_plan(app, meant, not meant.planned), group="duty-plan")


async def _plan(app: Console, meant: Occurrence, planned: bool) -> None:
    try:
        await app.ready.duties.plan(meant, planned=planned)
    except JournalError as error:
        _refuse(app, meant, error.problem.said)
        return
    words = _("{title} is planned") if planned else _("{title} is no longer planned")
    app.say(words.format(title=meant.slot.title))


def _refuse(app: Console, meant: Occurrence, why: str) -> None:
    """A note may be typed already, and its letters are keys here."""
    app.push_screen(NoticeScreen(meant.slot.title, why))


def _standing(app: Console, chosen: Occurrence | None) -> Occurrence | None:
    """The chosen one as it stands at this moment; says so where none is chosen."""
    if chosen is None:
        app.push_screen(NoticeScreen(_("duty"), _("no duty chosen")))
        return None
    return app.ready.duties.now(chosen.slot)
