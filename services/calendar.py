"""The calendar's rules: duties, closed days, policies and anchors give slots. Pure: asks nothing, keeps no state."""

from collections.abc import Iterable
from datetime import date
from zoneinfo import ZoneInfo

from services.closures import OpenDays
from services.models.duties import AnchorDate, Slot
from services.models.runbook import Runbook


class Calendar:
    """One runbook's calendar."""

    def __init__(self, runbook: Runbook) -> None:
        self.zone = ZoneInfo(runbook.system.timezone)
        self.open_days = OpenDays(runbook.closures)
        self._runbook = runbook

    def slots(self, first: date, last: date, anchors: Iterable[AnchorDate] = ()) -> tuple[Slot, ...]:
        """Every slot that may be held on a day from `first` to `last` (local, inclusive), by time."""
        return ()
