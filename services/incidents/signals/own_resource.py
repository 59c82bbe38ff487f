"""What can be told of any alarm's resource: who wrote to it, which alarms fire with it, what its log and metrics say."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from services.i18n import N_, _
from services.incidents.facts import Facts, message_of, minutes_before
from services.incidents.first_wave.own import label_of, statistic_of
from services.incidents.signals.base import Judge, Judged, SignalSpec, absent, present, unseen
from services.incidents.signals.logs import HALF, LEAST, SHOWN, signature_of
from services.incidents.subject import subject_of
from services.models.causes import CauseSignal
from services.models.evidence import EvidencePlace
from services.models.first_wave import LogEntry, Source
from services.models.text import clean
from services.models.units import number

JUST_BEFORE = 30
"""Minutes before T0 in which a write counts."""
DELAY = timedelta(minutes=15)
"""By when CloudTrail shows an event (CloudTrail user guide: typically within 5 minutes, up to 15)."""


def _write(facts: Facts) -> Judged:
    subject = subject_of(facts.evidence.alarm)
    if subject is None or not subject.names:
        return unseen(_("the alarm does not tell which resource it watches"))
    for event in facts.evidence.writes:
        lead = minutes_before(facts.start, event.at)
        if (
            not event.error
            and not event.read_only
            and -2 <= lead <= JUST_BEFORE
            and subject.is_touched_by(event)
        ):
            return present(f"{event.name} ({event.actor.shown})", at=event.at)
    if facts.evidence.ended < facts.start + DELAY:
        return unseen(_("CloudTrail reports up to 15 minutes late"))
    why = facts.gap(Source.TRAIL)
    return unseen(why) if why else absent()


def _together(facts: Facts) -> Judged:
    others = facts.evidence.together
    if not others:
        return absent()
    return present(_(", ").join(each.name for each in others), at=others[0].since)


def _new_error(facts: Facts) -> Judged:
    sample = facts.evidence.own_log
    if sample is None or not sample.is_from_start:
        return unseen(_("the older lines of the log are not recorded"))
    before: set[str] = set()
    since: dict[str, list[LogEntry]] = {}
    for line in sample.lines:
        kind = signature_of(line.text)
        if line.at < facts.start - timedelta(minutes=1):
            before.add(kind)
        else:
            since.setdefault(kind, []).append(line)
    counts = Counter({kind: len(lines) for kind, lines in since.items()})
    if counts.total() < LEAST:
        return absent(str(counts.total()), f"≥ {LEAST}")
    kind, count = max(
        ((kind, count) for kind, count in counts.items() if kind not in before),
        key=lambda pair: pair[1],
        default=("", 0),
    )
    value = _("{share} of {count}").format(share=f"{count / counts.total():.0%}", count=counts.total())
    if count < HALF * counts.total():
        return absent(value, f"≥ {HALF:.0%}")
    return _quoted(facts, f"{value}: ", since[kind])


def _quoted(facts: Facts, head: str, lines: list[LogEntry]) -> Judged:
    sample, line = facts.evidence.own_log, lines[0]
    place = EvidencePlace(kind="log", target=sample.group, at=line.at) if sample is not None else None
    return present(head + clean(message_of(line.text), SHOWN), at=line.at, place=place)


def _metric(spec: CauseSignal) -> Judge:
    """Whether a metric has passed a value since T0."""

    def judge(facts: Facts) -> Judged:
        label = label_of(spec.metric, spec.stat or statistic_of(spec.metric))
        curve = next((each for each in facts.evidence.own_series if each.label == label), None)
        if curve is None or not curve.values:
            return unseen(_("CloudWatch has no data of it"))
        first = facts.start.timestamp()
        points = [
            pair for pair in zip(curve.times, curve.values, strict=True) if pair[0] + curve.period > first
        ]
        if not points:
            return unseen(_("CloudWatch has no data of it"))
        is_above = spec.above is not None
        limit = spec.above if spec.above is not None else spec.below or 0.0
        _at, value = (max if is_above else min)(points, key=lambda pair: pair[1])
        words = f"{'>' if is_above else '<'} {number(limit)}"
        if value <= limit if is_above else value >= limit:
            return absent(number(value), words)
        begin = next(at for at, each in points if (each > limit if is_above else each < limit))
        return present(number(value), words, datetime.fromtimestamp(begin, UTC))

    return judge


def _phrase(spec: CauseSignal) -> Judge:
    def judge(facts: Facts) -> Judged:
        lines = [line for line in facts.lines(facts.evidence.own_log) if spec.log in line.text]
        if not lines:
            return absent()
        return _quoted(facts, _("{count} × {text}").format(count=len(lines), text=""), lines)

    return judge


def signals_of_runbook(facts: Facts) -> Iterator[SignalSpec]:
    """The signals that the runbook's own causes define."""
    for cause in facts.runbook.causes:
        for spec in cause.signals:
            source, judge = (
                (Source.OWN_METRICS, _metric(spec)) if spec.metric else (Source.OWN_LOG, _phrase(spec))
            )
            yield SignalSpec(spec.id, spec.title, source, judge, direct_for=(cause.id,))


SIGNALS = (
    SignalSpec(
        "own-write", N_("Somebody changed the alarm's own resource just before"), Source.TRAIL, _write
    ),
    SignalSpec("alarms-together", N_("Other alarms fire together with it"), Source.ALARMS, _together),
    SignalSpec("own-new-error", N_("The resource's log has a new kind of error"), Source.OWN_LOG, _new_error),
)
