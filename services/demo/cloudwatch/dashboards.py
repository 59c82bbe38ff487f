"""The dashboards, and their handlers; they are global, so every region has the same. Source: PutDashboard,
GetDashboard, ListDashboards (Amazon CloudWatch API reference)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.demo.errors import AwsErrorResponse
from services.demo.paging import page_of
from services.demo.registry import Call, op

LIST_PAGE = 1000


@dataclass(frozen=True, slots=True)
class StoredDashboard:
    name: str
    body: str  # Exactly as it was put
    modified: datetime


class DashboardStore(dict[str, StoredDashboard]):
    pass


def _arn(call: Call, name: str) -> str:
    return f"arn:aws:cloudwatch::{call.account}:dashboard/{name}"


@op("cloudwatch", "PutDashboard")
def put_dashboard(call: Call) -> dict[str, Any]:
    name = call.params["DashboardName"]
    dashboard = StoredDashboard(name, call.params["DashboardBody"], call.now)
    call.component(DashboardStore)[name] = dashboard
    return {"DashboardValidationMessages": []}


@op("cloudwatch", "GetDashboard")
def get_dashboard(call: Call) -> dict[str, Any]:
    name = call.params["DashboardName"]
    dashboard = call.component(DashboardStore).get(name)
    if dashboard is None:
        raise AwsErrorResponse("ResourceNotFound", f"Dashboard {name} does not exist", 404)
    return {"DashboardArn": _arn(call, name), "DashboardName": name, "DashboardBody": dashboard.body}


@op("cloudwatch", "ListDashboards")
def list_dashboards(call: Call) -> dict[str, Any]:
    prefix = call.params.get("DashboardNamePrefix", "")
    rows = [
        entry for name, entry in sorted(call.component(DashboardStore).items()) if name.startswith(prefix)
    ]
    page, more = page_of(rows, lambda entry: entry.name, call.params, LIST_PAGE)
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
    for name in call.params["DashboardNames"]:
        call.component(DashboardStore).pop(name, None)
    return {}
