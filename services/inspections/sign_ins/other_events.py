"""Judges other events of the sign-in service: root password recoveries, role switches, MFA checks."""

from collections.abc import Iterable, Iterator

from services.inspections.sign_ins.evaluation import RECOVERIES, JudgedAccess, Reason, Rules
from services.models.cloudtrail import AccessEvent, ActorKind, TrailEvent

RECOVERED = "PasswordRecoveryCompleted"
SWITCH = "SwitchRole"
TELLING = (SWITCH, "CheckMfa")
"""Events that always contain their outcome."""


def judge(events: Iterable[TrailEvent], rules: Rules) -> list[JudgedAccess]:
    return [JudgedAccess(event, tuple(_reasons(event, rules))) for event in events]


def _reasons(event: TrailEvent, rules: Rules) -> Iterator[Reason]:
    actor, success = event.actor, event.success if isinstance(event, AccessEvent) else None
    if success is False:
        yield Reason.FAILED
    elif success is None and event.name in TELLING:
        yield Reason.OUTCOME_UNSAID
    if event.name.startswith(RECOVERIES):
        done = event.name == RECOVERED and success is not False
        yield Reason.RECOVERED if done else Reason.RECOVERY
    elif actor.kind is ActorKind.ROOT:
        yield Reason.ROOT
    if not rules.known_address(event.address):
        yield Reason.ADDRESS
    if not actor.hidden and not rules.known_actor(actor):
        yield Reason.PERSON
    if actor.unreadable:
        yield Reason.NAMELESS
    if event.name == SWITCH and success is not False and not rules.within_hours(event.at):
        yield Reason.HOURS
