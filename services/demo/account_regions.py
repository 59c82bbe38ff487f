"""Which regions the account has enabled: those that every account has, and what the scenario opted in to.

Source: ListRegions (Account Management API reference), DescribeRegions (EC2).
"""

from typing import Any

from services.demo.cloudwatch.paging import page_of
from services.demo.facts import RegionFact
from services.demo.registry import Call, op

BY_DEFAULT = (
    "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
    "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1",
    "us-east-1", "us-east-2", "us-west-1", "us-west-2",
)  # fmt: skip
OPT_IN = ("af-south-1", "ap-east-1", "ap-southeast-4", "eu-south-1", "il-central-1", "me-south-1")
"""Some of those that are disabled until somebody opts in."""
PAGE = 50


def _statuses(call: Call) -> dict[str, str]:
    opted = {fact.region for fact in call.world.scenario.facts_of(RegionFact)}
    statuses = {name: "ENABLED" if name in opted else "DISABLED" for name in OPT_IN}
    return dict(sorted((statuses | dict.fromkeys(BY_DEFAULT, "ENABLED_BY_DEFAULT")).items()))


@op("account", "ListRegions")
def list_regions(call: Call) -> dict[str, Any]:
    """Those of the statuses asked for; else all."""
    wanted = call.params.get("RegionOptStatusContains")
    listed = [pair for pair in _statuses(call).items() if not wanted or pair[1] in wanted]
    page, more = page_of(
        listed, lambda pair: pair[0], call.params.get("NextToken"), call.params.get("MaxResults") or PAGE
    )
    return {"Regions": [{"RegionName": name, "RegionOptStatus": status} for name, status in page]} | more


@op("ec2", "DescribeRegions")
def describe_regions(call: Call) -> dict[str, Any]:
    """Without AllRegions only those that are enabled."""
    words = {"ENABLED": "opted-in", "ENABLED_BY_DEFAULT": "opt-in-not-required", "DISABLED": "not-opted-in"}
    every, names = call.params.get("AllRegions"), call.params.get("RegionNames")
    return {
        "Regions": [
            {"RegionName": name, "Endpoint": f"ec2.{name}.amazonaws.com", "OptInStatus": words[status]}
            for name, status in _statuses(call).items()
            if (every or status != "DISABLED") and (not names or name in names)
        ]
    }
