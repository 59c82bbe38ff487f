from collections.abc import Iterator
from datetime import datetime

from services.i18n import _, first_few, plural
from services.models import glyphs
from services.models.causes import WeighedCause, WeighedSignal, Word
from services.models.date_text import time_text
from widgets.drawing.format import coarse, crop, pad, wrap
from widgets.drawing.lines import Line, Span, width_of
from widgets.drawing.spans import hanging
from widgets.drawing.state_styles import StateStyle
from widgets.incidents.cause_words import WORD_STYLES
from widgets.incidents.entries import IncidentEntry
from widgets.incidents.evidence.context import note
from widgets.incidents.evidence.log_lines import without_prefix
from widgets.incidents.view import IncidentView

FULL = 40  # The score of a full bar: twice what a strong cause needs
_FOR, _AGAINST, _UNSEEN = 3, 1, 3  # Facts of each sort that are listed
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_INDENT = 6  # Cells before a fact
_VALUE = 14  # Cells of a fact's value that are there however long its title is
_SHORTEST = 16  # Cells of a fact's title that still tell what it is
ADVICE = "advice"  # The key of the entry that says what to do about the first cause
OWN_WORDS = "own"  # Stands for a cause that a person writes
_FRESH, _STALE = 60, 180
"""Seconds from which the age of a reading is said, and from which it is old: an open incident is read every minute."""
_BRIEF = 2  # Lines of the reason where few rows have room
_NARROW = 100  # Width from which the facts are listed in full, in cells


def cause_key(id: str) -> str:
    return f"cause:{id}"


def cause_of(key: str | None) -> str:
    """The id of an entry's cause; "" for another entry."""
    head, _colon, id = (key or "").partition(":")
    return id if head == "cause" else ""


def word_spans(view: IncidentView, now: datetime) -> list[Span]:
    """`◆ 有力 — 03:09 時点（7分前）`: how sure the weighing is and how old what it weighs, for the panel's head."""
    assessment = view.assessment
    if view.incident.is_asked:
        return read_spans(view, now)
    if assessment is None:
        return [(f"{glyphs.NOT_JUDGED} {view.trouble or _('not weighed yet')}", "warn")]
    style = WORD_STYLES[assessment.word]
    numbers = _("hide numbers") if view.shows_numbers else _("numbers")
    word: list[Span] = [(style.text, style.role), (" — ", "muted")]
    return [*word, *read_spans(view, now), ("  #", "key"), (f" {numbers}", "muted")]


def read_spans(view: IncidentView, now: datetime) -> list[Span]:
    """`03:09 時点（7分前）。以後 AWS の応答なし`: when the newest answer came, its age, and whether nothing answers since."""
    if view.evidence is None:
        return []
    at = view.evidence.answered
    if at is None:
        return [(_("nothing answers"), "warn")]
    old, is_last = (now - at).total_seconds(), at < view.evidence.began
    words = _("read {time}") if old < _FRESH else _("read {time} ({age} old)")
    words = words.format(time=time_text(at, view.zone, now), age=coarse(old))
    words = _("{text}; {note}", text=words, note=_("nothing answers since")) if is_last else words
    return [(words, "warn" if view.incident.is_open and (is_last or old >= _STALE) else "muted")]


def cause_entries(
    view: IncidentView, now: datetime, width: int, *, is_brief: bool = False
) -> list[IncidentEntry]:
    """What was decided, the first cause, why, what to do about it, what to look at next; then the others.
    `is_brief`: without the others, for where few rows have room."""
    assessment, entries = view.assessment, _decision_entries(view, now, width)
    if assessment is None:
        return [*entries, absent_entry(view, width)]
    if view.resource is not None and not assessment.causes:
        return [*entries, *_unknown_entries(view, width)]
    is_open, leader = assessment.word is Word.OPEN, assessment.leader
    is_advised = not is_brief or (not is_open and not entries)
    if leader is None or (is_open and not leader.supporting):
        leader = None
        entries.append(note("none", _("No cause is supported by what was read."), width))
    else:
        entries.append(
            IncidentEntry(
                cause_key(leader.id), tuple(_cause_lines(view, leader, now, width, is_brief=is_brief))
            )
        )
        if is_advised and (action := _action_lines(view, leader, width, is_brief=is_brief)):
            entries.append(IncidentEntry(ADVICE, tuple(action), can_choose=bool(view.advised)))
    entries += next_look_entry(view, width, is_brief=is_brief)
    if not is_brief:
        others = [cause for cause in assessment.causes if cause != leader and _is_listed(view, cause)]
        entries += [
            IncidentEntry(cause_key(cause.id), tuple(_cause_lines(view, cause, now, width)))
            for cause in others
        ]
    return [*entries, *(_unread_entries(view, width) if is_open or not is_brief else ())]


def _is_listed(view: IncidentView, cause: WeighedCause) -> bool:
    causes = view.assessment.causes if view.assessment is not None else ()
    if cause.impossible:
        return view.shows_numbers
    if any(cause.id in root.effects for root in causes if root.is_root and not root.impossible):
        return False
    return view.shows_numbers or (cause.score > 0 and bool(cause.supporting))


