from collections.abc import Mapping
from datetime import date, timedelta, tzinfo

from services.i18n import N_, _
from services.models import glyphs
from services.models.approvals import ConsentWay
from services.models.change_runs import StepState
from services.models.date_text import day_text
from services.models.journal import Entry, EntryKind, EntryQuery, JournalHealth
from services.models.text import clean
from services.models.watches import WatchState
from widgets.drawing.format import clock
from widgets.drawing.spans import Line, Span
from widgets.drawing.state_styles import VERDICT_STYLES, StateStyle

_NONE = " "  # The mark of a kind that is no state
KIND_STYLES: dict[EntryKind, StateStyle] = {
    EntryKind.STARTED: StateStyle(_NONE, N_("start"), "faint"),
    EntryKind.ENDED: StateStyle(_NONE, N_("end"), "faint"),
    EntryKind.SIGN_OFF: StateStyle(glyphs.DONE, N_("sign-off"), "good"),
    EntryKind.SKIPPED: StateStyle(glyphs.OFF, N_("skipped"), "warn"),
    EntryKind.PROGRESS: StateStyle(glyphs.UNDERWAY, N_("under way"), "caution"),
    EntryKind.PLANNED: StateStyle(glyphs.UPCOMING, N_("planned"), "muted"),
    EntryKind.UNPLANNED: StateStyle(glyphs.UNPLANNED, N_("plan cancelled"), "muted"),
    EntryKind.ACKNOWLEDGED: StateStyle(glyphs.DONE, N_("acknowledged"), "good"),
    EntryKind.NOTE: StateStyle(_NONE, N_("note"), "code"),
    EntryKind.ARMED: StateStyle(glyphs.ATTENTION, N_("armed"), "caution"),
    EntryKind.DISARMED: StateStyle(glyphs.OFF, N_("disarmed"), "muted"),
    EntryKind.PLAN: StateStyle(_NONE, N_("plan"), "key"),
    EntryKind.INTENT: StateStyle(glyphs.RUNNING, N_("intent"), "key"),
    EntryKind.OUTCOME: StateStyle(glyphs.NOT_JUDGED, N_("outcome"), "strong"),
    EntryKind.RESOLVED: StateStyle(glyphs.NOT_JUDGED, N_("resolved"), "strong"),
    EntryKind.REFUSED: StateStyle(glyphs.OFF, N_("refused"), "warn"),
    EntryKind.WATCHED: StateStyle(glyphs.DONE, N_("end of a change"), "good"),
    EntryKind.APPROVAL_ASKED: StateStyle(glyphs.UPCOMING, N_("approval asked"), "key"),
    EntryKind.APPROVED: StateStyle(glyphs.DONE, N_("approved"), "good"),
    EntryKind.DECLINED: StateStyle(glyphs.OFF, N_("declined"), "warn"),
    EntryKind.EMERGENCY: StateStyle(glyphs.ATTENTION, N_("emergency"), "bad"),
    EntryKind.LOOKING: StateStyle(glyphs.RUNNING, N_("inspecting"), "faint"),
    EntryKind.FINDING: StateStyle(glyphs.NOT_JUDGED, N_("finding"), "strong"),
    EntryKind.OVERRULED: StateStyle(_NONE, N_("overridden"), "caution"),
    EntryKind.KNOWN: StateStyle(_NONE, N_("known"), "muted"),
    EntryKind.REMARK: StateStyle(_NONE, N_("note on a report"), "code"),
    EntryKind.POST: StateStyle(_NONE, N_("post"), "key"),
    EntryKind.POSTING: StateStyle(glyphs.RUNNING, N_("posting"), "muted"),
    EntryKind.POSTED: StateStyle(glyphs.DONE, N_("posted"), "good"),
    EntryKind.UNPOSTED: StateStyle(glyphs.MISSING, N_("not posted"), "bad"),
    EntryKind.INCIDENT_OPENED: StateStyle(glyphs.ABNORMAL, N_("incident"), "bad"),
    EntryKind.INCIDENT_CAPTURING: StateStyle(glyphs.RUNNING, N_("first wave"), "faint"),
    EntryKind.EVIDENCE: StateStyle(_NONE, N_("evidence"), "key"),
    EntryKind.INCIDENT_TAKEN: StateStyle(glyphs.UNDERWAY, N_("incident taken"), "caution"),
    EntryKind.INCIDENT_STEP: StateStyle(glyphs.DONE, N_("response step"), "good"),
    EntryKind.INCIDENT_DECIDED: StateStyle(_NONE, N_("cause decided"), "strong"),
    EntryKind.CONTACTED: StateStyle(glyphs.DONE, N_("contacted"), "good"),
    EntryKind.HAND_OVER: StateStyle(glyphs.UPCOMING, N_("hand-over"), "key"),
    EntryKind.HAND_OVER_ACCEPTED: StateStyle(glyphs.DONE, N_("hand-over accepted"), "good"),
    EntryKind.INCIDENT_JOINED: StateStyle(_NONE, N_("incidents joined"), "muted"),
    EntryKind.INCIDENT_TURNED: StateStyle(_NONE, N_("course of the incident"), "strong"),
    EntryKind.INCIDENT_CLOSED: StateStyle(glyphs.DONE, N_("incident closed"), "good"),
    EntryKind.FOLLOW_UP: StateStyle(glyphs.UPCOMING, N_("follow-up"), "key"),
    EntryKind.OPINION: StateStyle(_NONE, N_("AWS's opinion"), "muted"),
    EntryKind.EXPORTED: StateStyle(_NONE, N_("export of logs"), "muted"),
    EntryKind.LOG_MARK: StateStyle(_NONE, N_("mark in a log"), "code"),
    EntryKind.MOVED: StateStyle(_NONE, N_("journal moved"), "strong"),
    EntryKind.LISTENING: StateStyle(_NONE, N_("queue of events"), "faint"),
    EntryKind.SEEN: StateStyle(_NONE, N_("event of AWS"), "key"),
    EntryKind.USAGE: StateStyle(_NONE, N_("usage"), "faint"),
    EntryKind.OTHER: StateStyle(glyphs.NOT_JUDGED, N_("unknown kind"), "warn"),
}
"""The kinds; findings and outcomes have the mark of what they found."""
OUTCOME_STYLES = {
    StepState.DONE: StateStyle(glyphs.RUNNING, N_("request accepted"), "key"),
    StepState.FAILED: StateStyle(glyphs.ABNORMAL, N_("failed"), "bad"),
    StepState.UNKNOWN: StateStyle(glyphs.NOT_JUDGED, N_("outcome unknown"), "caution"),
    StepState.REFUSED: StateStyle(glyphs.OFF, N_("not sent"), "warn"),
}
"""Outcomes of a step; a request is accepted before the change can be verified."""
_VERIFIED = StateStyle(glyphs.DONE, N_("verified"), "good")
_ELSEWHERE = StateStyle(glyphs.DONE, N_("approved elsewhere"), "caution")
"""An approval that is only recorded here, in another colour than a second person's."""
_RESOLVED = {
    StepState.DONE: StateStyle(glyphs.DONE, N_("resolved"), "good"),
    StepState.FAILED: StateStyle(glyphs.ABNORMAL, N_("resolved"), "bad"),
}
_WATCHED = {
    WatchState.WITHDRAWN: StateStyle(glyphs.OFF, N_("end of a change"), "muted"),
    WatchState.FAILED: StateStyle(glyphs.ABNORMAL, N_("end of a change"), "bad"),
    WatchState.GAVE_UP: StateStyle(glyphs.NOT_JUDGED, N_("end of a change"), "caution"),
}
"""Ends other than the one that the plan promised."""
_BY_STATE: Mapping[EntryKind, Mapping[str, StateStyle]] = {
    EntryKind.OUTCOME: {state.value: style for state, style in OUTCOME_STYLES.items()},
    EntryKind.RESOLVED: {state.value: style for state, style in _RESOLVED.items()},
    EntryKind.WATCHED: {state.value: style for state, style in _WATCHED.items()},
}
_SEEN_MARKS = {
    ("alarm", "ALARM"): (glyphs.FIRING, "bad"),
    ("alarm", "OK"): (glyphs.NORMAL, "good"),
    ("alarm", ""): (glyphs.NOT_JUDGED, "caution"),
    ("task", ""): (glyphs.ATTENTION, "caution"),
    ("health", ""): (glyphs.ATTENTION, "caution"),
    ("unreadable", ""): (glyphs.NOT_JUDGED, "warn"),
}
"""Mark and role by type and state of an event of AWS; others have none."""
_OPENINGS = {EntryKind.SIGN_OFF: N_("Signed off"), EntryKind.OUTCOME: N_("Accepted")}
"""How the texts of a kind begin, where that is not the kind's word."""
_LONGEST_KIND = 40  # Maximum length of the name of an unknown kind
QUIET = (
    EntryKind.STARTED,
    EntryKind.ENDED,
    EntryKind.LOOKING,
    EntryKind.INCIDENT_CAPTURING,
    EntryKind.LISTENING,
    EntryKind.USAGE,
)
"""Kinds that the console records about itself."""


