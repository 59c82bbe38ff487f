"""Source: PutDashboard, "Dashboard Body Structure and Syntax" (Amazon CloudWatch API reference)."""

import json
import re
from typing import Any

from services.demo.cloudwatch.dashboard_store import DashboardStore
from services.demo.errors import AwsErrorResponse
from services.demo.paging import page_of
from services.demo.registry import Call, op

LIST_PAGE = 1000
_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
_TYPES = frozenset({"metric", "text", "log", "alarm", "explorer", "custom"})
Messages = list[dict[str, str]]


def check_body(body: str) -> tuple[Messages, Messages]:
    """Errors, for which AWS refuses the body, and warnings, with which it accepts it."""
    try:
        parsed = json.loads(body)
    except (json.JSONDecodeError, RecursionError):
        return [_message("", "The field DashboardBody must be a valid JSON object")], []
    if not isinstance(parsed, dict):
        return [_message("", "Should be object")], []
    widgets = parsed.get("widgets")
    if not isinstance(widgets, list):
        return [_message("", "Should have required property 'widgets'")], []
    if len(widgets) > 500:
        return [_message("/widgets", "Should NOT have more than 500 items")], []
    errors = [error for index, widget in enumerate(widgets) for error in _widget_errors(index, widget)]
    return errors, [] if widgets else [_message("/widgets", "The dashboard has no widgets")]


def _message(path: str, text: str) -> dict[str, str]:
    return {"DataPath": path, "Message": text}


def _widget_errors(index: int, widget: Any) -> Messages:
    path = f"/widgets/{index}"
    if not isinstance(widget, dict):
        return [_message(path, "Should be object")]
    errors = []
    if widget.get("type") not in _TYPES:
        errors.append(_message(f"{path}/type", "Should be equal to one of the allowed values"))
    properties = widget.get("properties")
    if not isinstance(properties, dict):
        return [*errors, _message(path, "Should have required property 'properties'")]
    width = widget.get("width", 6)
    if not isinstance(width, int) or not 1 <= width <= 24:
        errors.append(_message(f"{path}/width", "Should be <= 24"))
    metrics = properties.get("metrics", [])
    if not isinstance(metrics, list) or not all(isinstance(row, list) for row in metrics):
        errors.append(_message(f"{path}/properties/metrics", "Should be array"))
    return errors


def _arn(call: Call, name: str) -> str:
    return f"arn:aws:cloudwatch::{call.account}:dashboard/{name}"


def _unknown(name: str) -> AwsErrorResponse:
    return AwsErrorResponse("ResourceNotFound", f"Dashboard {name} does not exist", 404)


@op("cloudwatch", "PutDashboard")
def put_dashboard(call: Call) -> dict[str, Any]:
    name, body = call.params["DashboardName"], call.params["DashboardBody"]
    if not _NAME.fullmatch(name):
        raise AwsErrorResponse(
            "InvalidParameterInput", "The field DashboardName may hold only letters, digits, '-' and '_'"
        )
    errors, warnings = check_body(body)
    if errors:
        rows = [{"dataPath": error["DataPath"], "message": error["Message"]} for error in errors]
        raise AwsErrorResponse(
            "InvalidParameterInput",
            f"The dashboard body is invalid, there are {len(rows)} validation errors:\n{json.dumps(rows, indent=2)}",
        )
    call.component(DashboardStore).put(name, body, call.now)
    return {"DashboardValidationMessages": warnings}


@op("cloudwatch", "GetDashboard")
def get_dashboard(call: Call) -> dict[str, Any]:
    name = call.params["DashboardName"]
    dashboard = call.component(DashboardStore).dashboards.get(name)
    if dashboard is None:
        raise _unknown(name)
    return {"DashboardArn": _arn(call, name), "DashboardName": name, "DashboardBody": dashboard.body}


@op("cloudwatch", "ListDashboards")
def list_dashboards(call: Call) -> dict[str, Any]:
    prefix = call.params.get("DashboardNamePrefix", "")
    dashboards = [
        entry
        for name, entry in sorted(call.component(DashboardStore).dashboards.items())
        if name.startswith(prefix)
    ]
    page, more = page_of(dashboards, lambda entry: entry.name, call.params, LIST_PAGE)
    entries = [
        {
            "DashboardName": entry.name,
            "DashboardArn": _arn(call, entry.name),
            "LastModified": entry.modified,
            "Size": len(entry.body.encode()),
        }
        for entry in page
    ]
    return {"DashboardEntries": entries} | more


@op("cloudwatch", "DeleteDashboards")
def delete_dashboards(call: Call) -> dict[str, Any]:
    """Delete all named dashboards, or none if one of them is unknown, as in AWS."""
    names, dashboards = call.params["DashboardNames"], call.component(DashboardStore).dashboards
    for name in names:
        if name not in dashboards:
            raise _unknown(name)
    for name in names:
        dashboards.pop(name, None)
    return {}
