"""Finds the composite alarms that notify on behalf of alarms without actions.

Source: DescribeAlarms, ParentsOfAlarmName (Amazon CloudWatch API reference).
"""

from collections.abc import Iterable

from services.aws.client.errors import AwsError, Invalid, NotFound
from services.aws.client.reader import Reader, rows
from services.i18n import _
from services.models.alarms import Alarm

AT_ONCE = 30
"""Maximum number of alarms outside the runbook whose parents are requested per read; later reads continue."""

Composites = frozenset[tuple[str, str]]
"""Names and rules of composite alarms; the parents are cached until they change."""


class ParentAlarms:
    """Reads the parents of each alarm once, until a composite alarm changes."""

    def __init__(self, session: Reader) -> None:
        self._session = session
        self._composites: Composites = frozenset()
        self._parents: dict[str, tuple[str, ...]] = {}
        self._unread: dict[str, tuple[Alarm, Alarm]] = {}
        """Alarms whose parents were not requested, without and with that mark."""

    @property
    def known(self) -> frozenset[str]:
        """The alarms whose parents were read."""
        return frozenset(self._parents)

    async def marks(
        self,
        alarms: Iterable[Alarm],
        composites: Iterable[Alarm],
        *,
        complete: bool = True,
        others: Iterable[Alarm] = (),
    ) -> tuple[dict[str, Alarm], tuple[str, ...]]:
        """Those of the alarms that have no action, with `heard_through` and `parents_read` set, and remarks.

        `composites` are the composite alarms, marked as muted; `complete`: they are all that there are. Of `others`
        nothing is requested.
        """
        by_name = {str(alarm.id): alarm for alarm in composites}
        speakers = {
            id
            for id, alarm in by_name.items()
            if alarm.has_actions and alarm.actions_enabled and not alarm.muted_by
        }
        doubtful = not complete or any(
            alarm.has_actions and alarm.actions_enabled is None for alarm in by_name.values()
        )
        if not (speakers or doubtful):
            return {}, ()
        silent = [alarm for alarm in alarms if alarm.notifies_nobody]
        self._forget(by_name.values())
        changed = self._marked_unread(others)
        requests, error = 0, None
        for alarm in sorted(silent, key=lambda alarm: not alarm.expected):
            requests += alarm.id not in self._parents
            mark: dict[str, object] = {"parents_read": False}
            if error is None and (requests <= AT_ONCE or alarm.expected):
                try:
                    through = await self._speakers(alarm.id, by_name, speakers)
                    mark = {"heard_through": tuple(through), "parents_read": bool(through) or not doubtful}
                except AwsError as failure:
                    error = failure
            changed[str(alarm.id)] = alarm.model_copy(update=mark)
        remark = _("Could not read whether composite alarms notify for alarms without actions: {reason}")
        return changed, (remark.format(reason=error.problem.summary),) if error is not None else ()

    def _marked_unread(self, alarms: Iterable[Alarm]) -> dict[str, Alarm]:
        """Those that have no action, marked; the same objects as long as the alarms are."""
        pairs = ((alarm, self._unread.get(alarm.id)) for alarm in alarms if alarm.notifies_nobody)
        self._unread = {
            str(alarm.id): before
            if before is not None and before[0] is alarm
            else (alarm, alarm.model_copy(update={"parents_read": False}))
            for alarm, before in pairs
        }
        return {name: marked for name, (_alarm, marked) in self._unread.items()}

    def _forget(self, composites: Iterable[Alarm]) -> None:
        rules = frozenset((str(alarm.id), str(alarm.rule)) for alarm in composites)
        if rules != self._composites:
            self._composites = rules
            self._parents.clear()

    async def _speakers(self, name: str, composites: dict[str, Alarm], speakers: set[str]) -> list[str]:
        """The nearest composite ancestors of `name` with an action, searched through those without."""
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
                # The alarm's type cannot be part of a composite alarm, or it no longer exists.
                names = []
            self._parents[name] = tuple(names)
        return self._parents[name]
