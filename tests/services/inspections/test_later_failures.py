"""A request that fails costs its own part: what was measured as abnormal before and after it stays abnormal."""

import json
from datetime import timedelta

import pytest

from services.aws.client.meter import UsageMeter
from services.aws.logs import insights
from services.calendar.calendar import Calendar
from services.clock import ManualClock
from services.inspections.base import InspectionContext, InspectionRequest
from services.inspections.registry import INSPECTIONS, make
from services.inspections.running.runner import InspectionRunner
from services.inspections.running.windows import window
from services.models.problem import ProblemKind
from services.models.verdict import Verdict
from tests.services.aws.canned import Canned, failure
from tests.services.inspections.dashboard.test_dashboard_inspection import (
    BODY,
    BOOK,
    DATABASE,
    METRICS,
    NINE,
    data,
)
from tests.services.inspections.database_answers import instance, judged
from tests.services.inspections.insights_world import GROUP, Event, fill, measure, runbook
from tests.services.inspections.running_world import context
from tests.services.inspections.test_every_fault import MONDAY, WEEKEND

V = Verdict
NEEDED = {
    ("backups", "DescribeDBInstances"),
    ("backups", "DescribeDBSnapshots"),
    ("costs", "GetCostAndUsage"),
    ("dr-region", "DescribeDBSnapshots"),
    ("dr-region", "DescribeDBInstanceAutomatedBackups"),
    ("sign-ins", "LookupEvents"),
    ("access-keys", "ListAccessKeys"),
    ("maintenance", "DescribeDBInstances"),
    ("maintenance", "DescribePendingMaintenanceActions"),
}
"""Without these, on that Monday, nothing abnormal is measured."""


class Failing:
    """A session of which the request with this number is throttled."""

    def __init__(self, reader, number):
        self._reader = reader
        self._left = number
        self.failed = ""
        self.passed: list[str] = []

    def _counts(self, operation):
        self._left -= 1
        if self._left == 0:
            self.failed = operation
            raise failure(ProblemKind.THROTTLED, "slow down")
        self.passed.append(operation)

    async def read(self, service, operation, /, **params):
        self._counts(operation)
        return await self._reader.read(service, operation, **params)

    async def pages(self, service, operation, /, **params):
        self._counts(operation)
        async for page in self._reader.pages(service, operation, **params):
            yield page


async def one(inspection_context, id, reader):
    inspection_runner = InspectionRunner(
        inspection_context.runbook,
        inspection_context.calendar,
        reader,
        inspection_context.clock,
        UsageMeter(inspection_context.clock),
        region=inspection_context.region,
    )
    now = inspection_context.clock.now()
    since, gap = window(inspection_runner.inspection(id), None, now, inspection_context.calendar)
    return await inspection_runner.run(id, InspectionRequest(since=since, until=now, gap=gap))


@pytest.mark.slow
@pytest.mark.scenario("monday-faults", history=WEEKEND, origin=MONDAY)
async def test_whichever_request_fails_bad_measurements_are_reported(embedded):
    tried = 0
    async with context(embedded) as inspection_context:
        for kind in INSPECTIONS:
            every = Failing(inspection_context.reader, -1)
            whole = await one(inspection_context, kind.id, every)
            # The last request of each kind: what came before it was answered.
            for number in sorted({operation: at for at, operation in enumerate(every.passed, 1)}.values()):
                reader = Failing(inspection_context.reader, number)
                finding = await one(inspection_context, kind.id, reader)
                tried += bool(reader.failed)
                if whole.verdict is V.ABNORMAL and (kind.id, reader.failed) not in NEEDED:
                    assert finding.verdict is V.ABNORMAL, (kind.id, reader.failed, finding.summary)
                assert finding.verdict is not V.NORMAL or whole.verdict is V.NORMAL
    assert tried > len(INSPECTIONS)


# ── In particular ──────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(insights, "PAUSES", (0.01,))


def book():
    return runbook(error_logs={"log_group": GROUP})


def storm(count):
    lines: list[Event] = [
        (60 + number / 10, {"level": "ERROR", "message": "no luck", "statusCode": 500})
        for number in range(count)
    ]
    return [*lines, (5, {"level": "INFO", "message": "done", "statusCode": 200})]