def kind_word(entry: Entry) -> str:
    return unknown_kind_word(entry.unknown_kind) if entry.unknown_kind else _style(entry).word


def unknown_kind_word(kind: str) -> str:
    return _("unknown kind ({kind})", kind=clean(kind, _LONGEST_KIND))


def kind_spans(entry: Entry) -> list[Span]:
    style = _style(entry)
    return [(f"{style.mark} ", style.role), (kind_word(entry), "muted" if style.role == "faint" else "")]


def _style(entry: Entry) -> StateStyle:
    if entry.kind is EntryKind.FINDING:
        return _finding(entry)
    if entry.kind is EntryKind.SEEN:
        return _seen(entry)
    if entry.kind is EntryKind.APPROVED and entry.data.get("way") == ConsentWay.ELSEWHERE.value:
        return _ELSEWHERE
    if entry.kind is EntryKind.OUTCOME and entry.data.get("verified") is True:
        return _VERIFIED
    return _BY_STATE.get(entry.kind, {}).get(str(entry.data.get("state")), KIND_STYLES[entry.kind])


def _seen(entry: Entry) -> StateStyle:
    style, event = KIND_STYLES[EntryKind.SEEN], entry.data.get("event")
    type, state = (event.get("type"), event.get("state")) if isinstance(event, dict) else ("", "")
    mark, role = _SEEN_MARKS.get((str(type), str(state))) or _SEEN_MARKS.get(
        (str(type), ""), (style.mark, style.role)
    )
    return StateStyle(mark, style.word_source, role)


