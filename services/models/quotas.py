"""Service quotas.

Source: GetServiceQuota (Service Quotas API reference).
"""

from services.models.base import Model


class Quota(Model):
    """The most of something that an account may have in a region."""

    value: float
    is_default: bool = False
    """AWS's default, because the account has no value of its own."""
