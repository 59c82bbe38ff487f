"""The caller passes the occurrence under the cursor when the key was pressed, as the cursor may move on meanwhile."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.getters import app as app_getter
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Input

from services.duties.service import NotNow
from services.i18n import N_, _, plural
from services.inspections.running import entries
from services.inspections.running.entries import finding_text
from services.journal.errors import AlreadyRecorded, JournalError
from services.models.duties import Occurrence, OccurrenceState
from services.models.findings import Recorded
from services.models.runbook import Duty
from services.models.text import clean
from services.report.periods import of_day
from tui.console import Console
from tui.messages import OpenReport
from tui.screens.common.already_recorded import signed_first
from tui.screens.common.confirm import confirm
from tui.screens.common.dialog import window
from tui.screens.common.notice import NoticeScreen
from tui.screens.common.type_ahead_guard import GuardedDialog
from tui.screens.common.writing_dialog import WritingDialog
from tui.screens.duties.duty_screen_wording import accepting_words, head_words
from tui.screens.duties.finding import FindingScreen
from tui.screens.duties.finding_actions import inspection_titles, why_not_run
from tui.screens.duties.inspected_logs import logs_of_duty
from tui.screens.duties.sign import SkipScreen
from tui.screens.duties.signing import current, refuse
from tui.typed_since import read_since, why_not
from widgets.drawing.columns import Column
from widgets.drawing.lines import ROLES
from widgets.drawing.prose import Prose
from widgets.drawing.table import KeyedTable, Row
from widgets.duties.duty_wording import when, zone_name

SPANS = (
    N_("since the last sign-off (usual)"),
    N_("the last hour"),
    N_("today"),
    N_("the last 24 hours"),
    N_("the last 7 days"),
)
_AGO = {1: timedelta(hours=1), 3: timedelta(hours=24), 4: timedelta(days=7)}
_TODAY = 2


@dataclass(frozen=True, slots=True)
class InspectionChoice:
    inspection: str
    since: datetime | None  # The beginning of its span (UTC); None: the usual one


class InspectNowScreen(GuardedDialog[InspectionChoice | None]):
    """Returns the choice, None if it was closed. ← and → change the span; a typed beginning counts before them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "span(-1)", N_("Previous"), show=False),
        Binding("right", "span(1)", N_("Next"), show=False),
    ]
    DEFAULT_CSS = """
    InspectNowScreen {
        & #window { max-width: 72; }
        & KeyedTable { height: auto; max-height: 14; }
        & #span { margin-top: 1; }
        & Input { border: none; height: 1; padding: 0 1; background: $panel; &:focus { border: none; } }
        & #why { color: $text-error; display: none; }
    }
    """

    app = app_getter(Console)

    def __init__(self, titles: Mapping[str, str]) -> None:
        super().__init__(harmless=True)
        self._titles = titles
        self._span = 0
        self.table = KeyedTable((Column("", flex=1, min_width=20),))
        self.span_line = Prose(id="span")
        self.entry = Input(placeholder=_("or from: -2h, 09:00, 2026-01-18 09:00"), max_length=40)
        self.entry.cursor_blink = False
        self.why = Prose(id="why")

    def compose(self) -> ComposeResult:
        with window(_("Inspect now"), _("⏎ inspects · ← → span · Tab other span · Esc closes")):
            yield self.table
            yield self.span_line
            yield self.entry
            yield self.why

    def on_mount(self) -> None:
        self.table.set_rows([Row(id, ([(title, "")],)) for id, title in self._titles.items()])
        self._show()

    def first(self) -> Widget:
        return self.table

    def _show(self) -> None:
        typed = self.entry.value.strip()
        words = _("from {text}", text=clean(typed)) if typed else _(SPANS[self._span])
        self.span_line.show(
            Content.assemble(
                (_("Span") + "  ", ROLES["muted"]),
                ("‹ ", ROLES["key"]),
                (words, ROLES["strong"]),
                (" ›", ROLES["key"]),
            )
        )

    def action_span(self, by: int) -> None:
        self.entry.value = ""
        self._span = (self._span + by) % len(SPANS)
        self._show()

    @on(Input.Changed)
    def _typed(self) -> None:
        self.why.display = False
        self._show()

    @on(Input.Submitted)
    def _submitted(self) -> None:
        if self.table.cursor_key is not None:
            self._choose(self.table.cursor_key)

    @on(KeyedTable.Selected)
    def _selected(self, event: KeyedTable.Selected) -> None:
        event.stop()
        self._choose(event.key)

    def _choose(self, inspection: str) -> None:
        typed, now, zone = self.entry.value.strip(), self.app.now(), self.app.zone
        if typed and (why := why_not(typed, now, zone)):
            self.why.show(Content(clean(why)))
            self.why.display = True
            self.entry.focus()
            return
        since = read_since(typed, now, zone) if typed else self._since(now)
        self.dismiss(InspectionChoice(inspection, since))

    def _since(self, now: datetime) -> datetime | None:
        if self._span == _TODAY:
            return self.app.ready.calendar.local(self.app.ready.calendar.day_of(now))
        ago = _AGO.get(self._span)
        return now - ago if ago is not None else None


class SignAllScreen(WritingDialog):
    """Signs all of them off with one note; duties that somebody signed off meanwhile are passed over."""

    HEADING = N_("Sign off all normal")
    PROMPT = N_("Note for all (optional)")

    def __init__(self, occurrences: Sequence[Occurrence], others: Sequence[Occurrence] = ()) -> None:
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
        yield Prose(Content("\n").join(self._lines), classes="about")

    async def write(self, text: str) -> str:
        count = 0
        for occurrence, accepted in self._signable:
            try:
                await self.app.ready.duties.sign(
                    occurrence, text, more={"findings": entries.signed(accepted)}
                )
            except (AlreadyRecorded, NotNow):
                continue
            count += 1
        return plural("{count} duty is signed off", "{count} duties are signed off", count, count=count)


def report(app: Console) -> None:
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
    occurrence = current(app, chosen)
    if occurrence is None:
        return
    request = logs_of_duty(app, occurrence.slot)
    if request is None:
        refuse(app, occurrence, _("its inspections read no log group"))
    else:
        app.post_message(request)


def rerun(app: Console, chosen: Occurrence | None) -> None:
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
    with app.under_way(_("{title}: inspecting…", title=slot.title), f"duty:{slot.key}"):
        await app.ready.scheduler.rerun(slot)


def choose_inspection(app: Console) -> None:
    def chosen(choice: InspectionChoice | None) -> None:
        if choice is not None:
            run_inspection(app, choice.inspection, choice.since)

    app.push_screen(InspectNowScreen(inspection_titles(app.ready.runbook)), chosen)


def run_inspection(app: Console, inspection: str, since: datetime | None = None) -> None:
    below = [each for each in app.screen_stack if not isinstance(each, ModalScreen)]
    app.run_worker(_run_and_show(app, inspection, since, below[-1]), group="run-inspection")


async def _run_and_show(app: Console, id: str, since: datetime | None, origin: Screen[object]) -> None:
    services = app.ready
    title = inspection_titles(services.runbook)[id]
    with app.under_way(_("{title}: inspecting…", title=title), f"inspection:{id}"):
        recorded = await services.scheduler.runs.run_on_demand(id, since=since)
    if app.screen is origin:
        app.push_screen(FindingScreen(recorded.subject, recorded, since=since))
    else:
        # Opening a screen now would take the keys of whatever the user is doing instead.
        app.inform_of(services, finding_text(recorded.finding))


def sign_normal(app: Console) -> None:
    """A duty with a checklist, evidence or a report to read must be signed off on its own."""
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
