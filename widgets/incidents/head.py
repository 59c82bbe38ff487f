from datetime import datetime

from services.i18n import _
from services.models import glyphs
from services.models.causes import OnsetBasis
from services.models.date_text import time_text
from services.models.incidents import IncidentState
from widgets.drawing.format import crop
from widgets.drawing.lines import Line, Span, spread, width_of
from widgets.incidents.incident_wording import STATE_STYLES, clock_span, holder_text
from widgets.incidents.view import IncidentView

_SHORTEST_TITLE = 20  # Cells of a title that still tells what it is about


def head_lines(view: IncidentView, now: datetime, width: int) -> list[Line]:
    return [_title(view, now, width), *clock_lines(view, now, width), *_offers(view, width)]


def _title(view: IncidentView, now: datetime, width: int) -> Line:
    incident = view.incident
    style = STATE_STYLES[incident.state]
    state: list[Span] = [(f"{style.text} ", style.role)]
    right = _facts(view, now)
    room = width - width_of(state) - width_of(right) - 2
    title = incident.title or str(incident.target)
    start: list[Span] = [*state, (crop(title, max(_SHORTEST_TITLE, room)), "strong")]
    return spread(start, right, width)


def _facts(view: IncidentView, now: datetime) -> list[Span]:
    incident = view.incident
    if incident.state is IncidentState.CLOSED:
        words = _("closed by {name}", name=incident.closed_by)
        spans: list[Span] = [(words, "muted")]
    elif incident.state is IncidentState.OPEN:
        spans = [(" c", "key"), (" " + _("take it"), "muted")]
    else:
        spans = [(holder_text(incident), "muted")]
    since = _("since {time}", time=time_text(incident.since, view.zone, now))
    spans += [("   ", ""), (since, "muted")]
    if (
        view.shows_numbers
        and view.assessment is not None
        and view.assessment.onset.basis is OnsetBasis.BASELINE
    ):
        at = time_text(view.assessment.onset.at, view.zone, now)
        spans += [("  T0 ", "muted"), (at, "")]
    return spans


def clock_lines(view: IncidentView, now: datetime, width: int) -> list[Line]:
    if view.incident.state is IncidentState.CLOSED:
        return [[(_("Cause: {cause}", cause=view.incident.cause), "muted")]]
    spans = [clock_span(clock, now, view.zone) for clock in view.clocks]
    if not spans:
        return [[(_("The runbook sets no time limit for this."), "muted")]]
    line: list[Span] = []
    for span in spans:
        line += [("   ", ""), span] if line else [span]
    return [line] if width_of(line) <= width else [[span] for span in spans]


def _offers(view: IncidentView, width: int) -> list[Line]:
    incident, lines = view.incident, list[Line]()
    if view.joined_title:
        words = _("part of “{title}”", title=view.joined_title)
        lines.append([("↳ ", "faint"), (crop(words, width - 2), "")])
    if incident.hand_over is not None:
        to = incident.hand_over.to or _("the next person")
        words = _("{by} hands this over to {to}", by=incident.hand_over.by, to=to)
        if note := " ".join(str(incident.hand_over.note).split()):
            words = _("{offer}: {note}", offer=words, note=note)
        accept: list[Span] = [("  H", "key"), (" " + _("accept"), "muted")]
        offer = crop(f"{glyphs.WAITING} {words}", width - width_of(accept))
        lines.append([(offer, "caution"), *accept])
    for other in view.joinable[:1]:
        words = _("“{title}” began at the same time: one incident?", title=other.title)
        mark = f"{glyphs.ATTENTION} "
        lines.append(
            [(crop(mark + words, width - 12), "caution"), ("  J", "key"), (" " + _("join"), "muted")]
        )
    return lines
