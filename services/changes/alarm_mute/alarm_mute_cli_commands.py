from collections.abc import Iterator

from services.aws_cli.calls import call
from services.aws_cli.plans import requests_of
from services.changes.alarm_mute.steps import MUTE, rule_name
from services.i18n import _
from services.models.aws_cli import CliCommand
from services.models.changes import Plan


def commands_of(plan: Plan) -> Iterator[CliCommand]:
    for step, command in zip(plan.steps, requests_of(plan), strict=True):
        trap = (
            _("A rule of the same name would be overwritten without a question.")
            if step.id == MUTE
            else _("The actions of the rule's alarms in ALARM run at once.")
        )
        yield command.model_copy(update={"traps": (*command.traps, trap)})
    for step in plan.steps[:1]:
        purpose = (
            _("Afterwards: Status must be ACTIVE; until then nothing is muted.")
            if step.id == MUTE
            else _("Afterwards: there must be no such rule.")
        )
        yield call(
            "cloudwatch",
            "GetAlarmMuteRule",
            {"AlarmMuteRuleName": rule_name(step)},
            query="[Name,Status,Rule.Schedule.Expression,Rule.Schedule.Duration,MuteTargets.AlarmNames]",
            purpose=purpose,
        )
