from services.i18n import N_
from services.models import glyphs
from services.models.fleet import Standing
from widgets.drawing.state_styles import StateStyle

STANDING_STYLES: dict[Standing, StateStyle] = {
    Standing.FIRING: StateStyle(glyphs.FIRING, N_("firing"), "bad"),
    Standing.UNREAD: StateStyle(glyphs.NOT_JUDGED, N_("not readable"), "bad"),
    Standing.ABNORMAL: StateStyle(glyphs.ABNORMAL, N_("abnormal"), "bad"),
    Standing.STALE: StateStyle(glyphs.NOT_JUDGED, N_("stale"), "warn"),
    Standing.ATTENTION: StateStyle(glyphs.ATTENTION, N_("attention"), "warn"),
    Standing.WAITING: StateStyle(glyphs.NO_RECORD, N_("not known"), "muted"),
    Standing.NORMAL: StateStyle(glyphs.NORMAL, N_("normal"), "good"),
}
