"""Why a present value is unknown, in words; apart from `state_styles`, which is needed before any value is read."""

from services.i18n import N_, _
from services.models import glyphs
from services.models.alarm_readings import Doubt

_DOUBTS = {
    Doubt.OVERDUE: N_("stale"),
    Doubt.FAILED: N_("read failed"),
    Doubt.DENIED: N_("denied"),
    Doubt.UNFINISHED: N_("incomplete"),
    Doubt.UNREAD: N_("not read yet"),
}


def doubt_text(doubt: Doubt) -> str:
    """`? denied`: why a present value is unknown, in a word."""
    return f"{glyphs.NOT_JUDGED} {_(_DOUBTS[doubt])}"
