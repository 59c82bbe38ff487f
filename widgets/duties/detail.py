"""One occurrence in full: its checks, when it is due, who signed it and when."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.reactive import reactive

from services.i18n import _
from services.models.duties import Occurrence, ScheduledOccurrence, SignOff
from services.models.findings import DutyFindings
from services.models.runbook import Duty
from widgets.drawing.block import Block
from widgets.drawing.format import coarse, day_words, pad, wrap
from widgets.drawing.lines import Line, Span, width_of
from widgets.drawing.ticker import every_second
from widgets.duties.wording import (
    State,
    moved_from,
    progress,
    signed_late,
    state_style,
    zone_name,
)
from widgets.findings.wording import recorded_spans, running_words, waiting_span

Fact = tuple[str, Sequence[Span]]
"""A label and its text."""


def fact_lines(
    occurrence: Occurrence, duty: Duty | None, zone: tzinfo, now: datetime, width: int
) -> list[Line]:
    """Title, state, times, window, why the date was moved, the signature and its evidence."""
    state_look, slot = state_style(occurrence), occurrence.slot
    day = now.astimezone(zone).date()
    lines: list[Line] = [[(text, "title")] for text in wrap(slot.title, width)]
    state: list[Span] = [(state_look.text, state_look.role)]
    if occurrence.signed is None:
        state += [("  ", ""), *progress(occurrence, now, zone, day)]
    lines += [*_lines(state, width), []]
    facts = [*_times(occurrence, zone), *_place(slot)]
    if occurrence.signed is not None:
        facts += _signature(occurrence.signed, slot, zone, occurrence.state)
        facts += evidence_facts(occurrence, duty)
    if slot.if_planned:
        words = _("planned") if occurrence.planned else _("it is not planned; it is due only if planned")
        facts.append((_("plan"), [(words, "")]))
    return lines + _table(facts, width)


def ask_lines(occurrence: Occurrence, duty: Duty | None, width: int) -> list[Line]:
    """The runbook's checks, numbered, with a box until they are done."""
    if duty is None:
        return []
    digits = len(str(len(duty.asks)))
    lines: list[Line] = []
    for number, text in enumerate(duty.asks, 1):
        first = [(_box(occurrence, text), "key"), (f"{number:>{digits}} ", "muted")]
        lines += _hanging(first, [(text, "")], width)
    return lines


def _box(occurrence: Occurrence, text: str) -> str:
    """An empty box before sign-off; afterwards whether it was ticked, if it could be."""
    if occurrence.state not in (State.DONE, State.SKIPPED):
        return "□ "
    checked = occurrence.signed.checked if occurrence.signed is not None else None
    if checked is None:
        return "· "
    return "✓ " if text in checked else "– "


def evidence_facts(occurrence: Occurrence, duty: Duty | None) -> list[Fact]:
    """The evidence recorded at sign-off, with the runbook's titles."""
    titles = {str(each.id): str(each.title) for each in duty.evidence} if duty is not None else {}
    evidence = occurrence.signed.evidence if occurrence.signed is not None else {}
    return [(titles.get(id, id), [(" ".join(text.split()), "")]) for id, text in evidence.items()]


def finding_lines(findings: DutyFindings, titles: Mapping[str, str], width: int) -> list[Line]:
    """Each inspection with its verdict, and its summary below."""
    lines: list[Line] = []
    running = {each.inspection: running_words(each) for each in findings.running}
    by_id = {each.finding.inspection: each for each in findings.recorded}
    for id in findings.expected:
        recorded = by_id.get(id)
        title = recorded.finding.title if recorded is not None else titles.get(id, id)
        spans: list[Span] = [(title, "strong"), ("  ", "")]
        if id in running:
            spans.append((running[id], "strong"))
        else:
            spans += [waiting_span(findings, id)] if recorded is None else recorded_spans(recorded)
        lines.append(spans)
        if recorded is not None:
            lines += _hanging([("  ", "")], [(recorded.finding.summary, "")], width)
    return lines


def runbook_lines(duty: Duty | None, width: int, titles: Mapping[str, str] | None = None) -> list[Line]:
    """The runbook's instructions on records, the section, the inspections."""
    if duty is None:
        return []
    names = titles or {}
    facts: list[Fact] = [
        (_("record"), [(duty.record, "")]),
        (_("runbook"), [(duty.section, "")]),
        (_("inspections"), [(_(", ").join(names.get(id, id) for id in duty.inspections), "")]),
    ]
    return _table([(label, spans) for label, spans in facts if spans[0][0]], width)


def moment(at: datetime, zone: tzinfo) -> str:
    """`Mon 5 Jan 2026 09:00 JST`."""
    local = at.astimezone(zone)
    return f"{day_words(local.date(), year=True)} {local:%H:%M} {zone_name(zone, at)}"


def _times(occurrence: Occurrence, zone: tzinfo) -> Iterable[Fact]:
    slot = occurrence.slot
    if not slot.timed:
        yield (_("scheduled for"), [(day_words(slot.day, year=True), "")])
        if slot.until > slot.day:
            yield (_("late from"), [(moment(slot.late_at, zone), "")])
    else:
        yield (_("due at"), [(moment(slot.due_at, zone), "")])
        yield (_("late from"), [(moment(slot.late_at, zone), "")])
    if slot.missed_at is not None:
        yield (
            _("missed from"),
            [(moment(slot.missed_at, zone), ""), ("  " + _("the next one comes"), "muted")],
        )


