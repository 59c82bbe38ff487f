"""Who has seen which alarm's state change."""

from collections.abc import AsyncIterator, Mapping

from services.journal.journal import Journal
from services.models.alarms import Alarm
from services.models.journal import Acknowledgement


def change_of(alarm: Alarm) -> str:
    """The journal's subject for an alarm's present state: `alarm:<name>@<since>`."""
    return f"alarm:{alarm.id}@{alarm.since.isoformat() if alarm.since else ''}"


class Acknowledgements:
    """The newest acknowledgement of each state change."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def states(self) -> AsyncIterator[Mapping[str, Acknowledgement]]:
        """By `change_of`; at once, then whenever somebody acknowledged, in any console."""
        yield {}

    async def acknowledge(self, alarm: Alarm, note: str) -> Acknowledgement:
        """Record that a person has seen the alarm's present state. Raises JournalError."""
        raise NotImplementedError
