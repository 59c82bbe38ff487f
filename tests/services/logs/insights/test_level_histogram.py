import re
from datetime import UTC, datetime, timedelta

import pytest

from services.aws.client.meter import UsageMeter
from services.aws.client.session import AwsSession
from services.aws.client.settings import AwsSettings
from services.logs.insights.histogram import LevelBar, histogram_of, level_field, query_text, width_of
from services.logs.insights.service import SCANNED, InsightsService
from services.models.insights_queries import QueryRows
from services.models.logs import Severity, severity_named
from services.models.metrics import TimeSpan
from services.runbook.loader import load_builtin
from widgets.logs.text.severity import severity_of

START = datetime(2026, 1, 5, tzinfo=UTC)
HOUR = TimeSpan(start=START, end=START + timedelta(hours=1))


@pytest.mark.parametrize(
    ("length", "seconds"),
    [(60, 1), (120, 1), (121, 2), (3600, 30), (86_400, 900), (604_800, 7200), (10**9, 86_400)],
)
def test_the_width_is_the_least_that_gives_no_more_bars_than_wanted(length, seconds):
    span = TimeSpan(start=START, end=START + timedelta(seconds=length))
    assert width_of(span) == timedelta(seconds=seconds)


def test_the_query_counts_by_bar_and_level():
    minute = timedelta(minutes=1)
    assert query_text(minute, "log.level") == "stats count(*) as n by bin(1m) as at, log.level\n| limit 10000"
    assert query_text(timedelta(seconds=90), "level").startswith("stats count(*) as n by bin(90s)")
    assert query_text(minute).startswith(r"parse @message /\b(?<word>")


@pytest.mark.parametrize("word", ["CRIT", "ERR", "EMERGENCY", "WARN", "WARNING", "LOG"])
def test_the_query_takes_the_level_words_that_panes_take(word):
    pattern = query_text(timedelta(minutes=1)).partition("/")[2].partition("/")[0]
    match = re.search(pattern.replace("(?<", "(?P<"), f"10:00:00 {word}: disk")
    assert match["word"] == word
    assert severity_named(word) is severity_of(f"10:00:00 {word}: disk".encode()) is not Severity.PLAIN


def test_the_field_with_the_level_is_one_that_most_events_have():
    assert level_field({"level": 40, "severity": 90, "lvl": 100}) == "severity"
    assert level_field({"level": 49}) == ""


def test_bars_are_summed_by_severity():
    rows = QueryRows(
        ("at", "level", "n"),
        (
            ("2026-01-05 00:01:00.000", "ERROR", "3"),
            ("2026-01-05 00:01:00.000", "error", "2"),
            ("2026-01-05 00:00:00.000", "30", "7"),
            ("2026-01-05 00:00:00.000", None, "1"),
            (None, "ERROR", "9"),
        ),
        ("",) * 5,
    )
    histogram = histogram_of(rows, timedelta(minutes=1), complete=True)
    assert histogram.bars == (
        LevelBar(START, {Severity.INFO: 7, Severity.PLAIN: 1}),
        LevelBar(START + timedelta(minutes=1), {Severity.ERROR: 5}),
    )
    assert [bar.total for bar in histogram.bars] == [8, 5]
    assert histogram_of(QueryRows(), timedelta(minutes=1), complete=False).bars == ()


@pytest.fixture
async def service(embedded, tmp_path):
    meter = UsageMeter(embedded.clock)
    settings = AwsSettings(region="ap-northeast-1", endpoint_url=embedded.url)
    session = AwsSession(settings, clock=embedded.clock, meter=meter)
    history = tmp_path / "history.json"
    yield InsightsService(session, load_builtin("facility-prod"), embedded.clock, meter, history), meter
    await session.close()


@pytest.mark.scenario("ordinary-day", history=3600)
@pytest.mark.parametrize("group", ["/ecs/staff-api", "/aws/rds/instance/facility-prod-db/postgresql"])
async def test_the_histogram_of_the_embedded_aws(group, embedded, service):
    insights, meter = service
    now = embedded.clock.now()
    span = TimeSpan(start=now - timedelta(hours=1), end=now)
    estimate = await insights.estimate([group], span)
    assert estimate.bytes > 0
    last = None
    async for histogram in insights.histogram([group], span):
        last = histogram
    assert last.complete
    assert last.bars
    assert any(severity is not Severity.PLAIN for bar in last.bars for severity in bar.counts)
    [query] = insights.history.queries
    assert query.bytes > 0
    # The meter counts whole nano-dollars.
    charged = any(row.name == SCANNED for row in meter.snapshot().rows)
    assert charged == (query.yen / 150 * 1e9 > 0.5)
    await insights.close()
