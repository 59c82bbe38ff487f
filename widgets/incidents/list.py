from collections.abc import Sequence
from datetime import datetime, tzinfo

from services.i18n import _
from services.models import glyphs
from services.models.causes import Word
from services.models.date_text import time_text
from services.models.incidents import IncidentState
from services.models.outages import Outage
from widgets.drawing.columns import Column
from widgets.drawing.lines import Line, Span
from widgets.drawing.table import Row
from widgets.incidents.cause_words import WORD_STYLES
from widgets.incidents.incident_wording import STATE_STYLES, clock_word, is_overdue, pressing_clock
from widgets.incidents.view import IncidentView


def columns() -> tuple[Column, ...]:
    return (
        Column(_("State"), max_width=14),
        Column(_("Incident"), flex=2, min_width=22),
        Column(_("Responder"), max_width=14, rank=1),
        Column(_("Since"), max_width=16),
        Column(_("Clock"), max_width=24),
        Column(_("Leading cause"), flex=2, min_width=20, rank=2),
    )


def _proposal(outage: Outage, zone: tzinfo, now: datetime) -> Row:
    return Row(
        str(outage.target),
        (
            [(f"{glyphs.ATTENTION} {_('proposed')}", "caution")],
            [(str(outage.title), "strong")],
            [("c", "key"), (" " + _("open it"), "muted")],
            [(time_text(outage.since, zone, now), "muted")],
            [("—", "muted")],
            [(str(outage.measured), "muted")],
        ),
    )


def incident_rows(
    items: Sequence[IncidentView], now: datetime, zone: tzinfo, outages: Sequence[Outage] = ()
) -> list[Row]:
    tops = [each for each in items if not each.incident.joined_to]
    open_ones = [each for each in tops if each.incident.is_open]
    rows = [_proposal(each, zone, now) for each in outages]
    for item in open_ones:
        parts = [part for part in items if part.incident.joined_to == item.incident.id]
        rows += [_row(item, now, zone), *(_row(part, now, zone, is_part=True) for part in parts)]
    past = [each for each in tops if not each.incident.is_open]
    if past:
        rows.append(Row("heading:closed", ([(f"  {_('Closed lately')}", "heading")],), heading=True))
    return [*rows, *(_row(each, now, zone) for each in past)]


def _row(item: IncidentView, now: datetime, zone: tzinfo, *, is_part: bool = False) -> Row:
    incident = item.incident
    style = STATE_STYLES[incident.state]
    is_open = incident.state is not IncidentState.CLOSED
    late = any(is_overdue(clock, now) for clock in item.clocks) and is_open
    mark = glyphs.LATE if late else style.mark
    state: list[Span] = [(f"{mark} {style.word}", "bad" if late else style.role)]
    title: Line = [("↳ " if is_part else "", "faint"), (incident.title, "strong" if is_open else "muted")]
    role = "" if is_open else "muted"
    return Row(
        incident.id,
        (
            state,
            title,
            [(incident.holder or incident.closed_by or "—", role if incident.holder else "muted")],
            [(time_text(incident.since, zone, now), "muted")],
            _clock(item, now, zone),
            _cause(item),
        ),
    )


def _clock(item: IncidentView, now: datetime, zone: tzinfo) -> Line:
    incident = item.incident
    if incident.closed_at is not None:
        return [(_("closed {time}", time=time_text(incident.closed_at, zone, now)), "muted")]
    if incident.recovered_at is not None:
        return [(f"{glyphs.NORMAL} " + _("recovered"), "good")]
    clock = pressing_clock(item.clocks, now)
    return [clock_word(clock, now)] if clock is not None else [("—", "muted")]


def _cause(item: IncidentView) -> Line:
    incident, assessment = item.incident, item.assessment
    if incident.cause:
        return [(incident.cause, "muted")]
    if incident.decision is not None:
        return [(f"{glyphs.DONE} {incident.decision.title}", "good")]
    leader = assessment.leader if assessment is not None else None
    if assessment is None or leader is None:
        return [("—", "muted")]
    style = WORD_STYLES[assessment.word]
    if assessment.word is Word.OPEN:
        return [(style.text, style.role)]
    return [(f"{style.text}  ", style.role), (item.cause_title(leader.id), "")]
