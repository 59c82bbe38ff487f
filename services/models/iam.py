"""Source: ListUsers, ListAccessKeys, GetAccessKeyLastUsed (IAM API reference)."""

from datetime import datetime
from enum import StrEnum

from services.models.base import Clean, Model, RawId


class IamUser(Model):
    id: RawId
    """The user name."""
    name: Clean
    """The user name, cleaned for display."""
    created: datetime
    """When it was created (UTC)."""
    password_used: datetime | None = None
    """Last sign-in with a password (UTC); None: never, or the user has no password."""


class AccessKey(Model):
    id: RawId
    """`AKIA…`; an identifier, not a secret."""
    user: RawId
    name: Clean
    """The id, cleaned for display."""
    active: bool
    created: datetime
    """When it was created (UTC)."""
    status: Clean = ""
    """Status as IAM spells it: `Active`, `Inactive`, `Expired`."""


class KeyUse(Model):
    at: datetime | None
    """When it was used (UTC); None: never."""
    service: Clean = ""
    """AWS service that it was used for, e.g. `ecs`; "" if it was never used."""
    region: Clean = ""


USER = "user/"  # Prefix of a user as the target of a change, as in its ARN


def user_target(user: str) -> str:
    return f"{USER}{user}"


class RotationProof(StrEnum):
    """What is proven of a key's rotation by reading AWS and GitHub; the runbook's lines refer to it."""

    CREATED = "created"
    HANDED_OVER = "handed-over"
    VERIFIED = "verified"
    DEACTIVATED = "deactivated"
    DELETED = "deleted"


class RootUser(Model):
    access_keys: int | None = None
    """Number of its access keys; None: not reported."""
    mfa: bool | None = None
    """Whether MFA is enabled; None: not reported."""
    unreadable: tuple[str, ...] = ()
    """Names of values that IAM reported but that are not numbers."""
