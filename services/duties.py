"""The duties' states: what the calendar places and what the journal says of it."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta

from services.calendar import Calendar
from services.clock import Clock
from services.journal.journal import Journal
from services.models.duties import AnchorDate, Day, DutyView, Month, Occurrence, Slot
from services.models.runbook import Duty, Runbook


class Duties:
    """Today, any month, and the signing of duties."""

    def __init__(
        self,
        runbook: Runbook,
        calendar: Calendar,
        journal: Journal,
        clock: Clock,
        *,
        anchors: Callable[[], tuple[AnchorDate, ...]],
        dated: Callable[[], tuple[Slot, ...]],
    ) -> None:
        self._calendar = calendar
        self._clock = clock

    async def states(self) -> AsyncIterator[DutyView]:
        """The view now, then whenever a state changes by time, by a signature here or in another console."""
        now = self._clock.now()
        day = now.astimezone(self._calendar.zone).date()
        yield DutyView(at=now, today=Day(day=day, is_open=True))

    def month(self, year: int, month: int) -> Month:
        """A month with the states of its occurrences, by what is known now. Does not block."""
        from datetime import date

        first = date(year, month, 1)
        days = [first + timedelta(days=n) for n in range(31)]
        return Month(
            year=year,
            month=month,
            days=tuple(Day(day=day, is_open=True) for day in days if day.month == month),
        )

    def duty(self, occurrence: Occurrence) -> Duty | None:
        """What the runbook says of it; None for a change's way back."""
        return None

    async def sign(self, occurrence: Occurrence, note: str = "") -> Occurrence:
        """Sign it off now. Raises AlreadyRecorded (who was first), JournalError."""
        raise NotImplementedError

    async def skip(self, occurrence: Occurrence, reason: str) -> Occurrence:
        """Leave it out, with a reason. Raises AlreadyRecorded, JournalError."""
        raise NotImplementedError

    async def plan(self, occurrence: Occurrence, *, planned: bool) -> Occurrence:
        """Say that a duty that only counts when planned is, or is not. Raises JournalError."""
        raise NotImplementedError
