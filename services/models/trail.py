"""CloudTrail's event history as the console speaks of it: who did what, from where, and whether the trail records.

Source: LookupEvents, DescribeTrails, GetTrailStatus (CloudTrail API reference); "CloudTrail record contents" and
"AWS Management Console sign-in events" (CloudTrail user guide).
"""

from datetime import datetime
from enum import StrEnum

from services.models.base import Clean, Model, RawId
from services.models.problem import Problem


class ActorKind(StrEnum):
    """Kinds of identities that are judged differently."""

    ROOT = "root"
    USER = "user"
    ROLE = "role"
    """An assumed role."""
    FEDERATED = "federated"
    SERVICE = "service"
    """AWS itself."""
    OTHER = "other"


class Actor(Model):
    """Who an event says it was."""

    kind: ActorKind
    name: Clean = ""
    """User name, or session name of a role; "" where the trail hides it."""
    role: Clean = ""
    """Of an assumed role."""
    hidden: bool = False
    """The trail hides what was typed: no user of the account has that name."""
    unreadable: bool = False
    """It has a name that cannot be read, so it may be anybody."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names by which a runbook may know them."""
        return tuple(filter(None, (self.name, self.role)))

    @property
    def shown(self) -> str:
        """The name, with the role before it."""
        return "/".join(filter(None, (self.role, self.name)))


class TrailEvent(Model):
    """One event."""

    id: RawId
    name: Clean
    """`ConsoleLogin`, `DeleteDBInstance`."""
    source: Clean
    """`rds.amazonaws.com`"""
    at: datetime
    """UTC."""
    region: Clean
    """Where it was recorded."""
    actor: Actor
    address: Clean = ""
    """An IP address, or the name of an AWS service that acted for somebody."""
    resources: tuple[Clean, ...] = ()
    error: Clean = ""
    """Why AWS refused it; "" where it was done."""
    read_only: bool = False
    """It changed nothing."""


class SignIn(TrailEvent):
    """A try to sign in to the AWS Management Console."""

    success: bool
    mfa: bool | None = None
    """None: the event does not say."""


class AccessEvent(TrailEvent):
    """Another event of the sign-in service: SwitchRole, PasswordRecoveryRequested, CheckMfa, Identity Center's."""

    success: bool | None = None
    """None: the event does not say."""


class EnabledRegions(Model):
    """Where the account can be used."""

    names: tuple[str, ...] = ()
    """Empty where none could be read."""
    left_out: tuple[str, ...] = ()
    """Of `names`, those that every account has and AWS did not list."""
    problem: Problem | None = None
    """Why not all of them could."""


class Lookup(Model):
    """What one question to one region's event history brought."""

    region: str
    value: str
    """The event name, user name or event source that was asked for."""
    events: tuple[TrailEvent, ...] = ()
    """Newest first, each once; those of the sign-in service are SignIn or AccessEvent."""
    requests: int = 0
    unreadable: int = 0
    """Events that could not be understood and are not in `events`."""
    more: bool = False
    """There are older ones, which were not read."""
    problem: Problem | None = None
    """Why it ended early; `events` are what came before."""

    @property
    def whole(self) -> bool:
        """Everything was read, to the last page, and understood."""
        return self.problem is None and not self.unreadable and not self.more


class TrailStatus(Model):
    """One trail, which keeps events for longer than the history's 90 days."""

    name: Clean
    region: Clean
    """Its home."""
    multi_region: bool
    logging: bool
    stopped_at: datetime | None = None
    started_at: datetime | None = None
    delivered_at: datetime | None = None
    """When its newest file of the home region reached the bucket."""
    every_event: bool = False
    """It takes every management event of this account alone, so that it knows whatever the event history knows."""
    delivery_error: Clean = ""
    """Why its newest file did not reach the bucket."""
