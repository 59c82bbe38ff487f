"""One occurrence in full: its checks, when it is due, who signed it and when."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo

from textual.app import ComposeResult
from textual.containers import Container, Vertical, VerticalScroll
from textual.events import Resize
from textual.reactive import reactive

from services.i18n import _
from services.models.duties import Occurrence
from services.models.findings import DutyFindings
from services.models.runbook import Duty
from services.models.runbook_playbooks import Step
from widgets.alarms.playbook import StepContext, places_hint, step_lines
from widgets.drawing.block import Block
from widgets.drawing.lines import Line
from widgets.drawing.ticker import every_second
from widgets.duties.facts import checked_lines, fact_lines, finding_lines, runbook_lines

_TWO_COLUMNS = 100
"""Width in cells from which what is known and what the runbook wants stand side by side."""


class DutyDetail(VerticalScroll, can_focus=True):
    """Set `occurrence` and `duty`; it scrolls if it is too long."""

    DEFAULT_CSS = """
    DutyDetail {
        padding: 0 1; scrollbar-size-vertical: 1;
        & #columns { height: auto; width: 1fr; }
        & #columns > Vertical { height: auto; width: 1fr; }
        &.-side-by-side #columns { layout: horizontal; }
        &.-side-by-side #asked { margin-left: 2; }
    }
    """

    occurrence: reactive[Occurrence | None] = reactive(None, repaint=False, init=False)
    duty: reactive[Duty | None] = reactive(None, repaint=False, init=False)
    findings: reactive[DutyFindings | None] = reactive(None, repaint=False, init=False)
    places: reactive[tuple[str, ...]] = reactive((), repaint=False, init=False)
    """What the places are called that the duty's steps lead to; "" for a step that leads nowhere."""
    zone: reactive[tzinfo] = reactive(UTC, repaint=False, init=False)

    def __init__(
        self,
        now: Callable[[], datetime],
        zone: tzinfo = UTC,
        *,
        titles: Mapping[str, str] | None = None,
        with_findings: bool = True,
        id: str | None = None,
    ) -> None:
        """`titles` of inspections, by id. Without `with_findings` only the runbook's lines use the findings."""
        super().__init__(id=id)
        self._now = now
        self._titles = titles or {}
        self._with_findings = with_findings
        self.set_reactive(DutyDetail.zone, zone)
        self._minute = -1
        self.facts_block = Block(_("Duty"), self._facts)
        self.findings_block = Block(_("Findings"), self._findings)
        self.asks_block = Block(_("Items to check"), self._asks)
        self.steps_block = Block(_("What to do"), self._steps, beside=lambda: places_hint(self.places))
        self.runbook_block = Block(_("What the runbook says"), self._runbook)

    @property
    def _blocks(self) -> tuple[Block, ...]:
        return self.facts_block, self.findings_block, self.asks_block, self.steps_block, self.runbook_block

    def compose(self) -> ComposeResult:
        """The blocks; empty ones are hidden."""
        with Container(id="columns"):
            with Vertical():
                yield self.facts_block
                yield self.findings_block
            with Vertical(id="asked"):
                yield self.asks_block
                yield self.steps_block
                yield self.runbook_block

    def on_mount(self) -> None:
        """Draw, and update the remaining time once a minute."""
        self._show()
        every_second(self, self._tick)

    def on_resize(self, event: Resize) -> None:
        """Place the columns side by side if there is room."""
        self.set_class(event.size.width >= _TWO_COLUMNS, "-side-by-side")

    def watch_occurrence(self, before: Occurrence | None, occurrence: Occurrence | None) -> None:
        """Show the occurrence; a different one is shown from its top."""
        if before is None or occurrence is None or before.key != occurrence.key:
            self.scroll_home(animate=False)
        self._update()

    def _tick(self) -> None:
        minute = int(self._now().timestamp()) // 60
        if minute != self._minute:
            self._minute = minute
            self.facts_block.update()

    def _update(self) -> None:
        if self.is_mounted:
            self._show()

    watch_duty = watch_places = watch_findings = watch_zone = _update

    def _show(self) -> None:
        is_duty = self.occurrence is not None and self.duty is not None
        self.asks_block.display = is_duty and self.duty is not None and bool(self.duty.asks)
        self.runbook_block.display = is_duty
        self.steps_block.display = bool(self.places)
        self.findings_block.display = (
            self.occurrence is not None and self.findings is not None and self._with_findings
        )
        for block in self._blocks:
            block.update()

    def _facts(self, width: int) -> Sequence[Line]:
        if self.occurrence is None:
            return [[(_("No duty chosen."), "muted")]]
        return fact_lines(self.occurrence, self.duty, self.zone, self._now(), width)

    def _asks(self, width: int) -> Sequence[Line]:
        if self.occurrence is None:
            return []
        day = self._now().astimezone(self.zone).date()
        return checked_lines(self.occurrence, self.duty, self.findings, self.zone, day, width)

    def _steps(self, width: int) -> Sequence[Line]:
        steps = self.duty.steps if self.duty is not None else (Step(text=_("Revert the change")),)
        context = StepContext(self.places)
        return [line for index, step in enumerate(steps) for line in step_lines(index, step, context, width)]

    def _findings(self, width: int) -> Sequence[Line]:
        return finding_lines(self.findings, self._titles, width) if self.findings is not None else []

    def _runbook(self, width: int) -> Sequence[Line]:
        return runbook_lines(self.duty, width, self._titles)
