"""CloudWatch alarms: their states, history and contributors.

Source: DescribeAlarms, DescribeAlarmHistory, DescribeAlarmContributors, ListAlarmMuteRules (Amazon CloudWatch API
reference).
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from services.aws.client.errors import Invalid
from services.aws.client.reader import Reader, incomplete, rows
from services.aws.cloudwatch.alarms.mute_rules import MuteRules, Muting
from services.aws.cloudwatch.alarms.parents import ParentAlarms
from services.aws.cloudwatch.alarms.parsing import (
    alarm_name,
    arn_region,
    composite_alarm,
    contributor,
    log_alarm,
    metric_alarm,
    missing_alarm,
    ordered,
    transition,
)
from services.aws.cloudwatch.alarms.warm_up import warmed
from services.clock import Clock, SystemClock
from services.i18n import _
from services.models.alarms import Alarm, AlarmOverview, AlarmTransition, Contributor
from services.models.runbook import Runbook

# Without AlarmTypes, DescribeAlarms and DescribeAlarmHistory return only metric alarms.
ALL_TYPES = ("MetricAlarm", "CompositeAlarm", "LogAlarm")
OLDER_TYPES = ("MetricAlarm", "CompositeAlarm")
KINDS = (("MetricAlarms", metric_alarm), ("CompositeAlarms", composite_alarm), ("LogAlarms", log_alarm))
NAMES_PER_CALL = 100
"""DescribeAlarms' limit on AlarmNames."""


_NEWER_TYPE = re.compile(r"LogAlarm|AlarmTypes", re.IGNORECASE)


class Alarms:
    """Reads the alarms of one account and region."""

    def __init__(self, session: Reader, runbook: Runbook, *, clock: Clock | None = None) -> None:
        self._session = session
        self._runbook = runbook
        self._clock = clock or SystemClock()
        self._mutes = MuteRules(session)
        self._parents = ParentAlarms(session)
        self._types: Sequence[str] = ALL_TYPES

    async def overview(self) -> AlarmOverview:
        """Every alarm, including missing ones that the runbook expects. Raises AwsError."""
        existing = await self._describe()
        muting = (await self._mutes.read(self._clock.now())).checked({alarm.id for alarm in existing})
        expected = {alarm.name for alarm in self._runbook.alarms}
        alarms = [_marked(alarm, muting, alarm.id in expected) for alarm in existing]
        alarms, unread = await self._parents.marked(alarms)
        remarks = (*muting.remarks, *unread)
        present = {alarm.id for alarm in alarms}
        alarms += [missing_alarm(name) for name in expected if name not in present]
        if len(self._types) < len(ALL_TYPES):
            remarks = (*remarks, _("Log alarms are not read: this AWS endpoint does not support them."))
        return AlarmOverview(alarms=ordered(alarms), remarks=remarks, mutes_read=muting.is_complete)

    async def named(self, names: Iterable[str]) -> AlarmOverview:
        """These alarms and whether they are muted; nonexistent ones are absent. Raises AwsError."""
        targets = frozenset(names)
        if not targets:
            return AlarmOverview()
        muting = await self._mutes.read(self._clock.now())
        # Also request the alarms that mute rules name, so that nonexistent ones can be remarked on.
        names = targets | muting.names
        alarms = await self._by_names(sorted(names))
        if any(alarm.id not in names for alarm in alarms):
            # A requested alarm was returned with a damaged name.
            raise incomplete(
                _("AWS returned an alarm that was not requested."), "cloudwatch", "DescribeAlarms"
            )
        muting = muting.checked({alarm.id for alarm in alarms})
        marked = (_marked(alarm, muting, expected=False) for alarm in alarms if alarm.id in targets)
        return AlarmOverview(alarms=tuple(marked), remarks=muting.remarks, mutes_read=muting.is_complete)

    async def by_arns(self, arns: Iterable[str]) -> tuple[Alarm, ...]:
        """The alarms of these ARNs, each read in its own region; nonexistent ones are absent. Raises AwsError."""
        regions: dict[str, list[str]] = {}
        for arn in dict.fromkeys(arns):
            regions.setdefault(arn_region(arn), []).append(alarm_name(arn))
        alarms: list[Alarm] = []
        for region, names in regions.items():
            alarms += await self._by_names(names, region or None)
        return tuple(alarms)

    async def _by_names(self, names: Sequence[str], region: str | None = None) -> list[Alarm]:
        alarms: list[Alarm] = []
        for first in range(0, len(names), NAMES_PER_CALL):
            alarms += await self._describe(
                region=region, AlarmNames=list(names[first : first + NAMES_PER_CALL])
            )
        return alarms

    async def history(self, alarm_id: str, since: datetime) -> tuple[AlarmTransition, ...]:
        """One alarm's changes since `since` (UTC), newest first, also after its deletion. Raises AwsError."""
        return await self._history(since, AlarmName=alarm_id)

    async def history_all(self, since: datetime) -> tuple[AlarmTransition, ...]:
        """Every alarm's state changes since `since` (UTC), newest first, including unreadable entries.

        Raises AwsError.
        """
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

    async def _describe(self, **params: Any) -> list[Alarm]:
        try:
            return await self._described(params)
        except Invalid as error:
            # An endpoint without log alarms rejects the type by name; retry without it.
            if self._types == OLDER_TYPES or not _NEWER_TYPE.search(error.problem.detail):
                raise
            alarms = await self._described(params, OLDER_TYPES)
            self._types = OLDER_TYPES
            return alarms

    async def _described(self, params: dict[str, Any], types: Sequence[str] | None = None) -> list[Alarm]:
        alarms: list[Alarm] = []
        now = self._clock.now()
        pages = self._session.pages(
            "cloudwatch",
            "DescribeAlarms",
            required=("MetricAlarms",),
            AlarmTypes=list(types or self._types),
            **params,
        )
        async for page in pages:
            for key, make in KINDS:
                alarms += [warmed(make(row), now) for row in rows(page, key)]
        return alarms

    async def _history(self, since: datetime, **params: Any) -> tuple[AlarmTransition, ...]:
        transitions: list[AlarmTransition] = []
        pages = self._session.pages(
            "cloudwatch",
            "DescribeAlarmHistory",
            required=("AlarmHistoryItems",),
            AlarmTypes=list(self._types),
            StartDate=since,
            ScanBy="TimestampDescending",
            **params,
        )
        async for page in pages:
            transitions += [transition(row, since) for row in rows(page, "AlarmHistoryItems")]
        return tuple(sorted(transitions, key=lambda entry: entry.at, reverse=True))


def _marked(alarm: Alarm, muting: Muting, expected: bool) -> Alarm:
    mute = muting.of(alarm.id)
    # An alarm named by the runbook counts even if it also drives a scaling policy.
    marks: dict[str, object] = {"expected": True, "scaling": False} if expected else {}
    if mute is not None:
        marks |= {"muted_by": mute.rule, "muted_until": mute.until}
    return alarm.model_copy(update=marks) if marks else alarm
