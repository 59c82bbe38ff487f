"""What cannot be read is never judged in silence: each request of each inspection is denied, one at a time, and a finding
that remarks on it is not complete, unless nothing rests on the answer."""

import pytest

from services.aws.client.errors import AwsError
from services.inspections import registry
from tests.services.inspections.running_world import missing_setting, run_inspection
from tests.services.inspections.test_undecided import decided

BY_TOTAL = "so few were blocked in total that no address can have too many"
NOTHING_RESTS = {
    (
        "alarms",
        "sns.ListSubscriptionsByTopic",
    ): "who may not read the topics is not asked to; denied is no doubt",
    ("error-logs", "logs.GetLogGroupFields"): "a query then looks for the fields among the events",
    ("costs", "budgets.DescribeBudgets"): "many accounts have no budget in AWS and no permission to read one",
    ("sign-ins", "account.ListRegions"): "the regions are then asked of EC2",
    ("waf-blocks", "wafv2.GetSampledRequests"): "Athena has counted every request of the window",
    **{
        ("waf-blocks", f"athena.{operation}"): BY_TOTAL
        for operation in ("GetWorkGroup", "StartQueryExecution", "GetQueryExecution", "GetQueryResults")
    },
}
"""By inspection and request: why the finding is complete without the answer."""


async def found(embedded, id):
    try:
        return await run_inspection(embedded, id, hours=2, runbook=decided())
    except AwsError:
        return None


@pytest.mark.slow
@pytest.mark.parametrize(
    "scenario", [pytest.param(name, marks=pytest.mark.scenario(name)) for name in ("ordinary-day", "attack")]
)
async def test_what_cannot_be_read_makes_a_finding_incomplete(embedded, scenario):
    silent = set()
    for entry in registry.INSPECTIONS:
        if missing_setting(entry.id, decided()):
            continue
        before = embedded.counts()
        await found(embedded, entry.id)
        used = {name for name, count in embedded.counts().items() if count > before.get(name, 0)}
        for name in sorted(used):
            service, _dot, operation = name.partition(".")
            embedded.fault(service, operation, preset="denied")
            part = await found(embedded, entry.id)
            embedded.clear_faults()
            if part is not None and part.complete:
                silent.add((entry.id, name))
    assert silent <= NOTHING_RESTS.keys()
    if scenario == "attack":
        assert not any(name.startswith("athena") for _id, name in silent)
