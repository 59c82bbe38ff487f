from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from services.i18n import N_, _
from services.models import glyphs
from services.models.date_text import span_text, time_text
from services.models.incidents import ClockKind, ClockState, Incident, IncidentClock, StepKind
from services.models.state_words import INCIDENTS, STEPS, TIMELINE_KINDS
from widgets.drawing.format import coarse, crop_middle, duration
from widgets.drawing.lines import Span
from widgets.drawing.state_styles import styles_of

STATE_STYLES = styles_of(INCIDENTS, "bad", "caution", "muted")
STEP_STYLES = styles_of(STEPS, "caution", "good", "muted", "caution", "warn")
TIMELINE_STYLES = styles_of(TIMELINE_KINDS, "bad", "caution", "muted", "good", "key", "code", "good")
STEP_KINDS: dict[StepKind, str] = {
    StepKind.LOOK: N_("look"),
    StepKind.WAIT: N_("wait"),
    StepKind.DECIDE: N_("decide"),
    StepKind.CHANGE: N_("change"),
    StepKind.TELL: N_("tell"),
}


_COMPUTED = {
    ClockKind.STORAGE: N_("database storage full in {time} (from {basis})"),
    ClockKind.CREDITS: N_("database CPU credits used up in {time} (from {basis})"),
    ClockKind.MAINTENANCE: N_("AWS applies it in {time} ({basis})"),
}
_NEAR = timedelta(hours=2)  # What ends within is drawn in red: to extend a database takes that long


def is_overdue(clock: IncidentClock, now: datetime) -> bool:
    return clock.state in (ClockState.RUNNING, ClockState.OVERDUE) and now >= clock.due


def clock_span(clock: IncidentClock, now: datetime, zone: tzinfo) -> Span:
    """`◷ 連絡期限 あと 2分20秒 → 開発チーム`: one clock as it stands now."""
    if clock.state is ClockState.MET:
        return _met_text(clock, zone, now), "good"
    seconds = (clock.due - now).total_seconds()
    if clock.kind in _COMPUTED:
        return _computed_span(clock, now, zone)
    if clock.state is ClockState.CONFIRMING:
        words = _("ok since {time}, recovery being confirmed")
        return "◷ " + words.format(time=time_text(clock.met_at or now, zone, now)), ""
    if clock.kind is ClockKind.RECOVERY:
        if seconds > 0:
            words = _("recovery by itself: {time} left", time=duration(seconds))
            return f"◷ {words}", ""
        words = _("no recovery by itself, {time} over", time=duration(-seconds))
        return f"{glyphs.LATE} {words}", "bad"
    who = clock.who or _("nobody is named")
    if seconds > 0:
        return "◷ " + _("tell {who}: {time} left", who=who, time=duration(seconds)), ""
    return f" {glyphs.ATTENTION} " + _(
        "tell {who} NOW: {time} over", who=who, time=duration(-seconds)
    ) + " ", "alert"


def _computed_span(clock: IncidentClock, now: datetime, zone: tzinfo) -> Span:
    """`◷ DB ストレージ満杯まで 25分～1時間19分（空き容量の減り方から）`: a clock that is computed, with its range."""
    left = coarse((clock.due - now).total_seconds())
    if clock.latest is not None and (last := coarse((clock.latest - now).total_seconds())) != left:
        left = span_text(left, last)
    words = _(_COMPUTED[clock.kind], time=left, basis=clock.basis)
    if clock.state is ClockState.OVERDUE:
        since = _("since {time}", time=time_text(clock.due, zone, now))
        words = _("{text} ({more})", text=clock.basis, more=since)
    if clock.kind is not ClockKind.MAINTENANCE:
        until = _("known until {time}", time=time_text(clock.starts, zone, now))
        words = _("{text}; {note}", text=words, note=until)
    is_near = clock.due - now < _NEAR
    return (f"{glyphs.ATTENTION} {words}", "bad") if is_near else (f"◷ {words}", "")


def _met_text(clock: IncidentClock, zone: tzinfo, now: datetime) -> str:
    at = time_text(clock.met_at, zone, now) if clock.met_at is not None else ""
    if clock.kind is ClockKind.RECOVERY:
        words = _("recovered")
    elif clock.is_told:
        words = _("{who} was told", who=clock.who)
    else:
        # Nobody was told: the trouble ended first, which the other clock says.
        return f"{glyphs.OFF} " + _("{who} need not be told", who=clock.who)
    return f"{glyphs.DONE} {words} {at}".rstrip()


