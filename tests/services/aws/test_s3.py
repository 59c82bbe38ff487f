from datetime import UTC, datetime

import pytest

from services.aws.client.errors import Incomplete
from services.aws.s3 import S3Reader
from tests.services.aws.canned import Canned

AT = datetime(2026, 1, 14, tzinfo=UTC)


def page(number, *, more):
    token = {"NextContinuationToken": f"t{number}"} if more else {}
    return {"IsTruncated": more, "Contents": [{"Key": f"k{number}", "Size": 5, "LastModified": AT}]} | token


def endless(params):
    return page(int(str(params.get("ContinuationToken", "t0"))[1:]) + 1, more=True)


async def test_pages_follow_their_token_and_are_bounded():
    answers = iter([page(1, more=True), page(2, more=False)])
    canned = Canned(ListObjectsV2=lambda _params: next(answers))
    listing = await S3Reader(canned).under("b", "2026/01/14/", pages=9)
    assert ([each.key for each in listing.objects], listing.complete, listing.pages) == (
        ["k1", "k2"],
        True,
        2,
    )
    assert canned.asked("ListObjectsV2")[1]["ContinuationToken"] == "t1"
    cut = await S3Reader(Canned(ListObjectsV2=endless)).under("b", "2026/01/14/", pages=3)
    assert (len(cut.objects), cut.complete, cut.pages) == (3, False, 3)


async def test_trap_21_a_whole_bucket_is_never_listed():
    with pytest.raises(ValueError, match="prefix"):
        await S3Reader(Canned()).under("b", "", pages=1)


@pytest.mark.parametrize(
    "broken", [{"IsTruncated": True}, {"IsTruncated": False, "Contents": [{"Key": "k", "Size": 1}]}]
)
async def test_a_listing_cut_short_is_no_listing(broken):
    with pytest.raises(Incomplete):
        await S3Reader(Canned(ListObjectsV2=broken)).under("b", "2026/", pages=2)
