"""The causes weighed: which is first, how surely, why, what to do about it, what to look at next. Pure.

The numbers (scores, weights, what is unseen of each cause) are drawn while the view shows them.
"""

from collections.abc import Iterator
from datetime import datetime

from services.i18n import _, first_few, plural
from services.models import glyphs
from services.models.causes import Assessment, NextLook, Signal, WeighedCause, WeighedSignal, Word
from services.models.date_text import time_text
from services.models.incidents import TriggerKind
from widgets.drawing.format import coarse, crop, pad, wrap
from widgets.drawing.hanging import hanging
from widgets.drawing.lines import Line, Span, width_of
from widgets.incidents.cause_words import WORD_STYLES
from widgets.incidents.entries import Entry
from widgets.incidents.evidence.log_lines import without_prefix
from widgets.incidents.view import IncidentView

FULL = 40
"""The score of a full bar: twice what a strong cause needs."""
_FOR, _AGAINST, _UNSEEN = 3, 1, 3
"""Facts of each sort that are listed."""
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_INDENT = 6
"""Cells before a fact."""
_VALUE = 14
"""Cells of a fact's value that are there however long its title is."""
_SHORTEST = 16
"""Cells of a fact's title that still tell what it is."""
ADVICE = "advice"
"""The key of the entry that says what to do about the first cause."""
OWN_WORDS = "own"
"""Stands for a cause that a person writes."""
_FRESH, _STALE = 60, 180
"""Seconds from which the age of a reading is said, and from which it is old: an open incident is read every minute."""
_BRIEF = 2
"""Lines of the reason where few rows have room."""
_NARROW = 100
"""Width from which the facts are listed in full, in cells."""


def cause_key(id: str) -> str:
    """The key of a cause's entry."""
    return f"cause:{id}"


def cause_of(key: str | None) -> str:
    """The id of an entry's cause; "" for another entry."""
    head, _colon, id = (key or "").partition(":")
    return id if head == "cause" else ""


def word_spans(view: IncidentView, now: datetime) -> list[Span]:
    """`◆ 有力 — 03:09 時点（7分前）`: how sure the weighing is and how old what it weighs, for the panel's head."""
    assessment = view.assessment
    if view.incident.trigger is TriggerKind.FINDING:
        return []
    if assessment is None:
        return [(f"{glyphs.NOT_JUDGED} {view.trouble or _('not weighed yet')}", "warn")]
    style = WORD_STYLES[assessment.word]
    spans: list[Span] = [(style.text, style.role)]
    if view.evidence is not None:
        old = (now - view.evidence.ended).total_seconds()
        words = _(" — read {time}") if old < _FRESH else _(" — read {time} ({age} old)")
        at = time_text(view.evidence.ended, view.zone, now)
        is_stale = view.incident.is_open and old >= _STALE
        spans.append((words.format(time=at, age=coarse(old)), "warn" if is_stale else "muted"))
    numbers = _("hide numbers") if view.shows_numbers else _("numbers")
    return [*spans, ("  #", "key"), (f" {numbers}", "muted")]


def cause_entries(view: IncidentView, now: datetime, width: int) -> list[Entry]:
    """The causes: roots, each with what it explains, then the rest; impossible ones struck out."""
    assessment = view.assessment
    if assessment is None:
        absent = Entry("none", tuple(_absent(view, width)), can_choose=False)
        return [*_decision_entries(view, now, width), absent]
    causes = [
        cause for cause in assessment.causes if not cause.impossible and not _is_effect(assessment, cause)
    ]
    if view.resource is not None and not assessment.causes:
        return [*_decision_entries(view, now, width), *_unknown_entries(view, width)]
    decided, look = _decision_entries(view, now, width), next_look_entry(view, width)
    if view.shows_numbers:
        entries = [
            Entry(cause_key(cause.id), tuple(_cause_lines(view, cause, now, width))) for cause in causes
        ]
        struck = [_struck(view, cause, width) for cause in assessment.causes if cause.impossible]
        return [*decided, *entries[:1], *look, *entries[1:], *struck, *_unread_entries(view, width)]
    leader = [*_leader_entries(view, causes[0], width)] if causes else []
    others = [cause for cause in causes[1:] if cause.score > 0]
    rivals = [Entry(cause_key(cause.id), (_rival_line(view, cause, width),)) for cause in others]
    return [*decided, *leader, *look, *rivals, *_unread_entries(view, width)]


