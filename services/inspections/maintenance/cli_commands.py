"""The inspection of RDS maintenance by hand."""

from collections.abc import Iterator

from services.aws_cli.calls import call
from services.aws_cli.databases import database_arn, instance
from services.i18n import _
from services.models.aws_cli import CliCommand
from services.models.runbook import Runbook


def commands_of(runbook: Runbook, region: str) -> Iterator[CliCommand]:
    """The pending maintenance, then the window and the changes that wait for it."""
    yield call(
        "rds",
        "DescribePendingMaintenanceActions",
        {"ResourceIdentifier": database_arn(runbook, region)},
        query="PendingMaintenanceActions[].PendingMaintenanceActionDetails[].[Action,CurrentApplyDate,"
        "AutoAppliedAfterDate,ForcedApplyDate,OptInStatus,Description]",
        purpose=_("Pending maintenance. Normal: no row. CurrentApplyDate is when AWS will apply it."),
        traps=(
            _("PendingMaintenanceActions[*].[Action,…] always prints None: the fields are one level below."),
            _("ForcedApplyDate is not the date that matters: AutoAppliedAfterDate comes first."),
        ),
    )
    for command in instance(runbook):
        trap = _("The windows are in UTC: Sunday 2:00 in Japan is sat:17:00.")
        yield command.model_copy(update={"traps": (trap, *command.traps)})
