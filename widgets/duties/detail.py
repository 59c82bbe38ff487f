from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import Container, Vertical, VerticalScroll
from textual.events import Resize
from textual.reactive import reactive

from services.i18n import _
from services.models import glyphs
from services.models.asks import AskLine, AskState, ask_lines, left_open
from services.models.date_text import day_text
from services.models.duties import DutyProgress, Occurrence, ScheduledOccurrence, SignOff
from services.models.findings import DutyFindings
from services.models.runbook import Duty
from services.models.runbook_playbooks import Step
from services.models.verdict import Verdict
from widgets.alarms.playbook import StepContext, places_hint, step_lines
from widgets.drawing.block import DetailBlock
from widgets.drawing.format import coarse, pad, wrap
from widgets.drawing.lines import Line, Span, width_of
from widgets.drawing.state_styles import VERDICT_STYLES
from widgets.drawing.ticker import every_second
from widgets.duties.duty_wording import (
    State,
    clock_of,
    moved_from,
    progress,
    signed_late,
    state_style,
    zone_name,
)
from widgets.findings.finding_wording import REFERENCE, recorded_spans, running_words, waiting_span

Fact = tuple[str, Sequence[Span]]  # A label and its text


def fact_lines(
    occurrence: Occurrence, duty: Duty | None, zone: tzinfo, now: datetime, width: int
) -> list[Line]:
    state_look, slot = state_style(occurrence), occurrence.slot
    day = now.astimezone(zone).date()
    state: list[Span] = [(state_look.text, state_look.role)]
    if occurrence.signed is None:
        state += [("  ", ""), *progress(occurrence, now, zone, day)]
    head: list[Span] = [(slot.title, "title"), ("  ", ""), *state]
    lines: list[Line] = [head]
    if width_of(head) > width:
        lines = [[(text, "title")] for text in wrap(slot.title, width)] + fitting(state, width)
    facts = [*_times(occurrence, zone, day), *_place(slot, day)]
    if occurrence.progress is not None:
        facts += _begun(occurrence, occurrence.progress, duty, zone, day)
    if occurrence.signed is not None:
        facts += _signature(occurrence, occurrence.signed, duty, zone, day)
        facts += evidence_facts(occurrence.signed.evidence, duty)
    if slot.if_planned:
        words = _("planned") if occurrence.planned else _("it is not planned; it is due only if planned")
        facts.append((_("Plan"), [(words, "")]))
    return lines + fact_table(facts, width)


def checked_lines(
    occurrence: Occurrence,
    duty: Duty | None,
    findings: DutyFindings | None,
    zone: tzinfo,
    day: date,
    width: int,
) -> list[Line]:
    if duty is None:
        return []
    digits = len(str(len(duty.asks)))
    lines: list[Line] = []
    for number, ask in enumerate(ask_lines(occurrence, duty, findings), 1):
        mark, role = _mark(ask)
        first: list[Span] = [(f"{mark} ", role), (f"{number:>{digits}} ", "muted")]
        text: list[Span] = [(ask.text, "muted" if role == "good" else "")]
        if ask.unjudged:
            text.append((f"  {VERDICT_STYLES[Verdict.UNKNOWN].text}", "warn"))
        if ask.tick is not None:
            text.append((f"  {ask.tick.by} {clock_of(ask.tick.at, zone, day)}", "muted"))
        lines += hanging(first, text, width)
    return lines


_MARKS = {
    AskState.RUNNING: (glyphs.RUNNING, "strong"),
    AskState.UNREAD: (glyphs.NO_RECORD, "muted"),
    AskState.WAITING: (glyphs.WAITING, "caution"),
    AskState.TICKED: (glyphs.DONE, "good"),
    AskState.LEFT_OPEN: (glyphs.MISSING, "warn"),
}


def _mark(ask: AskLine) -> tuple[str, str]:
    if ask.verdict is Verdict.NORMAL:
        return glyphs.DONE, "good"
    if ask.verdict is not None:
        style = VERDICT_STYLES[ask.verdict]
        return style.mark, style.role
    return _MARKS.get(ask.state, (glyphs.NO_RECORD, "muted"))


