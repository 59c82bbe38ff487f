"""Which composite alarms speak for an alarm that has no action of its own.

Source: DescribeAlarms, ParentsOfAlarmName (Amazon CloudWatch API reference).
"""

from collections.abc import Iterable, Sequence

from services.aws.client.errors import AwsError, Invalid, NotFound
from services.aws.client.reader import Reader, rows
from services.i18n import _
from services.models.alarms import Alarm, AlarmKind

AT_ONCE = 30
"""Alarms that the runbook does not name and that are asked about in one reading; the next one asks of the next."""

Composites = frozenset[tuple[str, str]]
"""Names and rules: while they stay the same, so do the parents."""


class ParentAlarms:
    """Asks AWS, once for each alarm until some composite alarm changes."""

    def __init__(self, session: Reader) -> None:
        self._session = session
        self._composites: Composites = frozenset()
        self._parents: dict[str, tuple[str, ...]] = {}

    async def marked(self, alarms: Sequence[Alarm]) -> tuple[list[Alarm], tuple[str, ...]]:
        """The alarms with who speaks for them, and what to say of what could not be read."""
        composites = {str(alarm.id): alarm for alarm in alarms if alarm.kind is AlarmKind.COMPOSITE}
        speakers = {
            id
            for id, alarm in composites.items()
            if alarm.has_actions and alarm.actions_enabled and not alarm.muted_by
        }
        doubtful = any(alarm.has_actions and alarm.actions_enabled is None for alarm in composites.values())
        silent = [alarm for alarm in alarms if alarm.unheard]
        if not (speakers or doubtful) or not silent:
            return list(alarms), ()
        self._forget(composites.values())
        marks: dict[str, dict[str, object]] = {}
        requests, error = 0, None
        for alarm in sorted(silent, key=lambda alarm: not alarm.expected):
            requests += alarm.id not in self._parents
            if error is not None or (requests > AT_ONCE and not alarm.expected):
                marks[alarm.id] = {"parents_read": False}
                continue
            try:
                through = await self._speakers(alarm.id, composites, speakers)
                marks[alarm.id] = {
                    "heard_through": tuple(through),
                    "parents_read": bool(through) or not doubtful,
                }
            except AwsError as failure:
                error, marks[alarm.id] = failure, {"parents_read": False}
        remark = _("Could not read whether composite alarms notify for alarms without actions: {reason}")
        remarks = (remark.format(reason=error.problem.summary),) if error is not None else ()
        return [alarm.model_copy(update=marks.get(alarm.id, {})) for alarm in alarms], remarks

    def _forget(self, composites: Iterable[Alarm]) -> None:
        rules = frozenset((str(alarm.id), str(alarm.rule)) for alarm in composites)
        if rules != self._composites:
            self._composites = rules
            self._parents.clear()

    async def _speakers(self, name: str, composites: dict[str, Alarm], speakers: set[str]) -> list[str]:
        """The nearest composites above `name` that have an action, through those that have none."""
        through: list[str] = []
        below, visited = [name], {name}
        while below:
            for parent in await self._of(below.pop()):
                if parent in visited:
                    continue
                visited.add(parent)
                if parent in speakers:
                    through.append(str(composites[parent].name))
                elif parent in composites:
                    below.append(parent)
        return through

    async def _of(self, name: str) -> tuple[str, ...]:
        if name not in self._parents:
            names: list[str] = []
            try:
                async for page in self._session.pages(
                    "cloudwatch", "DescribeAlarms", ParentsOfAlarmName=name
                ):
                    names += [str(row.get("AlarmName") or "") for row in rows(page, "CompositeAlarms")]
            except (Invalid, NotFound):
                # An alarm of a kind that no composite can name, or that is gone.
                names = []
            self._parents[name] = tuple(names)
        return self._parents[name]
