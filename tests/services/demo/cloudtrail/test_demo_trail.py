import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from botocore.exceptions import ClientError

from services.demo.trail_records import STAFF, change, entries_of, recorded
from tests.conftest import Embedded
from tests.services.demo.client import ask, refused
from tests.services.demo.shapes import assert_output_shape

_SESSION = get_session()
LOGIN = {"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "ConsoleLogin"}]}
SYDNEY, VIRGINIA, TOKYO = "ap-southeast-2", "us-east-1", "ap-northeast-1"


async def there(embedded: Embedded, region: str, **params: Any) -> dict[str, Any]:
    sdk_client = _SESSION.create_client(
        "cloudtrail",
        region_name=region,
        endpoint_url=embedded.url,
        aws_access_key_id="AKIATESTTESTTESTTEST",
        aws_secret_access_key="test",
        config=AioConfig(retries={"total_max_attempts": 1}),
    )
    async with sdk_client as client:
        answer: dict[str, Any] = await client.lookup_events(**params)
    answer.pop("ResponseMetadata")
    return assert_output_shape("cloudtrail", "LookupEvents", answer)


async def code(embedded: Embedded, region: str, **params: Any) -> str:
    with pytest.raises(ClientError) as caught:
        await there(embedded, region, **params)
    return str(caught.value.response["Error"]["Code"])


@pytest.mark.scenario("stranger", history=300)
async def test_lookup_events_as_documented(embedded):
    page = await there(embedded, SYDNEY, **LOGIN)
    times = [event["EventTime"] for event in page["Events"]]
    assert len(times) == 50
    assert times == sorted(times, reverse=True)
    assert embedded.clock.now() - times[0] >= timedelta(minutes=5)
    # The same request with the token goes on; any other request with it is refused.
    after = await there(embedded, SYDNEY, **LOGIN, NextToken=page["NextToken"])
    assert after["Events"][0]["EventTime"] <= times[-1]
    assert not {each["EventId"] for each in page["Events"]} & {each["EventId"] for each in after["Events"]}
    invalid = "InvalidNextTokenException"
    assert await code(embedded, SYDNEY, **LOGIN, NextToken=page["NextToken"], MaxResults=10) == invalid
    assert await code(embedded, SYDNEY, **LOGIN, NextToken="x") == invalid
    now = embedded.clock.now()
    # 90 days, and no longer.
    old = await there(embedded, SYDNEY, **LOGIN, StartTime=now - timedelta(365), EndTime=now - timedelta(90))
    assert old == {"Events": []}
    assert await there(embedded, "eu-north-1", **LOGIN) == {"Events": []}
    # The address is in a string of JSON, and nowhere else.
    event = page["Events"][0]
    record = json.loads(event["CloudTrailEvent"])
    assert record["sourceIPAddress"].startswith(("203.0.113.", "198.51.100."))
    assert record["additionalEventData"]["MFAUsed"] == "Yes"
    assert event["Username"] == record["userIdentity"]["userName"]
    # IAM's changes are in us-east-1 whatever the region, and other services' at home.
    for name, region in (("CreateAccessKey", VIRGINIA), ("DeleteDBSnapshot", TOKYO)):
        wanted = {"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": name}]}
        for asked_region in (VIRGINIA, TOKYO, SYDNEY):
            events = (await there(embedded, asked_region, **wanted))["Events"]
            assert len(events) == (asked_region == region)
    hidden = [{"AttributeKey": "Username", "AttributeValue": "HIDDEN_DUE_TO_SECURITY_REASONS"}]
    (failed,) = (await there(embedded, VIRGINIA, LookupAttributes=hidden))["Events"]
    assert "errorMessage" in json.loads(failed["CloudTrailEvent"])
    await _iam(embedded)
    await _trails(embedded)


async def _iam(embedded: Embedded) -> None:
    users = await ask(embedded.url, "iam", "ListUsers")
    named = {user["UserName"]: user for user in users["Users"]}
    assert named.keys() >= {"ci-cd-user", "temp-admin", *(person.user for person in STAFF)}
    assert "PasswordLastUsed" in named["temp-admin"]
    assert "PasswordLastUsed" not in named["ci-cd-user"]
    page = await ask(embedded.url, "iam", "ListUsers", MaxItems=2)
    assert (len(page["Users"]), page["IsTruncated"]) == (2, True)
    more = await ask(embedded.url, "iam", "ListUsers", Marker=page["Marker"])
    assert [*page["Users"], *more["Users"]] == users["Users"]
    embedded.world.keys.add("temp-admin", "AKIANEVERNEVERNEVER1", embedded.clock.now())
    used = [
        (await ask(embedded.url, "iam", "GetAccessKeyLastUsed", AccessKeyId=id))["AccessKeyLastUsed"]
        for id in ("AKIANEVERNEVERNEVER1", "AKIA2TOBANDEMOCICD01")
    ]
    assert used[0] == {"ServiceName": "N/A", "Region": "N/A"}
    assert (used[1]["ServiceName"], "LastUsedDate" in used[1]) == ("ecs", True)
    unknown = await refused(embedded.url, "iam", "GetAccessKeyLastUsed", AccessKeyId="AKIANONENONENONENONE")
    assert unknown[0] == "NoSuchEntity"


async def _trails(embedded: Embedded) -> None:
    (trail,) = (await ask(embedded.url, "cloudtrail", "DescribeTrails"))["trailList"]
    for name in (trail["Name"], trail["TrailARN"]):
        status = await ask(embedded.url, "cloudtrail", "GetTrailStatus", Name=name)
        assert status["IsLogging"] is True
    none = await refused(embedded.url, "cloudtrail", "GetTrailStatus", Name="none")
    assert none[0] == "TrailNotFoundException"


def test_an_office_signs_in_when_it_is_open():
    first = datetime(2026, 1, 1, tzinfo=UTC).date()
    days = [first + timedelta(days=number) for number in range(31)]
    entries = [entry for each in days for entry in entries_of(1, each)]
    logins = [entry for entry in entries if entry.name == "ConsoleLogin"]
    assert 40 <= len(logins) <= 80
    regions = Counter(entry.region for entry in logins)
    assert regions[SYDNEY] > len(logins) / 2
    assert all(entries_of(1, each) == [] for each in (first, datetime(2026, 1, 12, tzinfo=UTC).date()))
    assert entries == [entry for each in days for entry in entries_of(1, each)]
    assert {entry.region for entry in entries if entry.source == "cloudfront.amazonaws.com"} == {VIRGINIA}


def test_deletions_of_s3_objects_are_not_recorded():
    assert not recorded("DeleteObject", "s3.amazonaws.com")
    assert recorded("DeleteBucket", "s3.amazonaws.com")


def test_global_services_are_recorded_in_virginia():
    at = datetime(2026, 1, 1, tzinfo=UTC)
    entry = change(Random(1), at, "CreateUser", "iam.amazonaws.com", "root", "192.0.2.1", TOKYO)
    assert entry.region == VIRGINIA
    assert json.loads(entry.record)["userIdentity"]["type"] == "Root"