def evidence_facts(evidence: Mapping[str, str], duty: Duty | None) -> list[Fact]:
    titles = {str(each.id): str(each.title) for each in duty.evidence} if duty is not None else {}
    return [(titles.get(id, id), [(" ".join(text.split()), "")]) for id, text in evidence.items()]


def finding_lines(findings: DutyFindings, titles: Mapping[str, str], width: int) -> list[Line]:
    lines: list[Line] = []
    if findings.for_reference:
        words = _("For reference: a person does this duty.")
        lines += hanging([(f"{REFERENCE.mark} ", REFERENCE.role)], [(words, REFERENCE.role)], width)
    running = {each.inspection: running_words(each) for each in findings.running}
    by_id = {each.finding.inspection: each for each in findings.recorded}
    for id in findings.expected:
        recorded = by_id.get(id)
        title = recorded.finding.title if recorded is not None else titles.get(id, id)
        spans: list[Span] = [(title, "strong"), ("  ", "")]
        if id in running:
            spans.append((running[id], "strong"))
        elif recorded is None:
            spans.append(waiting_span(findings, id))
        elif not findings.for_reference:
            spans += recorded_spans(recorded)
        lines.append(spans)
        if recorded is not None:
            lines += hanging([("  ", "")], [(recorded.finding.summary, "")], width)
    return lines


def runbook_lines(duty: Duty | None, width: int, titles: Mapping[str, str] | None = None) -> list[Line]:
    if duty is None:
        return []
    names = titles or {}
    facts: list[Fact] = [
        (_("To be recorded"), [(duty.record, "")]),
        (_("Runbook"), [(duty.section, "")]),
        (_("Inspections"), [(_(", ").join(names.get(id, id) for id in duty.inspections), "")]),
    ]
    return fact_table([(label, spans) for label, spans in facts if spans[0][0]], width)


def _times(occurrence: Occurrence, zone: tzinfo, day: date) -> Iterable[Fact]:
    slot = occurrence.slot
    due = moment(slot.due_at, zone, day) if slot.timed else day_text(slot.day, day)
    later: list[Span] = []
    if slot.timed or slot.until > slot.day:
        text = _("late from {time}", time=_near(slot.late_at, slot, zone, day))
        later.append((f"  {text}", "muted"))
    if slot.missed_at is not None:
        text = _("missed from {time}", time=_near(slot.missed_at, slot, zone, day))
        later.append((f"  {text}", "muted"))
    yield (_("Due at") if slot.timed else _("Scheduled for"), [(due, ""), *later])


def moment(at: datetime, zone: tzinfo, day: date) -> str:
    """`01-05(Mon) 09:00 JST`: always with the date; with the year if it is not that of `day`."""
    local = at.astimezone(zone)
    return f"{day_text(local.date(), day)} {local:%H:%M} {zone_name(zone, at)}"


def _near(at: datetime, slot: ScheduledOccurrence, zone: tzinfo, day: date) -> str:
    local = at.astimezone(zone)
    return f"{local:%H:%M}" if local.date() == slot.day else f"{day_text(local.date(), day)} {local:%H:%M}"


def _place(slot: ScheduledOccurrence, day: date) -> Iterable[Fact]:
    if slot.until > slot.day:
        days = _("once from {first} to {last}", first=day_text(slot.day, day), last=day_text(slot.until, day))
        yield (_("Days"), [(days, "")])
    reason = slot.remark or moved_from(slot)
    if reason:
        yield (_("Moved") if slot.moved else _("Why this date"), [(reason, "")])


