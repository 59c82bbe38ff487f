"""Reads the records of the months that are shown."""

import asyncio
from collections.abc import Iterable

from services.duties.near import Near
from services.duties.records import DutyRecords


class MonthRecords:
    """The records of the month that was asked for last, and of its neighbours, so that a key to them shows them at once."""

    def __init__(self, near: Near, records: DutyRecords) -> None:
        self._near = near
        self._records = records
        self._wanted: set[str] = set()
        """Keys that are missing in a month that was asked for."""
        self._month: tuple[int, int] | None = None
        """The month that was asked for last."""
        self._around: tuple[int, int] | None = None
        """The month of which the records, and those of its neighbours, were read last."""

    @property
    def is_missing(self) -> bool:
        """Whether there are records still to be read."""
        return bool(self._wanted) or self._around != self._month

    def ask(self, month: tuple[int, int], keys: Iterable[str]) -> bool:
        """Want the records of these occurrences of a month, and its neighbours'. Returns whether that is new."""
        missing = self._records.unread(keys)
        if missing <= self._wanted and self._month == month:
            return False
        self._wanted |= missing
        self._month = month
        return True

    async def load(self) -> None:
        """Read what is missing. Raises JournalError."""
        month, keys = self._month, set(self._wanted)
        if month is not None and self._around != month:
            keys |= await asyncio.to_thread(self._near.around, *month)
        await self._records.load(keys)
        self._wanted -= keys
        self._around = month