def _decision_entries(view: IncidentView, now: datetime, width: int) -> list[IncidentEntry]:
    decision = view.incident.decision
    if decision is None:
        return []
    by: list[Span] = [(f"  {decision.by} {time_text(decision.at, view.zone, now)}", "muted")]
    left: list[Span] = [(f"{glyphs.DONE} ", "good"), (_("Decided: "), "muted")]
    title = crop(decision.title, max(_SHORTEST, width - width_of(left) - width_of(by)))
    return [IncidentEntry("decision", ([*left, (title, "strong"), *by],), can_choose=False)]


def _unknown_entries(view: IncidentView, width: int) -> list[IncidentEntry]:
    why = view.assessment.why if view.assessment is not None else ""
    lines: list[Line] = [[(text, "warn")] for text in wrap(why, width)]
    for row in view.resource.rows if view.resource is not None and view.playbook is not None else ():
        name = crop(row.name + "  ", width)
        lines.append([(name, "muted"), (crop(row.text, max(1, width - width_of([(name, "")]))), "")])
    return [IncidentEntry("unknown", tuple(lines), can_choose=False)]


def _rival_line(view: IncidentView, cause: WeighedCause, width: int) -> Line:
    line: list[Span] = [("  ", ""), (crop(view.cause_title(cause.id), width - 2), "")]
    fact = next((each for each in cause.supporting if each.counts > 0), None)
    room = width - width_of(line) - 2
    if fact is not None and room >= _SHORTEST:
        line.append(("  " + crop(str(fact.signal.title), room), "muted"))
    return line


def _unread_entries(view: IncidentView, width: int) -> list[IncidentEntry]:
    readings = view.evidence.readings if view.evidence is not None else ()
    failed = [reading for reading in readings if reading.problem is not None or reading.as_of is not None]
    if not failed or not view.incident.is_open:
        return []
    words = plural("{count} source could not be read", "{count} sources could not be read", len(failed))
    text = words.format(count=len(failed))
    if not view.shows_numbers:
        line: Line = [(text, "muted"), ("  #", "key"), (" " + _("which"), "muted")]
        return [IncidentEntry("unread", (line,), can_choose=False)]
    causes = (str(each.problem.summary) if each.problem else str(each.cut) for each in failed)
    text = _("{text}: {more}", text=text, more=_("; ").join(dict.fromkeys(causes)))
    return [note("unread", text, width)]


def choice_entries(view: IncidentView, now: datetime, width: int) -> list[IncidentEntry]:
    """The causes that a person may decide on, the likeliest first, and one's own words; Enter decides."""
    assessment = view.assessment
    decision, entries = view.incident.decision, list[IncidentEntry]()
    for cause in assessment.causes if assessment is not None else ():
        if not cause.impossible:
            first, *more = _cause_lines(view, cause, now, width, is_brief=True)
            if decision is not None and decision.cause == cause.id:
                first = [*first, (f"  {glyphs.DONE} ", "good"), (_("decided"), "good")]
            entries.append(IncidentEntry(cause_key(cause.id), (first, *more)))
    return [*entries, IncidentEntry(cause_key(OWN_WORDS), ([(_("in your own words"), "key")],))]


def absent_entry(view: IncidentView, width: int) -> IncidentEntry:
    words = view.trouble or _("There is no evidence from AWS yet; r reads it.")
    if not view.trouble and view.incident.capturing_at is not None:
        words = _("Reading what AWS knows…")
    return note("none", words, width, "warn" if view.trouble else "muted")


