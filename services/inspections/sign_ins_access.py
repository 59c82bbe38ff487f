"""How other events of the sign-in service are judged: recoveries of root's password, switched roles, second factors."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from services.i18n import N_
from services.inspections.sign_ins_judge import Rules
from services.models.findings import worst
from services.models.trail import AccessEvent, ActorKind, TrailEvent
from services.models.verdict import Verdict

RECOVERED = "PasswordRecoveryCompleted"
"""Root's password was set anew with its e-mail address; IAM users have no such way."""
_RECOVERIES = ("PasswordRecovery",)
SWITCH = "SwitchRole"


class AccessReason(StrEnum):
    """Why somebody should look at such an event."""

    RECOVERED = "recovered"
    RECOVERY = "recovery"
    ROOT = "root"
    FAILED = "failed"
    ADDRESS = "address"
    PERSON = "person"
    HOURS = "hours"


WORDS = {
    AccessReason.RECOVERED: N_("root's password was set anew"),
    AccessReason.RECOVERY: N_("recovery of root's password"),
    AccessReason.ROOT: N_("root"),
    AccessReason.FAILED: N_("failed"),
    AccessReason.ADDRESS: N_("unknown address"),
    AccessReason.PERSON: N_("unknown person"),
    AccessReason.HOURS: N_("outside opening hours"),
}
_ABNORMAL = frozenset({AccessReason.RECOVERED, AccessReason.ROOT})


@dataclass(frozen=True, slots=True)
class JudgedAccess:
    """An event of the sign-in service other than a sign-in, and why to look at it."""

    event: TrailEvent
    reasons: tuple[AccessReason, ...]

    @property
    def recovery(self) -> bool:
        """It is about root's password."""
        return self.event.name.startswith(_RECOVERIES)

    @property
    def verdict(self) -> Verdict:
        """Normal without a reason."""
        verdicts = [Verdict.ABNORMAL if each in _ABNORMAL else Verdict.ATTENTION for each in self.reasons]
        return worst(verdicts) or Verdict.NORMAL


def judge(events: Iterable[TrailEvent], rules: Rules) -> list[JudgedAccess]:
    """Every one, judged."""
    return [JudgedAccess(event, tuple(_reasons(event, rules))) for event in events]


def _reasons(event: TrailEvent, rules: Rules) -> Iterator[AccessReason]:
    actor, success = event.actor, event.success if isinstance(event, AccessEvent) else None
    if success is False:
        yield AccessReason.FAILED
    if event.name.startswith(_RECOVERIES):
        done = event.name == RECOVERED and success is not False
        yield AccessReason.RECOVERED if done else AccessReason.RECOVERY
    elif actor.kind is ActorKind.ROOT:
        yield AccessReason.ROOT
    if not rules.known_address(event.address):
        yield AccessReason.ADDRESS
    if not actor.hidden and not rules.familiar(actor):
        yield AccessReason.PERSON
    if event.name == SWITCH and success is not False and not rules.within_hours(event.at):
        yield AccessReason.HOURS
