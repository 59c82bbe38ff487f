from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Self

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.reactive import reactive

from services.i18n import _
from services.models.findings import DutyFindings, Recorded
from widgets.drawing.columns import Column
from widgets.drawing.format import clock
from widgets.drawing.lines import Line, width_of
from widgets.drawing.table import KeyedTable, Row
from widgets.findings.finding_wording import recorded_spans, running_words, tally_spans, waiting_span

_FINDING = 28  # Most cells of a verdict in words


class FindingList(Vertical):
    """A row per inspection; set `findings`, and `titles` for those without a finding. The focus goes to its table."""

    DEFAULT_CSS = """
    FindingList { height: auto; width: 1fr; }
    FindingList KeyedTable { height: auto; max-height: 12; }
    """

    findings: reactive[DutyFindings | None] = reactive(None, repaint=False, init=False)
    zone: reactive[tzinfo] = reactive(UTC, repaint=False, init=False)

    @dataclass
    class Opened(Message):
        recorded: Recorded | None

    def __init__(
        self, zone: tzinfo = UTC, *, titles: dict[str, str] | None = None, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self.set_reactive(FindingList.zone, zone)
        self._titles = titles or {}
        self.table = KeyedTable(
            (
                Column(_("Inspection"), max_width=22),
                Column(_("Finding"), max_width=_FINDING),
                Column("", flex=1, min_width=20),
                Column(_("Read"), max_width=9, rank=1),
            )
        )

    def compose(self) -> ComposeResult:
        yield self.table

    def on_mount(self) -> None:
        self._fill()

    def focus(self, scroll_visible: bool = True) -> Self:
        self.table.focus(scroll_visible)
        return self

    @property
    def selected(self) -> Recorded | None:
        recorded = self.findings.recorded if self.findings is not None else ()
        return next((each for each in recorded if each.finding.inspection == self.table.cursor_key), None)

    def _fill(self) -> None:
        if self.is_mounted:
            self.table.set_rows(list(self._rows()))

    watch_findings = watch_zone = _fill

    def _rows(self) -> Iterable[Row]:
        if self.findings is None:
            return
        by_id = {each.finding.inspection: each for each in self.findings.recorded}
        running = {each.inspection: each for each in self.findings.running}
        for id in self.findings.expected:
            title = self._titles.get(id, id)
            if id in running:
                words = running_words(running[id])
                yield Row(id, ([(title, "")], [(words, "strong")], _summary(by_id.get(id)), []))
            elif id in by_id:
                recorded = by_id[id]
                yield Row(
                    id,
                    (
                        [(recorded.finding.title, "")],
                        self._verdict(recorded),
                        [(recorded.finding.summary, "")],
                        [(clock(recorded.finding.read_at, self.zone, name=False), "muted")],
                    ),
                )
            else:
                yield Row(id, ([(title, "")], [waiting_span(self.findings, id)], [], []))

    def _verdict(self, recorded: Recorded) -> Line:
        spans = recorded_spans(
            recorded, for_reference=self.findings is not None and self.findings.for_reference
        )
        is_cut = width_of(spans) > _FINDING and recorded.overruled is None
        return tally_spans(recorded.finding.tally) if is_cut else spans

    @on(KeyedTable.Selected)
    def _open(self, event: KeyedTable.Selected) -> None:
        event.stop()
        self.post_message(self.Opened(self.selected))


def _summary(recorded: Recorded | None) -> Line:
    return [(recorded.finding.summary, "muted")] if recorded is not None else []