def _decision_entries(view: IncidentView, now: datetime, width: int) -> list[Entry]:
    """What a person decided, which stands above what is computed; nothing before."""
    decision = view.incident.decision
    if decision is None:
        return []
    by: list[Span] = [(f"  {decision.by} {time_text(decision.at, view.zone, now)}", "muted")]
    left: list[Span] = [(f"{glyphs.DONE} ", "good"), (_("Decided: "), "muted")]
    title = crop(decision.title, max(_SHORTEST, width - width_of(left) - width_of(by)))
    return [Entry("decision", ([*left, (title, "strong"), *by],), can_choose=False)]


def _unknown_entries(view: IncidentView, width: int) -> list[Entry]:
    """That no causes are known, and what is known of the resource instead; without steps the evidence says that."""
    why = view.assessment.why if view.assessment is not None else ""
    lines: list[Line] = [[(text, "warn")] for text in wrap(why, width)]
    for row in view.resource.rows if view.resource is not None and view.playbook is not None else ():
        name = crop(row.name + "  ", width)
        lines.append([(name, "muted"), (crop(row.text, max(1, width - width_of([(name, "")]))), "")])
    return [Entry("unknown", tuple(lines), can_choose=False)]


def leading_entries(view: IncidentView, now: datetime, width: int) -> list[Entry]:
    """What few rows have room for: the first cause with its heaviest fact, what to do about it or what was decided,
    and the next look.
    """
    assessment = view.assessment
    if assessment is None:
        return cause_entries(view, now, width)
    leader = assessment.leader
    if view.resource is not None and not assessment.causes:
        return [*_decision_entries(view, now, width), *_unknown_entries(view, width)]
    if leader is None:
        words = _("No cause is supported by what was read.")
        none = Entry("none", ([(words, "muted")],), can_choose=False)
        return [*_decision_entries(view, now, width), none, *next_look_entry(view, width)]
    decision = _decision_entries(view, now, width)
    is_advised = assessment.word is not Word.OPEN and not decision
    if view.shows_numbers:
        lines = [bar_line(view, leader, width), *_facts_line(view, leader, now, width)[:1]]
        lines += _action_lines(view, leader, width, is_brief=True) if is_advised else []
        leading = [Entry(cause_key(leader.id), tuple(lines))]
    else:
        leading = _leader_entries(view, leader, width, is_brief=True, is_advised=is_advised)
    next_look = next_look_entry(view, width)
    if next_look and assessment.next_look is not None:
        next_look = [Entry("next-look", (_look_line(view, assessment.next_look, width),))]
    unread = _unread_entries(view, width) if assessment.word is Word.OPEN else []
    return [*decision, *leading, *next_look, *unread]


def _leader_entries(
    view: IncidentView, leader: WeighedCause, width: int, *, is_brief: bool = False, is_advised: bool = True
) -> list[Entry]:
    """The first cause with why it is, and what to do about it."""
    style = WORD_STYLES[view.assessment.word] if view.assessment is not None else None
    is_open = view.assessment is None or view.assessment.word is Word.OPEN
    role = "strong" if is_open or style is None else style.role
    mark = f"{glyphs.NOT_JUDGED} " if is_open else ""
    lines: list[Line] = [[(crop(mark + view.cause_title(leader.id), width), role)]]
    if is_open and not leader.supporting:
        lines = [[(_("No cause is supported by what was read."), "muted")]]
    why: list[Span] = [("  ", ""), (_("Why:") + " ", "muted")]
    if view.reason:
        reason = hanging(why, view.reason, width)
        lines += reason[:_BRIEF] if is_brief else reason
    entries = [Entry(cause_key(leader.id), tuple(lines))]
    is_advised = is_advised and bool(leader.supporting)
    action = _action_lines(view, leader, width, is_brief=is_brief) if is_advised else []
    return [*entries, Entry(ADVICE, tuple(action), can_choose=bool(view.advised))] if action else entries


def _rival_line(view: IncidentView, cause: WeighedCause, width: int) -> Line:
    """Another cause with the strongest fact for it."""
    line: list[Span] = [("  ", ""), (crop(view.cause_title(cause.id), width - 2), "")]
    fact = next((each for each in cause.supporting if each.counts > 0), None)
    room = width - width_of(line) - 2
    if fact is not None and room >= _SHORTEST:
        line.append(("  " + crop(str(fact.signal.title), room), "muted"))
    return line


