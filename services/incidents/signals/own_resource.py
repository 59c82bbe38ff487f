"""What can be told of any alarm's resource: who wrote to it, which alarms fire with it, whether its log has a new error."""

from collections import Counter
from datetime import timedelta

from services.i18n import N_, _
from services.incidents.facts import Facts, message_of, minutes_before
from services.incidents.signals.base import Judged, SignalSpec, absent, percent, present, unseen
from services.incidents.signals.logs import HALF, LEAST, SHOWN, signature_of
from services.incidents.subject import subject_of
from services.models.evidence import EvidencePlace
from services.models.first_wave import LogEntry, Source
from services.models.text import clean

JUST_BEFORE = 30
"""Minutes before T0 in which a write counts."""
DELAY = timedelta(minutes=15)
"""By when CloudTrail shows an event (its user guide: typically within 5 minutes, sometimes 15)."""


def _write(facts: Facts) -> Judged:
    subject = subject_of(facts.evidence.alarm)
    if subject is None or not subject.names:
        return unseen(_("the alarm does not tell which resource it watches"))
    for event in facts.evidence.writes:
        is_near = -2 <= minutes_before(facts.start, event.at) <= JUST_BEFORE
        if is_near and not event.error and not event.read_only and subject.is_touched_by(event):
            return present(f"{event.name} ({event.actor.shown})", at=event.at)
    if facts.evidence.ended < facts.start + DELAY:
        return unseen(_("CloudTrail reports up to 15 minutes late"))
    why = facts.gap(Source.TRAIL)
    return unseen(why) if why else absent()


def _together(facts: Facts) -> Judged:
    others = facts.evidence.together
    names = _(", ").join(each.name for each in others)
    return present(names, at=others[0].since) if others else absent()


def _new_error(facts: Facts) -> Judged:
    sample = facts.evidence.own_log
    if sample is None or not sample.is_from_start:
        return unseen(_("the older lines of the log are not recorded"))
    edge = facts.start - timedelta(minutes=1)
    before = {signature_of(line.text) for line in sample.lines if line.at < edge}
    first: dict[str, LogEntry] = {}
    counts = Counter[str]()
    for line in sample.lines:
        if line.at >= edge:
            counts[kind := signature_of(line.text)] += 1
            first.setdefault(kind, line)
    count, kind = max(
        ((count, kind) for kind, count in counts.items() if kind not in before), default=(0, "")
    )
    if counts.total() < LEAST or count < HALF * counts.total():
        return absent(_("{share} of {count}").format(share=count, count=counts.total()), f"≥ {percent(HALF)}")
    line = first[kind]
    value = _("{share} of {count}").format(share=percent(count / counts.total()), count=counts.total())
    place = EvidencePlace(kind="log", target=sample.group, at=line.at)
    return present(f"{value}: {clean(message_of(line.text), SHOWN)}", at=line.at, place=place)


SIGNALS = (
    SignalSpec("own-write", N_("Somebody changed the alarm's own resource just before"), Source.TRAIL, _write),
    SignalSpec("alarms-together", N_("Other alarms fire together with it"), Source.ALARMS, _together),
    SignalSpec("own-new-error", N_("The log of the alarm's own resource has a new kind of error"), Source.OWN_LOG, _new_error),
)  # fmt: skip
