from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from services.i18n import _, plural
from services.models.alarm_readings import AlarmReadings
from services.models.alarms import Alarm, AlarmState, is_plain
from services.models.date_text import time_text
from services.models.glyphs import DONE, NOT_JUDGED, OFF
from services.models.journal import Acknowledgement
from widgets.alarms.acknowledgements import short_spans
from widgets.alarms.advice import NO_ADVICE, AlarmAdvice, advice_spans
from widgets.alarms.alarm_wording import asides, joined, since_text, state_spans, warnings
from widgets.alarms.values import calls, hour_spans, limit_text, now_spans
from widgets.drawing.columns import Column
from widgets.drawing.lines import Line, Span
from widgets.drawing.state_styles import ALARM_STYLES, unsure
from widgets.drawing.table import Row

NORMAL, SCALING, OUTDATED = FOLDS = "fold:normal", "fold:scaling", "fold:outdated"
"""Keys of the lines that stand for several alarms."""


def columns() -> tuple[Column, ...]:
    """The columns; in a narrow table note, shape and time go, never the limit while the value stays."""
    return (
        Column(_("State"), max_width=12),
        Column(_("Alarm"), flex=2, min_width=22, middle=True),
        Column(_("Now"), align="right", max_width=14),
        Column(_("Threshold"), max_width=14),
        Column(_("Since"), max_width=16, rank=1),
        Column(_("Last hour"), max_width=12, rank=2),
        Column(_("Note"), flex=3, min_width=12, rank=3),
    )


@dataclass(frozen=True, slots=True)
class RowContext:
    now: datetime
    zone: tzinfo
    readings: AlarmReadings = field(default_factory=AlarmReadings)
    is_stale: bool = False  # The states are outdated

    def trusted(self, spans: list[Span]) -> list[Span]:
        return unsure(spans) if self.is_stale else spans


def alarm_row(
    alarm: Alarm, context: RowContext, acknowledgement: Acknowledgement | None, *, grave_below: bool
) -> Row:
    """One alarm; with `grave_below` its warnings stand in lines below it."""
    now, zone = context.now, context.zone
    is_dim = alarm.scaling or is_plain(alarm)
    role = "muted" if is_dim else ""
    shape = "faint" if is_dim else ""
    name = "muted" if is_dim else "strong" if calls(alarm) and acknowledgement is None else ""
    note: list[Span] = short_spans(acknowledgement) if acknowledgement and not calls(alarm) else []
    badges = joined([*(() if grave_below else warnings(alarm, zone, now)), *asides(alarm, zone, now)])
    note += [("  ", ""), *badges] if note and badges else badges
    state = state_spans(alarm)
    if is_plain(alarm) and not alarm.scaling:
        style = ALARM_STYLES[alarm.state]
        state = [(f"{style.mark} ", style.role), (style.word, "muted")]
    return Row(
        str(alarm.id),
        (
            [*context.trusted(state), *([(f" {DONE}", "good")] if acknowledgement else [])],
            [(alarm.name, name)],
            now_spans(alarm, context.readings, now, "muted" if is_dim else "strong"),
            [(limit_text(alarm), "limit" if calls(alarm) and alarm.threshold is not None else "muted")],
            [(since_text(alarm, zone, now), role or "muted")],
            hour_spans(alarm, context.readings, now, shape),
            note,
        ),
    )


def below_spans(
    alarm: Alarm,
    context: RowContext,
    acknowledgement: Acknowledgement | None,
    advice: AlarmAdvice = NO_ADVICE,
) -> list[Span]:
    """What stands in lines below the row: of a firing alarm its sentence, of others what must not be cut."""
    grave = warnings(alarm, context.zone, context.now)
    if not calls(alarm):
        return grave
    short = short_spans(acknowledgement) if acknowledgement else []
    signature: list[Span] = [("".join(text for text, _role in short), "good")] if short else []
    return [*advice_spans(alarm, advice, context.now), *signature, *grave]


def below_row(alarm: Alarm, number: int, line: Line, indent: int) -> Row:
    """A line below an alarm's row; only the first one has the arrow."""
    arrow = "↳ " if number == 0 else "  "
    return Row(below_key(alarm, number), ([(" " * indent + arrow, "rule"), *line],), heading=True)


def below_key(alarm: Alarm, number: int) -> str:
    return f"note:{number}:{alarm.id}"


def normal_row(alarms: Sequence[Alarm], context: RowContext, *, is_listed: bool) -> Row:
    """`● ok 6`: the line of all normal alarms together; below their rows, it folds them."""
    if is_listed:
        words = plural("fold {count} normal alarm", "fold {count} normal alarms", len(alarms))
        return Row(NORMAL, ([("  " + words.format(count=len(alarms)), "faint")],), whole=True)
    style = ALARM_STYLES[AlarmState.OK]
    words = plural("{count} alarm", "{count} alarms", len(alarms), count=len(alarms))
    line: list[Span] = [(f"{style.mark} ", style.role), (f"{style.word} {words}", "muted")]
    return Row(NORMAL, (context.trusted(line),), whole=True)


def scaling_row(alarms: Sequence[Alarm]) -> Row:
    words = plural(
        "{count} scaling alarm: drives the task count, “low” firing is normal",
        "{count} scaling alarms: they drive the task count, “low” firing is normal",
        len(alarms),
    )
    return Row(SCALING, ([(f"{OFF} ", "faint"), (words.format(count=len(alarms)), "faint")],), whole=True)


def outdated_row(alarms: Sequence[Alarm], *, is_listed: bool) -> Row:
    words = plural(
        "{count} alarm was ok and could not be read again",
        "{count} alarms were ok and could not be read again",
        len(alarms),
    )
    hint = _("⏎ fold them") if is_listed else _("⏎ list them")
    line: list[Span] = [
        (f"{NOT_JUDGED} {words.format(count=f'{len(alarms):,}')}", "warn"),
        (f"  {hint}", "faint"),
    ]
    return Row(OUTDATED, (line,), whole=True)


def unlisted_row(why: str) -> Row:
    return Row("note:unlisted", ([(f"{NOT_JUDGED} {why}", "warn")],), heading=True)


def as_of_spans(listed_at: datetime | None, context: RowContext) -> list[Span]:
    if listed_at is None:
        return []
    words = _("those beyond the runbook’s as of {time}")
    return [("  ", ""), (words.format(time=time_text(listed_at, context.zone, context.now)), "muted")]


def all_normal_spans(count: int, *, is_stale: bool) -> list[Span]:
    """`● all 8 are ok`: what the head says in place of a list."""
    if is_stale:
        words = plural(
            "{count} alarm was ok when last read", "all {count} alarms were ok when last read", count
        )
        return [(f"{NOT_JUDGED} {words.format(count=count)}", "warn")]
    style = ALARM_STYLES[AlarmState.OK]
    words = plural("{count} alarm, and it is ok", "all {count} alarms are ok", count)
    return [(f"{style.mark} {words.format(count=count)}", style.role)]