def _unread_entries(view: IncidentView, width: int) -> list[Entry]:
    """How many sources could not be read; with the numbers also which, and why."""
    readings = view.evidence.readings if view.evidence is not None else ()
    failed = [reading for reading in readings if reading.problem is not None or reading.as_of is not None]
    if not failed or not view.incident.is_open:
        return []
    words = plural("{count} source could not be read", "{count} sources could not be read", len(failed))
    text = words.format(count=len(failed))
    if view.shows_numbers:
        causes = (str(each.problem.summary) if each.problem else str(each.cut) for each in failed)
        text = _("{text}: {more}").format(text=text, more=_("; ").join(dict.fromkeys(causes)))
        lines: list[Line] = [[(part, "muted")] for part in wrap(text, width)]
    else:
        lines = [[(text, "muted"), ("  #", "key"), (" " + _("which"), "muted")]]
    return [Entry("unread", tuple(lines), can_choose=False)]


def choice_entries(view: IncidentView, now: datetime, width: int) -> list[Entry]:
    """The causes that a person may decide on, the likeliest first, and one's own words; Enter decides."""
    assessment = view.assessment
    causes = [cause for cause in assessment.causes if not cause.impossible] if assessment is not None else []
    own: Line = [(_("in your own words"), "key")]
    return [
        *(Entry(cause_key(cause.id), tuple(_choice_lines(view, cause, now, width))) for cause in causes),
        Entry(cause_key(OWN_WORDS), (own,)),
    ]


def _choice_lines(view: IncidentView, cause: WeighedCause, now: datetime, width: int) -> Iterator[Line]:
    decision = view.incident.decision
    line = bar_line(view, cause, width) if view.shows_numbers else _rival_line(view, cause, width)
    if decision is not None and decision.cause == cause.id:
        line = [*line, (f"  {glyphs.DONE} ", "good"), (_("decided"), "good")]
    yield line
    if cause.score > 0 and view.shows_numbers:
        yield from _facts_line(view, cause, now, width)[:1]


def _absent(view: IncidentView, width: int) -> list[Line]:
    if view.trouble:
        role = "muted" if view.incident.trigger is TriggerKind.FINDING else "warn"
        return [[(text, role)] for text in wrap(view.trouble, width)]
    if view.incident.capturing_at is not None:
        return [[(_("Reading what AWS knows…"), "muted")]]
    words = _("There is no evidence from AWS yet; r reads it.")
    return [[(text, "muted")] for text in wrap(words, width)]


def _is_effect(assessment: Assessment, cause: WeighedCause) -> bool:
    """Whether the cause is drawn below the one that explains it."""
    return any(cause.id in root.effects for root in assessment.causes if root.is_root and not root.impossible)


def bar_line(view: IncidentView, cause: WeighedCause, width: int, *, indent: str = "") -> Line:
    """`████████▌   34  DB の飽和  有力`."""
    is_first = view.assessment is not None and view.assessment.leader == cause
    role = _role(view) if is_first else "muted"
    size = 10 if width < _NARROW else 24
    spans: list[Span] = [
        (indent, "faint"),
        (pad(_bar(cause.score, size), size), role),
        (f"{cause.score:>4} ", role),
        (" " + view.cause_title(cause.id), "strong" if is_first else ""),
    ]
    if is_first and view.assessment is not None:
        style = WORD_STYLES[view.assessment.word]
        word: list[Span] = [("  ", ""), (style.word, style.role)]
        # The panel's head says it, too.
        spans += word if width_of([*spans, *word]) <= width else []
    return spans


def _role(view: IncidentView) -> str:
    return WORD_STYLES[view.assessment.word].role if view.assessment is not None else ""


def _bar(score: int, size: int) -> str:
    eighths = max(0, min(size * 8, round(score / FULL * size * 8)))
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _cause_lines(view: IncidentView, cause: WeighedCause, now: datetime, width: int) -> Iterator[Line]:
    yield bar_line(view, cause, width)
    is_first = view.assessment is not None and view.assessment.leader == cause
    if not is_first and cause.score <= 0:
        return
    if is_first:
        yield from _action_lines(view, cause, width)
    yield from _facts_line(view, cause, now, width)
    yield from _unseen_lines(cause, width)
    for effect in cause.effects:
        chain = [(" " * 6 + "↳ ", "faint"), (view.cause_title(effect), ""), _score_of(view, effect)]
        yield chain


def _action_lines(
    view: IncidentView, cause: WeighedCause, width: int, *, is_brief: bool = False
) -> list[Line]:
    """What to do first about the leading cause; on a line or two where few rows have room."""
    spec = view.specs.get(str(cause.id))
    action = spec.action_for(view.assessment.present) if spec is not None and view.assessment else ""
    if not action:
        return []
    arrow: list[Span] = [("  → ", "key")]
    lines = hanging(arrow, action, width, "strong")
    # A look that is offered takes a row of its own.
    most = 1 if view.assessment is not None and view.assessment.next_look is not None else _BRIEF
    if is_brief and len(lines) > most == 1:
        return [[*arrow, (crop(action, width - width_of(arrow)), "strong")]]
    return lines[:most] if is_brief else lines


