"""Source: GetCallerIdentity (AWS STS API reference) and the credential chain."""

from datetime import datetime

from services.models.base import Clean, Model


class Identity(Model):
    account: str
    """AWS account id, twelve digits."""
    arn: Clean
    name: Clean
    """The last part of the ARN: name of the role session or user."""
    method: Clean = ""
    """Source of the credentials: `sso`, `assume-role`, `env`, `iam-role`…; "" if unknown."""
    expires_at: datetime | None = None
    """When the credentials expire (UTC); None: never or unknown."""
