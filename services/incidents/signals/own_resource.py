"""What can be told of any alarm's resource: who wrote to it, which alarms fire with it, whether its log has a new error."""

from functools import partial

from services.i18n import N_, _
from services.incidents.facts import Facts
from services.incidents.signals.base import Judged, SignalSpec, absent, present, unseen
from services.incidents.signals.logs import new_kind
from services.incidents.signals.network import just_before, none_seen
from services.incidents.subject import Subject, queries_of
from services.models.first_wave import Source


def _write(facts: Facts) -> Judged:
    queries = queries_of(facts.evidence.alarm)
    if not queries or not Subject(queries).names:
        return unseen(_("the alarm does not tell which resource it watches"))
    for event in just_before(facts):
        if Subject(queries).is_touched_by(event):
            return present(f"{event.name} ({event.actor.shown})", at=event.at)
    return none_seen(facts)


def _together(facts: Facts) -> Judged:
    others = facts.evidence.together
    names = _(", ").join(each.name for each in others)
    # When they fired tells of their evaluation, not of what began first.
    return present(names) if others else absent()


SIGNALS = (
    SignalSpec("own-write", N_("Somebody changed the alarm's own resource just before"), Source.TRAIL, _write),
    SignalSpec("alarms-together", N_("Other alarms fire together with it"), Source.ALARMS, _together),
    SignalSpec("own-new-error", N_("The log of the alarm's own resource has a new kind of error"), Source.OWN_LOG, partial(new_kind, source=Source.OWN_LOG)),
)  # fmt: skip