def _score_of(view: IncidentView, id: str) -> Span:
    causes = view.assessment.causes if view.assessment is not None else ()
    score = next((cause.score for cause in causes if cause.id == id), None)
    return (f"  {score}" if score is not None else "", "muted")


def _facts_line(view: IncidentView, cause: WeighedCause, now: datetime, width: int) -> list[Line]:
    """The heaviest facts for it, then the heaviest against it, each whole."""
    counting = [each for each in cause.supporting if each.counts > 0][:_FOR]
    against = [each for each in cause.opposing if each.counts < 0][:_AGAINST]
    parts = [_fact(view, each, now, width - _INDENT) for each in (*counting, *against)]
    return _flow(parts, width, indent=_INDENT)


def _fact(view: IncidentView, fact: WeighedSignal, now: datetime, width: int) -> list[Span]:
    """`+15 ◆「remaining connection slots」18 (limit ≥ 1) 03:04`; a long title leaves room for the value."""
    role = "good" if fact.counts > 0 else "bad"
    direct = f"{glyphs.ABNORMAL} " if fact.is_direct else ""
    head: Span = (f"{fact.counts:+d} {direct}", role)
    at, until = fact.signal.at, fact.signal.until
    time: list[Span] = [(f" {time_text(at, view.zone, now)}", "muted")] if at is not None else []
    if at is None and until is not None:
        time = [(" " + _("known until {time}").format(time=time_text(until, view.zone, now)), "muted")]
    room = width - width_of([head, *time])
    title = crop(fact.signal.title, max(_SHORTEST, room - _VALUE))
    value = without_prefix(signal_value(fact.signal))
    room -= width_of([(title, "")])
    return [head, (title, ""), *([(" " + crop(value, room - 1), "strong")] if value else []), *time]


def signal_value(signal: Signal) -> str:
    """`97 (≥ 80)`: the value beside its limit."""
    if signal.value and signal.limit:
        return _("{value} (limit {limit})").format(value=signal.value, limit=signal.limit)
    return signal.value


def _unseen_lines(cause: WeighedCause, width: int) -> list[Line]:
    if not cause.unseen:
        return []
    texts = [
        f"{each.signal.title} ({each.signal.why})" if each.signal.why else each.signal.title
        for each in cause.unseen
    ]
    words = _("not read: {signals}").format(signals=_("; ").join(first_few(texts, _UNSEEN)))
    indent = " " * 6
    return [[(indent, ""), (text, "muted")] for text in wrap(f"{glyphs.NOT_JUDGED} {words}", width - 6)]


def _flow(parts: list[list[Span]], width: int, indent: int) -> list[Line]:
    """The parts one after another, each whole; as many on a line as fit."""
    lines: list[list[Span]] = []
    for part in parts:
        if lines and width_of(lines[-1]) + 3 + width_of(part) <= width:
            lines[-1] += [("   ", ""), *part]
        else:
            lines.append([(" " * indent, ""), *part])
    return list(lines)


def next_look_entry(view: IncidentView, width: int) -> list[Entry]:
    """What to look at next, and the key that does it; nothing while the cause is strong, or once all is over."""
    assessment = view.assessment
    if assessment is None or assessment.word is Word.STRONG or not view.incident.is_open:
        return []
    lines: list[Line] = []
    if assessment.why and view.shows_numbers:
        lines += [[(text, "muted")] for text in wrap(assessment.why, width)]
    if assessment.next_look is not None:
        lines.append(_look_line(view, assessment.next_look, width))
    return [Entry("next-look", tuple(lines))] if lines else []


def _look_line(view: IncidentView, look: NextLook, width: int) -> Line:
    words = _("look next: {signal}?").format(signal=look.title)
    line: Line = [("i", "key"), (" " + crop(words, width - 2), "")]
    return [*line, (f"  ±{abs(look.difference)}", "muted")] if view.shows_numbers else line


def _struck(view: IncidentView, cause: WeighedCause, width: int) -> Entry:
    head: list[Span] = [(f"{glyphs.OFF} ", "faint"), (view.cause_title(cause.id), "struck"), ("  ", "")]
    why = crop(str(cause.impossible), max(_SHORTEST, width - width_of(head)))
    return Entry(cause_key(cause.id), ([*head, (why, "faint")],))
