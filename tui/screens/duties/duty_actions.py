"""Actions on a duty, shared by every screen that shows one.

The caller passes the occurrence under the cursor when the key was pressed, as the cursor may move on meanwhile.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widget import Widget

from services.duties.service import NotNow
from services.i18n import N_, _, plural
from services.inspections.running import entries
from services.inspections.running.entries import finding_text
from services.journal.errors import AlreadyRecorded, JournalError
from services.models.duties import Occurrence, OccurrenceState
from services.models.findings import Recorded
from services.models.runbook import Duty
from services.report.periods import of_day
from tui.console import Console
from tui.messages import OpenReport
from tui.screens.common.already_recorded import signed_first
from tui.screens.common.confirm import confirm
from tui.screens.common.notice import NoticeScreen
from tui.screens.common.writing_dialog import WritingDialog
from tui.screens.duties.finding import FindingScreen
from tui.screens.duties.finding_actions import inspection_titles, why_not_run
from tui.screens.duties.inspect_now import InspectionChoice, InspectNowScreen
from tui.screens.duties.inspected_logs import logs_of_duty
from tui.screens.duties.sign import SkipScreen
from tui.screens.duties.signing import current, refuse
from tui.screens.duties.wording import accepting_words, head_words
from widgets.drawing.lines import ROLES
from widgets.drawing.prose import Prose
from widgets.duties.wording import when, zone_name


class SignAllScreen(WritingDialog):
    """Signs all of them off with one note; duties that somebody signed off meanwhile are passed over."""

    HEADING = N_("Sign off all normal")
    PROMPT = N_("Note for all (optional)")

    def __init__(self, occurrences: Sequence[Occurrence], others: Sequence[Occurrence] = ()) -> None:
        """`others` are due as well and are not signed off here."""
        super().__init__()
        self._signable: list[tuple[Occurrence, tuple[Recorded, ...]]] = []
        self._lines: list[Content] = []
        zone, now = self.app.zone, self.app.now()
        for occurrence in occurrences:
            findings = self.app.ready.scheduler.of(occurrence.slot)
            if findings is None:
                continue
            self._signable.append((occurrence, findings.recorded))
            due = f"{when(occurrence.slot, zone, now.astimezone(zone).date())} {zone_name(zone, now)}"
            self._lines.append(
                Content.assemble(
                    Content.styled(occurrence.slot.title, ROLES["title"]), "  ", (due, ROLES["muted"])
                )
            )
            self._lines += [
                Content.assemble("  ", line)
                for line in accepting_words(findings, self.app.overview, zone, now)
            ]
        if others:
            titles = _(", ").join(each.slot.title for each in others)
            words = _("Not included, because not inspected yet or not normal: {titles}")
            self._lines.append(Content.styled(words.format(titles=titles), ROLES["caution"]))

    def about(self) -> Iterable[Widget]:
        """Yield every duty with its findings."""
        yield Prose(Content("\n").join(self._lines), classes="about")

    async def write(self, text: str) -> str:
        """Sign off one after the other. Raises JournalError; sign-offs made by then stay."""
        count = 0
        for occurrence, accepted in self._signable:
            try:
                await self.app.ready.duties.sign(
                    occurrence, text, more={"findings": entries.signed(accepted)}
                )
            except (AlreadyRecorded, NotNow):
                continue
            count += 1
        words = plural("{count} duty is signed off", "{count} duties are signed off", count)
        return words.format(count=count)


def report(app: Console) -> None:
    """Open today's report."""
    app.post_message(OpenReport(of_day(app.ready.calendar.day_of(app.now()))))


def skip(app: Console, chosen: Occurrence | None) -> None:
    occurrence = current(app, chosen)
    if occurrence is None:
        return
    if occurrence.signed is not None:
        refuse(app, occurrence, signed_first(occurrence.signed, app.zone, app.now()))
    else:
        app.push_screen(SkipScreen(occurrence))


def logs(app: Console, chosen: Occurrence | None) -> None:
    """Open the log groups of the duty's inspections side by side."""
    occurrence = current(app, chosen)
    if occurrence is None:
        return
    request = logs_of_duty(app, occurrence.slot)
    if request is None:
        refuse(app, occurrence, _("its inspections read no log group"))
    else:
        app.post_message(request)


