"""Source: ListRegions (Account Management API reference), DescribeRegions (EC2)."""

from typing import Any

from services.demo.account import region_statuses
from services.demo.paging import page_of
from services.demo.registry import Call, op
from services.demo.scenario_facts import RegionFact

PAGE = 50
_OPT_IN_STATUS = {
    "ENABLED": "opted-in",
    "ENABLED_BY_DEFAULT": "opt-in-not-required",
    "DISABLED": "not-opted-in",
}
"""EC2's word for each RegionOptStatus."""


def _statuses(call: Call) -> dict[str, str]:
    return region_statuses({fact.region for fact in call.run.scenario.facts_of(RegionFact)})


@op("account", "ListRegions")
def list_regions(call: Call) -> dict[str, Any]:
    statuses = call.params.get("RegionOptStatusContains")
    regions = [pair for pair in _statuses(call).items() if not statuses or pair[1] in statuses]
    size = call.params.get("MaxResults") or PAGE
    page, more = page_of(regions, lambda pair: pair[0], call.params, size)
    return {"Regions": [{"RegionName": name, "RegionOptStatus": status} for name, status in page]} | more


@op("ec2", "DescribeRegions")
def describe_regions(call: Call) -> dict[str, Any]:
    every, names = call.params.get("AllRegions"), call.params.get("RegionNames")
    return {
        "Regions": [
            {
                "RegionName": name,
                "Endpoint": f"ec2.{name}.amazonaws.com",
                "OptInStatus": _OPT_IN_STATUS[status],
            }
            for name, status in _statuses(call).items()
            if (every or status != "DISABLED") and (not names or name in names)
        ]
    }
