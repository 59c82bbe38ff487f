"""The console's AWS identity.

Source: GetCallerIdentity (AWS STS API reference) and the credential chain.
"""

from datetime import datetime

from services.models.base import Clean, Model


class Identity(Model):
    """The caller and how long its credentials last."""

    account: str
    """Twelve digits."""
    arn: Clean
    name: Clean
    """The last part of the ARN: role session, user."""
    method: Clean = ""
    """Where the credentials came from: `sso`, `assume-role`, `env`, `iam-role`…"""
    expires_at: datetime | None = None
    """UTC; None when unknown or never."""
