import json
from typing import Any

import pytest

from services.demo.errors import AwsErrorResponse
from tests.services.demo.cloudwatch.tiny_world import START, TinyWorld

TEXT = {"type": "text", "width": 6, "height": 2, "properties": {"markdown": "見出し"}}


def body(*widgets: Any) -> str:
    return json.dumps({"widgets": list(widgets)}, ensure_ascii=False)


def test_a_dashboard_is_returned_byte_for_byte_in_every_region() -> None:
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


def test_an_empty_dashboard_is_taken_with_a_warning() -> None:
    answer = TinyWorld().call("PutDashboard", DashboardName="d", DashboardBody=body())
    assert answer["DashboardValidationMessages"][0]["DataPath"] == "/widgets"


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("{", ""),
        ("[]", ""),
        ("{}", ""),
        (body({"type": "video", "properties": {}}), "/widgets/0/type"),
        (body(TEXT, {"type": "text"}), "/widgets/1"),
        (body({**TEXT, "width": 25}), "/widgets/0/width"),
        (body({"type": "metric", "properties": {"metrics": ["AWS/ECS"]}}), "/widgets/0/properties/metrics"),
        (body("text"), "/widgets/0"),
        ("[" * 100_000, ""),
    ],
)
def test_bodies_that_are_refused_say_where(text: str, path: str) -> None:
    world = TinyWorld()
    with pytest.raises(
        AwsErrorResponse, match="The dashboard body is invalid, there are 1 validation errors"
    ) as caught:
        world.call("PutDashboard", DashboardName="d", DashboardBody=text)
    assert caught.value.code == "InvalidParameterInput"
    assert f'"dataPath": "{path}"' in caught.value.message


def test_unknown_dashboards() -> None:
    world = TinyWorld()
    with pytest.raises(AwsErrorResponse, match="does not exist") as caught:
        world.call("GetDashboard", DashboardName="none")
    assert (caught.value.code, caught.value.status) == ("ResourceNotFound", 404)
    world.call("PutDashboard", DashboardName="kept", DashboardBody=body(TEXT))
    with pytest.raises(AwsErrorResponse):
        world.call("DeleteDashboards", DashboardNames=["kept", "none"])
    world.call("DeleteDashboards", DashboardNames=["kept"])
    assert world.call("ListDashboards")["DashboardEntries"] == []
    with pytest.raises(AwsErrorResponse, match="DashboardName"):
        world.call("PutDashboard", DashboardName="a b", DashboardBody=body(TEXT))
