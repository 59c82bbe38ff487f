from collections.abc import Iterator

from services.aws_cli.alarms import history, states
from services.aws_cli.calls import call
from services.i18n import _
from services.models.aws_cli import CliCommand
from services.models.metrics import TimeSpan


def commands_of(span: TimeSpan) -> Iterator[CliCommand]:
    purpose = _(
        "Every alarm's state now. Normal: each alarm of the runbook is listed, OK, with actions enabled."
    )
    command = states(purpose=purpose)
    trap = _("TargetTracking-…-AlarmLow is in ALARM whenever the load is low: that is normal.")
    yield command.model_copy(update={"traps": (*command.traps, trap)})
    yield history("", span.start)
    yield call(
        "cloudwatch",
        "ListAlarmMuteRules",
        {},
        purpose=_("The mute rules. Normal: none is ACTIVE; a muted alarm notifies nobody."),
    )
