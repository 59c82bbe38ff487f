"""An assessment as lines for a person. Imported late, as it loads the widgets' texts."""

import shutil
from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo

from services.i18n import _, plural
from services.incidents.first_wave.sources import SOURCES
from services.incidents.onset import curve_text
from services.models.assess_answer import AssessAnswer, AssessedSignal, AssessedWeight, word_text
from services.models.causes import OnsetBasis, Word
from services.models.first_wave import Source
from services.models.runbook import Runbook
from services.models.text import clean
from widgets.drawing.format import clock, pad, stamp, wrap
from widgets.drawing.state_styles import ALARM_STYLES

_MOST, _FACTS = 3, 3  # Causes, and facts of each side, that are printed
_NARROW, _WIDE = 60, 120


def answer_lines(answer: AssessAnswer, runbook: Runbook) -> list[str]:
    zone = ZoneInfo(runbook.system.timezone)
    width = max(_NARROW, min(_WIDE, shutil.get_terminal_size((_WIDE, 0)).columns))
    lines: list[str] = []
    for line in _lines(answer, zone):
        room = len(line) - len(line.lstrip())
        lines += [" " * room + part for part in wrap(line.strip(), width - room)] or [""]
    return lines


def _lines(answer: AssessAnswer, zone: ZoneInfo) -> Iterator[str]:
    alarm = answer.alarm
    since = f"  {stamp(alarm.since, zone)}" if alarm.since else ""
    yield f"{ALARM_STYLES[alarm.state].text}  {clean(alarm.name)}{since}"
    yield ""
    yield from _causes(answer, zone)
    yield from _resource(answer)
    onset = answer.onset
    begin = f"T0  {stamp(onset.at, zone)}  "
    if onset.basis is OnsetBasis.BASELINE:
        yield begin + _("first minute of {measure} over its baseline", measure=curve_text(onset.measure))
    else:
        yield begin + _("the alarm's moment: no curve left its baseline")
    if answer.next_look:
        titles = {signal.id: signal.title for signal in answer.signals}
        yield _("look next: {signal}?", signal=titles.get(answer.next_look, answer.next_look))
    yield from _unread(answer)
    requests = plural("{count} request", "{count} requests", answer.requests, count=answer.requests)
    yield _("{requests} in {seconds} s, ¥{yen}").format(
        requests=requests, seconds=f"{answer.seconds:.1f}", yen=f"{answer.yen:.2f}"
    )


def _causes(answer: AssessAnswer, zone: ZoneInfo) -> Iterator[str]:
    signals = {signal.id: signal for signal in answer.signals}
    word = word_text(answer.word)
    yield _("{word}: {why}", word=word, why=answer.why) if answer.why else word
    possible = [cause for cause in answer.causes if not cause.impossible]
    if answer.reason and answer.word is not Word.OPEN:
        yield possible[0].title
        yield _("Why: {reason}", reason=answer.reason)
        if possible[0].action:
            yield f"→ {possible[0].action}"
    yield ""
    for cause in possible[:_MOST]:
        yield f"{pad(str(cause.score), 4, 'right')}  {cause.title}"
        yield from _facts("+", cause.supporting, signals, zone)
        yield from _facts("−", cause.opposing, signals, zone)
        yield from _facts("?", cause.unseen, signals, zone)
    yield ""


def _resource(answer: AssessAnswer) -> Iterator[str]:
    if answer.resource is not None:
        yield answer.resource.title
        yield from (f"      {row.name}  {row.text}" for row in answer.resource.rows)
        yield ""


def _facts(
    sign: str, weights: Iterable[AssessedWeight], signals: dict[str, AssessedSignal], zone: ZoneInfo
) -> Iterator[str]:
    for weight in list(weights)[:_FACTS]:
        signal = signals.get(weight.signal)
        if signal is None or (sign != "?" and not weight.counts):
            continue
        limit = f" ({signal.limit})" if signal.limit else ""
        value = f": {signal.value}{limit}" if signal.value else ""
        at = f"  {clock(signal.time, zone)}" if signal.time else ""
        if signal.until and not signal.time:
            at = "  " + _("known until {time}", time=clock(signal.until, zone))
        why = f" — {signal.why}" if signal.why else ""
        title = _("not read: {signals}", signals=signal.title) if sign == "?" else signal.title
        yield f"      {sign} {title}{value}{at}{why}"


def _unread(answer: AssessAnswer) -> Iterator[str]:
    for source in answer.sources:
        if source.source is Source.ALARMS and answer.resource is None:
            continue
        title = _(SOURCES[source.source].title)
        if source.problem is not None:
            yield _("Not read: {title}: {why}", title=title, why=source.problem.summary)
        elif source.cut:
            yield _("Read in part: {title}: {why}", title=title, why=source.cut)
