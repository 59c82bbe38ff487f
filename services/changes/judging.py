"""The state alone may be somebody else's doing, and the absence of a record proves nothing."""

from collections.abc import Iterable
from datetime import datetime, timedelta, tzinfo
from typing import NamedTuple

from services.changes.change_wording import observed_done, observed_undone
from services.changes.guarantees import Guarantees
from services.changes.trail import Trace
from services.i18n import _, sentences
from services.models.changes import Observation, Place, PlannedStep
from services.models.cloudtrail import TrailEvent
from services.models.date_text import zoned_time

NAMED = 3  # Most events of others that are named
LISTED_BY = timedelta(minutes=30)
"""How long after a request nothing new is expected of CloudTrail; what it does not show by then is for a person."""


class ChangeVerdict(NamedTuple):
    done: bool | None  # None: not known
    text: str
    how: str = "read"  # As in the journal: `read` from AWS, or `said` by a person
    event: TrailEvent | None = None  # The record that decides


def by_state(
    step: PlannedStep, shown: Observation, guarantees: Guarantees, *, is_over: bool
) -> ChangeVerdict | None:
    """What the state proves by itself; None: nothing. `is_over`: the request can no longer be carried out."""
    operation = step.call.operation
    if shown.place is Place.AFTER and operation in guarantees.named:
        return ChangeVerdict(True, observed_done(shown))
    if shown.place is Place.BEFORE and operation in guarantees.traceable:
        return ChangeVerdict(False, observed_undone(step.call, shown)) if is_over else ChangeVerdict(None, "")
    return None


def by_trail(
    step: PlannedStep, shown: Observation, trace: Trace, zone: tzinfo, now: datetime, *, is_late: bool
) -> ChangeVerdict:
    """What CloudTrail proves; `is_late`: nothing new is expected of it."""
    own, state = trace.own, _state_text(step, shown)
    if own is not None and trace.is_decided:
        at = zoned_time(own.at, zone, now, seconds=True)
        if own.error:
            text = _("CloudTrail has this console's request, {event} at {when}: AWS refused it ({error}).")
            text = text.format(event=own.name, when=at, error=own.error)
            return ChangeVerdict(False, sentences(text, state), "read", own)
        text = _("CloudTrail has this console's request, {event} at {when}: it was carried out.")
        later = "" if shown.place is Place.AFTER else _("It was changed since.")
        if own.products and not any(id in shown.text for id in own.products):
            later = _("What AWS shows is another one, which came later.")
        return ChangeVerdict(True, sentences(text.format(event=own.name, when=at), later, state), "read", own)
    if shown.place is Place.BEFORE and trace.is_silent:
        text = _("CloudTrail, which lists later events, has no request of this console: it was not done.")
        return ChangeVerdict(False, sentences(text, state))
    return ChangeVerdict(None, sentences(state, *_missing(step, trace, zone, now, is_late=is_late)))


def unproven(step: PlannedStep, shown: Observation) -> ChangeVerdict:
    whose = "" if shown.place is Place.BEFORE else _("Nothing proves that this console did it.")
    look = {"github": _("See in GitHub's audit log who wrote the secret, and record what happened.")}.get(
        step.call.service, _("Record what happened.")
    )
    return ChangeVerdict(None, sentences(_state_text(step, shown), whose, look))


def _state_text(step: PlannedStep, shown: Observation) -> str:
    texts = {
        Place.AFTER: _("{party} shows the state after the change: {state}"),
        Place.BEFORE: _("{party} shows the state before the change: {state}"),
        Place.ELSEWHERE: _("{party} shows neither the state before nor after the change: {state}"),
    }
    return texts[shown.place].format(party=step.call.party, state=shown.text)


def _missing(step: PlannedStep, trace: Trace, zone: tzinfo, now: datetime, *, is_late: bool) -> Iterable[str]:
    if trace.problem:
        yield _("CloudTrail could not be read: {why}", why=trace.problem)
    for event in trace.others[:NAMED]:
        text = _("{name} sent {event} at {when}.")
        when = zoned_time(event.at, zone, now, seconds=True)
        yield text.format(name=event.actor.shown or "—", event=event.name, when=when)
    if is_late:
        text = _(
            "CloudTrail does not tell whether this console's request was carried out: look at {event} in its event "
            "history and record what happened."
        )
    else:
        text = _(
            "CloudTrail tells within about 15 minutes whether this console's request was carried out: {event} in its event history."
        )
    yield text.format(event=step.call.operation)
