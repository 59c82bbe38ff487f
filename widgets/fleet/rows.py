from collections.abc import Sequence
from datetime import datetime
from string import ascii_lowercase, ascii_uppercase

from services.i18n import _
from services.models import glyphs
from services.models.alarms import Alarm
from services.models.fleet import Standing, SystemRecords, SystemState
from services.models.runbook import Environment
from services.models.verdict import Verdict
from widgets.alarms.alarm_wording import how_long
from widgets.alarms.values import limit_text
from widgets.drawing.columns import Column
from widgets.drawing.format import ago
from widgets.drawing.lines import Line, Span
from widgets.drawing.state_styles import VERDICT_STYLES
from widgets.drawing.table import Row
from widgets.fleet.standing import STANDING_STYLES

TAKEN = frozenset("jkU")  # Letters that move the cursor or do something on every screen
LETTERS = "".join(letter for letter in ascii_lowercase + ascii_uppercase if letter not in TAKEN)
"""The keys of the rows, in their order; systems beyond them have none."""


def letter_of(place: int) -> str:
    """The key of the system at `place` of the list; "" beyond the letters."""
    return LETTERS[place] if place < len(LETTERS) else ""


def columns() -> tuple[Column, ...]:
    return (
        Column(_("Key"), min_width=3, max_width=4),
        Column(_("System"), max_width=20, middle=True),
        Column(_("Name"), flex=1, min_width=14, rank=6),
        Column(_("State"), max_width=14),
        Column(_("Firing"), align="right", max_width=6),
        Column(_("Duties"), max_width=10),
        Column(_("Findings"), max_width=14, rank=3),
        Column(_("Changes"), align="right", max_width=8, rank=4),
        Column(_("Incidents"), align="right", max_width=9, rank=2),
        Column(_("Newest entry"), max_width=14, rank=5),
        Column(_("Read"), max_width=18),
    )


def rows(systems: Sequence[SystemState], own: str, now: datetime) -> list[Row]:
    """One row for each system, in the order of the configuration, so that a letter stays with its system."""
    return [
        Row(system.key, _cells(system, letter_of(place), system.key == own, now))
        for place, system in enumerate(systems)
    ]


def _cells(system: SystemState, letter: str, is_own: bool, now: datetime) -> tuple[Line, ...]:
    standing = system.standing(now)
    style = STANDING_STYLES[standing]
    records = system.records if system.records is not None and system.records.exists else None
    role = "strong" if is_own or style.role == "bad" else "muted" if standing is Standing.NORMAL else ""
    return (
        [(letter, "key")],
        [(f"[{system.key}]" if is_own else system.key, role)],
        _name(system, role),
        [(style.text, style.role)],
        _firing(system),
        _duties(records),
        _verdict(records),
        _count(records.holds if records is not None else None),
        _count(records.incidents if records is not None else None),
        _head(records, now),
        _read(system, standing, now),
    )


def _name(system: SystemState, role: str) -> Line:
    words = {Environment.STAGING: _("STAGING"), Environment.TEST: _("TEST")}
    word = words.get(system.environment) if system.environment is not None else None
    return [*([(f"{word} ", "warn")] if word else []), (system.title, role)]


def _firing(system: SystemState) -> Line:
    if system.overview is None:
        return [("—", "muted")]
    return [(str(system.firing), "bad" if system.firing else "muted")]


def _duties(records: SystemRecords | None) -> Line:
    if records is None:
        return [("—", "muted")]
    line: list[Span] = []
    if records.late:
        line.append((f"{glyphs.LATE} {records.late}", "bad"))
    if records.due:
        line += [("  ", "")] if line else []
        line.append((f"{glyphs.WAITING} {records.due}", "caution"))
    return line or [("0", "muted")]


def _verdict(records: SystemRecords | None) -> Line:
    if records is None or records.verdict is None:
        return [("—", "muted")]
    style = VERDICT_STYLES[records.verdict]
    unjudged, is_partly = VERDICT_STYLES[Verdict.UNKNOWN], records.verdict is not Verdict.UNKNOWN
    rest = [(f" {unjudged.mark}", unjudged.role)] if is_partly and not records.complete else []
    return [(style.text, style.role), *rest]


def _count(count: int | None) -> Line:
    return [("—" if count is None else str(count), "bad" if count else "muted")]


def _head(records: SystemRecords | None, now: datetime) -> Line:
    if records is None or records.head_at is None:
        return [("—", "muted")]
    return [(ago((now - records.head_at).total_seconds()), "muted")]


def _read(system: SystemState, standing: Standing, now: datetime) -> Line:
    age = system.age(now)
    if system.problem and age is None:
        return [(_("not readable"), "bad")]
    words = _("not yet") if age is None else ago(age)
    failed = system.alarms is not None and system.alarms.problem is not None
    if failed or system.problem:
        return [(_("{age}, fails", age=words) if age is not None else _("not readable"), "bad")]
    if system.records is not None and system.records.problem is not None:
        return [(f"{words}, {_('journal fails')}", "warn")]
    return [(words, "warn" if standing is Standing.STALE else "muted")]


def said_of(system: SystemState, now: datetime) -> tuple[str, ...]:
    """What is wrong with a system in sentences: why it is not read, what fires; whole, and with what to do."""
    problems = [
        system.alarms.problem if system.alarms is not None else None,
        system.records.problem if system.records is not None else None,
    ]
    firing = system.overview.firing if system.overview is not None else ()
    lacks_journal = system.records is not None and not system.records.exists
    texts = (
        system.problem,
        system.remedy,
        system.notice,
        *(text for problem in problems if problem is not None for text in (problem.summary, problem.remedy)),
        _("There is no journal of this system here: nothing is known of its duties.")
        if lacks_journal
        else "",
        *(_fires(alarm, now) for alarm in firing),
    )
    return tuple(text for text in texts if text)


def _fires(alarm: Alarm, now: datetime) -> str:
    """`■ rds-storage-low  for 9m  ≤ 10 GiB  The database's storage is low`: not AWS's reason, which is in English and UTC."""
    limit = limit_text(alarm) if alarm.threshold is not None else ""
    time = _("for {time}", time=how_long(alarm, now))
    parts = (f"{glyphs.FIRING} {alarm.name}", time, limit, alarm.description.split("\n")[0])
    return "  ".join(filter(None, parts))
