"""Source: DescribeAlarms (Amazon CloudWatch API reference); 9 requests a second for an account and region."""

import re
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from services.aws.client.errors import Invalid
from services.aws.client.pace import RequestPace
from services.aws.client.reader import Answer, Reader, incomplete, next_page, rows
from services.aws.cloudwatch.alarms.parsing import composite_alarm, log_alarm, metric_alarm, warmed
from services.background.turns import next_turn
from services.clock import Clock
from services.i18n import _
from services.models.alarms import Alarm, AlarmState

# Without AlarmTypes, DescribeAlarms and DescribeAlarmHistory return only metric alarms.
ALL_TYPES = ("MetricAlarm", "CompositeAlarm", "LogAlarm")
OLDER_TYPES = ("MetricAlarm", "CompositeAlarm")
KINDS = (("MetricAlarms", metric_alarm), ("CompositeAlarms", composite_alarm), ("LogAlarms", log_alarm))
MOST_RECORDS = 100  # DescribeAlarms' limit on MaxRecords and on AlarmNames
MOST_PAGES = 600  # Pages of one list that are read: 60,000 alarms. Of more, the first are shown.
RATE = 8  # Requests a second for what a person or an inspection waits for: one less than AWS allows
SLICE = 25  # Rows that are parsed before others have their turn on the event loop: about 2 ms
_CHUNK = 50
"""Pages after which a list is continued with its token, because a session limits the pages of a call."""
_STATES = {"ALARM": AlarmState.ALARM, "INSUFFICIENT_DATA": AlarmState.INSUFFICIENT}
_NEWER_TYPE = re.compile(r"LogAlarm|AlarmTypes", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ListedAlarms:
    alarms: tuple[Alarm, ...] = ()
    token: str = ""  # With which the list continues; "": it is complete


class AlarmRequests:
    def __init__(self, session: Reader, clock: Clock, pace: RequestPace | None = None) -> None:
        self._session = session
        self._clock = clock
        self._pace = pace or RequestPace(clock, RATE)
        self.types: Sequence[str] = ALL_TYPES  # The types that the endpoint knows

    @property
    def remarks(self) -> tuple[str, ...]:
        if len(self.types) == len(ALL_TYPES):
            return ()
        return (_("Log alarms are not read: this AWS endpoint does not support them."),)

    async def read(
        self,
        most: int = MOST_PAGES,
        *,
        token: str = "",
        types: Sequence[str] = (),
        region: str | None = None,
        **params: Any,
    ) -> ListedAlarms:
        """Up to `most` pages of a list, from its beginning or from `token` on. Raises AwsError."""
        if token:
            params["NextToken"] = token
        try:
            return await self._read(most, types or self.types, region, params)
        except Invalid as error:
            # An endpoint without log alarms rejects the type by name; retry without it.
            if types or self.types == OLDER_TYPES or not _NEWER_TYPE.search(error.problem.detail):
                raise
            listed = await self._read(most, OLDER_TYPES, region, params)
            self.types = OLDER_TYPES
            return listed

    async def named(self, names: Sequence[str], *, region: str | None = None) -> list[Alarm]:
        """The alarms of these names; nonexistent ones are absent. Raises AwsError."""
        alarms: list[Alarm] = []
        for first in range(0, len(names), MOST_RECORDS):
            batch = list(names[first : first + MOST_RECORDS])
            alarms += (await self.read(region=region, AlarmNames=batch)).alarms
        return alarms

    async def exactly(self, names: Sequence[str]) -> list[Alarm]:
        """The same; an alarm of another name, which may be a requested one's damaged name, raises Incomplete."""
        alarms, name_set = await self.named(names), frozenset(names)
        if any(alarm.id not in name_set for alarm in alarms):
            raise incomplete(
                _("AWS returned an alarm that was not requested."), "cloudwatch", "DescribeAlarms"
            )
        return alarms

    async def in_state(self, value: str) -> ListedAlarms:
        """Every alarm whose StateValue is `value`: `ALARM` or `INSUFFICIENT_DATA`. Raises AwsError."""
        listed = await self.read(StateValue=value)
        if any(alarm.state is not _STATES[value] for alarm in listed.alarms):
            raise incomplete(
                _("AWS returned an alarm that was not requested."), "cloudwatch", "DescribeAlarms"
            )
        return listed

    async def _read(
        self, most: int, types: Sequence[str], region: str | None, params: dict[str, Any]
    ) -> ListedAlarms:
        alarms: list[Alarm] = []
        params, tokens, count = {"AlarmTypes": list(types), "MaxRecords": MOST_RECORDS, **params}, set(), 0
        while True:
            token = ""
            async for page in self._pages(min(_CHUNK, most - count), region, params):
                count += 1
                _parameter, token = next_page(page)
                alarms += [alarm async for alarm in self._parsed(page)]
            if not token or count >= most:
                return ListedAlarms(tuple(alarms), token)
            if token in tokens:
                text = _("AWS returned the same page token twice.")
                raise incomplete(text, "cloudwatch", "DescribeAlarms")
            tokens.add(token)
            params["NextToken"] = token

    async def _pages(self, most: int, region: str | None, params: dict[str, Any]) -> AsyncIterator[Answer]:
        await self._pace.turn()
        pages = self._session.pages(
            "cloudwatch", "DescribeAlarms", region=region, required=("MetricAlarms",), **params
        )
        count = 0
        try:
            async for page in pages:
                yield page
                count += 1
                if count == most:
                    return
                if next_page(page)[1]:
                    await self._pace.turn()
        finally:
            if isinstance(pages, AsyncGenerator):
                await pages.aclose()

    async def _parsed(self, page: Answer) -> AsyncIterator[Alarm]:
        now = self._clock.now()
        # All lists are checked first: an unreadable row fails the whole page.
        pairs = [(make, row) for key, make in KINDS for row in rows(page, key)]
        for number, (make, row) in enumerate(pairs):
            if number and number % SLICE == 0:
                await next_turn()
            yield warmed(make(row), now)
