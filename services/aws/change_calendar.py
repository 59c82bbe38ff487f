"""Source: GetCalendarState (Systems Manager API reference). Reading is free."""

from services.aws.client.reader import Reader


class ChangeCalendars:
    def __init__(self, session: Reader) -> None:
        self._session = session

    async def is_open(self, name: str) -> bool:
        """Whether the calendar is open now. Raises AwsError, also if it cannot be read."""
        answer = await self._session.read(
            "ssm", "GetCalendarState", required=("State",), CalendarNames=[name]
        )
        return bool(answer["State"] == "OPEN")