def clock_word(clock: IncidentClock, now: datetime) -> Span:
    """`連絡期限 3分超過`, `連絡期限 あと2分`: one clock in a few cells, by minutes."""
    name = _("recovery") if clock.kind is ClockKind.RECOVERY else _("escalation")
    seconds = (clock.due - now).total_seconds()
    if clock.state is ClockState.MET:
        return f"{glyphs.DONE} {name}", "muted"
    if clock.state is ClockState.CONFIRMING:
        return _("ok, recovery being confirmed"), ""
    if seconds > 0:
        return _("{clock}: {minutes} min left", clock=name, minutes=int(seconds // 60) + 1), ""
    return _("{clock}: {minutes} min over", clock=name, minutes=int(-seconds // 60)), "bad"


def pressing_clock(clocks: tuple[IncidentClock, ...], now: datetime) -> IncidentClock | None:
    """The clock that counts now: escalation once overdue, else the one that ends first, else none."""
    going = [clock for clock in clocks if clock.state is not ClockState.MET]
    over = [clock for clock in going if is_overdue(clock, now)]
    by_weight = sorted(over, key=lambda clock: clock.kind is not ClockKind.ESCALATION)
    return next(iter(by_weight), None) or min(going, key=lambda clock: clock.due, default=None)


def holder_text(incident: Incident) -> str:
    if incident.holder:
        return _("{name} responds", name=incident.holder)
    return _("nobody responds yet")


_NAME = 18  # Cells of an incident's name


@dataclass(frozen=True, slots=True)
class IncidentAlert:
    name: str
    is_taken: bool
    clocks: tuple[IncidentClock, ...] = ()
    is_offered: bool = False  # Whether a hand-over of it waits for the one who looks
    is_proposed: bool = False  # It is none yet: what no alarm tells of, with its title as the name


def incident_spans(incident: Incident) -> list[Span]:
    """`◐ 対応中  担当 tanaka  → 5`: an open incident where its alarm is shown."""
    style = STATE_STYLES[incident.state]
    state: list[Span] = [(style.text, style.role), (f"  {holder_text(incident)}", "muted")]
    return [*state, ("  → ", "muted"), ("5", "key"), (" " + _("Respond"), "muted")]


def _late_words(clock: IncidentClock, minutes: int) -> str:
    """What is overdue, and by how much once it is a minute."""
    if clock.kind is ClockKind.ESCALATION:
        words = _("escalation {minutes} min over") if minutes else _("escalation overdue")
    else:
        words = _("no recovery, {minutes} min over") if minutes else _("no recovery in time")
    return words.format(minutes=minutes)


def alert_forms(alerts: Sequence[IncidentAlert], now: datetime) -> list[list[Span]]:
    """`▲ 連絡期限 3分超過 alb-5xx → 5` in two lengths, longest first; [] if nothing waits for anybody."""
    late = [
        (clock.kind is not ClockKind.ESCALATION, clock.due, alert, clock)
        for alert in alerts
        for clock in alert.clocks
        if is_overdue(clock, now)
    ]
    if late:
        _kind, due, alert, clock = min(late, key=lambda overdue: overdue[:2])
        minutes = int((now - due).total_seconds() // 60)
        return _forms(f"{glyphs.ATTENTION} {_late_words(clock, minutes)}", alert.name)
    confirmed = [alert for alert in alerts for each in alert.clocks if each.state is ClockState.CONFIRMING]
    waiting = (
        (f"{glyphs.ATTENTION} {_('proposed')}", [alert for alert in alerts if alert.is_proposed]),
        (f"{glyphs.WAITING} {_('not taken')}", [alert for alert in alerts if not alert.is_taken]),
        (f"{glyphs.WAITING} {_('hand-over')}", [alert for alert in alerts if alert.is_offered]),
        (f"◷ {_('ok, recovery being confirmed')}", confirmed),
    )
    return next((_forms(words, rows[0].name) for words, rows in waiting if rows), [])


def _forms(words: str, name: str) -> list[list[Span]]:
    end: list[Span] = [(" → ", "muted"), ("5", "key"), (" ", "")]
    return [[(f" {words} {crop_middle(name, _NAME)} ", "alert"), *end], [(f" {words} ", "alert"), *end]]
