"""Error logs: what is found, and above all what must not be mistaken for "no errors"."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.aws.logs import insights
from services.inspections.base import InspectionContext, InspectionRequest
from services.inspections.registry import make
from services.inspections.running.runner import MeteredReader
from services.inspections.toolkit.logs.inspection import about_database, masked, shape
from services.models.findings import Progress
from services.models.verdict import Verdict
from services.runbook.loader import load_builtin
from tests.services.inspections.insights_world import (
    GROUP,
    Event,
    again,
    cells,
    ends,
    evidence,
    fill,
    measure,
    runbook,
)
from tests.services.inspections.running_world import context, missing_setting, run_inspection


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(insights, "PAUSES", (0.01,))


def runbook_with(**keys):
    return runbook(error_logs={"log_group": GROUP, **keys})


def error(ago, text="no luck", **more):
    return ago, {"level": "ERROR", "message": text, "statusCode": 500, **more}


def fine(*minutes, **more):
    return [(ago, {"level": "INFO", "message": "done", "statusCode": 200, **more}) for ago in minutes]


def lived(*minutes, **more):
    """Events so many minutes before the same time on each of the fifteen days before."""
    return fine(*(ago + day * 1440 for day in range(1, 16) for ago in minutes), **more)


async def seen(embedded, hours=16, **more):
    return await run_inspection(
        embedded, "error-logs", hours=hours, runbook=more.pop("runbook", runbook_with()), **more
    )


async def test_an_ordinary_night_is_normal_and_says_what_it_cost(embedded):
    progress: list[Progress] = []
    finding = await run_inspection(embedded, "error-logs", hours=16, progress=progress)
    assert finding.verdict is Verdict.NORMAL
    assert "in 16 h" in finding.summary
    assert measure(finding, "Events with the field level").shown == "100 %"
    assert measure(finding, "Errors per hour").allowed == "< 10 per hour"
    assert not finding.advice
    assert any(text.startswith("Estimate: ") and "estimate" in text.lower() for text in finding.remarks)
    assert any(text.startswith("Logs Insights scanned ") for text in finding.remarks)
    assert progress
    assert cells(finding, "The query")[1] == ('filter level = "ERROR" or statusCode >= 500',)


@pytest.mark.scenario("alb-5xx")
async def test_a_storm_is_abnormal(embedded):
    embedded.advance(600)
    finding = await run_inspection(embedded, "error-logs", hours=16)
    assert finding.verdict is Verdict.ABNORMAL
    assert measure(finding, "Errors in the worst hour").verdict is Verdict.ABNORMAL
    assert (measure(finding, "Failed database connections").value or 0) > 50
    assert measure(finding, "Failed database connections").verdict is Verdict.ATTENTION
    assert measure(finding, "Most frequent error").verdict is Verdict.ATTENTION
    assert (measure(finding, "5xx responses").value or 0) > 100
    assert any("operations report" in text for text in finding.advice)


@pytest.mark.scenario("no-level")
async def test_trap_no_rows_because_the_field_is_absent(embedded):
    finding = await run_inspection(embedded, "error-logs", hours=16)
    assert finding.verdict is Verdict.UNKNOWN
    assert finding.summary.startswith("No such field: the events have no level. Fields present include ")
    assert "requestId." in finding.summary
    assert measure(finding, "Events with the field level").shown == "0 %"
    assert "error_logs" in finding.advice[0]
    # An unknown count is neither green nor shown as none.
    assert "No errors" not in finding.summary
    assert "is not known" in finding.summary
    assert [each.title for each in finding.measures if each.verdict is Verdict.NORMAL] == ["5xx responses"]


OTHER_MEANINGS: list[tuple[list[Event], str]] = [
    ([], "Cannot be judged"),
    (fine(5, 20, level=30), "is a number here (30; pino writes 50 for an error)"),
    (fine(5, 20, level="info"), "case matters"),
    ([*fine(5, 20), (6, {"level": "Error"})], "is written differently here (Error, INFO)"),
    ([*fine(5), (6, "plain"), (7, "text"), (8, "lines")], "Only 25 % of the events have the field level"),
    (fine(300, 301, level=30), "is a number here"),
    ([(300, "plain"), (301, "lines")], "No such field: the events have no level."),
]


async def test_trap_zero_rows_with_other_meanings_than_no_errors(empty_aws):
    async with context(empty_aws) as inspection_context:
        for events, words in OTHER_MEANINGS:
            fill(empty_aws, events)
            finding = await again(inspection_context, "error-logs", hours=16, book=runbook_with())
            assert (finding.verdict, words) == (Verdict.UNKNOWN, words)
            assert words in finding.summary
            assert "No errors" not in finding.summary
            green = {each.title for each in finding.measures if each.verdict is Verdict.NORMAL}
            assert green <= {"5xx responses", "Log events"}


async def test_trap_a_log_that_stops_before_the_window_ends_is_not_judged(empty_aws):
    # Events until 06:40 of a Wednesday, and every minute at the same time before.
    fill(empty_aws, [*fine(200, 201), *fine(*range(1500, 1700, 5)), *fine(*range(10_080, 10_500, 5))])
    finding = await seen(empty_aws)
    assert finding.verdict is Verdict.UNKNOWN
    assert finding.summary.startswith(
        "No errors in 16 h (2 events read). No events in /app/library since 01-14(Wed) 06:3"
    )
    log_events = measure(finding, "Log events")
    assert (log_events.verdict, log_events.allowed) == (Verdict.UNKNOWN, "up to the end of the window")
    assert "01-14(Wed) 06:3" in log_events.shown
    # What went wrong before it stopped is not hidden.
    fill(empty_aws, [error(200 + n / 10) for n in range(40)], group="/app/other")
    grave = await seen(empty_aws, runbook=runbook_with(log_group="/app/other"))
    assert grave.verdict is Verdict.ABNORMAL
    assert "No events in /app/other since 01-14(Wed) 06:3" in grave.summary
    # A log that may not be read event by event may have stopped.
    empty_aws.fault("logs", "FilterLogEvents", preset="denied")
    assert "Could not read whether events still arrive" in (await seen(empty_aws)).summary


async def test_truly_no_errors_also_where_the_last_hours_were_silent(empty_aws):
    # The log was as silent on the days before: it is quiet by nature.
    fill(empty_aws, [*fine(200, 201), *lived(200, 201)])
    finding = await seen(empty_aws)
    assert finding.verdict is Verdict.NORMAL
    assert finding.summary.startswith("No errors in 16 h (2 events read). No events since 01-14(Wed) 06:3")
    assert "as at the same time on previous days" in finding.summary
    # The runbook's own value, a number, fits numbers.
    other = runbook_with(value="50", status="")
    with empty_aws.world.lock:
        empty_aws.world.logs.groups.clear()
    fill(empty_aws, [*fine(5, level=30), *lived(5, level=30)])
    assert (await seen(empty_aws, runbook=other)).verdict is Verdict.NORMAL
    assert "filter level = 50" in str((await seen(empty_aws, runbook=other)).evidence)


async def test_trap_more_matches_than_rows_are_counted(empty_aws):
    fill(empty_aws, [*(error(60 + n / 10, f"order {n} failed") for n in range(2400)), *fine(5)])
    finding = await seen(empty_aws)
    assert finding.verdict is Verdict.ABNORMAL
    assert measure(finding, "Errors per hour").note == "2,400 in total"
    assert measure(finding, "Errors in the worst hour").shown == "600"
    assert measure(finding, "5xx responses").shown == "2,400"
    same = measure(finding, "Most frequent error")
    assert (same.shown, same.verdict) == ("1,000", Verdict.ATTENTION)
    assert any("1,400 of 2,400 errors are not grouped" in text for text in finding.remarks)
    assert empty_aws.counts()["logs.StartQuery"] == 3


async def test_many_errors_are_not_counted_further_without_consent_to_the_price(empty_aws):
    fill(empty_aws, [*(error(60 + n / 10) for n in range(1001)), *fine(5)])
    size = sum(len(event.message) + 26 for event in empty_aws.world.logs.groups.popitem()[1].events)
    fill(empty_aws, [*(error(60 + n / 10) for n in range(1001)), *fine(5)])
    usd = 20 / 150 / size * 1e9 / 2
    dear = runbook_with().model_copy(
        update={"inspecting": runbook_with().inspecting.model_copy(update={"insights_usd_per_gb": usd})}
    )
    finding = await seen(empty_aws, runbook=dear)
    assert finding.verdict is Verdict.ABNORMAL
    assert measure(finding, "Errors in the worst hour").verdict is Verdict.UNKNOWN
    assert measure(finding, "Most frequent error").verdict is Verdict.UNKNOWN
    assert empty_aws.counts()["logs.StartQuery"] == 1


async def test_trap_partial_results_are_shown_and_not_judged(empty_aws):
    fill(empty_aws, [error(5), *fine(6)])
    async with context(empty_aws) as inspection_context:
        for how in ("Failed", "Timeout", "Cancelled", "Unknown"):
            ends(empty_aws, how)
            finding = await again(inspection_context, "error-logs", hours=16, book=runbook_with())
            assert finding.verdict is Verdict.UNKNOWN
            assert "Partial: " in finding.summary
            assert "not judged" in finding.summary
            assert not finding.measures


async def test_the_worst_hour_counts_however_quiet_the_night(empty_aws):
    fill(empty_aws, [*(error(301 + n, f"{'abcdefghijkl'[n]} failed") for n in range(12)), *fine(5)])
    finding = await seen(empty_aws)
    assert finding.verdict is Verdict.ABNORMAL
    assert measure(finding, "Errors per hour").verdict is Verdict.NORMAL
    worst = measure(finding, "Errors in the worst hour")
    assert (worst.shown, worst.verdict) == ("12", Verdict.ABNORMAL)
    assert worst.at == (empty_aws.clock.now() - timedelta(hours=6))
    assert evidence(finding, "By hour").rows[0].cells == ("01-14(Wed) 04:00", "12")


async def test_the_same_error_again_and_again(empty_aws):
    fill(
        empty_aws,
        [*(error(60 * n + 10, f"order 10{n} of u{n} failed") for n in range(10)), *fine(5), *lived(5)],
    )
    finding = await seen(empty_aws)
    assert finding.verdict is Verdict.ATTENTION
    assert "the same error up to 10 times" in finding.summary
    groups = evidence(finding, "Grouped errors")
    assert groups.private
    assert groups.rows[0].cells == ("10", "order # of u# failed")
    assert any("sign of a bug" in text for text in finding.advice)


@pytest.mark.parametrize(
    ("hours", "count", "verdict"),
    [
        (1, 9, Verdict.NORMAL),
        (1, 10, Verdict.ATTENTION),
        (24, 10, Verdict.ATTENTION),
        (63, 26, Verdict.NORMAL),
        (63, 27, Verdict.ATTENTION),
    ],
)
async def test_how_often_is_often_grows_with_the_window(empty_aws, hours, count, verdict):
    # A weekend is no day: what occurs on each day is no sign of trouble because the window has three days.
    lines = [
        error(2 + n * (hours * 60 - 4) / count, f"order {n} failed", statusCode=200) for n in range(count)
    ]
    fill(empty_aws, [*lines, *fine(5)])
    assert (
        measure(
            await run_inspection(empty_aws, "error-logs", hours=hours, runbook=runbook_with()),
            "Most frequent error",
        ).verdict
        is verdict
    )


@pytest.mark.slow
@pytest.mark.scenario(
    "ordinary-day", origin=datetime(2026, 1, 20, 17, tzinfo=ZoneInfo("Asia/Tokyo")), history=30 * 3600.0
)
async def test_the_errors_of_an_ordinary_day_are_no_sign_of_trouble(embedded):
    finding = await run_inspection(embedded, "error-logs", hours=24)
    assert measure(finding, "Most frequent error").verdict is Verdict.NORMAL
    assert (measure(finding, "Most frequent error").value or 0) >= 5


async def test_5xx_counts_whatever_the_level_says_and_in_a_short_window_a_few_are_a_few(empty_aws):
    fill(
        empty_aws, [(3, {"level": "WARN", "message": "gone", "statusCode": 503}), error(4, "a"), *fine(2, 5)]
    )
    finding = await seen(empty_aws, hours=0.1)
    assert finding.verdict is Verdict.ATTENTION, "the runbook asks for every one of them"
    assert measure(finding, "5xx responses").verdict is Verdict.ATTENTION
    assert "2 errors in 6 min" in finding.summary
    assert "5xx: 2" in finding.summary
    named = evidence(finding, "5xx responses")
    assert [row.cells for row in named.rows] == [
        ("01-14(Wed) 09:57:00", "503"),
        ("01-14(Wed) 09:56:00", "500"),
    ]
    assert not named.private, "a report names them without the texts of logs"
    assert any("500 errors in the operations report" in text for text in finding.remarks)


async def test_texts_are_private_and_hold_no_secrets(empty_aws):
    fill(empty_aws, [error(5, "login of taro@example.jp failed: password=hunter2 \x1b[2J"), *fine(6)])
    finding = await seen(empty_aws)
    newest = evidence(finding, "The newest errors")
    assert newest.private
    assert newest.columns == ("Time (JST)", "level", "statusCode", "Message")
    assert newest.rows[0].cells[0] == "01-14(Wed) 09:55:00"
    shown = finding.model_dump_json()
    assert "hunter2" not in shown
    assert "taro@" not in shown
    assert "\\u001b" not in shown
    public = finding.summary + str(finding.measures) + str(finding.remarks)
    assert "login" not in public


async def test_above_the_runbooks_limit_it_waits_for_consent(empty_aws):
    fill(empty_aws, [*(error(60 * n) for n in range(1, 500)), *fine(6)])
    dear = runbook(
        error_logs={"log_group": GROUP}, inspecting={"ask_above_yen": 0.5, "insights_usd_per_gb": 1e5}
    )
    finding = await seen(empty_aws, runbook=dear)
    assert finding.verdict is Verdict.UNKNOWN
    assert finding.waits_for_consent
    assert (finding.estimate_yen or 0) > 0.5
    assert "consent is required first" in finding.summary
    assert "logs.StartQuery" not in empty_aws.counts()
    agreed = await seen(empty_aws, runbook=dear, consent=True)
    assert not agreed.waits_for_consent
    assert agreed.verdict is Verdict.ATTENTION


async def test_what_it_scanned_is_charged(empty_aws):
    fill(empty_aws, [error(5), *fine(6)])
    charged: list[float] = []
    async with context(empty_aws, runbook=runbook_with()) as inspection_context:
        tally = MeteredReader(
            inspection_context.reader, usd_jpy=150, charge=lambda _what, usd: charged.append(usd)
        )
        counted = InspectionContext(
            runbook=inspection_context.runbook,
            calendar=inspection_context.calendar,
            clock=inspection_context.clock,
            region=inspection_context.region,
            reader=tally,
            scanned=tally.scanned,
        )
        until = inspection_context.clock.now()
        await make(counted, "error-logs").run(
            InspectionRequest(since=until - timedelta(hours=1), until=until)
        )
    assert tally.cost.bytes_scanned > 50
    assert charged == [pytest.approx(tally.cost.bytes_scanned / 1e9 * 0.0076)]


async def test_windows_follow_one_another_without_the_newest_minute(empty_aws):
    fill(empty_aws, [error(0.5, "new"), error(60.5, "old"), *fine(5)])
    finding = await seen(empty_aws, hours=1)
    assert [row[3] for row in cells(finding, "The newest errors")] == ["old"]


async def test_a_missing_permission_costs_only_its_part(empty_aws):
    fill(empty_aws, [error(5, statusCode=202), *fine(6), *lived(6)])
    empty_aws.fault("logs", "GetLogGroupFields", preset="denied")
    empty_aws.fault("logs", "DescribeLogGroups", preset="denied")
    finding = await seen(empty_aws)
    assert {str(each.title) for each in finding.measures if each.verdict is Verdict.UNKNOWN} == {
        "Retained log events"
    }
    assert "It is not known how far back /app/library has events." in finding.summary
    assert measure(finding, "Events with the field level").shown == "100 %"
    remarks = " ".join(finding.remarks)
    assert "logs:GetLogGroupFields" in remarks
    assert "logs:DescribeLogGroups" in remarks


async def test_an_empty_log_that_keeps_little_says_so(empty_aws):
    fill(empty_aws, [], days=1)
    finding = await seen(empty_aws, hours=72)
    assert finding.verdict is Verdict.UNKNOWN
    assert any(
        "/app/library has nothing from before 01-13(Tue) 10:00 JST" in each for each in finding.remarks
    )


def test_what_a_runbook_must_say():
    whole = load_builtin("facility-prod")
    assert missing_setting("error-logs", whole) == ""
    assert missing_setting("error-logs", whole.model_copy(update={"error_logs": None})) == "error_logs"
    assert missing_setting("error-logs", runbook_with(log_group="")) == "error_logs.log_group"
    assert missing_setting("error-logs", runbook_with(field="")) == "error_logs.field"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("order 17 failed after 3.5 s", "order 9 failed after 12 s"),
        ("id 6f1c2a3b-0000-4abc-9def-001122334455 gone", "id 00000000-1111-2222-3333-444444444444 gone"),
        ("trace 9f86d081884c7d65 lost", "trace 0a1b2c3d4e5f6071 lost"),
        (
            "10.0.1.7:5432 refused at 2026-01-05T00:12:33.123Z",
            "10.0.2.99:5432 refused at 2026-02-07T10:00:00.000Z",
        ),
        ("HikariPool-1 - timed out after 30000ms", "HikariPool-2 - timed out after 12ms"),
        ("施設 12 の予約 ３４ に失敗", "施設 7 の予約 ５ に失敗"),
    ],
)
def test_equal_errors_have_one_shape(one, other):
    assert shape(one) == shape(other)
    assert shape(one) != shape(one + " otherwise")


@given(st.text(max_size=300))
def test_a_shape_is_the_same_again(text):
    assert len(shape(text)) <= 200
    assert not any(letter.isdecimal() for letter in shape(text))


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_numbers_do_not_make_another_error(one, other):
    assert shape(f"user {one} failed") == shape(f"user {other} failed")


@pytest.mark.parametrize(
    "secret",
    [
        "password=S3cr3t!x",
        'password: "S3cr3t!x y"',
        "db_password='S3cr3t!x'",
        "Authorization: Bearer S3cr3t!xS3cr3txxxx",
        "api_key=S3cr3t!x&b=1",
        '{"token": "S3cr3t!x"}',
    ],
)
def test_secrets_are_taken_out(secret):
    assert "S3cr3t" not in masked(f"before {secret} after")
    assert "S3cr3t" not in shape(f"before {secret} after")


@pytest.mark.parametrize(
    "text",
    [
        "AKIAIOSFODNN7EXAMPLE",
        "taro.yamada@city.example.jp",
        "090-1234-5678",
        "123456789012",
        "eyJhbGciOiJIUzI1NiJ9.e30.x",
    ],
)
def test_personal_data_and_keys_are_taken_out(text):
    assert masked(f"of {text} now") == "of *** now"


def test_a_long_text_is_cut_and_read_in_time():
    assert len(masked("x" * 32_000)) == 301
    assert shape("a1" * 16_000)


@pytest.mark.parametrize(
    ("text", "is_it"),
    [
        ("データベースに接続できません", True),
        ("Failed to obtain JDBC Connection", True),
        ("remaining connection slots are reserved", True),
        ("HikariPool-1 - Connection is not available", True),
        ("DB接続エラー", True),
        ("FATAL: sorry, too many clients already", True),
        ("could not connect to server: postgres", True),
        ("Could not connect to SMTP host", False),
        ("予約の登録に失敗しました", False),
    ],
)
def test_failed_connections_to_the_database(text, is_it):
    assert about_database(text) is is_it
