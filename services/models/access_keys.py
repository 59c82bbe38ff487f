"""IAM users and their access keys as the console speaks of them; never the keys' secrets.

Source: ListUsers, ListAccessKeys, GetAccessKeyLastUsed (IAM API reference).
"""

from datetime import datetime

from services.models.base import Clean, Model, RawId


class IamUser(Model):
    """One user of the account."""

    id: RawId
    """The user name."""
    name: Clean
    """The same, for the screen."""
    created: datetime
    """UTC."""
    password_used: datetime | None = None
    """Last sign-in with a password (UTC); None: never, or it has none."""


class AccessKey(Model):
    """One access key of a user."""

    id: RawId
    """`AKIA…`; an identifier, not a secret."""
    user: RawId
    name: Clean
    """The id, for the screen."""
    active: bool
    created: datetime
    """UTC."""
    status: Clean = ""
    """As IAM spells it: `Active`, `Inactive`, `Expired`."""


class KeyUse(Model):
    """When a key was used last."""

    at: datetime | None
    """UTC; None: never."""
    service: Clean = ""
    """`ecs`; "" where it was never used."""
    region: Clean = ""


class RootUser(Model):
    """The account's root user, as far as IAM tells of it."""

    access_keys: int | None = None
    """How many access keys it has; None: not told."""
    mfa: bool | None = None
    """It has a second factor; None: not told."""
    unreadable: tuple[str, ...] = ()
    """Figures that IAM tells and that are none."""
