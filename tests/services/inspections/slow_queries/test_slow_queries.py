from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.aws.logs import insights
from services.calendar.calendar import Calendar
from services.clock import ManualClock
from services.demo import names
from services.inspections.base import InspectionContext, InspectionRequest
from services.inspections.registry import make
from services.logs.slow_queries import slow_line, statement
from services.models.verdict import Verdict
from services.runbook.loader import load_builtin
from tests.conftest import ORIGIN
from tests.services.aws.canned import Canned
from tests.services.inspections.insights_world import again, cells, ends, evidence, fill, measure, runbook
from tests.services.inspections.running_world import context, missing_setting, run_inspection

STEPS = "2026-01-14 00:00:00 UTC:10.0.1.9(40000):app@app:[77]:LOG:  duration: {ms} ms  {text}"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(insights, "PAUSES", (0.01,))


def slow(ago, ms=1500.25, text="execute <unnamed>: SELECT 1"):
    return ago, STEPS.format(ms=ms, text=text)


def log(embedded, *events, days=30):
    checkpoints = [(1 + 1440 * day, "LOG:  checkpoint starting: time") for day in range(60)]
    fill(embedded, [*events, *checkpoints], group=names.DATABASE_LOG, days=days)


async def seen(embedded, hours=16, book=None, **more):
    return await run_inspection(embedded, "slow-queries", hours=hours, runbook=book, **more)


async def test_an_ordinary_night_is_normal(embedded):
    finding = await seen(embedded)
    assert finding.verdict is Verdict.NORMAL
    assert not finding.advice
    assert measure(finding, "Slow queries per hour").allowed == "< 10 per hour"
    assert any(text.startswith("Estimate: ") for text in finding.remarks)
    assert any(text.startswith("Logs Insights scanned ") for text in finding.remarks)
    sent = [row[0] for row in cells(finding, "The query")]
    assert "filter @message like /duration:/" in sent
    assert "filter duration > 1000" in sent


@pytest.mark.slow
@pytest.mark.scenario("slow-queries", history=10800)
async def test_frequent_statements_need_an_index(embedded):
    finding = await seen(embedded)
    assert finding.verdict is Verdict.ATTENTION
    assert finding.advice == ("Where slow queries are frequent, consider adding an index.",)
    assert (measure(finding, "Slow queries in the worst hour").value or 0) > 100
    assert measure(finding, "Slow queries per hour").verdict is Verdict.ATTENTION
    assert len(evidence(finding, "The slowest queries").rows) == 20
    assert any("Only the slowest 1,000 of " in text for text in finding.remarks)


@pytest.mark.scenario("ordinary-day", history=60.0)
async def test_what_the_slow_query_log_shows(embedded):
    async with context(embedded) as inspection_context:
        await _what_the_slow_query_log_shows(embedded, inspection_context)