@pytest.mark.slow
@pytest.mark.parametrize("count", [300, 1200])
async def test_errors_that_were_found_stay_found_when_counting_them_fails(empty_aws, count):
    fill(empty_aws, storm(count))
    late = 0
    async with context(empty_aws, runbook=book()) as inspection_context:
        for number in range(1, 20):
            reader = Failing(inspection_context.reader, number)
            finding = await one(inspection_context, "error-logs", reader)
            if not reader.failed:
                break
            requests = [*reader.passed, reader.failed]
            if "GetLogGroupFields" in requests or requests.count("StartQuery") > 1:
                late += 1
                assert finding.verdict is V.ABNORMAL, (number, requests, finding.summary)
                assert measure(finding, "Errors per hour").verdict is V.ABNORMAL
                assert finding.summary.startswith(f"{count:,} errors")
    assert late >= 1


@pytest.mark.parametrize(
    ("id", "matched", "verdict", "measured"),
    [
        ("error-logs", 300, V.ABNORMAL, V.ABNORMAL),
        ("error-logs", 3, V.UNKNOWN, V.NORMAL),
        ("slow-queries", 300, V.ATTENTION, V.ATTENTION),
        ("slow-queries", 3, V.UNKNOWN, V.NORMAL),
    ],
)
async def test_an_unfinished_query_reports_what_is_already_bad(id, matched, verdict, measured):
    statistics = {"recordsMatched": float(matched), "recordsScanned": 9000.0, "bytesScanned": 1e6}
    canned = Canned(
        DescribeDBInstances=instance(Engine="postgres", EnabledCloudwatchLogsExports=["postgresql"]),
        DescribeLogGroups={"logGroups": []},
        StartQuery={"queryId": "q"},
        GetQueryResults={"status": "Timeout", "results": [], "statistics": statistics},
    )
    inspection_context = InspectionContext(
        runbook=BOOK, calendar=Calendar(BOOK), clock=ManualClock(NINE), region="ap-northeast-1", reader=canned
    )
    finding = await make(inspection_context, id).run(
        InspectionRequest(since=NINE - timedelta(hours=2), until=NINE)
    )
    assert finding.verdict is verdict
    assert "not judged" in finding.summary
    assert (finding.measured, finding.unjudged) == (measured, 1)
    assert ("per hour so far: ≥ 150 (allowed < " in finding.summary) is (measured is not V.NORMAL)


async def test_backups_that_are_off_are_abnormal_though_the_snapshots_cannot_be_read():
    refused = failure(ProblemKind.ACCESS_DENIED, "no permission")
    finding = await judged(
        "backups", DescribeDBInstances=instance(BackupRetentionPeriod=0), DescribeDBSnapshots=refused
    )
    assert finding.verdict is V.ABNORMAL
    assert finding.summary.startswith("Automatic backups are off")
    assert finding.summary.endswith("The snapshots cannot be read.")
    assert "no permission" in finding.remarks[0]


class Elsewhere:
    def __init__(self, reader):
        self._reader = reader

    async def read(self, service, operation, /, *, region=None, **params):
        if region == "ap-northeast-3":
            raise failure(ProblemKind.ACCESS_DENIED, "not in that region")
        return await self._reader.read(service, operation, region=region, **params)

    async def pages(self, service, operation, /, *, region=None, **params):
        if region == "ap-northeast-3":
            raise failure(ProblemKind.ACCESS_DENIED, "not in that region")
        async for page in self._reader.pages(service, operation, region=region, **params):
            yield page


async def test_another_regions_metrics_that_fail_cost_their_own_curves():
    far = {
        "region": "ap-northeast-3",
        "metrics": [["AWS/RDS", "DatabaseConnections", "DBInstanceIdentifier", "far"]],
    }
    body = {"widgets": [*BODY["widgets"], {"type": "metric", "properties": far}]}
    hot = data(METRICS | {"CPUUtilization": lambda _at: 95}, {})
    for reader in (Canned, lambda **answers: Elsewhere(Canned(**answers))):
        inspection_context = InspectionContext(
            runbook=BOOK,
            calendar=Calendar(BOOK),
            clock=ManualClock(NINE),
            region=BOOK.system.region,
            reader=reader(
                DescribeDBInstances={"DBInstances": [DATABASE]},
                GetDashboard={"DashboardBody": json.dumps(body)},
                GetMetricData=hot,
            ),
        )
        finding = await make(inspection_context, "dashboard").run(
            InspectionRequest(since=NINE - timedelta(hours=15), until=NINE)
        )
        assert finding.verdict is V.ABNORMAL
        assert "ECS CPU: highest 95 %" in finding.summary
    assert finding.unjudged >= 1
    assert "not in that region" in finding.summary
