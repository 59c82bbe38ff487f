"""One finding in full: measured values with their limits, the evidence, the advice."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, tzinfo

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.reactive import reactive

from services.i18n import _
from services.models.findings import Recorded, RunningInspection
from widgets.drawing.block import Block
from widgets.drawing.lines import Line
from widgets.findings.lines import evidence_lines, head_lines, marked_lines, measure_lines, provenance_lines
from widgets.findings.wording import running_words


class FindingView(VerticalScroll, can_focus=True):
    """The finding; set `recorded`, and `running` while the inspection runs again."""

    DEFAULT_CSS = """
    FindingView { height: 1fr; width: 1fr; scrollbar-size-vertical: 1; }
    """

    recorded: reactive[Recorded | None] = reactive(None, repaint=False, init=False)
    running: reactive[RunningInspection | None] = reactive(None, repaint=False, init=False)
    zone: reactive[tzinfo] = reactive(UTC, repaint=False, init=False)

    def __init__(self, now: Callable[[], datetime], zone: tzinfo = UTC, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.set_reactive(FindingView.zone, zone)
        self._now = now
        self.head = Block(_("finding"), self._head)
        self.advice = Block(_("what to do"), self._advice)
        self.measures = Block(_("measured and allowed"), self._measures)
        self.evidence = Block(_("evidence"), self._evidence)
        self.remarks = Block(_("remarks"), self._remarks)
        self.origin = Block(_("this run"), self._origin)

    @property
    def _blocks(self) -> tuple[Block, ...]:
        return self.head, self.advice, self.measures, self.evidence, self.remarks, self.origin

    def compose(self) -> ComposeResult:
        """The blocks; empty ones are hidden."""
        yield from self._blocks

    def on_mount(self) -> None:
        """Show what was set before mounting."""
        self._show()

    def watch_recorded(self, before: Recorded | None, recorded: Recorded | None) -> None:
        """Show the finding; a different one is shown from its top."""
        if before is None or recorded is None or before.finding.inspection != recorded.finding.inspection:
            self.scroll_home(animate=False)
        self._show()

    def watch_running(self) -> None:
        """Show that the inspection runs again; the finding below stays."""
        if self.is_mounted:
            self.head.update()

    def watch_zone(self) -> None:
        """Show the times in another zone."""
        self._show()

    def _show(self) -> None:
        if not self.is_mounted:
            return
        finding = self.recorded.finding if self.recorded is not None else None
        self.advice.display = finding is not None and bool(finding.advice)
        self.measures.display = finding is not None and bool(finding.measures)
        self.evidence.display = finding is not None and bool(finding.evidence)
        self.remarks.display = finding is not None and bool(finding.remarks)
        self.origin.display = finding is not None
        for block in self._blocks:
            block.update()

    def _head(self, width: int) -> Sequence[Line]:
        lines: list[Line] = []
        if self.running is not None:
            lines.append([(running_words(self.running), "muted")])
        if self.recorded is not None:
            return [*lines, *head_lines(self.recorded, self.zone, self._now(), width)]
        return lines or [[(_("no finding yet"), "muted")]]

    def _advice(self, width: int) -> Sequence[Line]:
        return marked_lines(self.recorded.finding.advice, "→ ", "strong", width) if self.recorded else []

    def _measures(self, width: int) -> Sequence[Line]:
        return measure_lines(self.recorded.finding.measures, width) if self.recorded else []

    def _evidence(self, width: int) -> Sequence[Line]:
        lines: list[Line] = []
        for evidence in self.recorded.finding.evidence if self.recorded else ():
            lines += [*([[]] if lines else []), *evidence_lines(evidence, width)]
        return lines

    def _remarks(self, width: int) -> Sequence[Line]:
        return marked_lines(self.recorded.finding.remarks, "· ", "muted", width) if self.recorded else []

    def _origin(self, width: int) -> Sequence[Line]:
        return provenance_lines(self.recorded, self.zone, self._now(), width) if self.recorded else []