def _begun(
    occurrence: Occurrence, begun: DutyProgress, duty: Duty | None, zone: tzinfo, day: date
) -> Iterable[Fact]:
    if occurrence.underway:
        lines = duty.asks if duty is not None else ()
        done = len(lines) - len(begun.open_lines(lines))
        count = _("{done} of {total} ticked", done=done, total=len(lines))
        yield (_("Progress"), [(count, "strong"), (f"  {begun.by} {clock_of(begun.at, zone, day)}", "muted")])
        yield from evidence_facts(begun.evidence, duty)
    for note in begun.notes:
        yield (_("Note"), [(note.text, ""), (f"  {note.by} {clock_of(note.at, zone, day)}", "muted")])


def _signature(
    occurrence: Occurrence, sign_off: SignOff, duty: Duty | None, zone: tzinfo, day: date
) -> Iterable[Fact]:
    skipped, slot = occurrence.state is State.SKIPPED, occurrence.slot
    role = "good" if occurrence.state is State.DONE else ""
    spans: list[Span] = [(moment(sign_off.at, zone, day), role), (f"  {sign_off.by}", "strong")]
    late = signed_late(sign_off, skipped=skipped)
    if late:
        after = abs((sign_off.at - slot.due_at).total_seconds())
        words = _("{time} after it was due") if sign_off.at >= slot.due_at else _("{time} before it was due")
        spans.append((f"  {late}", "warn"))
        spans.append(("  " + words.format(time=coarse(after)), "muted"))
    yield (_("Skipped") if skipped else _("Signed off at"), spans)
    if sign_off.note:
        yield (_("Reason") if skipped else _("Note"), [(sign_off.note, "")])
    left = left_open(duty, sign_off.checked or ()) if duty is not None else ()
    if sign_off.checked is not None and left:
        yield (_("Left open"), [(_(", ").join(left), "warn")])


def fact_table(facts: Iterable[Fact], width: int) -> list[Line]:
    rows = list(facts)
    label = max((cell_len(text) for text, _spans in rows), default=0)
    lines: list[Line] = []
    for text, spans in rows:
        lines += hanging([(pad(text, label) + "  ", "head")], spans, width)
    return lines


def hanging(first: Sequence[Span], spans: Sequence[Span], width: int) -> list[Line]:
    indent = width_of(first)
    rows = fitting(spans, width - indent)
    return [[*(first if row == 0 else [(" " * indent, "")]), *line] for row, line in enumerate(rows)]


def fitting(spans: Sequence[Span], width: int) -> list[Line]:
    lines: list[list[Span]] = [[]]
    for text, role in spans:
        if not lines[-1]:
            text = text.lstrip()
        if width_of([*lines[-1], (text, role)]) <= width:
            lines[-1].append((text, role))
            continue
        rows = [row for row in wrap(text.strip(), width) if row]
        lines = [*(line for line in lines if line), *([(row, role)] for row in rows)]
    return [*lines]


_TWO_COLUMNS = 100  # Width in cells from which what is known and what the runbook wants stand side by side


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
        self.facts_block = DetailBlock(_("Duty"), self._facts)
        self.findings_block = DetailBlock(_("Findings"), self._findings)
        self.asks_block = DetailBlock(_("Items to check"), self._asks)
        self.steps_block = DetailBlock(_("What to do"), self._steps, beside=lambda: places_hint(self.places))
        self.runbook_block = DetailBlock(_("What the runbook says"), self._runbook)

    @property
    def _blocks(self) -> tuple[DetailBlock, ...]:
        return self.facts_block, self.findings_block, self.asks_block, self.steps_block, self.runbook_block

    def compose(self) -> ComposeResult:
        with Container(id="columns"):
            with Vertical():
                yield self.facts_block
                yield self.findings_block
            with Vertical(id="asked"):
                yield self.asks_block
                yield self.steps_block
                yield self.runbook_block

    def on_mount(self) -> None:
        self._show()
        every_second(self, self._tick)

    def on_resize(self, event: Resize) -> None:
        self.set_class(event.size.width >= _TWO_COLUMNS, "-side-by-side")

    def watch_occurrence(self, before: Occurrence | None, occurrence: Occurrence | None) -> None:
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