async def _what_the_slow_query_log_shows(embedded, inspection_context):
    steps = (
        slow(5, 1200, "parse S_1: SELECT * FROM residents WHERE name = $1"),
        slow(4, 1300, "bind S_1: SELECT * FROM residents WHERE name = $1"),
        slow(3, 2500, "execute S_1: SELECT * FROM residents WHERE name = $1"),
        slow(2, 9000.5, "statement: ALTER USER app PASSWORD 'hunter2'"),
        slow(2, 999, "statement: SELECT 'too quick'"),
    )
    log(embedded, *steps)
    finding = await again(inspection_context, "slow-queries", hours=1)
    assert finding.verdict is Verdict.NORMAL
    assert finding.summary == "4 queries over 1,000 ms in 1 h, slowest 9,000 ms, at most 4 in an hour."
    # The same statement in three steps of the extended protocol is one statement.
    assert cells(finding, "Grouped statements") == [
        ("1", "9,000", "9.0", "ALTER USER app PASSWORD ?"),
        ("3", "2,500", "5.0", "SELECT * FROM residents WHERE name = $1"),
    ]
    assert any(text.startswith("2 lines are from parse or bind steps") for text in finding.remarks)
    # Values and passwords stay in the log.
    assert "hunter2" not in finding.model_dump_json()
    assert all(each.private for each in finding.evidence[:2])

    # An hour full of them is not hidden by a month without.
    log(embedded, *(slow(300 + n) for n in range(12)), days=60)
    finding = await again(inspection_context, "slow-queries", hours=31 * 24)
    assert measure(finding, "Slow queries per hour").shown == "< 0.1"
    assert measure(finding, "Slow queries in the worst hour").verdict is Verdict.ATTENTION
    assert finding.verdict is Verdict.ATTENTION
    # What the group no longer keeps does not thin the rate.
    log(embedded, *(slow(10 * n) for n in range(1, 140)), days=1)
    finding = await again(inspection_context, "slow-queries", hours=31 * 24)
    assert measure(finding, "Slow queries per hour").shown == "5.8"
    assert finding.verdict is Verdict.UNKNOWN
    assert measure(finding, "Retained log events").verdict is Verdict.UNKNOWN
    assert "has nothing from before" in finding.summary
    # One span in the whole result: that of the data.
    assert " in the 24 h that have logs" in finding.summary, finding.summary

    # No slow query: logged before, or never.
    log(embedded, slow(3000))
    assert (await again(inspection_context, "slow-queries", hours=16)).verdict is Verdict.NORMAL
    assert (
        await again(inspection_context, "slow-queries", hours=16)
    ).summary == "0 queries over 1,000 ms in 16 h."
    log(embedded)
    for hours in (16, 31 * 24):
        finding = await again(inspection_context, "slow-queries", hours=hours)
        assert finding.verdict is Verdict.UNKNOWN
        assert "does not show whether slow queries are logged" in finding.summary
        assert "log_min_duration_statement" in finding.advice[0]
    # Nothing there at all.
    fill(embedded, [], group=names.DATABASE_LOG)
    finding = await again(inspection_context, "slow-queries", hours=16)
    assert finding.verdict is Verdict.UNKNOWN
    assert "has no events" in finding.summary

    log(embedded, slow(5))
    ends(embedded, "Timeout")
    finding = await again(inspection_context, "slow-queries", hours=16)
    assert finding.verdict is Verdict.UNKNOWN
    assert "timed out" in finding.summary


@pytest.mark.scenario("ordinary-day", history=60.0)
async def test_trap_a_month_of_logs_is_not_read_without_consent(embedded):
    log(embedded, *(slow(n * 60) for n in range(1, 800)))
    book = runbook(inspecting={"ask_above_yen": 1, "insights_usd_per_gb": 1000.0})
    finding = await seen(embedded, hours=30 * 24, book=book)
    assert finding.waits_for_consent
    assert finding.verdict is Verdict.UNKNOWN
    assert "logs.StartQuery" not in embedded.counts()
    agreed = await seen(embedded, hours=30 * 24, book=book, consent=True)
    assert agreed.verdict is Verdict.NORMAL
    assert measure(agreed, "Slow queries per hour").shown == "1"


@pytest.mark.scenario("ordinary-day", history=60.0)
async def test_a_log_export_that_waits_to_be_switched_off_is_said(embedded):
    log(embedded, slow(60))
    with embedded.world.lock:
        embedded.world.database.pending["PendingCloudwatchLogsExports"] = {
            "LogTypesToDisable": ["postgresql"]
        }
    assert any("is no longer sent to CloudWatch Logs" in each for each in (await seen(embedded)).remarks)


async def test_the_first_run_covers_a_month():
    assert canned().first_since(ORIGIN) == ORIGIN - timedelta(days=31)


def canned(engine="postgres", *exports):
    book = load_builtin("facility-prod")
    row = {
        "DBInstanceIdentifier": "facility-prod-db",
        "DBInstanceArn": "arn:aws:rds:ap-northeast-1:123456789012:db:facility-prod-db",
        "DBInstanceStatus": "available",
        "Engine": engine,
        "EnabledCloudwatchLogsExports": list(exports),
    }
    clock = ManualClock(ORIGIN)
    return make(
        InspectionContext(
            runbook=book,
            calendar=Calendar(book),
            clock=clock,
            region="ap-northeast-1",
            reader=Canned(DescribeDBInstances={"DBInstances": [row]}),
        ),
        "slow-queries",
    )


