"""CloudTrail: events with actor and origin, and the status of trails. Source: LookupEvents, DescribeTrails,
GetTrailStatus (CloudTrail API reference); "CloudTrail record contents" and "AWS Management Console sign-in
events" (CloudTrail user guide)."""

from datetime import datetime, timedelta
from enum import StrEnum

from services.models.base import Clean, Model, RawId
from services.models.problem import Problem

TRAIL_DELAY = timedelta(minutes=15)
"""How late CloudTrail may be: what it does not show until then is not known."""


class ActorKind(StrEnum):
    ROOT = "root"
    USER = "user"
    ROLE = "role"  # An assumed role
    FEDERATED = "federated"
    SERVICE = "service"  # AWS itself
    OTHER = "other"


class Actor(Model):
    kind: ActorKind
    name: Clean = ""
    """User name, or session name of a role; "" if CloudTrail hides it."""
    role: Clean = ""
    """Name of the assumed role; "" for other kinds."""
    hidden: bool = False
    """Whether CloudTrail hides the entered name, because the account has no such user."""
    unreadable: bool = False
    """Whether the name is unreadable, so that it could be any person."""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.name, self.role)))

    @property
    def shown(self) -> str:
        return "/".join(filter(None, (self.role, self.name)))


class TrailEvent(Model):
    id: RawId
    name: Clean
    """Event name: `ConsoleLogin`, `DeleteDBInstance`."""
    source: Clean
    """Service that received the request: `rds.amazonaws.com`."""
    at: datetime
    """When it happened (UTC)."""
    region: Clean
    """The region that recorded it."""
    actor: Actor
    address: Clean = ""
    """An IP address, or the name of an AWS service that acted on the caller's behalf."""
    resources: tuple[Clean, ...] = ()
    touched: tuple[RawId, ...] = ()
    """Every id, ARN and name that the record gives for what was written, and `…userpassword` where one was set; () for
    reads, and in older records."""
    error: Clean = ""
    """Error code and message; "" on success."""
    read_only: bool = False
    """Whether the request could change nothing."""
    mark: Clean = ""
    """`toban/<plan>.<step>` in the user agent of a change that a console sent; "" for every other request."""
    products: tuple[RawId, ...] = ()
    """What a request with a mark has made, by the ids in the response: an access key, a deployment."""


class SignIn(TrailEvent):
    """An attempt to sign in to the AWS Management Console."""

    success: bool
    mfa: bool | None = None
    """Whether MFA was used; None: the event does not contain it."""


class AccessEvent(TrailEvent):
    success: bool | None = None
    """None: the event does not contain it."""


class EnabledRegions(Model):
    names: tuple[str, ...] = ()
    """Region names; empty if none could be read."""
    left_out: tuple[str, ...] = ()
    """Default regions in `names` that AWS did not list."""
    problem: Problem | None = None
    """Why some could not be read; None if all were."""


class Lookup(Model):
    region: str
    value: str
    """The event name, user name or event source that was searched for."""
    events: tuple[TrailEvent, ...] = ()
    """Newest first, without duplicates; those of the sign-in service are SignIn or AccessEvent."""
    requests: int = 0
    unreadable: int = 0
    """Number of events that could not be interpreted; they are not in `events`."""
    more: bool = False
    """Whether there are older events that were not read."""
    problem: Problem | None = None
    """Why it ended early, with `events` read until then; None if it did not."""

    @property
    def is_complete(self) -> bool:
        return self.problem is None and not self.unreadable and not self.more


class TrailStatus(Model):
    """One trail, which stores events beyond the event history's 90 days."""

    name: Clean
    region: Clean
    """Its home region."""
    multi_region: bool
    logging: bool
    started_at: datetime | None = None
    delivered_at: datetime | None = None
    """When its latest log file of the home region was delivered to the bucket (UTC); None: not reported."""
    every_event: bool = False
    """Whether it records every management event, of this account only, and so contains all of the event history."""
    delivery_error: Clean = ""
    """Why its latest log file was not delivered; "" if it was."""
