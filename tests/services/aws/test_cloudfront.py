from datetime import UTC, datetime, timedelta

import pytest

from services.aws.client.errors import Incomplete, NotFound
from services.aws.client.meter import UsageMeter
from services.aws.client.session import AwsSession
from services.aws.client.settings import AwsSettings
from services.aws.cloudfront import CloudFrontReader
from tests.services.aws.canned import Canned

AT = datetime(2026, 1, 14, tzinfo=UTC)
SUMMARY = {"Id": "I1", "CreateTime": AT, "Status": "Completed"}
BATCH = {"Paths": {"Quantity": 1, "Items": ["/index.html"]}, "CallerReference": "r1"}


def listing(*rows, more=""):
    token = {"NextMarker": more} if more else {}
    page = {
        "Marker": "",
        "MaxItems": 100,
        "IsTruncated": bool(more),
        "Quantity": len(rows),
        "Items": list(rows),
    }
    return {"InvalidationList": page | token}


@pytest.mark.scenario("ordinary-day", history=600)
async def test_what_the_embedded_aws_has(embedded):
    session = AwsSession(
        AwsSettings(**embedded.settings()), clock=embedded.clock, meter=UsageMeter(embedded.clock)
    )
    try:
        reader = CloudFrontReader(session)
        distribution = await reader.distribution("E1234567890ABC")
        assert (distribution.status, distribution.enabled, distribution.in_progress) == ("Deployed", True, 0)
        assert distribution.aliases == ("facility.city.example.jp",)
        recent = await reader.invalidations(distribution.id, embedded.clock.now() - timedelta(days=14))
        assert recent.is_complete
        assert len(recent.invalidations) == 2
        invalidation = await reader.invalidation(distribution.id, recent.invalidations[0].id)
        assert invalidation.paths == ("/index.html", "/manifest.json")
        assert invalidation.is_completed
        with pytest.raises(NotFound):
            await reader.distribution("E0")
        with pytest.raises(NotFound):
            await reader.invalidation(distribution.id, "I0")
    finally:
        await session.close()


async def test_the_list_ends_with_the_page_that_reaches_back_far_enough():
    pages = iter(
        [
            listing(SUMMARY, more="I1"),
            listing(SUMMARY | {"Id": "I2", "CreateTime": AT - timedelta(days=9)}, more="I2"),
        ]
    )
    canned = Canned(ListInvalidations=lambda _params: next(pages))
    recent = await CloudFrontReader(canned).invalidations("E1", AT - timedelta(days=1))
    assert ([each.id for each in recent.invalidations], recent.is_complete) == (["I1"], True)
    assert [params.get("Marker") for params in canned.asked("ListInvalidations")] == [None, "I1"]


async def test_a_list_that_is_too_long_says_that_it_is_not_complete():
    canned = Canned(ListInvalidations=lambda _params: listing(SUMMARY, more="I1"))
    recent = await CloudFrontReader(canned).invalidations("E1", AT - timedelta(days=1), pages=3)
    assert (len(recent.invalidations), recent.is_complete) == (3, False)


@pytest.mark.parametrize(
    "broken",
    [
        listing(SUMMARY | {"Status": "Soon"}),
        listing(SUMMARY | {"CreateTime": None}),
        {"InvalidationList": listing(SUMMARY)["InvalidationList"] | {"Quantity": 2}},
        {"InvalidationList": listing(SUMMARY)["InvalidationList"] | {"IsTruncated": None}},
        {"InvalidationList": listing(SUMMARY)["InvalidationList"] | {"IsTruncated": True}},
    ],
)
async def test_a_list_that_is_cut_short_is_no_list(broken):
    with pytest.raises(Incomplete):
        await CloudFrontReader(Canned(ListInvalidations=broken)).invalidations("E1", AT - timedelta(days=1))


@pytest.mark.parametrize(
    "batch",
    [
        {},
        BATCH | {"CallerReference": ""},
        BATCH | {"Paths": {"Quantity": 2, "Items": ["/index.html"]}},
        BATCH | {"Paths": {"Quantity": 0}},
    ],
)
async def test_an_invalidation_without_all_its_paths_is_none(batch):
    canned = Canned(GetInvalidation={"Invalidation": SUMMARY | {"InvalidationBatch": batch}})
    with pytest.raises(Incomplete):
        await CloudFrontReader(canned).invalidation("E1", "I1")


@pytest.mark.parametrize(
    "change", [{"InProgressInvalidationBatches": None}, {"Status": ""}, {"DistributionConfig": {}}]
)
async def test_a_distribution_without_its_state_is_none(change):
    row = {
        "Status": "Deployed",
        "InProgressInvalidationBatches": 0,
        "DomainName": "d.cloudfront.net",
        "DistributionConfig": {"Enabled": True},
    }
    with pytest.raises(Incomplete):
        await CloudFrontReader(Canned(GetDistribution={"Distribution": row | change})).distribution("E1")
