from datetime import datetime
from enum import StrEnum

from services.models.base import Clean, Model, RawId
from services.models.incidents import OUTAGE, WAF_BLOCKS


class OutageKind(StrEnum):
    """What may be seen without an alarm; stable, part of journal entries."""

    TRAFFIC = "traffic"
    TARGETS = "targets"
    FIREWALL = "firewall"
    CERTIFICATE = "certificate"


class Outage(Model):
    """One outage as the newest readings show it."""

    kind: OutageKind
    title: Clean
    """`Requests −96 %`"""
    measured: Clean = ""
    """`4 a minute (usual: 104)`"""
    since: datetime
    """First bad minute, or when the certificate expires or begins to count as expiring (UTC)."""
    seen_at: datetime
    """The newest minute that shows it (UTC)."""
    usual: float = 0.0
    """The usual value, by which its end is judged."""
    ends: datetime | None = None
    """When the certificate expires (UTC); None: it is about none."""

    @property
    def target(self) -> RawId:
        return RawId(WAF_BLOCKS if self.kind is OutageKind.FIREWALL else f"{OUTAGE}{self.kind}")


class Certificate(Model):
    domain: Clean
    ends: datetime
    """NotAfter (UTC)."""
