from collections.abc import Callable, Sequence
from datetime import UTC, datetime, tzinfo

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.reactive import reactive

from services.i18n import _
from services.models.evidence import Evidence
from services.models.findings import Finding, Recorded, RunningInspection
from widgets.drawing.block import DetailBlock
from widgets.drawing.lines import Line, Span, spread
from widgets.findings.evidence import EvidenceTable
from widgets.findings.finding_wording import running_words
from widgets.findings.lines import band_lines, marked_lines, measure_lines, provenance_lines


class FindingView(VerticalScroll, can_focus=True):
    """The finding; set `recorded`, and `running` while the inspection runs again."""

    DEFAULT_CSS = """
    FindingView {
        height: 1fr; width: 1fr; padding: 0 1; scrollbar-size-vertical: 1;
        & #evidence { height: auto; }
    }
    """

    recorded: reactive[Recorded | None] = reactive(None, repaint=False, init=False)
    running: reactive[RunningInspection | None] = reactive(None, repaint=False, init=False)
    place: reactive[tuple[str, str]] = reactive(("", ""), repaint=False, init=False)
    """The finding's position among its duty's (`2/3`), and the duty's title."""
    for_reference: reactive[bool] = reactive(False, repaint=False, init=False)
    """A person does the duty: the finding says nothing about whether it was done, and has no verdict."""
    zone: reactive[tzinfo] = reactive(UTC, repaint=False, init=False)

    def __init__(self, now: Callable[[], datetime], zone: tzinfo = UTC, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.set_reactive(FindingView.zone, zone)
        self._now = now
        self.head = DetailBlock("", self._head)
        self.advice = DetailBlock(_("What to do"), self._advice)
        self.measures = DetailBlock(_("Measured values"), self._measures)
        self.evidence = Vertical(id="evidence")
        self.remarks = DetailBlock(_("Also to know"), self._remarks)
        self.origin = DetailBlock(_("This run"), self._origin)

    @property
    def _blocks(self) -> tuple[DetailBlock, ...]:
        return self.advice, self.measures, self.remarks, self.origin

    @property
    def tables(self) -> tuple[EvidenceTable, ...]:
        return tuple(each for each in self.evidence.query_children(EvidenceTable) if each.display)

    def compose(self) -> ComposeResult:
        yield self.head
        yield self.advice
        yield self.measures
        yield self.evidence
        yield self.remarks
        yield self.origin

    def on_mount(self) -> None:
        self._show()

    def watch_recorded(self, before: Recorded | None, recorded: Recorded | None) -> None:
        if before is None or recorded is None or before.finding.inspection != recorded.finding.inspection:
            self.scroll_home(animate=False)
        self._show()

    def watch_running(self) -> None:
        if self.is_mounted:
            self.head.update()

    watch_place = watch_running

    @property
    def _finding(self) -> Finding | None:
        finding = self.recorded.finding if self.recorded is not None else None
        return finding.without_verdicts if finding is not None and self.for_reference else finding

    def _show(self) -> None:
        if not self.is_mounted:
            return
        finding = self._finding
        self.advice.display = finding is not None and bool(finding.advice)
        self.measures.display = finding is not None and bool(finding.measures)
        self.remarks.display = finding is not None and bool(finding.remarks)
        self.origin.display = finding is not None
        self._show_evidence(finding.evidence if finding is not None else ())
        self.head.update()
        for block in self._blocks:
            block.update()

    watch_for_reference = watch_zone = _show

    def _show_evidence(self, evidence: Sequence[Evidence]) -> None:
        tables = list(self.evidence.query_children(EvidenceTable))
        more = [EvidenceTable() for _each in evidence[len(tables) :]]
        if more:
            self.evidence.mount(*more)
        tables += more
        for index, table in enumerate(tables):
            table.display = index < len(evidence)
            table.year = self._now().astimezone(self.zone).year
            table.evidence = evidence[index] if index < len(evidence) else None

    def _head(self, width: int) -> Sequence[Line]:
        recorded = self.recorded
        position, duty = self.place
        title = recorded.finding.title if recorded is not None else _("Finding")
        left: list[Span] = [(title, "title"), (f"  {position}" if position else "", "strong")]
        lines: list[Line] = [spread(left, [(duty, "muted")], width)]
        if self.running is not None:
            lines.append([(running_words(self.running), "strong")])
        if recorded is not None:
            band = band_lines(recorded, self.zone, self._now(), width, for_reference=self.for_reference)
            return [*lines, *band]
        return lines if self.running is not None else [*lines, [(_("No finding yet."), "muted")]]

    def _advice(self, width: int) -> Sequence[Line]:
        return marked_lines(self.recorded.finding.advice, "→ ", "strong", width) if self.recorded else []

    def _measures(self, width: int) -> Sequence[Line]:
        finding = self._finding
        return measure_lines(finding.measures, width) if finding is not None else []

    def _remarks(self, width: int) -> Sequence[Line]:
        return marked_lines(self.recorded.finding.remarks, "· ", "muted", width) if self.recorded else []

    def _origin(self, width: int) -> Sequence[Line]:
        return provenance_lines(self.recorded, self.zone, self._now(), width) if self.recorded else []
