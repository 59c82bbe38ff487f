"""What was changed around T0, as CloudTrail recorded it. Pure."""

from datetime import timedelta

from services.i18n import _
from services.models import glyphs
from services.models.first_wave import Source
from widgets.drawing.lines import Span
from widgets.incidents.entries import Entry
from widgets.incidents.evidence.context import EvidenceContext, heading, note, read_notes

_MOST = 20
_BEFORE, _AFTER = timedelta(minutes=30), timedelta(minutes=2)


def write_entries(context: EvidenceContext, width: int) -> list[Entry]:
    """Writes to the account, newest first; those shortly before T0 are marked."""
    entries = read_notes(context, Source.TRAIL, Source.TRAIL_GLOBAL, width=width)
    writes, until = context.evidence.writes, context.evidence.trail_until
    words = _("known until {time}").format(time=context.time(until)) if until else _("about 5 minutes late")
    entries.append(heading("writes", _("Changes that CloudTrail recorded"), (words, "muted")))
    if not writes and until:
        words = _("CloudTrail shows none up to {time}; what came later is not seen yet.")
        entries.append(note("writes:none", words.format(time=context.time(until)), width))
    for event in writes[:_MOST]:
        is_near = context.onset - _BEFORE <= event.at <= context.onset + _AFTER
        first: list[Span] = [
            (f"{glyphs.ATTENTION if is_near else ' '} ", "caution"),
            (context.clock(event.at) + " ", "muted"),
        ]
        who = event.actor.shown
        text = f"{event.name}  {_(', ').join(event.resources)}  {who}".replace("    ", "  ")
        if event.error:
            text += "  " + _("refused: {error}").format(error=event.error)
        entries.append(note(f"write:{event.id}", text, width, "strong" if is_near else "muted", first))
    return entries
