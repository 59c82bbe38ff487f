"""The `aws` commands about what several screens show: an alarm, a finding, a duty, a plan, a dashboard's widget."""

from contextlib import suppress
from datetime import timedelta

from services.changes.base import Change
from services.i18n import _
from services.models.alarms import Alarm
from services.models.aws_cli import CliCommand, CommandSheet
from services.models.changes import Plan
from services.models.dashboards import Dashboard, Widget
from services.models.duties import ScheduledOccurrence
from services.models.findings import Finding
from services.models.metrics import TimeSpan
from tui.console import Console

DAY = timedelta(days=1)  # The window of a finding without one, such as the present state of a database


def alarm_sheet(app: Console, alarm: Alarm) -> CommandSheet:
    from services.aws_cli.alarms import alarm_commands

    services = app.ready
    commands = alarm_commands(alarm, services.runbook, services.region, app.now())
    return CommandSheet(title=alarm.name, commands=tuple(commands))


def alarms_sheet(app: Console) -> CommandSheet:
    from services.inspections.alarms.alarm_cli_commands import commands_of

    now = app.now()
    return CommandSheet(title=_("Alarms"), commands=tuple(commands_of(TimeSpan(start=now - DAY, end=now))))


def finding_sheet(app: Console, finding: Finding) -> CommandSheet | None:
    try:
        inspection = app.ready.inspection_runner.inspection(finding.inspection)
    except LookupError:
        return None
    span = finding.window or TimeSpan(start=finding.read_at - DAY, end=finding.read_at)
    return CommandSheet(title=finding.title, commands=tuple(inspection.cli_commands(span)))


def duty_sheet(app: Console, slot: ScheduledOccurrence) -> CommandSheet | None:
    services = app.ready
    duty = next((duty for duty in services.runbook.duties if duty.id == slot.duty), None)
    if duty is None:
        return None
    results = services.scheduler.of(slot)
    windows = {each.finding.inspection: each.finding.window for each in results.recorded} if results else {}
    now = app.now()
    commands: list[CliCommand] = []
    for id in duty.inspections:
        with suppress(LookupError):
            span = windows.get(id) or TimeSpan(start=now - DAY, end=now)
            commands += services.inspection_runner.inspection(id).cli_commands(span)
    return CommandSheet(title=slot.title, commands=tuple(commands))


def plan_sheet(change: Change, plan: Plan | None) -> CommandSheet | None:
    return (
        CommandSheet(title=plan.title, commands=tuple(change.cli_commands(plan)))
        if plan is not None
        else None
    )


def widget_sheet(app: Console, dashboard: Dashboard, widget: Widget | None) -> CommandSheet:
    from services.aws_cli.dashboards import dashboard_body, widget_commands

    commands = tuple(widget_commands(widget, dashboard, app.now())) if widget is not None else ()
    if widget is not None and commands:
        return CommandSheet(title=widget.title or dashboard.name, commands=commands)
    body = () if dashboard.builtin else (dashboard_body(dashboard.name),)
    return CommandSheet(title=dashboard.name, commands=body)
