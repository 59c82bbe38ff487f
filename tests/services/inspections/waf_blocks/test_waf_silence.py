"""A firewall that stopped counting is noticed within the hour, and one that is quiet by nature is not."""

from datetime import UTC, datetime, timedelta

import pytest

from services.aws import athena
from services.calendar.calendar import Calendar
from services.demo import names
from services.demo.cloudwatch.store import metric_key
from services.demo.waf import FirewallLog
from services.models.verdict import Verdict
from services.runbook.loader import load_builtin
from tests.services.inspections.insights_world import measure
from tests.services.inspections.running_world import run_inspection

V = Verdict
TEN = datetime(2026, 1, 14, 1, 0, tzinfo=UTC)  # 10:00 JST on a Wednesday
NEW_YEAR = datetime(2026, 1, 3, 1, 0, tzinfo=UTC)  # 10:00 JST on the last of six closed days
CALENDAR = Calendar(load_builtin("facility-prod"))


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(athena, "PAUSES", (0.01,))


def traffic(embedded, comes, *, days=14):
    """Requests in each five minutes in which they come, for so many days."""
    store, now = embedded.world.metrics, embedded.clock.now()
    with embedded.world.lock:
        for metric, value in (("AllowedRequests", 400.0), ("BlockedRequests", 2.0)):
            store._tracks.pop(metric_key("AWS/WAFV2", metric, names.WAF_DIMENSIONS), None)
            for number in range(days * 288, 0, -1):
                at = now - timedelta(minutes=5 * number)
                if comes(at):
                    at_seconds = at.timestamp()
                    store.put("AWS/WAFV2", metric, names.WAF_DIMENSIONS, at_seconds, value=value)


async def day(embedded):
    return await run_inspection(embedded, "waf-blocks", hours=24)


@pytest.mark.scenario("ordinary-day", origin=TEN, history=60.0)
async def test_a_firewall_that_stopped_forty_minutes_ago_on_a_working_morning(embedded):
    stopped = TEN - timedelta(minutes=40)
    traffic(embedded, lambda at: at < stopped)
    finding = await day(embedded)
    assert finding.verdict is V.UNKNOWN
    counted = measure(finding, "Requests counted")
    assert counted.shown == "until 01-14(Wed) 09:20 JST"
    assert "Usual at this time on open days: 4,824 per hour." in counted.note
    assert any("no data since 01-14(Wed) 09:20 JST" in each for each in finding.remarks)
    # Of 24 minutes ten are the metrics' own lag.
    traffic(embedded, lambda at: at < TEN - timedelta(minutes=24))
    titles = [each.title for each in (await day(embedded)).measures]
    assert "Requests counted" not in titles


@pytest.mark.scenario("ordinary-day", origin=TEN, history=60.0)
async def test_a_firewall_without_a_past_says_so(embedded):
    traffic(embedded, lambda at: at < TEN - timedelta(minutes=40), days=1)
    finding = await day(embedded)
    assert finding.verdict is V.UNKNOWN
    assert (
        "There are too few earlier open days to compare that with."
        in measure(finding, "Requests counted").note
    )
    traffic(embedded, lambda _at: True, days=1)
    assert "Requests counted" not in [each.title for each in (await day(embedded)).measures]


@pytest.mark.scenario("ordinary-day", origin=NEW_YEAR, history=60.0)
async def test_a_firewall_of_an_office_is_quiet_on_closed_days(embedded):
    def after(stopped):
        return lambda at: CALENDAR.within_hours(at) and at < stopped

    traffic(embedded, after(NEW_YEAR), days=28)
    finding = await run_inspection(embedded, "waf-blocks", hours=24 * 14)
    assert not {str(each.title) for each in finding.measures} & {"Requests counted", "Time with requests"}
    # It stopped at noon of the last open day.
    traffic(embedded, after(datetime(2025, 12, 26, 3, 0, tzinfo=UTC)), days=28)
    finding = await run_inspection(embedded, "waf-blocks", hours=24 * 14)
    assert measure(finding, "Requests counted").verdict is V.UNKNOWN


@pytest.mark.scenario("ordinary-day", origin=TEN, history=2 * 3600.0)
async def test_log_files_that_stop_while_requests_are_blocked(embedded, monkeypatch):
    assert measure(await day(embedded), "Log files in S3").verdict is V.NORMAL
    arrived = FirewallLog.objects
    stopped = TEN - timedelta(minutes=50)
    monkeypatch.setattr(
        FirewallLog,
        "objects",
        lambda log, prefix: [each for each in arrived(log, prefix) if each.modified < stopped],
    )
    files = measure(await day(embedded), "Log files in S3")
    assert files.verdict is V.UNKNOWN
