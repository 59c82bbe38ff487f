"""Change freezes: times in the runbook, and the calendar of Systems Manager that it names. Fails closed."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from services.aws.change_calendar import ChangeCalendars
from services.aws.client.errors import AwsError
from services.aws.client.reader import Reader
from services.changes.wording import problem_text
from services.clock import Clock
from services.i18n import _
from services.models.date_text import zoned_time
from services.models.runbook import Runbook


@dataclass(frozen=True, slots=True)
class FreezeInForce:
    """A freeze that forbids changes now."""

    id: str
    """Tells it from other freezes: an emergency goes through one only."""
    text: str
    """What is frozen until when, in words."""


class Freezes:
    """Answers whether changes are frozen now."""

    def __init__(self, runbook: Runbook, reader: Reader, clock: Clock, zone: ZoneInfo) -> None:
        self._runbook = runbook
        self._calendars = ChangeCalendars(reader)
        self._clock = clock
        self._zone = zone

    async def current(self) -> FreezeInForce | None:
        """The freeze in force now; None if changes are allowed. A calendar that cannot be read is closed."""
        now = self._clock.now()
        for freeze in self._runbook.freezes:
            starts, ends = (at.replace(tzinfo=self._zone) for at in (freeze.starts, freeze.ends))
            if starts <= now < ends:
                until = zoned_time(ends, self._zone, now)
                text = _("{title}, until {when}").format(title=freeze.title, when=until)
                return FreezeInForce(f"runbook:{freeze.starts.isoformat()}/{freeze.ends.isoformat()}", text)
        calendar = self._runbook.change_calendar
        text = await self._of_calendar(str(calendar.name)) if calendar is not None else ""
        return FreezeInForce(f"calendar:{calendar.name}", text) if calendar is not None and text else None

    async def _of_calendar(self, name: str) -> str:
        """Why the calendar forbids changes; "" if it is open."""
        try:
            if await self._calendars.is_open(name):
                return ""
        except AwsError as error:
            text = _("the change calendar {name} cannot be read, which counts as closed: {why}")
            return text.format(name=name, why=problem_text(error.problem))
        return _("the change calendar {name} is closed").format(name=name)
