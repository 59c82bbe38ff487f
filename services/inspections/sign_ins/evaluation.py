"""How sign-ins and changes are judged by the runbook's list of people, networks and hours."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from ipaddress import IPv6Address, ip_address, ip_network

from services.calendar.calendar import Calendar
from services.i18n import N_
from services.inspections.known import AllowList, is_network
from services.models.findings import UnknownIdentity, worst
from services.models.runbook import Runbook
from services.models.runbook_looks import Trail as TrailSpec
from services.models.trail import Actor, ActorKind, SignIn, TrailEvent
from services.models.verdict import Verdict

_HOME_BITS = 64
"""Of an IPv6 address: what one line has; the rest changes from day to day."""


class Reason(StrEnum):
    """Why somebody should look at a sign-in."""

    ROOT = "root"
    FAILED = "failed"
    NO_MFA = "no-mfa"
    MFA_UNSAID = "mfa-unsaid"
    ADDRESS = "address"
    PERSON = "person"
    NAMELESS = "nameless"
    HOURS = "hours"
    RECOVERED = "recovered"
    RECOVERY = "recovery"
    OUTCOME_UNSAID = "outcome-unsaid"


WORDS = {
    Reason.ROOT: N_("root"),
    Reason.FAILED: N_("failed"),
    Reason.NO_MFA: N_("without MFA"),
    Reason.MFA_UNSAID: N_("MFA not recorded"),
    Reason.ADDRESS: N_("unknown address"),
    Reason.PERSON: N_("unknown person"),
    Reason.NAMELESS: N_("name cannot be read"),
    Reason.HOURS: N_("outside opening hours"),
    Reason.RECOVERED: N_("root's password was set anew"),
    Reason.RECOVERY: N_("recovery of root's password"),
    Reason.OUTCOME_UNSAID: N_("outcome not recorded"),
}
VERDICTS = {
    Reason.ROOT: Verdict.ABNORMAL,
    Reason.FAILED: Verdict.ATTENTION,
    Reason.NO_MFA: Verdict.ABNORMAL,
    Reason.MFA_UNSAID: Verdict.UNKNOWN,
    Reason.ADDRESS: Verdict.ATTENTION,
    Reason.PERSON: Verdict.ATTENTION,
    Reason.NAMELESS: Verdict.UNKNOWN,
    Reason.HOURS: Verdict.ATTENTION,
    Reason.RECOVERED: Verdict.ABNORMAL,
    # Whoever knows root's e-mail address can ask for it.
    Reason.RECOVERY: Verdict.ATTENTION,
    Reason.OUTCOME_UNSAID: Verdict.UNKNOWN,
}
RECOVERIES = "PasswordRecovery"
"""How events about root's password begin; IAM users have no such way."""


@dataclass(frozen=True, slots=True)
class JudgedSignIn:
    """A try to sign in, and why to look at it."""

    event: SignIn
    reasons: tuple[Reason, ...]
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class JudgedAccess:
    """An event of the sign-in service other than a sign-in, and why to look at it."""

    event: TrailEvent
    reasons: tuple[Reason, ...]

    @property
    def recovery(self) -> bool:
        """It is about root's password."""
        return self.event.name.startswith(RECOVERIES)

    @property
    def verdict(self) -> Verdict:
        """Normal without a reason."""
        return worst(VERDICTS[reason] for reason in self.reasons) or Verdict.NORMAL


@dataclass(frozen=True, slots=True)
class JudgedChange:
    """A change that must not go unnoticed."""

    event: TrailEvent
    grave: bool
    """Destructive, rather than security-relevant."""
    stranger: bool
    """By somebody who is not known."""

    @property
    def verdict(self) -> Verdict:
        """Refused ones and security-relevant ones ask for attention; a stranger's are abnormal."""
        if self.stranger or (self.grave and not self.event.error):
            return Verdict.ABNORMAL
        return Verdict.ATTENTION


