"""A Monday morning: on an ordinary one every run is normal; with one fault for each, every one is found and no other."""

from datetime import UTC, datetime

import pytest

from services.aws.client.meter import UsageMeter
from services.inspections.base import InspectionRequest
from services.inspections.registry import INSPECTIONS
from services.inspections.running.runner import InspectionRunner
from services.inspections.running.windows import window
from services.models.verdict import Verdict
from tests.services.inspections.costs.cost_answers import BOOK
from tests.services.inspections.running_world import context

MONDAY = datetime(2026, 1, 19, 0, 0, tzinfo=UTC)  # 9:00 JST; Friday was the last open day
WEEKEND = 3 * 24 * 3600.0


async def run_every_inspection(embedded):
    """Run every inspection over the time since Friday evening, as the nine o'clock duties do."""
    async with context(embedded, runbook=BOOK) as inspection_context:
        inspection_runner = InspectionRunner(
            inspection_context.runbook,
            inspection_context.calendar,
            inspection_context.reader,
            inspection_context.clock,
            UsageMeter(inspection_context.clock),
            region=inspection_context.region,
        )
        findings = {}
        for kind in INSPECTIONS:
            if kind.missing_setting(inspection_context.runbook):
                continue
            now = inspection_context.clock.now()
            since, gap = window(inspection_runner.inspection(kind.id), None, now, inspection_context.calendar)
            findings[kind.id] = await inspection_runner.run(
                kind.id, InspectionRequest(since=since, until=now, gap=gap)
            )
        return findings


def bad(finding):
    return [each for each in finding.measures if each.verdict not in (None, Verdict.NORMAL)]


def told(finding):
    measures = "; ".join(f"{each.title}={each.shown} {each.note}" for each in bad(finding))
    return f"{finding.verdict}: {finding.summary} [{measures}] {finding.problem}"


@pytest.mark.scenario("ordinary-day", history=WEEKEND, origin=MONDAY)
@pytest.mark.slow
async def test_on_an_ordinary_monday_every_run_is_normal(embedded):
    findings = await run_every_inspection(embedded)
    assert len(findings) == len(INSPECTIONS)
    assert {id: told(each) for id, each in findings.items() if each.verdict is not Verdict.NORMAL} == {}
    assert all(
        "2" in each.gap for id, each in findings.items() if id in ("alarms", "dashboard", "error-logs")
    )


@pytest.mark.slow
@pytest.mark.scenario("monday-faults", history=WEEKEND, origin=MONDAY)
async def test_every_fault_is_found_and_nothing_else(embedded):
    findings = await run_every_inspection(embedded)
    summaries = {id: told(each) for id, each in findings.items()}
    verdicts = {id: each.verdict for id, each in findings.items()}
    assert verdicts == {
        "alarms": Verdict.ATTENTION,
        "dashboard": Verdict.ATTENTION,
        "error-logs": Verdict.UNKNOWN,
        "costs": Verdict.ABNORMAL,
        "backups": Verdict.ABNORMAL,
        "sign-ins": Verdict.ABNORMAL,
        "access-keys": Verdict.ABNORMAL,
        "maintenance": Verdict.ABNORMAL,
        "dr-region": Verdict.ABNORMAL,
        "slow-queries": Verdict.ATTENTION,
        "waf-blocks": Verdict.ATTENTION,
        "scaling": Verdict.NORMAL,
    }, summaries
    # In each exactly its own fault, and what follows from it.
    assert {id: {each.title for each in bad(finding)} for id, finding in findings.items()} == {
        "alarms": {"RDS connections", "RDS CPU", "Fired since the last sign-off"},
        "dashboard": {"RDS connections", "RDS CPU"},
        "error-logs": {
            "Errors per hour",
            "Errors in the worst hour",
            "Events with the field level",
            "Failed database connections",
            "Most frequent error",
        },
        "costs": {"RDS, growth"},
        "backups": {"Snapshots of the backup windows"},
        "sign-ins": {"Root sign-ins", "Sign-ins without MFA", "Sign-ins outside opening hours"},
        "access-keys": {"Oldest active key"},
        "maintenance": {"system-update"},
        "dr-region": {"Newest recoverable state"},
        "slow-queries": {"Slow queries per hour", "Slow queries in the worst hour"},
        "waf-blocks": {"Most blocked in one hour", "From one address"},
        "scaling": set(),
    }, summaries
    (alarm_period,) = [each for each in findings["alarms"].spells if each.state == "alarm"]
    assert (alarm_period.alarm, alarm_period.ended is not None) == ("rds-cpu-high", True)
    assert "01-16(Fri) 03:10" in findings["backups"].summary
    assert "no level" in findings["error-logs"].summary
