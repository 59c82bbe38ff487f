"""点検: today's duties on the left, the calendar beside them, and the chosen duty if there is room."""

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
from tui.screens.common.mode_screen import ModeScreen, Place
from tui.screens.common.notice import NoticeScreen
from tui.screens.duties import duty_actions
from tui.screens.duties.duty import DutyScreen
from tui.screens.duties.finding_actions import inspection_titles
from widgets.duties.agenda import Agenda
from widgets.duties.detail import DutyDetail
from widgets.duties.list import DutyList
from widgets.duties.month import MonthGrid
from widgets.duties.occurrences import OccurrenceList


class InspectScreen(ModeScreen):
    """The inspect mode. On a narrow screen either the list or the calendar is shown."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "panel(1)", N_("Next panel"), show=True),
        Binding("shift+tab", "panel(-1)", N_("Previous panel"), show=False),
        *bindings("inspect"),
    ]
    DEFAULT_CSS = """
    InspectScreen {
        #inspect { layout: grid; height: 1fr; grid-size: 2 2; grid-columns: 4fr 3fr; grid-rows: 1fr 1fr; grid-gutter: 0 2; }
        #calendar { row-span: 2; height: 1fr; }
        &.-wide #inspect { grid-columns: 7fr 8fr; }
        &.-wide #month { height: 3fr; }
        &.-wide #agenda { height: 2fr; }
        &.-short #inspect { grid-size: 2 1; grid-columns: 4fr 3fr; grid-rows: 1fr; }
        &.-short #calendar { row-span: 1; }
        &.-short #detail { display: none; }
        &.-short.-wide #inspect { grid-size: 3 1; grid-columns: 6fr 5fr 5fr; }
        &.-short.-wide #detail { display: block; }
        &.-narrow #inspect { grid-size: 1 1; grid-columns: 1fr; grid-rows: 1fr; }
        &.-narrow.-tall #inspect { grid-size: 1 2; grid-rows: 1fr 1fr; }
        &.-narrow.-tall #calendar { row-span: 1; }
        &.-narrow #calendar { display: none; }
        &.-narrow.-calendar #calendar { display: block; }
        &.-narrow.-calendar #today { display: none; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self.list = DutyList(self.app.now, self.app.zone, id="today")
        self.grid = MonthGrid(self.app.zone, id="month")
        self.agenda = Agenda(self.app.zone, id="agenda")
        self.detail = DutyDetail(
            self.app.now, self.app.zone, titles=inspection_titles(self.services.runbook), id="detail"
        )
        self._source: OccurrenceList = self.list
        self._today = self.services.calendar.day_of(self.app.now())

    def body(self) -> ComposeResult:
        """Yield the list, the calendar and the detail."""
        with Container(id="inspect"):
            yield self.list
            with Vertical(id="calendar"):
                yield self.grid
                yield self.agenda
            yield self.detail

    async def opened(self) -> None:
        """Show the duties and findings, and follow their changes."""
        self.grid.day = self.agenda.day = self._today
        self.watch(self.app, "duties", self._duties_changed)
        self.watch(self.app, "findings", self._findings_changed)
        # Remarks are written in the screen's language, which may have changed since.
        self.services.duties.refresh()
        self.list.focus()

    def note_subject(self) -> Place | None:
        """Return the chosen duty, which a note written here is about."""
        chosen = self.chosen
        return Place(chosen.slot.duty or chosen.key, chosen.slot.title) if chosen is not None else None

    def aws_commands(self) -> CommandSheet | None:
        """Return the commands of the chosen duty's inspections."""
        chosen = self.chosen
        return duty_sheet(self.app, chosen.slot) if chosen is not None else None

    @property
    def chosen(self) -> Occurrence | None:
        """The occurrence that the keys act on: under the list's cursor, or the agenda's while the calendar is in use."""
        return self._source.selected

    def _duties_changed(self) -> None:
        view = self.app.duties
        self.list.view = view
        if view is not None and view.today.day != self._today:
            self._turn(view)
        self.grid.today = self.agenda.today = self._today
        self._show_month()

    def _findings_changed(self) -> None:
        self.list.findings = self.app.findings
        self._show_detail()

    def _turn(self, view: DutyView) -> None:
        """Begin a new day: a calendar on today moves along, and a list without a selection selects its first duty."""
        before, self._today = self._today, view.today.day
        if self.grid.day == before:
            self.grid.day = self.agenda.day = self._today
        first = next(iter((*view.open, *view.today.occurrences)), None)
        if self.list.selected is None and first is not None:
            self.list.select(first.key)

    def _show_month(self) -> None:
        day = self.grid.day
        self.grid.month = self.agenda.month = self.services.duties.month(day.year, day.month)
        self._show_detail()

    def _show_detail(self) -> None:
        chosen = self.chosen
        self.refresh_bindings()
        self.detail.duty = self.services.duties.duty(chosen) if chosen is not None else None
        self.detail.occurrence = chosen
        self.detail.findings = self.services.scheduler.shown(chosen.slot) if chosen is not None else None

    def _zone_changed(self) -> None:
        super()._zone_changed()
        self.list.zone = self.grid.zone = self.agenda.zone = self.detail.zone = self.app.zone

    # -- the cursor

    @on(MonthGrid.Moved)
    def _day_moved(self, message: MonthGrid.Moved) -> None:
        self.agenda.day = message.day

    @on(MonthGrid.Left)
    def _month_left(self, message: MonthGrid.Left) -> None:
        self._go(message.day)

    @on(Agenda.Moved)
    def _agenda_moved(self, message: Agenda.Moved) -> None:
        self.grid.day = message.day

    @on(MonthGrid.Chosen)
    def _day_chosen(self, message: MonthGrid.Chosen) -> None:
        self.agenda.day = message.day
        self.agenda.focus()

    @on(OccurrenceList.Selected)
    def _selected(self) -> None:
        self._show_detail()

    @on(OccurrenceList.Opened)
    def _opened(self, message: OccurrenceList.Opened) -> None:
        if self.is_active:
            self.app.push_screen(DutyScreen(message.occurrence))

    def _go(self, day: date) -> None:
        self.grid.day = self.agenda.day = day
        self._show_month()

    def on_descendant_focus(self) -> None:
        """Note whether list or calendar is in use; the detail shows the occurrence that the keys act on."""
        if self.focused in (self.list.table, self.detail):
            in_calendar = self.focused is self.detail and self.has_class("-calendar")
        else:
            in_calendar = True
        self._source = self.agenda if in_calendar else self.list
        self.set_class(in_calendar, "-calendar")
        self._show_detail()

    # -- keys

    def action_panel(self, step: int) -> None:
        """Focus the next panel; on a narrow screen the calendar replaces the list."""
        panels: list[Widget] = [self.list.table, self.grid, self.agenda.table]
        if self.detail.display:
            panels.append(self.detail)
        at = panels.index(self.focused) if self.focused in panels else -step
        panel = panels[(at + step) % len(panels)]
        if panel is not self.detail:
            self.set_class(panel is not self.list.table, "-calendar")
        panel.focus()

    def action_month(self, months: int) -> None:
        """Show another month; on a narrow screen the calendar replaces the list, which would hide it."""
        self.grid.action_leaf(months)
        if self.has_class("-narrow") and not self.has_class("-calendar"):
            self._to_calendar()

    def show_day(self, day: date) -> None:
        """Show a day in the calendar."""
        self._go(day)
        self._to_calendar()

    def _to_calendar(self) -> None:
        self.add_class("-calendar")
        self.grid.focus()

    def action_today(self) -> None:
        """Return the calendar to today."""
        self._go(self._today)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable planning for duties that need no plan."""
        return self.chosen is not None and self.chosen.slot.if_planned if action == "plan" else True

    def action_sign(self) -> None:
        """Sign the chosen duty off."""
        if self._is_duty_chosen():
            duty_actions.sign(self.app, self.chosen)

    def action_sign_normal(self) -> None:
        """Sign off every open duty whose findings are all normal, in one go."""
        duty_actions.sign_normal(self.app)

    def action_rerun(self) -> None:
        """Run the chosen duty's inspections again now."""
        if self._is_duty_chosen():
            duty_actions.rerun(self.app, self.chosen)

    def action_report(self) -> None:
        """Open today's report."""
        duty_actions.report(self.app)

    def action_choose_inspection(self) -> None:
        """Choose an inspection and run it now, outside any duty."""
        duty_actions.choose_inspection(self.app)

    def action_skip(self) -> None:
        """Skip the chosen duty."""
        if self._is_duty_chosen():
            duty_actions.skip(self.app, self.chosen)

    def action_plan(self) -> None:
        """Plan the chosen duty, or withdraw its plan."""
        if self._is_duty_chosen():
            duty_actions.plan(self.app, self.chosen)

    def _is_duty_chosen(self) -> bool:
        """Whether a duty is chosen; the month grid chooses only a day, so its duties are focused with a notice."""
        if self.focused is not self.grid:
            return True
        day = day_text(self.grid.day)
        self.agenda.focus()
        self.app.push_screen(
            NoticeScreen(day, _("Choose one of the day's duties, then press the key again."))
        )
        return False
