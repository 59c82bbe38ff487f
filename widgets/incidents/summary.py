from datetime import datetime

from services.i18n import _
from services.models import glyphs
from services.models.date_text import time_text
from widgets.drawing.format import wrap
from widgets.drawing.lines import Line, Span
from widgets.incidents.causes import cause_entries
from widgets.incidents.head import head_lines
from widgets.incidents.timeline import timeline_entries
from widgets.incidents.view import IncidentView

_NEWEST = 8  # Rows of the timeline


def summary_lines(view: IncidentView, now: datetime, width: int) -> list[Line]:
    incident = view.incident
    lines = head_lines(view, now, width)
    if incident.is_open and view.assessment is not None:
        leading = cause_entries(view, now, width, is_brief=True)
        lines += [[], *(line for entry in leading for line in entry.lines)]
    if incident.is_open and view.playbook is not None and (following := view.step_after(-1)) is not None:
        lines.append(_labelled(_("Next step"), str(view.playbook.steps[following].text)))
    if incident.decision is not None:
        decision = f"{incident.decision.title}  {incident.decision.by}"
        lines.append(_labelled(_("Decided cause"), decision, f"{glyphs.DONE} "))
    for contact in incident.contacted:
        when = time_text(contact.at, view.zone, now)
        lines.append(_labelled(_("Told"), f"{contact.role}  {contact.channel}  {contact.by} {when}"))
    for text in wrap(str(incident.summary), width) if incident.summary else []:
        lines.append([(text, "")])
    for follow_up in incident.follow_ups:
        lines.append(_labelled(time_text(follow_up.due, view.zone, now), str(follow_up.text)))
    rows = timeline_entries(view, width)[-_NEWEST:] if view.timeline else []
    return [*lines, *([[]] if rows else []), *(line for entry in rows for line in entry.lines)]


def _labelled(name: str, text: str, mark: str = "") -> list[Span]:
    return [(f"{name}  ", "muted"), (mark, "good"), (text, "")]