class Rules:
    """The runbook's rules, with what operators have said since."""

    def __init__(self, runbook: Runbook, spec: TrailSpec, calendar: Calendar, known: AllowList) -> None:
        networks = frozenset(filter(is_network, spec.known_networks))
        self.bad_networks = tuple(each for each in spec.known_networks if each not in networks)
        """Entries of the runbook that are no networks."""
        self._known = AllowList(known.people | frozenset(spec.known_people), known.networks | networks)
        self._keyed = frozenset(runbook.access_keys.users if runbook.access_keys else ())
        self._spec = spec
        self._calendar = calendar

    def expected(self, user: str) -> bool:
        """Whether the account may have a user of this name."""
        return self._known.person(user) or user in self._keyed

    def familiar(self, actor: Actor) -> bool:
        """Whether this may act in the account. Root and AWS's own services are no persons to know."""
        if actor.kind in (ActorKind.ROOT, ActorKind.SERVICE):
            return True
        return any(self.expected(name) for name in actor.names)

    def known_address(self, address: str) -> bool:
        """Whether people may act from there."""
        return self._known.address(address)

    def within_hours(self, at: datetime) -> bool:
        """Whether the office is open."""
        return self._calendar.within_hours(at)

    def sign_ins(self, events: Iterable[SignIn]) -> list[JudgedSignIn]:
        """Every one, judged; a failure whose name cannot be read may be anybody's and counts as everybody's."""
        found = list(events)
        failed = [event for event in found if not event.success]
        nameless = [event for event in failed if event.actor.unreadable]
        failures = Counter(who(event) for event in failed if not event.actor.unreadable)
        most = max(failures.values(), default=0)
        counts = {key: count + len(nameless) for key, count in failures.items()}
        counts |= {who(event): most + len(nameless) for event in nameless}
        many = {key for key, count in counts.items() if count >= self._spec.many_failures}
        return [self._judged(event, many) for event in found]

    def changes(self, events: Iterable[TrailEvent], *, grave: bool) -> list[JudgedChange]:
        """Every one, judged; what root does is a stranger's doing, for nobody works as root."""
        return [
            JudgedChange(event, grave, event.actor.kind is ActorKind.ROOT or not self.familiar(event.actor))
            for event in events
        ]

    def _judged(self, event: SignIn, many: set[str]) -> JudgedSignIn:
        reasons = tuple(self._reasons(event))
        verdicts = [VERDICTS[reason] for reason in reasons]
        if not event.success and who(event) in many:
            verdicts.append(Verdict.ABNORMAL)
        return JudgedSignIn(event, reasons, worst(verdicts) or Verdict.NORMAL)

    def _reasons(self, event: SignIn) -> Iterator[Reason]:
        actor = event.actor
        if not event.success:
            yield Reason.FAILED
        elif actor.kind is ActorKind.ROOT:
            yield Reason.ROOT
        if event.success and self._needs_mfa(actor) and not event.mfa:
            yield Reason.MFA_UNSAID if event.mfa is None else Reason.NO_MFA
        if not self.known_address(event.address):
            yield Reason.ADDRESS
        # What was typed in place of a user name is hidden, so nobody can know it.
        if not actor.hidden and not self.familiar(actor):
            yield Reason.PERSON
        if actor.unreadable:
            yield Reason.NAMELESS
        if event.success and not self.within_hours(event.at):
            yield Reason.HOURS

    def _needs_mfa(self, actor: Actor) -> bool:
        """The field says nothing about federated sign-ins: their identity provider asks for the second factor."""
        federated = actor.kind in (ActorKind.ROLE, ActorKind.FEDERATED, ActorKind.SERVICE)
        return not federated and actor.name not in self._spec.without_mfa


def who(event: SignIn) -> str:
    """One person, as far as the trail tells; of hidden names, one address."""
    return f"? {event.address}" if event.actor.hidden or not event.actor.shown else event.actor.shown


def unfamiliar(
    sign_ins: Iterable[JudgedSignIn | JudgedAccess], changes: Iterable[JudgedChange], users: Iterable[str]
) -> tuple[UnknownIdentity, ...]:
    """What one key can make known: people first, then addresses, each once."""
    judged = list(sign_ins)
    strangers = [each.event.actor for each in judged if Reason.PERSON in each.reasons]
    strangers += [
        each.event.actor for each in changes if each.stranger and each.event.actor.kind is not ActorKind.ROOT
    ]
    people = dict.fromkeys(
        [*(actor.name for actor in strangers if actor.name and not actor.unreadable), *users]
    )
    addresses = dict.fromkeys(each.event.address for each in judged if Reason.ADDRESS in each.reasons)
    return (
        *(UnknownIdentity(kind="person", value=name) for name in people),
        *(
            UnknownIdentity(kind="network", value=address, network=network)
            for address in addresses
            if (network := network_of(address))
        ),
    )


def network_of(address: str) -> str:
    """What becomes known with an address: itself, or the line of an IPv6 one; "" for a service's name."""
    try:
        found = ip_address(address)
    except ValueError:
        return ""
    bits = _HOME_BITS if isinstance(found, IPv6Address) else found.max_prefixlen
    return str(ip_network((found, bits), strict=False))
