from datetime import UTC, datetime

import pytest

from services.aws.access_keys import AccessKeys
from services.aws.errors import Incomplete, NotFound
from services.models.problem import ProblemKind
from tests.services.aws.canned import Canned, failure

MADE = datetime(2026, 1, 5, tzinfo=UTC)


def row(id: str, made: datetime = MADE, status: str = "Active") -> dict[str, object]:
    return {"UserName": "ci-cd-user", "AccessKeyId": id, "Status": status, "CreateDate": made}


async def test_every_key_of_every_page_oldest_first() -> None:
    pages = [
        {"AccessKeyMetadata": [row("AKIANEW", MADE.replace(month=3))], "IsTruncated": True, "Marker": "m"},
        {"AccessKeyMetadata": [row("AKIAOLD", status="Inactive")], "IsTruncated": False},
    ]
    canned = Canned(ListAccessKeys=pages)
    old, new = await AccessKeys(canned).keys(("ci-cd-user",))
    assert (old.id, old.active, old.created) == ("AKIAOLD", False, MADE)
    assert (new.id, new.active, new.user) == ("AKIANEW", True, "ci-cd-user")
    assert canned.calls == [("ListAccessKeys", {"UserName": "ci-cd-user"}, "us-east-1")]


async def test_a_user_without_keys_has_none() -> None:
    assert await AccessKeys(Canned(ListAccessKeys={"AccessKeyMetadata": []})).keys(("a", "b")) == ()


async def test_an_unknown_status_is_not_active() -> None:
    canned = Canned(ListAccessKeys={"AccessKeyMetadata": [row("AKIA1", status="Expired")]})
    assert not (await AccessKeys(canned).keys(("ci-cd-user",)))[0].active


async def test_a_missing_user_is_named() -> None:
    canned = Canned(ListAccessKeys=failure(ProblemKind.NOT_FOUND))
    with pytest.raises(NotFound) as caught:
        await AccessKeys(canned).keys(("no-such-user",))
    assert "no-such-user" in caught.value.problem.summary
    assert caught.value.problem.remedy


@pytest.mark.parametrize("lacking", ["AccessKeyId", "CreateDate"])
async def test_a_key_that_cannot_be_dated_is_not_left_out(lacking: str) -> None:
    broken = {key: value for key, value in row("AKIA1").items() if key != lacking}
    canned = Canned(ListAccessKeys={"AccessKeyMetadata": [row("AKIA2"), broken]})
    with pytest.raises(Incomplete):
        await AccessKeys(canned).keys(("ci-cd-user",))
