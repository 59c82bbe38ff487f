"""The registry returns requests (`tui.messages`), so that a screen with steps depends on none of the screens it leads to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.alarms.values import widget_of
from services.i18n import _
from services.inspections.registry import offered
from services.models.alarms import Alarm
from services.models.change_runs import Run
from services.models.dashboards import DashboardView, MetricWidget
from services.models.duties import Occurrence
from services.models.runbook_playbooks import Cause, Step
from tui import messages
from tui.console import Console

REVERT = "revert@"  # What the key of the revert of a change begins with; the change's id follows
_TASKS = "task-limit"  # The change whose target shows the tasks of a service
_TARGETS = ("UnHealthyHostCount", "HealthyHostCount")
_LOGGED = frozenset({"slow-queries", "error-logs", "waf-blocks"})
"""Inspections that count what happened within a span."""
_AROUND = timedelta(hours=1)  # How long before an alarm they begin
_LOAD_BALANCER = "AWS/ApplicationELB"


@dataclass(frozen=True, slots=True)
class Origin:
    alarm: Alarm | None = None
    log_group: str = ""  # The log group to open; "" for the runbook's first
    at: datetime | None = None  # The time that matters; None for the present


@dataclass(frozen=True, slots=True)
class Destination:
    title: str
    request: messages.Request


Finder = Callable[[Console, Origin], Destination | None]


def destination(app: Console, step: Step | Cause, origin: Origin) -> Destination | None:
    if step.look is None:
        return None
    finder = PLACES.get(step.look)
    if finder is not None:
        return finder(app, origin)
    return _change(app, step.look, origin, step.values, plan=True) or _inspection(app, step.look, origin)


def revert_of(app: Console, run: Run) -> messages.OpenChange | None:
    """The plan that reverts a change; None if none can be planned, or what it would revert is gone."""
    change, revert = app.ready.engine.changes.get(run.plan.kind), run.plan.revert
    if revert is not None and revert.kind:
        kind, target, values = revert.kind, str(revert.target), revert.values
    else:
        kind, target = run.plan.kind, str(run.plan.target.id)
        values = change.revert_parameters(run.plan) if change is not None else {}
        if not values:
            return None
    reverting = app.ready.engine.changes.get(kind)
    if reverting is None or all(each.id != target for each in reverting.targets()):
        return None
    return messages.OpenChange(kind, target, values, plan=True)


def duty_places(app: Console, occurrence: Occurrence) -> tuple[Destination | None, ...]:
    duty = app.ready.duties.duty(occurrence)
    if duty is not None:
        return tuple(destination(app, step, Origin()) for step in duty.steps)
    run = next((run for run in app.runs if occurrence.key == f"{REVERT}{run.id}"), None)
    request = revert_of(app, run) if run is not None else None
    if request is None:
        return ()
    title = _(app.ready.engine.changes[request.kind].kind.title)
    return (Destination(_("Change: {title}", title=title), request),)


def _logs(app: Console, origin: Origin) -> Destination | None:
    groups = app.ready.runbook.log_groups
    group = origin.log_group or (str(groups[0].id) if groups else "")
    return Destination(_("Logs"), messages.OpenLogs(group, origin.at)) if group else None


def _change(
    app: Console, id: str, origin: Origin, values: Mapping[str, str] | None = None, *, plan: bool = False
) -> Destination | None:
    change = app.ready.engine.changes.get(id)
    targets = change.targets() if change is not None else ()
    if change is None or not targets:
        return None
    alarm = origin.alarm.id if origin.alarm is not None else ""
    target = next((target for target in targets if target.id == alarm), targets[0])
    title = _("Change: {title}", title=_(change.kind.title))
    return Destination(title, messages.OpenChange(id, str(target.id), values or {}, plan))


def _tasks(app: Console, origin: Origin) -> Destination | None:
    place = _change(app, _TASKS, origin)
    return Destination(_("State of the service"), place.request) if place is not None else None


def _dashboard(app: Console, origin: Origin) -> Destination | None:
    view = _view(app)
    return _widget(view, widget_of(origin.alarm, view) if origin.alarm is not None else "")


def _targets(app: Console, _origin: Origin) -> Destination | None:
    view = _view(app)
    widgets = [each for each in (view.dashboard.widgets if view else ()) if isinstance(each, MetricWidget)]
    queries = [(widget.key, trace.query) for widget in widgets for trace in widget.traces]
    keys = [
        *(key for key, query in queries if query.metric in _TARGETS),
        *(key for key, query in queries if query.namespace == _LOAD_BALANCER),
    ]
    return _widget(view, keys[0] if keys else "")


def _view(app: Console) -> DashboardView | None:
    return app.view.value if app.view is not None else None


def _widget(view: DashboardView | None, key: str) -> Destination | None:
    if view is None:
        return None
    title = next((widget.title for widget in view.dashboard.widgets if widget.key == key), "")
    name = _("Dashboard: {title}", title=title) if title else _("Dashboard")
    return Destination(name, messages.OpenWidget(key))


def _inspection(app: Console, id: str, origin: Origin) -> Destination | None:
    info = next((each for each in offered(app.ready.runbook) if each.id == id), None)
    if info is None:
        return None
    title = _("Inspect: {title}", title=_(info.title))
    since = None
    if id in _LOGGED and origin.alarm is not None and origin.at is not None:
        since = origin.at - _AROUND
    return Destination(title, messages.RunInspection(str(info.id), since))


PLACES: dict[str, Finder] = {
    "tail": _logs,
    "ecs": _tasks,
    "targets": _targets,
    "dashboard": _dashboard,
    "databases": lambda app, origin: _inspection(app, "maintenance", origin),
}
"""The places by the names that steps use; any other name is the id of a change or of an inspection."""
