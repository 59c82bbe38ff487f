import json
import urllib.request

import pytest

from services.demo.github import KEY_ID, SCOPES, SECRET, TEST_AFTER
from services.demo.iam import LAST_USE
from services.demo.launch import PREFIX, TOKEN
from services.demo.names import USER, USER_KEY
from services.demo.scenario import KeyFact, Scenario, Words
from tests.conftest import Embedded
from tests.services.demo.client import ask, refused

DAY = 86400.0
NO_WORDS = Words(title="", watch="")


def with_keys(*facts: KeyFact) -> Scenario:
    return Scenario(name="keys", ja=NO_WORDS, en=NO_WORDS, empty=True, facts=facts)


OURS = KeyFact(kind="key", user=USER, id=USER_KEY, age_days=90)
SHARED = KeyFact(kind="key", user=USER, id=USER_KEY, age_days=90, used_elsewhere="s3")


async def keys(aws: Embedded) -> dict[str, str]:
    answer = await ask(aws.url, "iam", "ListAccessKeys", UserName=USER)
    return {row["AccessKeyId"]: row["Status"] for row in answer["AccessKeyMetadata"]}


async def last_used(aws: Embedded, id: str) -> dict[str, object]:
    answer = await ask(aws.url, "iam", "GetAccessKeyLastUsed", AccessKeyId=id)
    used: dict[str, object] = answer["AccessKeyLastUsed"]
    return used


async def create(aws: Embedded) -> dict[str, str]:
    answer = await ask(aws.url, "iam", "CreateAccessKey", UserName=USER)
    key: dict[str, str] = answer["AccessKey"]
    return key


def hold(aws: Embedded, id: str, secret: str) -> None:
    for name, value in ((KEY_ID, id), (SECRET, secret)):
        aws.world.github.put(SCOPES[1], name, value, aws.clock.now())


@pytest.mark.scenario(with_keys(OURS))
async def test_a_user_has_two_keys_at_most(embedded):
    key = await create(embedded)
    assert len(key["SecretAccessKey"]) == 40
    assert await keys(embedded) == {USER_KEY: "Active", key["AccessKeyId"]: "Active"}
    code, status, _message = await refused(embedded.url, "iam", "CreateAccessKey", UserName=USER)
    assert (code, status) == ("LimitExceeded", 409)


@pytest.mark.scenario(with_keys(OURS))
async def test_last_use_moves_to_the_new_key_once_a_workflow_has_run_with_it(embedded):
    began = embedded.clock.now()
    key = await create(embedded)
    assert "LastUsedDate" not in await last_used(embedded, key["AccessKeyId"])
    embedded.advance(DAY)
    old = await last_used(embedded, USER_KEY)
    assert old["LastUsedDate"] > began - LAST_USE
    hold(embedded, key["AccessKeyId"], key["SecretAccessKey"])
    handed = embedded.clock.now()
    embedded.advance(TEST_AFTER.total_seconds())
    assert await last_used(embedded, USER_KEY) == old
    new = await last_used(embedded, key["AccessKeyId"])
    assert new["LastUsedDate"] > handed
    assert (new["ServiceName"], new["Region"]) == ("ecs", "ap-northeast-1")


@pytest.mark.scenario(with_keys(OURS))
async def test_a_workflow_fails_with_half_a_key_and_with_an_inactive_one(embedded):
    key, actions = await create(embedded), embedded.world.github
    actions.put(SCOPES[1], KEY_ID, key["AccessKeyId"], embedded.clock.now())
    embedded.advance(300)
    assert not actions.runs[-1].success
    hold(embedded, key["AccessKeyId"], key["SecretAccessKey"])
    embedded.advance(300)
    assert actions.runs[-1].success
    await ask(
        embedded.url,
        "iam",
        "UpdateAccessKey",
        UserName=USER,
        AccessKeyId=key["AccessKeyId"],
        Status="Inactive",
    )
    used = await last_used(embedded, key["AccessKeyId"])
    embedded.advance(DAY)
    assert not actions.runs[-1].success
    assert await last_used(embedded, key["AccessKeyId"]) == used
    assert (await keys(embedded))[key["AccessKeyId"]] == "Inactive"


@pytest.mark.scenario(with_keys(SHARED))
async def test_something_else_goes_on_using_the_old_key_until_it_is_inactive(embedded):
    key = await create(embedded)
    hold(embedded, key["AccessKeyId"], key["SecretAccessKey"])
    embedded.advance(2 * 3600)
    used = await last_used(embedded, USER_KEY)
    assert used["ServiceName"] == "s3"
    await ask(embedded.url, "iam", "UpdateAccessKey", AccessKeyId=USER_KEY, Status="Inactive")
    embedded.advance(DAY)
    assert await last_used(embedded, USER_KEY) == used


@pytest.mark.scenario(with_keys(OURS))
async def test_an_active_key_is_deleted_without_complaint(embedded):
    await ask(embedded.url, "iam", "DeleteAccessKey", UserName=USER, AccessKeyId=USER_KEY)
    assert await keys(embedded) == {}
    for operation, more in (("DeleteAccessKey", {}), ("UpdateAccessKey", {"Status": "Active"})):
        code, status, _message = await refused(embedded.url, "iam", operation, AccessKeyId=USER_KEY, **more)
        assert (code, status) == ("NoSuchEntity", 404)


@pytest.mark.scenario(with_keys(OURS))
async def test_the_event_history_has_the_calls_but_no_secret(embedded):
    key = await create(embedded)
    embedded.advance(600)
    events = await ask(embedded.url, "cloudtrail", "LookupEvents")
    assert key["SecretAccessKey"] not in str(events)
    records = [event.record for event in embedded.world.component(type_of_trail()).visible()]
    assert any("CreateAccessKey" in record for record in records)


def type_of_trail() -> type:
    from services.demo.cloudtrail import TrailStore

    return TrailStore


@pytest.mark.scenario(with_keys(OURS))
def test_the_value_of_a_secret_is_in_no_answer_of_github(embedded):
    for path in (
        f"{SCOPES[1]}/secrets/{KEY_ID}",
        f"{SCOPES[1]}/secrets/public-key",
        "repos/facility-city/staff-api/actions/runs",
    ):
        request = urllib.request.Request(
            f"{embedded.url}{PREFIX}/{path}", headers={"Authorization": f"Bearer {TOKEN}"}
        )
        with urllib.request.urlopen(request) as answer:
            text = answer.read().decode()
        assert json.loads(text)
        assert USER_KEY not in text
