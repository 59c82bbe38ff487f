"""CloudWatch alarms: their states, history and contributors. Source: DescribeAlarms, DescribeAlarmHistory,
DescribeAlarmContributors, ListAlarmMuteRules (Amazon CloudWatch API reference)."""

import asyncio
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from services.aws.client.reader import Reader, rows
from services.aws.cloudwatch.alarms.listeners import Listeners, unknown_subscribers
from services.aws.cloudwatch.alarms.mute_rules import MuteRules
from services.aws.cloudwatch.alarms.overview import by_name, marked, overview_of, too_many
from services.aws.cloudwatch.alarms.parsing import alarm_name, arn_region, contributor, transition
from services.aws.cloudwatch.alarms.requests import AlarmRequests
from services.aws.cloudwatch.alarms.subscriptions import TopicSubscriptions, is_forbidden
from services.clock import Clock, SystemClock
from services.models.alarms import Alarm, AlarmOverview, AlarmTransition, Contributor
from services.models.runbook import Runbook


class Alarms:
    def __init__(self, session: Reader, runbook: Runbook, *, clock: Clock | None = None) -> None:
        self._session = session
        self._runbook = runbook
        self._clock = clock or SystemClock()
        self._mutes = MuteRules(session)
        self._listeners = Listeners(runbook, TopicSubscriptions.of(session, self._clock))
        self.requests = AlarmRequests(session, self._clock)  # How alarms are asked for

    async def overview(self, *, topics: bool = False) -> AlarmOverview:
        """Every alarm, including missing ones that the runbook expects. Raises AwsError. `topics`: ask
        whether anybody is subscribed to the topics of the runbook's alarms, if nobody has today. Where there
        are too many, the runbook's, those that fire and those without data are read too."""
        listed = await self.requests.read()
        expected = [str(alarm.name) for alarm in self._runbook.alarms]
        alarms = by_name(listed.alarms)
        unlisted = ""
        if listed.token:
            unlisted = too_many(len(alarms))
            for value in ("INSUFFICIENT_DATA", "ALARM"):
                alarms |= by_name((await self.requests.in_state(value)).alarms)
            alarms |= by_name(await self.requests.exactly(expected))
        muting = await self._mutes.read(self._clock.now())
        if not unlisted:
            muting = muting.checked(alarms)
        alarms = marked(alarms, muting, expected)
        errors = await self._listeners.ask(expected, alarms) if topics else {}
        heard = await asyncio.to_thread(self._listeners.marks, alarms, listed=not unlisted)
        remarks = (*self.requests.remarks, *([unlisted] if unlisted else ()), *unknown_subscribers(errors))
        overview = overview_of(alarms | heard, expected, muting, remarks, unlisted=unlisted)
        is_complete = all(map(is_forbidden, errors.values()))
        return overview if is_complete else overview.model_copy(update={"subscribers_read": False})

    async def named(self, names: Iterable[str]) -> AlarmOverview:
        """These alarms and whether they are muted; nonexistent ones are absent. Raises AwsError."""
        targets = frozenset(names)
        if not targets:
            return AlarmOverview()
        muting = await self._mutes.read(self._clock.now())
        # Also request the alarms that mute rules name, so that nonexistent ones can be remarked on.
        alarms = by_name(await self.requests.exactly(sorted(targets | muting.names)))
        muting = muting.checked(alarms)
        own = {name: alarm for name, alarm in alarms.items() if name in targets}
        return AlarmOverview(
            alarms=tuple(marked(own, muting, ()).values()),
            remarks=muting.remarks,
            mutes_read=muting.is_complete,
        )

    async def by_arns(self, arns: Iterable[str]) -> tuple[Alarm, ...]:
        """The alarms of these ARNs, each read in its own region; nonexistent ones are absent. Raises AwsError."""
        regions: dict[str, list[str]] = {}
        for arn in dict.fromkeys(arns):
            regions.setdefault(arn_region(arn), []).append(alarm_name(arn))
        alarms: list[Alarm] = []
        for region, names in regions.items():
            alarms += await self.requests.named(names, region=region or None)
        return tuple(alarms)

    async def history(self, alarm_id: str, since: datetime) -> tuple[AlarmTransition, ...]:
        """One alarm's changes since `since` (UTC), newest first, also after its deletion. Raises AwsError."""
        return await self._history(since, AlarmName=alarm_id)

    async def history_all(self, since: datetime) -> tuple[AlarmTransition, ...]:
        """State changes since `since` (UTC), newest first, including unreadable entries. Raises AwsError."""
        return await self._history(since, HistoryItemType="StateUpdate")

    async def contributors(self, alarm_id: str) -> tuple[Contributor, ...]:
        """The series of a multi-series alarm that are in ALARM, newest first. Raises AwsError."""
        series: list[Contributor] = []
        pages = self._session.pages(
            "cloudwatch", "DescribeAlarmContributors", required=("AlarmContributors",), AlarmName=alarm_id
        )
        async for page in pages:
            series += [contributor(row) for row in rows(page, "AlarmContributors")]
        return tuple(
            sorted(series, key=lambda entry: entry.since.timestamp() if entry.since else 0.0, reverse=True)
        )

    async def _history(self, since: datetime, **params: Any) -> tuple[AlarmTransition, ...]:
        transitions: list[AlarmTransition] = []
        pages = self._session.pages(
            "cloudwatch",
            "DescribeAlarmHistory",
            required=("AlarmHistoryItems",),
            AlarmTypes=list(self.requests.types),
            StartDate=since,
            ScanBy="TimestampDescending",
            **params,
        )
        async for page in pages:
            transitions += [transition(row, since) for row in rows(page, "AlarmHistoryItems")]
        return tuple(sorted(transitions, key=lambda entry: entry.at, reverse=True))
