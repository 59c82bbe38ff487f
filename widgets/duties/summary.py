"""The day in one sentence: how many duties there are, what waits for a person and how bad it is, and what comes next."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, tzinfo

from textual.reactive import reactive

from services.i18n import _, plural
from services.models import glyphs
from services.models.date_text import day_text
from services.models.duties import DutyView, Occurrence, OccurrenceState
from services.models.findings import DutyFindings, FindingsView
from services.models.verdict import Verdict, tally
from widgets.drawing.lines import Line, LineWidget, Span, spread, width_of
from widgets.drawing.state_styles import VERDICT_STYLES
from widgets.duties.duty_wording import clock_of, closed_words, zone_name

Part = Sequence[Span]


class DaySummary(LineWidget):
    DEFAULT_CSS = """
    DaySummary { height: 1; padding: 0 1; }
    """

    view: reactive[DutyView | None] = reactive(None, repaint=False, init=False)
    findings: reactive[FindingsView | None] = reactive(None, repaint=False, init=False)
    zone: reactive[tzinfo] = reactive(UTC, repaint=False, init=False)
    on_duty: reactive[str] = reactive("", repaint=False, init=False)
    """Who is on duty today; "" if the roster names nobody. Shown at the end of the line where it fits."""

    def __init__(self, now: Callable[[], datetime], zone: tzinfo = UTC, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.set_reactive(DaySummary.zone, zone)
        self._now = now

    watch_view = watch_findings = watch_zone = watch_on_duty = LineWidget.redraw

    def draw(self, width: int, height: int) -> Sequence[Line]:
        if self.view is None:
            return [[(_("Reading…"), "muted")]]
        sentence = day_sentence(self.view, self.findings, self.zone, self._now())
        if width_of(sentence) > width:
            sentence = day_sentence(self.view, self.findings, self.zone, self._now(), named=False)
        duty: Line = [(_("on duty"), "muted"), (f" {self.on_duty}", "")]
        if not self.on_duty or width_of(sentence) + 2 + width_of(duty) > width:
            return [sentence]
        return [spread(sentence, duty, width)]


class PanelHint(LineWidget):
    """Says which panel Tab leads to, where there is no room for both."""

    leads_to: reactive[str] = reactive("", repaint=False, init=False)

    watch_leads_to = LineWidget.redraw

    def draw(self, width: int, height: int) -> Sequence[Line]:
        return [[(" ", ""), ("Tab", "key"), (f" {self.leads_to}", "muted")]]


def day_sentence(
    view: DutyView, findings: FindingsView | None, zone: tzinfo, now: datetime, *, named: bool = True
) -> Line:
    """`6 duties today: 4 to sign off (3 abnormal), next 14:00 JST`; the zone only if `named`."""
    today = [each for each in view.today.occurrences if each.state is not OccurrenceState.UNPLANNED]
    day = now.astimezone(zone).date()
    parts: list[Part] = [*_waiting(today, findings), *_others(view), *_running(findings)]
    upcoming = next((each for each in today if each.state is OccurrenceState.UPCOMING), view.next)
    if upcoming is not None:
        parts.append([(_("next {time}", time=_due(upcoming, zone, day, named=named)), "")])
    return [*_begin(view, today), *_joined(parts)]


def _begin(view: DutyView, today: Sequence[Occurrence]) -> Line:
    reason = closed_words(view.today)
    name: Line = [(f" {reason}", "warn" if not view.today.is_open else "muted")] if reason else []
    if not today:
        return [(_("No duties today"), "strong"), *name, ("  ", "")]
    words = plural("{count} duty today", "{count} duties today", len(today), count=len(today))
    return [(words, "strong"), *name, (": ", "strong")]


def _waiting(today: Sequence[Occurrence], findings: FindingsView | None) -> Iterable[Part]:
    waiting = [each for each in today if each.open]
    if not waiting:
        done = [each for each in today if each.signed is not None]
        if today and len(done) == len(today):
            yield [(_("all signed off"), "good")]
        elif done:
            yield [(_("{count} signed off", count=len(done)), "good")]
        return
    late = sum(each.state is not OccurrenceState.DUE for each in waiting)
    spans: list[Span] = [(_("{count} to sign off", count=len(waiting)), "caution")]
    details: list[Part] = [[(_("{count} late", count=late), "bad")]] if late else []
    verdicts = [_verdict(findings.of(each.key)) for each in waiting] if findings is not None else []
    for verdict, count in tally(verdicts):
        style = VERDICT_STYLES[verdict]
        words = _("{count} {verdict}", count=count, verdict=style.word)
        details.append([(words, style.role)])
    if details:
        spans += [(_(" ("), ""), *_joined(details), (_(")"), "")]
    yield spans


def _verdict(findings: DutyFindings | None) -> Verdict | None:
    if findings is None or findings.for_reference or (findings.complete and findings.settled):
        return None
    return findings.verdict


def _others(view: DutyView) -> Iterable[Part]:
    if view.carried:
        words = _("{count} left over from earlier days", count=len(view.carried))
        yield [(words, "bad")]
    begun = [each for each in view.open if each.underway]
    if begun:
        yield [(f"{glyphs.UNDERWAY} " + _("{count} under way", count=len(begun)), "caution")]


def _running(findings: FindingsView | None) -> Iterable[Part]:
    if findings is None:
        return
    duties = sum(bool(each.running) for each in findings.duties)
    if duties:
        words = plural("inspecting for {count} duty", "inspecting for {count} duties", duties)
        yield [(f"{glyphs.RUNNING} " + words.format(count=duties), "strong")]
    for inspection in findings.running:
        words = _("inspecting {title}", title=inspection.title)
        yield [(f"{glyphs.RUNNING} " + words, "strong")]


def _due(occurrence: Occurrence, zone: tzinfo, day: date, *, named: bool) -> str:
    slot = occurrence.slot
    if not slot.timed or slot.until > slot.day:
        return day_text(slot.day, day)
    clock = clock_of(slot.due_at, zone, day)
    return f"{clock} {zone_name(zone, slot.due_at)}" if named else clock


def _joined(parts: Sequence[Part]) -> list[Span]:
    spans: list[Span] = []
    for part in parts:
        spans += [*([(_(", "), "")] if spans else []), *part]
    return spans