def bar_line(view: IncidentView, cause: WeighedCause, width: int) -> Line:
    """`████████▌   34  DB の飽和  有力`."""
    style = _style(view, cause)
    role = style.role if style is not None else "muted"
    size = 10 if width < _NARROW else 24
    eighths = max(0, min(size * 8, round(cause.score / FULL * size * 8)))
    spans: list[Span] = [
        (pad("█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip(), size), role),
        (f"{cause.score:>4} ", role),
        (" " + view.cause_title(cause.id), "strong" if style is not None else ""),
    ]
    word: list[Span] = [("  ", ""), (style.word, style.role)] if style is not None else []
    # The panel's head says it, too.
    return [*spans, *word] if width_of([*spans, *word]) <= width else spans


def _style(view: IncidentView, cause: WeighedCause) -> StateStyle | None:
    assessment = view.assessment
    return WORD_STYLES[assessment.word] if assessment is not None and assessment.leader == cause else None


def _cause_lines(
    view: IncidentView, cause: WeighedCause, now: datetime, width: int, *, is_brief: bool = False
) -> Iterator[Line]:
    style = _style(view, cause)
    if cause.impossible:
        head: Line = [(f"{glyphs.OFF} ", "faint"), (view.cause_title(cause.id), "struck"), ("  ", "")]
        ends = [row.signal.until for row in cause.opposing if row.signal.until is not None]
        until = _known_until(view, min(ends, default=None), now)
        room = max(_SHORTEST, width - width_of([*head, *until]))
        yield [*head, (crop(str(cause.impossible), room), "faint"), *until]
    elif view.shows_numbers:
        yield bar_line(view, cause, width)
        if style is not None or cause.score > 0:
            yield from _facts_line(view, cause, now, width)[: 1 if is_brief else None]
            if not is_brief:
                yield from _unseen_lines(cause, width)
                yield from ([("      ↳ ", "faint"), (view.cause_title(each), "")] for each in cause.effects)
    elif style is None:
        yield _rival_line(view, cause, width)
    else:
        is_open = style is WORD_STYLES[Word.OPEN]
        mark = f"{glyphs.NOT_JUDGED} " if is_open else ""
        yield [(crop(mark + view.cause_title(cause.id), width), "strong" if is_open else style.role)]
        why: list[Span] = [("  ", ""), (_("Why:") + " ", "muted")]
        if view.reason:
            yield from hanging(why, view.reason, width, most=_BRIEF if is_brief else None)


def _action_lines(
    view: IncidentView, cause: WeighedCause, width: int, *, is_brief: bool = False
) -> list[Line]:
    """What to do first about the leading cause, or what became of it; on a line or two where few rows have room."""
    spec = view.specs.get(str(cause.id))
    advice = spec.advice_for(view.assessment.present) if spec and view.assessment else None
    if advice is None or not advice.action:
        return []
    text = outcome = view.outcomes.get(advice.look or "", "")
    if not outcome or view.advised:
        # What failed may be done again.
        text = _("{title} ({more})", title=advice.action, more=outcome) if outcome else str(advice.action)
    # A look that is offered takes a row of its own.
    most = 1 if view.assessment is not None and view.assessment.next_look is not None else _BRIEF
    return hanging([("  → ", "key")], text, width, "strong", most if is_brief else None)


def _facts_line(view: IncidentView, cause: WeighedCause, now: datetime, width: int) -> list[Line]:
    counting = [each for each in cause.supporting if each.counts > 0][:_FOR]
    against = [each for each in cause.opposing if each.counts < 0][:_AGAINST]
    lines: list[list[Span]] = []
    for part in (_fact(view, each, now, width - _INDENT) for each in (*counting, *against)):
        if lines and width_of(lines[-1]) + 3 + width_of(part) <= width:
            lines[-1] += [("   ", ""), *part]
        else:
            lines.append([(" " * _INDENT, ""), *part])
    return list(lines)


def _known_until(view: IncidentView, until: datetime | None, now: datetime) -> list[Span]:
    if until is None:
        return []
    return [(" " + _("known until {time}", time=time_text(until, view.zone, now)), "muted")]


def _fact(view: IncidentView, fact: WeighedSignal, now: datetime, width: int) -> list[Span]:
    """`+15 ◆「remaining connection slots」18 (limit ≥ 1) 03:04`; a long title leaves room for the value."""
    role = "good" if fact.counts > 0 else "bad"
    direct = f"{glyphs.ABNORMAL} " if fact.is_direct else ""
    head: Span = (f"{fact.counts:+d} {direct}", role)
    at, time = fact.signal.at, _known_until(view, fact.signal.until, now)
    if at is not None:
        time = [(f" {time_text(at, view.zone, now)}", "muted")]
    room = width - width_of([head, *time])
    title = crop(fact.signal.title, max(_SHORTEST, room - _VALUE))
    value = fact.signal.value
    if value and fact.signal.limit:
        value = _("{value} (limit {limit})", value=value, limit=fact.signal.limit)
    value = without_prefix(value)
    room -= width_of([(title, "")])
    return [head, (title, ""), *([(" " + crop(value, room - 1), "strong")] if value else []), *time]


def _unseen_lines(cause: WeighedCause, width: int) -> list[Line]:
    texts = [
        f"{each.signal.title} ({each.signal.why})" if each.signal.why else each.signal.title
        for each in cause.unseen
    ]
    words = _("not read: {signals}", signals=_("; ").join(first_few(texts, _UNSEEN)))
    mark: list[Span] = [(" " * _INDENT, ""), (f"{glyphs.NOT_JUDGED} ", "muted")]
    return hanging(mark, words, width, "muted") if texts else []


def next_look_entry(view: IncidentView, width: int, *, is_brief: bool = False) -> list[IncidentEntry]:
    assessment = view.assessment
    if assessment is None or assessment.word is Word.STRONG or not view.incident.is_open:
        return []
    look, lines = assessment.next_look, list[Line]()
    if view.shows_numbers and not (is_brief and look is not None):
        lines += [[(text, "muted")] for text in wrap(assessment.why, width)] if assessment.why else []
    if look is not None:
        words = " " + crop(_("look next: {signal}?", signal=look.title), width - 2)
        score = f"  ±{abs(look.difference)}" if view.shows_numbers else ""
        lines.append([("i", "key"), (words, ""), (score, "muted")])
    return [IncidentEntry("next-look", tuple(lines))] if lines else []
