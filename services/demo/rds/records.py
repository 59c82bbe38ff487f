from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    at: datetime
    message: str
    category: str = "backup"
    source: str = ""
    """The snapshot it is about; empty: the instance."""
    instance: str = ""
    """The instance it is about; empty: the runbook's database."""


@dataclass(slots=True)
class Maintenance:
    action: str
    description: str
    dates: dict[str, datetime]
    """AutoAppliedAfterDate, ForcedApplyDate and CurrentApplyDate, as far as there are any."""
    due: datetime | None
    """When it is applied; None: not by itself."""
    opt_in: str = ""
    chosen: datetime | None = None
    """When it is applied according to the opt-in; None: without one."""

    def describe(self) -> dict[str, Any]:
        row: dict[str, Any] = {"Action": self.action, "Description": self.description} | self.dates
        if self.opt_in:
            row["OptInStatus"] = self.opt_in
            row.pop("CurrentApplyDate", None)
        if self.opt_in == "next-maintenance":
            row["CurrentApplyDate"] = self.chosen
        return row


@dataclass(slots=True)
class Operation:
    status: str
    ends: datetime
    outage: tuple[datetime, datetime] | None = None
    """When the database cannot be reached."""
    values: dict[str, Any] = field(default_factory=dict)
    """Settings that it applies."""
    maintenance: Maintenance | None = None
    """What it applies."""
    fails_over: bool = True
    """Whether the standby of a Multi-AZ instance takes over; a plain restart stays where it is."""