def _finding(entry: Entry) -> StateStyle:
    style = KIND_STYLES[EntryKind.FINDING]
    finding = entry.data.get("finding")
    value = str(finding.get("verdict")) if isinstance(finding, dict) else ""
    verdict = next((each for verdict, each in VERDICT_STYLES.items() if verdict.value == value), None)
    if verdict is None:
        return StateStyle(style.mark, style.word_source, "warn")
    return StateStyle(verdict.mark, style.word_source, verdict.role)


def text_beside_kind(entry: Entry) -> str:
    """The entry's text without the word for its kind, which stands beside it: not `verified  Verified: …`."""
    opening, colon, rest = entry.text.partition(": ")
    style = _style(entry)
    words = {style.word, style.word_source}
    if (own := _OPENINGS.get(entry.kind)) is not None:
        words |= {own, _(own)}
    return (
        rest if colon and rest and opening.casefold() in {word.casefold() for word in words} else entry.text
    )


def cells(entry: Entry, zone: tzinfo, here: str = "") -> tuple[Line, ...]:
    quiet = entry.kind in QUIET
    return (
        [(clock(entry.at, zone, name=False), "muted")],
        kind_spans(entry),
        [(entry.person.name_beside(here), "muted" if quiet else "")],
        [(text_beside_kind(entry), "muted" if quiet else "")],
        [(clean(entry.target), "muted")],
    )


def day_of(entry: Entry, zone: tzinfo) -> date:
    return entry.at.astimezone(zone).date()


def day_line(day: date, today: date, zone_name: str) -> Line:
    """`── Today, Wed 14 Jan JST ──`: the heading of a day."""
    return [("── ", "rule"), (day_title(day, today), "heading"), (f" {zone_name} ", "muted"), ("──", "rule")]


def day_title(day: date, today: date) -> str:
    words = day_text(day, today)
    if day == today:
        return _("Today, {day}", day=words)
    if day == today - timedelta(days=1):
        return _("Yesterday, {day}", day=words)
    return words


def checkpoint_spans(health: JournalHealth) -> list[Span]:
    """That the newest hash is in no external log, and why; [] if it is in one."""
    if not health.anchor_problem:
        return []
    if not health.anchored_seq:
        words = _("No hash is kept externally: {reason}")
    elif health.anchored_seq < health.entries:
        words = _("No hash after entry {seq} is kept externally: {reason}")
    else:
        words = "{reason}"
    text = words.format(seq=f"{health.anchored_seq:,}", reason=health.anchor_problem)
    return [(f" {glyphs.ATTENTION} ", "caution"), (text, "")]


def filter_spans(query: EntryQuery, zone: tzinfo, today: date) -> list[Span]:
    parts: list[tuple[str, str]] = []
    if query.kinds or query.unknown_kinds:
        kinds = [KIND_STYLES[kind].word for kind in EntryKind if kind in query.kinds]
        unknown = [unknown_kind_word(kind) for kind in sorted(query.unknown_kinds)]
        parts.append((_("kind"), _(", ").join(kinds + unknown)))
    if query.person:
        parts.append((_("person"), clean(query.person)))
    if query.target:
        parts.append((_("target"), clean(query.target)))
    if query.subject:
        parts.append((_("subject"), clean(query.subject)))
    if query.since is not None:
        parts.append((_("day"), day_text(query.since.astimezone(zone).date(), today)))
    if query.words:
        parts.append((_("words"), _("“{words}”", words=clean(query.words))))
    spans: list[Span] = []
    for label, value in parts:
        spans += [("   ", "")] if spans else []
        spans += [(f"{label} ", "muted"), (value, "strong")]
    return spans
