"""IAM access keys as the console speaks of them; never their secrets.

Source: ListAccessKeys (IAM API reference).
"""

from datetime import datetime

from services.models.base import Clean, Model, RawId


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
