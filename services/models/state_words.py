"""Glyph and word of states that screens, reports and notes tell in the same way; the word is English, to be translated."""

from services.i18n import N_
from services.models import glyphs
from services.models.alarms import AlarmState
from services.models.change_runs import StepState
from services.models.duties import OccurrenceState
from services.models.incidents import IncidentState, StepMark, TimelineKind
from services.models.verdict import Verdict
from services.models.watches import WatchState

ALARMS = {
    AlarmState.ALARM: (glyphs.FIRING, N_("firing")),
    AlarmState.MISSING: (glyphs.MISSING, N_("missing")),
    AlarmState.INSUFFICIENT: (glyphs.NOT_JUDGED, N_("no data")),
    AlarmState.OK: (glyphs.NORMAL, N_("ok")),
}
VERDICTS = {
    Verdict.NORMAL: (glyphs.NORMAL, N_("normal")),
    Verdict.ATTENTION: (glyphs.ATTENTION, N_("attention")),
    Verdict.ABNORMAL: (glyphs.ABNORMAL, N_("abnormal")),
    Verdict.UNKNOWN: (glyphs.NOT_JUDGED, N_("not judged")),
}
DUTIES = {
    OccurrenceState.UPCOMING: (glyphs.UPCOMING, N_("upcoming")),
    OccurrenceState.DUE: (glyphs.WAITING, N_("due")),
    OccurrenceState.LATE: (glyphs.LATE, N_("late")),
    OccurrenceState.DONE: (glyphs.DONE, N_("done")),
    OccurrenceState.MISSED: (glyphs.MISSING, N_("missed")),
    OccurrenceState.SKIPPED: (glyphs.OFF, N_("skipped")),
    OccurrenceState.UNPLANNED: (glyphs.UNPLANNED, N_("not planned")),
    OccurrenceState.NO_RECORD: (glyphs.NO_RECORD, N_("no record")),
}
REQUESTS = {
    StepState.WAITING: (glyphs.UPCOMING, N_("not sent yet")),
    StepState.SENDING: (glyphs.RUNNING, N_("being sent")),
    StepState.DONE: (glyphs.DONE, N_("applied")),
    StepState.FAILED: (glyphs.ABNORMAL, N_("failed")),
    StepState.UNKNOWN: (glyphs.NOT_JUDGED, N_("UNKNOWN")),
    StepState.REFUSED: (glyphs.OFF, N_("stopped before sending")),
}
ENDS = {
    WatchState.RUNNING: (glyphs.RUNNING, N_("followed, not ended yet")),
    WatchState.DONE: (glyphs.DONE, N_("completed")),
    WatchState.WITHDRAWN: (glyphs.OFF, N_("withdrawn")),
    WatchState.FAILED: (glyphs.ABNORMAL, N_("ended otherwise")),
    WatchState.GAVE_UP: (glyphs.NOT_JUDGED, N_("not followed to its end")),
}
INCIDENTS = {
    IncidentState.OPEN: (glyphs.WAITING, N_("not taken")),
    IncidentState.TAKEN: (glyphs.UNDERWAY, N_("responding")),
    IncidentState.CLOSED: (glyphs.DONE, N_("ended")),
}
STEPS = {
    StepMark.TODO: (glyphs.WAITING, N_("to be done")),
    StepMark.DONE: (glyphs.DONE, N_("carried out")),
    StepMark.SKIPPED: (glyphs.OFF, N_("skipped")),
    StepMark.RUNNING: (glyphs.RUNNING, N_("in progress")),
    StepMark.UNKNOWN: (glyphs.NOT_JUDGED, N_("outcome unknown")),
}
TIMELINE_KINDS = {
    TimelineKind.ALARM: (glyphs.FIRING, N_("alarm")),
    TimelineKind.JUST_BEFORE: (glyphs.ATTENTION, N_("just before")),
    TimelineKind.EVIDENCE: (" ", N_("evidence")),
    TimelineKind.PERSON: (glyphs.DONE, N_("response")),
    TimelineKind.CHANGE: (" ", N_("change")),
    TimelineKind.NOTE: (" ", N_("note")),
    TimelineKind.RECOVERY: (glyphs.NORMAL, N_("recovery")),
}
