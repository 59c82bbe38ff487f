"""Dashboards, which are global: every region shows the same.

Source: PutDashboard, "Dashboard Body Structure and Syntax" (Amazon CloudWatch API reference).
"""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.demo.cloudwatch.paging import page_of
from services.demo.registry import Call, Fault, op

LIST_PAGE = 1000
_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
_TYPES = frozenset({"metric", "text", "log", "alarm", "explorer", "custom"})
Messages = list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class StoredDashboard:
    """A body exactly as it was put."""

    name: str
    body: str
    modified: datetime


class DashboardBook:
    """Every dashboard by name."""

    def __init__(self) -> None:
        self.dashboards: dict[str, StoredDashboard] = {}

    def put(self, name: str, body: str, at: datetime) -> None:
        """Create or replace one."""
        self.dashboards[name] = StoredDashboard(name, body, at)


def check_body(body: str) -> tuple[Messages, Messages]:
    """Errors, for which AWS refuses the body, and warnings, with which it takes it."""
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


def _book(call: Call) -> DashboardBook:
    book: DashboardBook = call.world.dashboards
    return book


def _arn(call: Call, name: str) -> str:
    return f"arn:aws:cloudwatch::{call.account}:dashboard/{name}"


def _unknown(name: str) -> Fault:
    return Fault("ResourceNotFound", f"Dashboard {name} does not exist", 404)


@op("cloudwatch", "PutDashboard")
def put_dashboard(call: Call) -> dict[str, Any]:
    """Create or replace a dashboard whose body AWS could draw."""
    name, body = call.params["DashboardName"], call.params["DashboardBody"]
    if not _NAME.fullmatch(name):
        raise Fault(
            "InvalidParameterInput", "The field DashboardName may hold only letters, digits, '-' and '_'"
        )
    errors, warnings = check_body(body)
    if errors:
        rows = [{"dataPath": error["DataPath"], "message": error["Message"]} for error in errors]
        raise Fault(
            "InvalidParameterInput",
            f"The dashboard body is invalid, there are {len(rows)} validation errors:\n{json.dumps(rows, indent=2)}",
        )
    _book(call).put(name, body, call.world.clock.now())
    return {"DashboardValidationMessages": warnings}


@op("cloudwatch", "GetDashboard")
def get_dashboard(call: Call) -> dict[str, Any]:
    """One dashboard's body as it was put."""
    name = call.params["DashboardName"]
    dashboard = _book(call).dashboards.get(name)
    if dashboard is None:
        raise _unknown(name)
    return {"DashboardArn": _arn(call, name), "DashboardName": name, "DashboardBody": dashboard.body}


@op("cloudwatch", "ListDashboards")
def list_dashboards(call: Call) -> dict[str, Any]:
    """Names by order, with a prefix filter."""
    prefix = call.params.get("DashboardNamePrefix", "")
    found = [entry for name, entry in sorted(_book(call).dashboards.items()) if name.startswith(prefix)]
    page, more = page_of(found, lambda entry: entry.name, call.params.get("NextToken"), LIST_PAGE)
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
    """Delete all that are named, or none where one is unknown, as in AWS."""
    names = call.params["DashboardNames"]
    for name in names:
        if name not in _book(call).dashboards:
            raise _unknown(name)
    for name in names:
        _book(call).dashboards.pop(name, None)
    return {}
