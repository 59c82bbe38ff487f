"""運用報告書: the report on the screen, made again whenever the journal grows; it can be remarked on, saved and signed."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from functools import partial
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from services.i18n import N_, _
from services.models.duties import Occurrence
from services.models.journal import EntryKind, NewEntry
from services.models.report import Report
from services.report.make import make
from services.report.periods import Period, PeriodSpan, fiscal_year, of_day, of_fiscal_year, of_month
from services.report.rendering.dispatch import document
from tui.screens.common.writing_dialog import WritingDialog
from tui.screens.duties import signing
from tui.screens.report.made_report import MadeReportScreen
from tui.screens.report.save import offer_saving, save_report
from widgets.drawing.lines import ROLES
from widgets.drawing.prose import Prose


class ReportScreen(MadeReportScreen[Report]):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "app.pop_screen", N_("Back"), show=True),
        Binding("s", "sign", N_("Sign off"), show=True),
        Binding("f8", "remark", N_("Add note"), show=True),
        Binding("ctrl+s", "save", N_("Save"), show=True),
        Binding("left_square_bracket", "step(-1)", N_("Previous"), show=True),
        Binding("right_square_bracket", "step(1)", N_("Next"), show=True),
        Binding("D", "span('day')", N_("Day"), show=True),
        Binding("M", "span('month')", N_("Month"), show=True),
        Binding("Y", "span('fiscal-year')", N_("Fiscal year"), show=True),
    ]

    def __init__(self, period: Period, occurrence: Occurrence | None = None) -> None:
        super().__init__(_("Operations report"), document)
        self.period = period
        self.occurrence = occurrence

    async def opened(self) -> None:
        """Make the report, which includes AWS usage; that is otherwise recorded only at intervals."""
        self.scroll.focus()
        await self.services.usage_log.record()
        await super().opened()

    async def maker(self, now: datetime, stale: str) -> Callable[[], Report]:
        services = self.services
        return partial(make, services.journal.path, services.runbook, self.period, now, stale=stale)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "sign":
            return self.occurrence is not None and self.app.ready.duties.signable(self.occurrence.slot)
        if action == "step":
            return parameters[0] == -1 or self._next_day() is not None
        return True

    def action_sign(self) -> None:
        if self.occurrence is not None:
            signing.sign_now(self.app, self.occurrence)

    def action_remark(self) -> None:
        self.app.push_screen(RemarkScreen(self.period))

    def action_step(self, by: int) -> None:
        """Show the next (1) or previous (-1) period, unless it has not begun."""
        day = self.period.first - timedelta(days=1) if by < 0 else self._next_day()
        if day is not None:
            self._show(self.period.span, of_day(day))

    def _next_day(self) -> date | None:
        day = self.period.last + timedelta(days=1)
        return day if day <= self.services.calendar.day_of(self.app.now()) else None

    def action_span(self, span: str) -> None:
        self._show(
            PeriodSpan(span), of_day(min(self.period.last, self.services.calendar.day_of(self.app.now())))
        )

    def _show(self, span: PeriodSpan, day: Period) -> None:
        makers = {
            PeriodSpan.DAY: lambda: day,
            PeriodSpan.MONTH: lambda: of_month(day.first),
            PeriodSpan.FISCAL_YEAR: lambda: of_fiscal_year(fiscal_year(day.first)),
        }
        self.period = makers[span]()
        self.report = None
        self.scroll.scroll_home(animate=False)
        self.make()

    def action_save(self) -> None:
        report, name = self.report, self.period.name
        if report is not None:
            offer_saving(self.app, lambda form: save_report(report, name, form))


class RemarkScreen(WritingDialog):
    HEADING = N_("Add note")
    PROMPT = N_("Note to add to the report")
    may_wait = True

    def __init__(self, period: Period) -> None:
        super().__init__()
        self.period = period

    def about(self) -> Iterable[Widget]:
        words = _("Operations report {name}", name=self.period.name)
        yield Prose(Content.styled(words, ROLES["title"]), classes="about")

    def refused(self, text: str) -> str:
        return "" if text else _("Nothing has been written yet.")

    async def write(self, text: str) -> str:
        new_entry = NewEntry(
            kind=EntryKind.REMARK,
            subject=self.period.subject,
            text=" ".join(text.split()),
            data={"text": text},
        )
        await self.app.ready.journal.append(new_entry)
        return _("The note was added to the report")
