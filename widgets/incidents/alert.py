"""What of the open incidents is said on every screen: an overdue clock, or that nobody has taken one. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.i18n import _
from services.models import glyphs
from services.models.incidents import ClockKind, ClockState, Incident, IncidentClock
from widgets.drawing.format import crop_middle
from widgets.drawing.lines import Span
from widgets.incidents.wording import STATE_STYLES, holder_text, is_overdue

_NAME = 18
"""Cells of an incident's name."""


@dataclass(frozen=True, slots=True)
class IncidentAlert:
    name: str
    is_taken: bool
    clocks: tuple[IncidentClock, ...] = ()
    is_offered: bool = False
    """Whether a hand-over of it waits for the one who looks."""
    is_proposed: bool = False
    """It is none yet: what no alarm tells of, with its title as the name."""


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
