import json
from typing import Any

import pytest

from services.demo.errors import AwsErrorResponse
from tests.services.demo.cloudwatch.tiny_world import START, TinyWorld

TEXT = {"type": "text", "width": 6, "height": 2, "properties": {"markdown": "見出し"}}


def body(*widgets: Any) -> str:
    return json.dumps({"widgets": list(widgets)}, ensure_ascii=False)


def test_a_dashboard_is_returned_byte_for_byte_in_every_region():
    world = TinyWorld()
    text = body(TEXT) + "\n"
    assert world.call("PutDashboard", DashboardName="facility-prod-main", DashboardBody=text) == {
        "DashboardValidationMessages": []
    }
    answer = world.call("GetDashboard", region="us-east-1", DashboardName="facility-prod-main")
    assert answer["DashboardBody"] == text
    assert answer["DashboardArn"] == "arn:aws:cloudwatch::123456789012:dashboard/facility-prod-main"
    (entry,) = world.call("ListDashboards", DashboardNamePrefix="facility")["DashboardEntries"]
    assert (entry["Size"], entry["LastModified"]) == (len(text.encode()), START)
    assert world.call("ListDashboards", DashboardNamePrefix="other")["DashboardEntries"] == []


def test_unknown_dashboards():
    world = TinyWorld()
    with pytest.raises(AwsErrorResponse, match="does not exist") as caught:
        world.call("GetDashboard", DashboardName="none")
    assert (caught.value.code, caught.value.status) == ("ResourceNotFound", 404)
    world.call("PutDashboard", DashboardName="kept", DashboardBody=body(TEXT))
    world.call("DeleteDashboards", DashboardNames=["kept"])
    assert world.call("ListDashboards")["DashboardEntries"] == []
