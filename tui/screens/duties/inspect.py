"""点検: the day in a sentence, its duties beside the calendar, and the chosen duty below over the full width."""

from datetime import date
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.widget import Widget

from services.i18n import N_, _
from services.models.aws_cli import CommandSheet
from services.models.date_text import day_text
from services.models.duties import DutyView, Occurrence
from tui.commands import bindings
from tui.screens.common.command_sheets import duty_sheet
from tui.screens.common.mode_screen import ModeScreen, ScreenPlace
from tui.screens.common.notice import NoticeScreen
from tui.screens.duties import duty_actions, signing
from tui.screens.duties.duty import DutyScreen
from tui.screens.duties.finding_actions import inspection_titles
from tui.screens.duties.hand_over import hand_over
from tui.screens.frame.header_facts import on_duty_today
from widgets.duties.agenda import AgendaView
from widgets.duties.detail import DutyDetail
from widgets.duties.list import DutyList
from widgets.duties.month import MonthGrid
from widgets.duties.occurrences import OccurrenceList
from widgets.duties.summary import DaySummary, PanelHint


class InspectScreen(ModeScreen):
    """The inspect mode. On a narrow screen either the list or the calendar is shown."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "panel(1)", N_("Next panel"), show=True),
        Binding("shift+tab", "panel(-1)", N_("Previous panel"), show=False),
        *bindings("inspect"),
    ]
    DEFAULT_CSS = """
    InspectScreen {
        #top { height: 1fr; layout: horizontal; }
        #left { width: 1fr; height: 1fr; margin-right: 1; }
        #month { width: 36%; max-width: 43; height: 1fr; }
        #hint { display: none; height: 1; }
        #detail { height: 1fr; }
        &.-wide #left { width: 86; margin-right: 2; }
        &.-wide #month { width: 1fr; max-width: 100%; }
        &.-short #top { height: 3fr; }
        &.-short #detail { height: 2fr; }
        &.-narrow {
            #top { layout: vertical; height: auto; max-height: 75%; }
            #left { width: 1fr; height: auto; max-height: 100%; margin-right: 0; }
            #today, #today KeyedTable { height: auto; max-height: 100%; }
            #month { width: 1fr; max-width: 100%; display: none; }
            #hint { display: block; }
            &.-calendar {
                #top { height: 1fr; max-height: 100%; }
                #month { display: block; }
                #left { display: none; }
                #detail { display: none; }
            }
            &.-calendar.-other-day #left { display: block; height: 8; }
        }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self.summary = DaySummary(self.app.now, self.app.zone, id="summary")
        self.list = DutyList(self.app.now, self.app.zone, id="today")
        self.grid = MonthGrid(self.app.zone, id="month")
        self.agenda = AgendaView(self.app.zone, id="agenda")
        self.hint = PanelHint(id="hint")
        self.detail = DutyDetail(
            self.app.now, self.app.zone, titles=inspection_titles(self.services.runbook), id="detail"
        )
        self._today = self.services.calendar.day_of(self.app.now())

    def body(self) -> ComposeResult:
        yield self.summary
        with Container(id="top"):
            with Vertical(id="left"):
                yield self.list
                yield self.agenda
            yield self.grid
        yield self.hint
        yield self.detail

    async def opened(self) -> None:
        self.grid.day = self._today
        self.agenda.display = False
        self.watch(self.app, "duties", self._duties_changed)
        self.watch(self.app, "findings", self._findings_changed)
        # Remarks are written in the screen's language, which may have changed since.
        self.services.duties.refresh()
        self.list.focus()

    def note_subject(self) -> ScreenPlace | None:
        chosen = self.chosen
        return ScreenPlace(chosen.slot.duty or chosen.key, chosen.slot.title) if chosen is not None else None

    def aws_commands(self) -> CommandSheet | None:
        chosen = self.chosen
        return duty_sheet(self.app, chosen.slot) if chosen is not None else None

    @property
    def _source(self) -> OccurrenceList:
        return self.agenda if self.agenda.display else self.list

    @property
    def chosen(self) -> Occurrence | None:
        return self._source.selected

    def _duties_changed(self) -> None:
        view = self.app.duties
        self.summary.view = self.list.view = view
        self.summary.on_duty = on_duty_today(self.app)
        if view is not None and view.today.day != self._today:
            self._turn(view)
        self._show_month(self.grid.day)

    def _findings_changed(self) -> None:
        self.summary.findings = self.list.findings = self.app.findings
        self._show_detail()

    def _turn(self, view: DutyView) -> None:
        """Begin a new day: a calendar on today moves along, and a list without a selection selects its first duty."""
        before, self._today = self._today, view.today.day
        if self.grid.day == before:
            self.grid.day = self._today
        first = next(iter((*view.open, *view.today.occurrences)), None)
        if self.list.selected is None and first is not None:
            self.list.select(first.key)

    def _show_month(self, day: date) -> None:
        self.grid.show(self.services.duties.month(day.year, day.month), day, self._today)
        self._show_list()

    def _show_list(self) -> None:
        other_day = self.grid.day != self._today
        has_focus = self.focused is self._source.table
        self.agenda.display, self.list.display = other_day, not other_day
        self.set_class(other_day, "-other-day")
        if other_day:
            self.agenda.show(self.grid.month, self.grid.day, self._today)
        if has_focus and self.focused is not self._source.table:
            self._source.focus()
        self._show_detail()

    def _show_detail(self) -> None:
        chosen = self.chosen
        self.refresh_bindings()
        self.detail.duty = self.services.duties.duty(chosen) if chosen is not None else None
        self.detail.occurrence = chosen
        self.detail.findings = self.services.scheduler.shown(chosen.slot) if chosen is not None else None

    def _zone_changed(self) -> None:
        super()._zone_changed()
        zone = self.app.zone
        self.summary.zone = self.list.zone = self.grid.zone = self.agenda.zone = self.detail.zone = zone

    # -- the cursor

    @on(MonthGrid.Moved)
    def _day_moved(self) -> None:
        self._show_list()

    @on(MonthGrid.Left)
    def _month_left(self, message: MonthGrid.Left) -> None:
        self._show_month(message.day)

    @on(AgendaView.Moved)
    def _agenda_moved(self, message: AgendaView.Moved) -> None:
        self.grid.day = message.day

    @on(MonthGrid.Chosen)
    def _day_chosen(self) -> None:
        self._show_list()
        self._source.focus()

    @on(OccurrenceList.Selected)
    def _selected(self) -> None:
        self._show_detail()

    @on(OccurrenceList.Opened)
    def _opened(self, message: OccurrenceList.Opened) -> None:
        if self.is_active:
            self.app.push_screen(DutyScreen(message.occurrence))

    def on_descendant_focus(self) -> None:
        in_calendar = self.focused is self.grid or self.focused is self.agenda.table
        self.set_class(in_calendar, "-calendar")
        self.hint.leads_to = _("Today's duties") if in_calendar else _("Calendar")
        self._show_detail()

    # -- keys

    def action_panel(self, step: int) -> None:
        panels: list[Widget] = [self._source.table, self.grid, self.detail]
        at = panels.index(self.focused) if self.focused in panels else -step
        panel = panels[(at + step) % len(panels)]
        if panel is self.detail and self.has_class("-narrow", "-calendar"):
            # The day's duties are left for today's, with which the detail is shown.
            self._show_month(self._today)
        self.set_class(panel is self.grid or panel is self.agenda.table, "-calendar")
        panel.focus()

    def action_month(self, months: int) -> None:
        self.grid.action_leaf(months)
        if self.has_class("-narrow") and not self.has_class("-calendar"):
            self._to_calendar()

    def show_day(self, day: date) -> None:
        self._show_month(day)
        self._to_calendar()

    def _to_calendar(self) -> None:
        self.add_class("-calendar")
        self.grid.focus()

    def action_today(self) -> None:
        self._show_month(self._today)
        if self.focused is not self.grid:
            self.list.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.chosen is not None and self.chosen.slot.if_planned if action == "plan" else True

    def action_sign(self) -> None:
        if self._is_duty_chosen():
            signing.sign(self.app, self.chosen)

    def action_sign_normal(self) -> None:
        duty_actions.sign_normal(self.app)

    def action_rerun(self) -> None:
        if self._is_duty_chosen():
            duty_actions.rerun(self.app, self.chosen)

    def action_logs(self) -> None:
        if self._is_duty_chosen():
            duty_actions.logs(self.app, self.chosen)

    def action_report(self) -> None:
        duty_actions.report(self.app)

    async def action_hand_over_day(self) -> None:
        if self.is_active:
            await hand_over(self.app)

    def action_choose_inspection(self) -> None:
        duty_actions.choose_inspection(self.app)

    def action_skip(self) -> None:
        if self._is_duty_chosen():
            duty_actions.skip(self.app, self.chosen)

    def action_plan(self) -> None:
        if self._is_duty_chosen():
            duty_actions.plan(self.app, self.chosen)

    def _is_duty_chosen(self) -> bool:
        """Whether a duty is chosen; the month grid chooses only a day, so its duties are focused with a notice."""
        if self.focused is not self.grid:
            return True
        day = day_text(self.grid.day, self.services.calendar.day_of(self.app.now()))
        self._source.focus()
        self.app.push_screen(
            NoticeScreen(day, _("Choose one of the day's duties, then press the key again."))
        )
        return False
