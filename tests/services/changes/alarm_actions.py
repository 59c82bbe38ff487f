from collections.abc import Mapping

from services.aws.cloudwatch.alarms.reader import Alarms
from services.changes.base import Change, observed, warning
from services.changes.guarantees import Guarantees
from services.changes.kind import ChangeKind
from services.models.alarms import Alarm
from services.models.base import RawId
from services.models.canonical import digest
from services.models.changes import (
    ChangeTarget,
    Fact,
    LiveState,
    Observation,
    Parameter,
    Plan,
    PlannedStep,
    Row,
)

ALARM_ACTIONS = ChangeKind("alarm-actions", "Actions of an alarm", "tests.services.changes.alarm_actions:AlarmActions", "Switch an alarm's actions on or off", "--actions on|off", "tsuuchi")  # fmt: skip
REQUESTS = {"on": "EnableAlarmActions", "off": "DisableAlarmActions"}


class AlarmActions(Change):
    guarantees = Guarantees(proof="DescribeAlarms: ActionsEnabled")

    def targets(self) -> tuple[ChangeTarget, ...]:
        alarms = self.context.runbook.alarms
        return tuple(ChangeTarget(id=RawId(alarm.name), title=alarm.name) for alarm in alarms)

    async def read_target(self, target: ChangeTarget) -> LiveState:
        facts = (Fact(name="Actions", value=await self._actions(target.id)),)
        return LiveState(target=target, facts=facts, read_at=self.context.clock.now())

    async def parameters(self, target: ChangeTarget) -> tuple[Parameter, ...]:
        choices = (("on", "they are taken"), ("off", "nothing is done"))
        return (Parameter(id="actions", title="Actions", kind="choice", default="off", choices=choices),)

    async def plan(self, target: ChangeTarget, parameters: Mapping[str, str], id: str) -> Plan:
        now, after = await self._actions(target.id), parameters.get("actions", "off")
        if after == now or after not in REQUESTS:
            return self.refused(
                target, parameters, [f"The actions cannot be switched from {now} to {after}."], id=id
            )
        title = f"Actions {now} → {after}"
        step = self.context.step(
            "switch",
            title,
            target,
            ("cloudwatch", REQUESTS[after], {"AlarmNames": [target.id]}),
            rows=[Row(name="Actions", before=now, after=after)],
            expects=digest(now),
            before=now,
        )
        warnings = [warning("Remember to switch them on again."), warning("Nobody is told.", grave=True)]
        return self.planned(
            target,
            {"actions": after},
            [step],
            title=title,
            id=id,
            warnings=warnings if after == "off" else (),
        )

    async def observe(self, step: PlannedStep) -> Observation:
        now = await self._actions(step.target)
        return observed(
            digest(now), f"The actions are {now}.", after=now != step.before, before=now == step.before
        )

    def revert_parameters(self, plan: Plan) -> dict[str, str]:
        return {"actions": plan.steps[0].before}

    async def _actions(self, name: str) -> str:
        overview = await Alarms(self.context.reader, self.context.runbook).named([name])
        alarm: Alarm = overview.alarms[0]
        return "on" if alarm.actions_enabled else "off"