def _place(slot: ScheduledOccurrence) -> Iterable[Fact]:
    if slot.until > slot.day:
        words = _("once from {first} to {last}")
        days = words.format(first=day_words(slot.day), last=day_words(slot.until))
        yield (_("window"), [(days, "")])
    reason = slot.remark or moved_from(slot)
    if reason:
        yield (_("moved") if slot.moved else _("why this date"), [(reason, "")])


def _signature(sign_off: SignOff, slot: ScheduledOccurrence, zone: tzinfo, state: State) -> Iterable[Fact]:
    skipped = state is State.SKIPPED
    label = _("skipped") if skipped else _("signed off")
    spans: list[Span] = [(moment(sign_off.at, zone), "good" if state is State.DONE else "")]
    late = signed_late(sign_off, skipped=skipped)
    if late:
        after = abs((sign_off.at - slot.due_at).total_seconds())
        words = _("{time} after it was due") if sign_off.at >= slot.due_at else _("{time} before it was due")
        spans.append((f"  {late}", "warn"))
        spans.append(("  " + words.format(time=coarse(after)), "muted"))
    yield (label, spans)
    yield (_("skipped by") if skipped else _("signed off by"), [(sign_off.by, "strong")])
    if sign_off.note:
        yield (_("reason") if skipped else _("note"), [(sign_off.note, "")])


def _table(facts: Iterable[Fact], width: int) -> list[Line]:
    """The facts with their labels in one column; a fact without a label continues the one above."""
    rows = list(facts)
    label = max((cell_len(text) for text, _spans in rows), default=0)
    lines: list[Line] = []
    for text, spans in rows:
        lines += _hanging([(pad(text, label) + "  ", "head")], spans, width)
    return lines


def _hanging(first: Sequence[Span], spans: Sequence[Span], width: int) -> list[Line]:
    indent = width_of(first)
    rows = _lines(spans, width - indent)
    return [[*(first if row == 0 else [(" " * indent, "")]), *line] for row, line in enumerate(rows)]


def _lines(spans: Sequence[Span], width: int) -> list[Line]:
    """The spans on one line if they fit, else each on lines of its own."""
    if width_of(spans) <= width:
        return [list(spans)]
    return [[(line, role)] for text, role in spans for line in wrap(text.strip(), width) if line]


class DutyDetail(VerticalScroll, can_focus=True):
    """Set `occurrence` and `duty`; it scrolls if it is too long."""

    DEFAULT_CSS = """
    DutyDetail { padding: 0 1; scrollbar-size-vertical: 1; }
    """

    occurrence: reactive[Occurrence | None] = reactive(None, repaint=False, init=False)
    duty: reactive[Duty | None] = reactive(None, repaint=False, init=False)
    findings: reactive[DutyFindings | None] = reactive(None, repaint=False, init=False)
    zone: reactive[tzinfo] = reactive(UTC, repaint=False, init=False)

    def __init__(
        self,
        now: Callable[[], datetime],
        zone: tzinfo = UTC,
        *,
        titles: Mapping[str, str] | None = None,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self._now = now
        self._titles = titles or {}
        """Titles of inspections, by id."""
        self.set_reactive(DutyDetail.zone, zone)
        self._minute = -1
        self.facts_block = Block(_("Duty"), self._facts)
        self.findings_block = Block(_("Findings"), self._findings)
        self.asks_block = Block(_("Items to check"), self._asks)
        self.runbook_block = Block(_("What the runbook says"), self._runbook)

    def compose(self) -> ComposeResult:
        """The blocks; empty ones are hidden."""
        yield self.facts_block
        yield self.findings_block
        yield self.asks_block
        yield self.runbook_block

    def on_mount(self) -> None:
        """Draw, and update the remaining time once a minute."""
        self._show()
        every_second(self, self._tick)

    def watch_occurrence(self, before: Occurrence | None, occurrence: Occurrence | None) -> None:
        """Show the occurrence; a different one is shown from its top."""
        if before is None or occurrence is None or before.key != occurrence.key:
            self.scroll_home(animate=False)
        self._update()

    def watch_duty(self) -> None:
        """Show the runbook's text about it."""
        self._update()

    def watch_findings(self) -> None:
        """Show the findings."""
        self._update()

    def watch_zone(self) -> None:
        """Show the times in another zone."""
        self._update()

    def _tick(self) -> None:
        minute = int(self._now().timestamp()) // 60
        if minute != self._minute:
            self._minute = minute
            self.facts_block.update()

    def _update(self) -> None:
        if self.is_mounted:
            self._show()

    def _show(self) -> None:
        self.asks_block.display = (
            self.occurrence is not None and self.duty is not None and bool(self.duty.asks)
        )
        self.runbook_block.display = self.occurrence is not None and self.duty is not None
        self.findings_block.display = self.occurrence is not None and self.findings is not None
        for block in (self.facts_block, self.findings_block, self.asks_block, self.runbook_block):
            block.update()

    def _facts(self, width: int) -> Sequence[Line]:
        if self.occurrence is None:
            return [[(_("no duty chosen"), "muted")]]
        return fact_lines(self.occurrence, self.duty, self.zone, self._now(), width)

    def _asks(self, width: int) -> Sequence[Line]:
        return ask_lines(self.occurrence, self.duty, width) if self.occurrence is not None else []

    def _findings(self, width: int) -> Sequence[Line]:
        return finding_lines(self.findings, self._titles, width) if self.findings is not None else []

    def _runbook(self, width: int) -> Sequence[Line]:
        return runbook_lines(self.duty, width, self._titles)
