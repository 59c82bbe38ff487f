from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from ipaddress import IPv6Address, ip_address, ip_network

from services.calendar.calendar import Calendar
from services.i18n import N_
from services.inspections.allow_list import AllowList, is_network
from services.models.cloudtrail import AccessEvent, Actor, ActorKind, SignIn, TrailEvent
from services.models.findings import UnknownIdentity
from services.models.runbook import Runbook
from services.models.runbook_inspections import Trail as TrailSpec
from services.models.verdict import Verdict, worst

_HOME_BITS = 64
"""Prefix length of the IPv6 network of one internet connection; the rest of an address changes daily."""


class SignInReason(StrEnum):
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
    SignInReason.ROOT: N_("root"),
    SignInReason.FAILED: N_("failed"),
    SignInReason.NO_MFA: N_("without MFA"),
    SignInReason.MFA_UNSAID: N_("MFA not recorded"),
    SignInReason.ADDRESS: N_("unknown address"),
    SignInReason.PERSON: N_("unknown person"),
    SignInReason.NAMELESS: N_("name cannot be read"),
    SignInReason.HOURS: N_("outside opening hours"),
    SignInReason.RECOVERED: N_("root's password was reset"),
    SignInReason.RECOVERY: N_("recovery of root's password"),
    SignInReason.OUTCOME_UNSAID: N_("outcome not recorded"),
}
VERDICTS = {
    SignInReason.ROOT: Verdict.ABNORMAL,
    SignInReason.FAILED: Verdict.ATTENTION,
    SignInReason.NO_MFA: Verdict.ABNORMAL,
    SignInReason.MFA_UNSAID: Verdict.UNKNOWN,
    SignInReason.ADDRESS: Verdict.ATTENTION,
    SignInReason.PERSON: Verdict.ATTENTION,
    SignInReason.NAMELESS: Verdict.UNKNOWN,
    SignInReason.HOURS: Verdict.ATTENTION,
    SignInReason.RECOVERED: Verdict.ABNORMAL,
    # Anyone who knows root's e-mail address can request it.
    SignInReason.RECOVERY: Verdict.ATTENTION,
    SignInReason.OUTCOME_UNSAID: Verdict.UNKNOWN,
}
RECOVERIES = "PasswordRecovery"  # Prefix of the events about root's password; IAM users cannot recover theirs
RECOVERED = "PasswordRecoveryCompleted"
SWITCH = "SwitchRole"
TELLING = (SWITCH, "CheckMfa")  # Events that always contain their outcome


@dataclass(frozen=True, slots=True)
class JudgedSignIn:
    event: SignIn
    reasons: tuple[SignInReason, ...]
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class JudgedAccess:
    event: TrailEvent
    reasons: tuple[SignInReason, ...]

    @property
    def recovery(self) -> bool:
        return self.event.name.startswith(RECOVERIES)

    @property
    def verdict(self) -> Verdict:
        return worst(VERDICTS[reason] for reason in self.reasons) or Verdict.NORMAL


@dataclass(frozen=True, slots=True)
class JudgedChange:
    event: TrailEvent
    grave: bool  # Destructive, rather than security-relevant
    by_unknown: bool  # The actor is not known

    @property
    def verdict(self) -> Verdict:
        if self.by_unknown or (self.grave and not self.event.error):
            return Verdict.ABNORMAL
        return Verdict.ATTENTION


