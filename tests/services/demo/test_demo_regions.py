"""The embedded account's regions and root user, against their models and documented behaviour."""

from services.demo.account import BY_DEFAULT, OPT_IN
from tests.services.demo.client import ask


async def test_regions_and_root_as_documented(empty_aws):
    every = await ask(empty_aws.url, "account", "ListRegions")
    assert len(every["Regions"]) == len(BY_DEFAULT) + len(OPT_IN)
    enabled = await ask(
        empty_aws.url, "account", "ListRegions", RegionOptStatusContains=["ENABLED", "ENABLED_BY_DEFAULT"]
    )
    assert {row["RegionName"] for row in enabled["Regions"]} == set(BY_DEFAULT)
    page = await ask(empty_aws.url, "account", "ListRegions", MaxResults=2)
    more = await ask(empty_aws.url, "account", "ListRegions", NextToken=page["NextToken"])
    assert [*page["Regions"], *more["Regions"]] == every["Regions"]
    described = await ask(empty_aws.url, "ec2", "DescribeRegions")
    assert {row["RegionName"] for row in described["Regions"]} == set(BY_DEFAULT)
    every = await ask(empty_aws.url, "ec2", "DescribeRegions", AllRegions=True)
    assert {row["OptInStatus"] for row in every["Regions"]} == {"opt-in-not-required", "not-opted-in"}
    summary = (await ask(empty_aws.url, "iam", "GetAccountSummary"))["SummaryMap"]
    assert (summary["AccountAccessKeysPresent"], summary["AccountMFAEnabled"]) == (0, 1)
