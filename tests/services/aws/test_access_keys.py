from datetime import UTC, datetime

import pytest

from services.aws.client.errors import Incomplete, NotFound
from services.aws.iam.access_keys import AccessKeys
from services.models.iam import AccessKey
from services.models.problem import ProblemKind
from tests.services.aws.canned import Canned, failure

MADE = datetime(2026, 1, 5, tzinfo=UTC)


def row(id, created=MADE, status="Active"):
    return {"UserName": "ci-cd-user", "AccessKeyId": id, "Status": status, "CreateDate": created}


async def test_every_key_of_every_page_oldest_first():
    pages = [
        {"AccessKeyMetadata": [row("AKIANEW", MADE.replace(month=3))], "IsTruncated": True, "Marker": "m"},
        {"AccessKeyMetadata": [row("AKIAOLD", status="Inactive")], "IsTruncated": False},
    ]
    canned = Canned(ListAccessKeys=pages)
    old, new = await AccessKeys(canned).keys(("ci-cd-user",))
    assert (old.id, old.active, old.created) == ("AKIAOLD", False, MADE)
    assert (new.id, new.active, new.user) == ("AKIANEW", True, "ci-cd-user")
    assert canned.calls == [("ListAccessKeys", {"UserName": "ci-cd-user"}, "us-east-1")]


async def test_a_user_without_keys_has_none():
    assert await AccessKeys(Canned(ListAccessKeys={"AccessKeyMetadata": []})).keys(("a", "b")) == ()


async def test_an_unknown_status_is_not_active():
    canned = Canned(ListAccessKeys={"AccessKeyMetadata": [row("AKIA1", status="Expired")]})
    assert not (await AccessKeys(canned).keys(("ci-cd-user",)))[0].active


async def test_a_missing_user_is_named():
    canned = Canned(ListAccessKeys=failure(ProblemKind.NOT_FOUND))
    with pytest.raises(NotFound) as caught:
        await AccessKeys(canned).keys(("no-such-user",))
    assert "no-such-user" in caught.value.problem.summary
    assert caught.value.problem.remedy


@pytest.mark.parametrize("lacking", ["AccessKeyId", "CreateDate"])
async def test_a_key_that_cannot_be_dated_is_not_left_out(lacking):
    broken = {key: value for key, value in row("AKIA1").items() if key != lacking}
    canned = Canned(ListAccessKeys={"AccessKeyMetadata": [row("AKIA2"), broken]})
    with pytest.raises(Incomplete):
        await AccessKeys(canned).keys(("ci-cd-user",))


async def test_every_user_of_every_page():
    def user(name, **more):
        return {"UserName": name, "Path": "/", "UserId": "AIDA", "Arn": "arn", "CreateDate": MADE} | more

    pages = [
        {"Users": [user("b", PasswordLastUsed=MADE)], "IsTruncated": True, "Marker": "m"},
        {"Users": [user("a")], "IsTruncated": False},
    ]
    first, second = await AccessKeys(Canned(ListUsers=pages)).users()
    assert (first.id, first.password_used, second.id, second.password_used) == ("a", None, "b", MADE)
    with pytest.raises(Incomplete):
        await AccessKeys(Canned(ListUsers={"Users": [user("")]})).users()


async def test_a_key_without_a_date_of_use_was_never_used():
    key = AccessKey(id="AKIAIOSFODNN7EXAMPLE", user="ci", name="AKIA", active=True, created=MADE)
    never = {"ServiceName": "N/A", "Region": "N/A"}
    used = {"LastUsedDate": MADE, "ServiceName": "ecs", "Region": "ap-northeast-1"}
    for last, expected in ((never, (None, "", "")), (used, (MADE, "ecs", "ap-northeast-1"))):
        use = await AccessKeys(Canned(GetAccessKeyLastUsed={"AccessKeyLastUsed": last})).used(key)
        assert (use.at, use.service, use.region) == expected


async def test_the_status_is_kept_as_iam_spells_it():
    canned = Canned(ListAccessKeys={"AccessKeyMetadata": [row("AKIA1", status="Expired")]})
    assert (await AccessKeys(canned).keys(("ci-cd-user",)))[0].status == "Expired"