@pytest.mark.parametrize(
    ("engine", "exports", "words"),
    [
        ("mysql", ("slowquery",), "The database is mysql, but only PostgreSQL"),
        ("", ("postgresql",), "The database is ?"),
        ("postgres", (), "does not send its PostgreSQL log"),
        ("postgres", ("upgrade",), "does not send its PostgreSQL log"),
    ],
)
async def test_trap_without_the_export_or_on_another_engine_nothing_is_judged(engine, exports, words):
    inspection = canned(engine, *exports)
    finding = await inspection.run(InspectionRequest(since=ORIGIN - timedelta(hours=1), until=ORIGIN))
    assert finding.verdict is Verdict.UNKNOWN
    assert words in finding.summary
    assert finding.advice
    if engine == "postgres":
        assert "Switch on the log export `postgresql` of facility-prod-db" in finding.advice[0]


def test_what_a_runbook_must_say():
    book = load_builtin("facility-prod")
    assert missing_setting("slow-queries", book) == ""
    assert missing_setting("slow-queries", book.model_copy(update={"slow_queries": None})) == "slow_queries"
    assert (
        missing_setting("slow-queries", runbook(slow_queries={"log_group": ""})) == "slow_queries.log_group"
    )
    assert missing_setting("slow-queries", book.model_copy(update={"rds": None})) == "rds"


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("SELECT * FROM t WHERE a = 'it''s' AND b = 12.5", "SELECT * FROM t WHERE a = ? AND b = ?"),
        ("SELECT 1 FROM t1 WHERE c2 = $1 AND d = -3", "SELECT ? FROM t1 WHERE c2 = $1 AND d = -?"),
        (r"INSERT INTO t VALUES (E'a\'b', $$secret$$, $q$s$1$q$)", "INSERT INTO t VALUES (?…)"),
        ("SELECT * FROM t WHERE id IN (1, 2,3)", "SELECT * FROM t WHERE id IN (?…)"),
        ("SELECT /* user=taro */ a -- for taro\n FROM t", "SELECT a FROM t"),
        ("SELECT 'cut off in the mid", "SELECT ?"),
        ("SELECT $$cut off", "SELECT ?"),
        ('SELECT "Name" FROM "t 1"', 'SELECT "Name" FROM "t ?"'),
        ("ALTER ROLE app WITH PASSWORD hunter2", "ALTER ROLE app WITH PASSWORD ?"),
        ("SELECT X'1F', B'01', U&'d\\0061t', 1e10", "SELECT ?, ?, ?, ?"),
    ],
)
def test_statements_without_their_values(text, bare):
    assert statement(text) == bare
    assert statement(bare) == bare


@given(st.text(max_size=40), st.sampled_from(["'", "E'", "$$", "$tag$"]))
def test_no_quoted_text_is_left(secret, quote):
    marked = f"SECRET{secret}"
    inside = {
        "'": marked.replace("'", "''"),
        "E'": marked.replace("\\", "\\\\").replace("'", "\\'"),
        "$$": marked.replace("$", ""),
        "$tag$": marked.replace("$", ""),
    }[quote]
    end = "'" if quote.endswith("'") else quote
    assert statement(f"SELECT a FROM t WHERE b = {quote}{inside}{end} AND c = d") == (
        "SELECT a FROM t WHERE b = ? AND c = d"
    )


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("LOG:  duration: 1234.567 ms  statement: SELECT 1", (1234.567, "statement", "SELECT ?")),
        ("LOG:  duration: 5000 ms  execute S_1/C_2: BEGIN", (5000, "execute", "BEGIN")),
        ("LOG:  duration: 2000.1 ms", (2000.1, "", "")),
        ("LOG:  duration: 1500.0 ms  plan:␊Query Text: SELECT 2", (1500, "plan", "Query Text: SELECT ?")),
        ("LOG:  checkpoint complete", None),
    ],
)
def test_the_parts_of_a_line(message, expected):
    line = slow_line(message)
    assert (line and (line.ms, line.step, line.statement)) == expected


def test_a_long_statement_is_cut():
    assert len(statement("SELECT " + "a, " * 10_000)) == 301
