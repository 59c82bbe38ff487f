from typing import Any

import pytest

from services.demo.cloudfront import EXACT_SECONDS, WILDCARD_SECONDS
from services.demo.names import DISTRIBUTION
from tests.conftest import Embedded
from tests.services.demo.client import ask, refused

pytestmark = pytest.mark.scenario("ordinary-day", history=600)


def request(*paths: str, reference: str = "r1", quantity: int | None = None) -> dict[str, Any]:
    batch = {"Quantity": len(paths) if quantity is None else quantity, "Items": list(paths)}
    return {
        "DistributionId": DISTRIBUTION,
        "InvalidationBatch": {"Paths": batch, "CallerReference": reference},
    }


async def create(embedded: Embedded, *paths: str, reference: str = "r1") -> dict[str, Any]:
    answer = await ask(
        embedded.url, "cloudfront", "CreateInvalidation", **request(*paths, reference=reference)
    )
    assert answer["Location"].endswith(
        f"/distribution/{DISTRIBUTION}/invalidation/{answer['Invalidation']['Id']}"
    )
    return dict(answer["Invalidation"])


async def status(embedded: Embedded, id: str) -> str:
    answer = await ask(embedded.url, "cloudfront", "GetInvalidation", DistributionId=DISTRIBUTION, Id=id)
    return str(answer["Invalidation"]["Status"])


async def listed(embedded: Embedded, **more: str) -> dict[str, Any]:
    answer = await ask(embedded.url, "cloudfront", "ListInvalidations", DistributionId=DISTRIBUTION, **more)
    return dict(answer["InvalidationList"])


@pytest.mark.parametrize(("path", "seconds"), [("/index.html", EXACT_SECONDS), ("/*", WILDCARD_SECONDS)])
async def test_an_invalidation_progresses_until_it_is_completed(embedded, path, seconds):
    invalidation = await create(embedded, path)
    assert invalidation["InvalidationBatch"]["Paths"] == {"Quantity": 1, "Items": [path]}
    assert await status(embedded, invalidation["Id"]) == "InProgress"
    answer = await ask(embedded.url, "cloudfront", "GetDistribution", Id=DISTRIBUTION)
    assert answer["Distribution"]["InProgressInvalidationBatches"] == 1
    embedded.advance(seconds)
    assert await status(embedded, invalidation["Id"]) == "Completed"
    answer = await ask(embedded.url, "cloudfront", "GetDistribution", Id=DISTRIBUTION)
    assert answer["Distribution"]["InProgressInvalidationBatches"] == 0


async def test_the_same_reference_and_paths_are_the_same_invalidation(embedded):
    before = (await listed(embedded))["Quantity"]
    first = await create(embedded, "/a", "/b*")
    embedded.advance(20)
    assert (await create(embedded, "/a", "/b*"))["Id"] == first["Id"]
    assert (await listed(embedded))["Quantity"] == before + 1
    refusal = await refused(embedded.url, "cloudfront", "CreateInvalidation", **request("/a"))
    assert refusal[:2] == ("InvalidationBatchAlreadyExists", 409)


@pytest.mark.parametrize(
    "path", ["index.html", "", "/利用案内", "/a b", "/a#b", "/a[1]", "/100%", "/" + "a" * 4000]
)
async def test_invalid_paths(embedded, path):
    refusal = await refused(embedded.url, "cloudfront", "CreateInvalidation", **request("/a", path))
    assert refusal == (
        "InvalidArgument",
        400,
        "Your request contains one or more invalid invalidation paths.",
    )


async def test_other_refusals(embedded):
    refusal = await refused(embedded.url, "cloudfront", "CreateInvalidation", **request("/a", quantity=2))
    assert refusal[:2] == ("InconsistentQuantities", 400)
    wildcards = [f"/{number}*" for number in range(16)]
    refusal = await refused(embedded.url, "cloudfront", "CreateInvalidation", **request(*wildcards))
    assert refusal[:2] == ("TooManyInvalidationsInProgress", 400)
    refusal = await refused(
        embedded.url, "cloudfront", "GetInvalidation", DistributionId=DISTRIBUTION, Id="IUNKNOWN"
    )
    assert refusal[:2] == ("NoSuchInvalidation", 404)
    for operation in ("CreateInvalidation", "ListInvalidations"):
        more = request("/a") if operation == "CreateInvalidation" else {}
        refusal = await refused(embedded.url, "cloudfront", operation, **more | {"DistributionId": "E0"})
        assert refusal[:2] == ("NoSuchDistribution", 404)


async def test_the_list_is_paged_newest_first_without_paths(embedded):
    newest = await create(embedded, "/index.html")
    whole = await listed(embedded)
    ids = [row["Id"] for row in whole["Items"]]
    assert ids[0] == newest["Id"]
    times = [row["CreateTime"] for row in whole["Items"]]
    assert times == sorted(times, reverse=True)
    assert not whole["IsTruncated"]
    pages, marker = [], ""
    while True:
        page = await listed(embedded, MaxItems="4", **({"Marker": marker} if marker else {}))
        pages += [row["Id"] for row in page["Items"]]
        if not page["IsTruncated"]:
            break
        marker = page["NextMarker"]
        assert marker == pages[-1]
    assert pages == ids
    refusal = await refused(
        embedded.url, "cloudfront", "ListInvalidations", DistributionId=DISTRIBUTION, Marker="x"
    )
    assert refusal[0] == "InvalidArgument"


async def test_each_sunday_deployment_of_the_past_has_its_invalidation(embedded):
    rows = (await listed(embedded))["Items"]
    assert len(rows) >= 8
    assert {row["CreateTime"].astimezone(embedded.clock.now().tzinfo).weekday() for row in rows} == {5}, "UTC"
    answer = await ask(
        embedded.url, "cloudfront", "GetInvalidation", DistributionId=DISTRIBUTION, Id=rows[0]["Id"]
    )
    assert answer["Invalidation"]["InvalidationBatch"]["Paths"]["Items"] == ["/index.html", "/manifest.json"]


async def test_an_empty_account_has_no_distribution(empty_aws):
    refusal = await refused(empty_aws.url, "cloudfront", "GetDistribution", Id=DISTRIBUTION)
    assert refusal[:2] == ("NoSuchDistribution", 404)
