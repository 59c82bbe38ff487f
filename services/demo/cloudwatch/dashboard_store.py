"""The dashboards of the embedded AWS; they are global, so every region has the same."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class StoredDashboard:
    name: str
    body: str
    modified: datetime


class DashboardStore:
    def __init__(self) -> None:
        self.dashboards: dict[str, StoredDashboard] = {}

    def put(self, name: str, body: str, at: datetime) -> None:
        self.dashboards[name] = StoredDashboard(name, body, at)
