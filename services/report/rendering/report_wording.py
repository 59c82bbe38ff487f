"""Wording of states in reports: the glyph of the grammar and a word, so that no state depends on colour alone."""

from services.i18n import N_, _
from services.models import glyphs
from services.models.alarms import AlarmState
from services.models.change_runs import StepState
from services.models.duties import OccurrenceState
from services.models.journal import EntryKind
from services.models.posts import PostState
from services.models.report import ReportHead
from services.models.report_approvals import StepLine
from services.models.report_lines import ChangeLine, DutyLine, FindingLine, SpellLine
from services.models.state_words import ALARMS, DUTIES, ENDS, REQUESTS, VERDICTS
from services.models.verdict import Verdict
from services.models.watches import WatchState
from services.report.collecting.finding_lines import counts, given, is_partly_judged

NOTHING = "—"  # Shown in place of a missing value
_PARTLY_JUDGED = N_("partly not judged")
_POSTS = {
    PostState.WAITING: (glyphs.UPCOMING, N_("not sent yet")),
    PostState.SENDING: (glyphs.NOT_JUDGED, N_("unclear whether it was sent")),
    PostState.POSTED: (glyphs.DONE, N_("was sent")),
    PostState.REFUSED: (glyphs.ABNORMAL, N_("NOT sent")),
    PostState.UNKNOWN: (glyphs.NOT_JUDGED, N_("unclear whether it was sent")),
    PostState.DROPPED: (glyphs.OFF, N_("discarded")),
}
_KINDS = {
    "note": N_("note"),
    "known": N_("marked as known"),
    "armed": N_("armed"),
    "disarmed": N_("disarmed"),
    "planned": N_("planned"),
    "unplanned": N_("plan cancelled"),
    "hand-over": N_("hand-over"),
    "hand-over-accepted": N_("hand-over accepted"),
    "seen": N_("event of AWS"),
}
_EVERY_KIND = frozenset(kind.value for kind in EntryKind)


def mark(value: Verdict | None) -> str:
    """The glyph of a verdict; "" for None."""
    return VERDICTS[value][0] if value is not None else ""


def verdict(value: Verdict | None) -> str:
    return NOTHING if value is None else _marked(VERDICTS[value])


def overall(head: ReportHead) -> str:
    """A report's verdict (`▲ 注意、? 一部判定不能`): what was measured, and whether all could be judged."""
    return judged(head.verdict, is_partly=head.has_unjudged)


def of_finding(line: FindingLine) -> str:
    if line.overruled is not None and line.verdict is not Verdict.NORMAL:
        return _("{verdict} (overridden from {given})").format(
            verdict=verdict(Verdict.ATTENTION), given=verdict(given(line))
        )
    return judged(counts(line) or line.verdict, is_partly=is_partly_judged(line))


def partly_judged() -> str:
    """`? 一部判定不能`: something in what was judged could not be."""
    return _marked((glyphs.NOT_JUDGED, _PARTLY_JUDGED))


def unknown() -> str:
    return _marked((glyphs.NOT_JUDGED, N_("not known")))


def judged(value: Verdict | None, *, is_partly: bool) -> str:
    if not is_partly or value in (Verdict.UNKNOWN, None):
        return verdict(value)
    return _(", ").join((verdict(value), partly_judged()))


def _marked(state: tuple[str, str]) -> str:
    glyph, word = state
    return f"{glyph} {_(word)}"


def duty_state(value: OccurrenceState) -> str:
    return _marked(DUTIES[value])


def of_duty(line: DutyLine) -> str:
    if not line.underway:
        return duty_state(line.state)
    late = line.state in (OccurrenceState.LATE, OccurrenceState.MISSED)
    return _marked((glyphs.UNDERWAY, N_("under way, late") if late else N_("under way")))


def of_period(line: SpellLine) -> str:
    if line.state != "alarm":
        return _marked((glyphs.NOT_JUDGED, alarm_state(line.state)))
    is_over = line.ended is not None
    return _marked(
        (glyphs.ATTENTION, N_("fired and recovered")) if is_over else (glyphs.FIRING, N_("firing"))
    )


def step_state(value: StepState) -> str:
    return _marked(REQUESTS[value])


def step_result(step: StepLine) -> str:
    if step.state is not StepState.DONE:
        return step_state(step.state)
    if step.verified:
        return _marked((glyphs.DONE, N_("verified")))
    return _marked((glyphs.NOT_JUDGED, N_("accepted, not verified")))


def end_state(value: WatchState) -> str:
    return _marked(ENDS[value])


def followed() -> str:
    """`▶ 追跡中`: AWS has accepted a change, and its end is still to be seen."""
    return _marked(ENDS[WatchState.RUNNING])


def partly_done() -> str:
    """`▲ 一部完了`: some steps of a change took effect, and the next one was not done."""
    return _marked((glyphs.ATTENTION, N_("partly done")))


def change_state(line: ChangeLine) -> str:
    """The state of a whole change: the end it was followed to, else as verified as the least verified of its steps."""
    if line.partly_done:
        return partly_done()
    if line.end is not None:
        return end_state(line.end.state)
    if line.is_followed:
        return followed()
    if line.state is not StepState.DONE or not line.steps:
        return step_state(line.state)
    done = [step for step in line.steps if step.state is StepState.DONE]
    return step_result(min(done, key=lambda step: bool(step.verified), default=line.steps[0]))


def post_state(value: PostState) -> str:
    return _marked(_POSTS[value])


def alarm_state(value: str) -> str:
    return _(ALARMS[AlarmState(value)][1]) if value in ALARMS else value


def entry_kind(value: str) -> str:
    if value in _KINDS:
        return _(_KINDS[value])
    return value if value in _EVERY_KIND else _("unknown kind ({kind})", kind=value)


def yen(value: float) -> str:
    """An amount such as `¥3.21`."""
    return f"¥{value:,.2f}"