class SignInRules:
    def __init__(self, runbook: Runbook, spec: TrailSpec, calendar: Calendar, allow_list: AllowList) -> None:
        networks = frozenset(filter(is_network, spec.known_networks))
        self.bad_networks = tuple(entry for entry in spec.known_networks if entry not in networks)
        """Entries in the runbook that are not valid networks."""
        self._allow_list = AllowList(
            allow_list.people | frozenset(spec.known_people), allow_list.networks | networks
        )
        self._keyed = frozenset(runbook.access_keys.users if runbook.access_keys else ())
        self._spec = spec
        self._calendar = calendar

    def expected(self, user: str) -> bool:
        return self._allow_list.person(user) or user in self._keyed

    def known_actor(self, actor: Actor) -> bool:
        """Whether this actor may act in the account; root and AWS's own services always may."""
        if actor.kind in (ActorKind.ROOT, ActorKind.SERVICE):
            return True
        return any(self.expected(name) for name in actor.names)

    def within_hours(self, at: datetime) -> bool:
        return self._calendar.within_hours(at)

    def sign_ins(self, events: Iterable[SignIn]) -> list[JudgedSignIn]:
        """Judge every sign-in; a failure with an unreadable name counts as one of every user."""
        every = list(events)
        failed = [event for event in every if not event.success]
        nameless = [event for event in failed if event.actor.unreadable]
        failures = Counter(who(event) for event in failed if not event.actor.unreadable)
        most = max(failures.values(), default=0)
        counts = {key: count + len(nameless) for key, count in failures.items()}
        counts |= {who(event): most + len(nameless) for event in nameless}
        many = {key for key, count in counts.items() if count >= self._spec.many_failures}
        return [self._judged(event, many) for event in every]

    def access(self, events: Iterable[TrailEvent]) -> list[JudgedAccess]:
        return [JudgedAccess(event, tuple(self._access_reasons(event))) for event in events]

    def changes(self, events: Iterable[TrailEvent], *, grave: bool) -> list[JudgedChange]:
        """Judge every change; root counts as unknown, because nobody should work as root."""
        return [
            JudgedChange(
                event, grave, event.actor.kind is ActorKind.ROOT or not self.known_actor(event.actor)
            )
            for event in events
        ]

    def _judged(self, event: SignIn, many: set[str]) -> JudgedSignIn:
        reasons = tuple(self._reasons(event))
        verdicts = [VERDICTS[reason] for reason in reasons]
        if not event.success and who(event) in many:
            verdicts.append(Verdict.ABNORMAL)
        return JudgedSignIn(event, reasons, worst(verdicts) or Verdict.NORMAL)

    def _reasons(self, event: SignIn) -> Iterator[SignInReason]:
        actor = event.actor
        if not event.success:
            yield SignInReason.FAILED
        elif actor.kind is ActorKind.ROOT:
            yield SignInReason.ROOT
        if event.success and self._needs_mfa(actor) and not event.mfa:
            yield SignInReason.MFA_UNSAID if event.mfa is None else SignInReason.NO_MFA
        yield from self._unknown(event)
        if event.success and not self.within_hours(event.at):
            yield SignInReason.HOURS

    def _access_reasons(self, event: TrailEvent) -> Iterator[SignInReason]:
        success = event.success if isinstance(event, AccessEvent) else None
        if success is False:
            yield SignInReason.FAILED
        elif success is None and event.name in TELLING:
            yield SignInReason.OUTCOME_UNSAID
        if event.name.startswith(RECOVERIES):
            done = event.name == RECOVERED and success is not False
            yield SignInReason.RECOVERED if done else SignInReason.RECOVERY
        elif event.actor.kind is ActorKind.ROOT:
            yield SignInReason.ROOT
        yield from self._unknown(event)
        if event.name == SWITCH and success is not False and not self.within_hours(event.at):
            yield SignInReason.HOURS

    def _unknown(self, event: TrailEvent) -> Iterator[SignInReason]:
        actor = event.actor
        if not self._allow_list.address(event.address):
            yield SignInReason.ADDRESS
        # AWS hides text that is not the name of a user, so it cannot be on any list.
        if not actor.hidden and not self.known_actor(actor):
            yield SignInReason.PERSON
        if actor.unreadable:
            yield SignInReason.NAMELESS

    def _needs_mfa(self, actor: Actor) -> bool:
        federated = actor.kind in (ActorKind.ROLE, ActorKind.FEDERATED, ActorKind.SERVICE)
        return not federated and actor.name not in self._spec.without_mfa


def who(event: SignIn) -> str:
    """A key for one person, as far as CloudTrail identifies them; for hidden names, one per address."""
    return f"? {event.address}" if event.actor.hidden or not event.actor.shown else event.actor.shown


def unknown_identities(
    sign_ins: Iterable[JudgedSignIn | JudgedAccess], changes: Iterable[JudgedChange], users: Iterable[str]
) -> tuple[UnknownIdentity, ...]:
    entries = list(sign_ins)
    actors = [entry.event.actor for entry in entries if SignInReason.PERSON in entry.reasons]
    actors += [
        change.event.actor
        for change in changes
        if change.by_unknown and change.event.actor.kind is not ActorKind.ROOT
    ]
    people = dict.fromkeys([*(actor.name for actor in actors if actor.name and not actor.unreadable), *users])
    addresses = dict.fromkeys(
        entry.event.address for entry in entries if SignInReason.ADDRESS in entry.reasons
    )
    return (
        *(UnknownIdentity(kind="person", value=name) for name in people),
        *(
            UnknownIdentity(kind="network", value=address, network=network)
            for address in addresses
            if (network := network_of(address))
        ),
    )


def network_of(address: str) -> str:
    """The network to allow for an address: itself, or the IPv6 connection's network; "" for a service's name."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return ""
    bits = _HOME_BITS if isinstance(parsed, IPv6Address) else parsed.max_prefixlen
    return str(ip_network((parsed, bits), strict=False))