def rerun(app: Console, chosen: Occurrence | None) -> None:
    """Run the duty's inspections now, even if they have findings already."""
    occurrence = current(app, chosen)
    if occurrence is None:
        return
    if not app.ready.scheduler.inspections_of(occurrence.slot):
        refuse(app, occurrence, _("it has no inspection: a person does it and signs it off"))
    elif why := why_not_run(app, occurrence.slot):
        refuse(app, occurrence, why)
    else:
        app.run_worker(_rerun(app, occurrence), group="rerun")


async def _rerun(app: Console, occurrence: Occurrence) -> None:
    slot = occurrence.slot
    with app.under_way(_("{title}: inspecting…").format(title=slot.title), f"duty:{slot.key}"):
        await app.ready.scheduler.rerun(slot)


def choose_inspection(app: Console) -> None:
    """Let the user choose an inspection and its span, and run it now."""

    def chosen(choice: InspectionChoice | None) -> None:
        if choice is not None:
            run_inspection(app, choice.inspection, choice.since)

    app.push_screen(InspectNowScreen(inspection_titles(app.ready.runbook)), chosen)


def run_inspection(app: Console, inspection: str, since: datetime | None = None) -> None:
    """Run one inspection now, over its usual span or from `since` on, and show its finding."""
    below = [each for each in app.screen_stack if not isinstance(each, ModalScreen)]
    app.run_worker(_run_and_show(app, inspection, since, below[-1]), group="run-inspection")


async def _run_and_show(app: Console, id: str, since: datetime | None, origin: Screen[object]) -> None:
    services = app.ready
    title = inspection_titles(services.runbook)[id]
    with app.under_way(_("{title}: inspecting…").format(title=title), f"inspection:{id}"):
        recorded = await services.scheduler.runs.run_on_demand(id, since=since)
    if app.screen is origin:
        app.push_screen(FindingScreen(recorded.subject, recorded, since=since))
    else:
        # Opening a screen now would take the keys of whatever the user is doing instead.
        app.inform_of(services, finding_text(recorded.finding))


def sign_normal(app: Console) -> None:
    """Sign off every open duty whose findings are all normal, after they were shown for confirmation.

    A duty with a checklist, evidence or a report to read must be signed off on its own.
    """
    ready = app.ready
    open_now = app.duties.open if app.duties is not None else ()
    occurrences = [
        each
        for each in open_now
        if (findings := ready.scheduler.of(each.slot)) is not None
        and findings.all_normal
        and ready.duties.signable(each.slot)
        and _needs_findings_only(ready.duties.duty(each))
    ]
    if occurrences:
        waits = (OccurrenceState.DUE, OccurrenceState.LATE)
        others = [each for each in open_now if each.state in waits and each not in occurrences]
        app.push_screen(SignAllScreen(occurrences, others))
    else:
        why = _("No open duty has findings that are all normal.")
        app.push_screen(NoticeScreen(_("Sign off all normal"), why))


def _needs_findings_only(duty: Duty | None) -> bool:
    """Whether the duty has no checklist, no evidence to fill in and no report to read."""
    return duty is not None and not (duty.is_manual or duty.reviews_report)


def plan(app: Console, chosen: Occurrence | None) -> None:
    """Plan the duty, or cancel its plan after a question: its date goes from everybody's list."""
    occurrence = current(app, chosen)
    if occurrence is None or not occurrence.slot.if_planned:
        return
    if occurrence.signed is not None:
        refuse(app, occurrence, signed_first(occurrence.signed, app.zone, app.now()))
    elif occurrence.planned:
        confirm(
            app,
            _("Cancel the plan"),
            cancelling_words(app, occurrence),
            _("cancels the plan"),
            lambda: app.run_worker(_plan(app, occurrence, False), group="duty-plan"),
        )
    else:
        app.run_worker(_plan(app, occurrence, True), group="duty-plan")


def cancelling_words(app: Console, occurrence: Occurrence) -> Content:
    """What cancelling a plan leads to."""
    words = _(
        "The duty counts as unplanned again: nobody is reminded of it, and it is never late. The journal keeps both entries."
    )
    return Content("\n").join([head_words(occurrence, app.zone, app.now()), Content(words)])


async def _plan(app: Console, occurrence: Occurrence, planned: bool) -> None:
    services = app.ready
    try:
        await services.duties.plan(occurrence, planned=planned)
    except JournalError as error:
        if app.services is services:
            refuse(app, occurrence, error.problem.message)
        else:
            app.inform_of(services, error.problem.message, severity="error")
        return
    words = _("{title} is planned") if planned else _("{title} is no longer planned")
    app.inform_of(services, words.format(title=occurrence.slot.title))
