"""The firewall's blocked requests: found, and above all not called few where they could not be counted."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.aws import athena
from services.calendar.calendar import Calendar
from services.clock import ManualClock
from services.demo.load_balancers import DemoLoadBalancer
from services.inspections.base import InspectionContext, InspectionRequest
from services.inspections.registry import make
from services.inspections.running.runner import MeteredReader
from services.inspections.waf_blocks.coverage import cover, missing
from services.models.metrics import TimeSpan
from services.models.problem import ProblemKind
from services.models.verdict import Verdict
from services.runbook.loader import load_builtin
from tests.conftest import ORIGIN
from tests.services.aws.canned import Canned, failure
from tests.services.aws.test_athena import execution
from tests.services.aws.test_waf import acl
from tests.services.inspections.insights_world import evidence, measure, runbook
from tests.services.inspections.running_world import context, missing_setting, run_inspection

MONTH = timedelta(days=31)
PER_HOUR, FROM_ONE = "Most blocked in one hour", "From one address"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(athena, "PAUSES", (0.01,))


async def seen(embedded, **more):
    return await run_inspection(embedded, "waf-blocks", hours=24, **more)


def said(finding, text):
    return any(text in remark for remark in finding.remarks)


@pytest.mark.scenario("ordinary-day", history=26 * 3600)
async def test_an_ordinary_month_is_normal_and_says_what_it_cost(embedded):
    async with context(embedded) as inspection_context:
        tally = MeteredReader(inspection_context.reader, usd_jpy=150, charge=lambda _kind, _usd: None)
        inspection = make(
            InspectionContext(
                runbook=inspection_context.runbook,
                calendar=inspection_context.calendar,
                clock=inspection_context.clock,
                region=inspection_context.region,
                reader=tally,
                scanned=tally.scanned,
            ),
            "waf-blocks",
        )
        until = embedded.clock.now()
        since = inspection.first_since(until)
        assert since == until - MONTH
        finding = await inspection.run(InspectionRequest(since=since, until=until))
        again = await inspection.run(InspectionRequest(since=since, until=until))
    assert finding.verdict is Verdict.NORMAL
    assert not finding.advice
    total = int(measure(finding, "Blocked in total").value or 0)
    assert total > 1000
    # The firewall is younger than the window: so it says, and one address may have the limit on each day counted.
    assert f"{total:,} requests blocked in the 26 h with data (of 31 days), at most " in finding.summary
    assert measure(finding, "Time with requests").verdict is Verdict.NORMAL
    assert measure(finding, FROM_ONE).allowed == "< 650 in 26 h"
    assert said(finding, "The web ACL counted no requests before 01-13(Tue) ")
    assert said(finding, "The log files of the window begin on 01-1")
    assert sum(int(row.cells[-1]) for row in evidence(finding, "Addresses (entire window)").rows) == total
    assert evidence(finding, "Rules (entire window)").rows[0].cells[1] == f"{total:,}"
    assert evidence(finding, "Requested paths (entire window)").private
    assert evidence(finding, "Newest blocked requests (samples)").private
    assert len(evidence(finding, "Newest log files").rows) == 20
    assert measure(finding, PER_HOUR).at is not None
    assert said(finding, "no limit for blocked requests")
    # Trap 21: a bucket of this name is none that WAF itself writes to.
    assert said(finding, "The logs go to Firehose: aws-waf-logs-facility-prod.")
    assert said(finding, "Estimate: ")
    assert said(finding, "Athena scanned ")
    assert tally.cost.bytes_scanned > 1_000_000
    assert 0.005 < tally.cost.yen < 0.1  # 10 MB at least
    # The same question within the hour costs nothing.
    assert said(again, "nothing was scanned")
    counts = embedded.counts()
    assert (
        counts["cloudwatch.GetMetricData"] == 6
    )  # each with one for what was before the window, and one for what is usual
    assert counts["s3.ListObjectsV2"] == 2 * 32


@pytest.mark.scenario("attack", history=10800)
async def test_an_attack_is_found_and_what_cannot_be_read_is_not_judged(embedded):
    finding = await seen(embedded)
    assert finding.verdict is Verdict.ATTENTION
    assert finding.summary.startswith("Signs of an attack: ")
    assert "198.51.100.77 (NL): 1,8" in finding.summary
    assert measure(finding, PER_HOUR).verdict is Verdict.ATTENTION
    assert measure(finding, FROM_ONE).verdict is Verdict.ATTENTION
    assert any("security incident" in line for line in finding.advice)
    assert any("System administrator (UNDECIDED" in line for line in finding.advice)
    assert any("Read the WAF log in S3" in line for line in finding.advice)

    # Samples alone, for a runbook without Athena: the last three hours, and they say so.
    samples = await seen(embedded, runbook=runbook(waf={"workgroup": ""}))
    assert samples.verdict is Verdict.ATTENTION
    assert "samples of the last 3 hours" in measure(samples, FROM_ONE).note
    assert evidence(samples, "Addresses (samples of the last 3 hours)").rows[0].cells[0] == "198.51.100.77"
    assert said(samples, "waf.workgroup")

    embedded.fault("athena", preset="denied")
    high = runbook(waf={"blocked_per_hour": 9999, "blocked_from_one": 1900})
    partly = await seen(embedded)
    assert (partly.verdict, partly.complete) == (Verdict.ATTENTION, False)
    assert measure(partly, FROM_ONE).partial
    assert partly.problem is not None
    denied = await seen(embedded, runbook=high)
    assert denied.verdict is Verdict.UNKNOWN
    assert denied.problem is not None
    assert said(denied, "athena:GetWorkGroup")
    assert measure(denied, FROM_ONE).verdict is Verdict.UNKNOWN
    fewer = await seen(embedded, runbook=runbook(waf={"blocked_per_hour": 9999, "blocked_from_one": 9999}))
    assert fewer.verdict is Verdict.NORMAL
    assert measure(fewer, FROM_ONE).note == "fewer were blocked in total"
    embedded.clear_faults()

    for operation, title in (
        ("GetWebACLForResource", "Web ACL"),
        ("GetLoggingConfiguration", "Log delivery"),
    ):
        embedded.fault("wafv2", operation, preset="denied")
        part = await seen(embedded, runbook=high)
        assert part.verdict is Verdict.UNKNOWN
        assert said(part, f"wafv2:{operation}")
        assert measure(part, title).verdict is Verdict.UNKNOWN
        assert measure(part, PER_HOUR).verdict is Verdict.NORMAL
        embedded.clear_faults()


async def test_any_web_acl_would_fit_a_runbook_that_names_none(embedded):
    finding = await seen(embedded, runbook=runbook(waf={"web_acl": ""}))
    assert (finding.verdict, finding.complete) == (Verdict.UNKNOWN, False)
    row = measure(finding, "Web ACL")
    assert (row.verdict, row.shown) == (Verdict.UNKNOWN, "facility-prod-acl")
    assert "waf.web_acl" in row.note


@pytest.mark.scenario("attack", history=7200)
async def test_a_price_above_the_limit_waits_for_consent(embedded):
    book = runbook(
        inspecting={"ask_above_yen": 0.001}, waf={"blocked_per_hour": 9999, "blocked_from_one": 1900}
    )
    waiting = await seen(embedded, runbook=book)
    assert waiting.verdict is Verdict.UNKNOWN
    assert waiting.waits_for_consent
    assert "athena.StartQueryExecution" not in embedded.counts()
    assert said(waiting, "consent is required first")
    agreed = await seen(embedded, runbook=book, consent=True)
    assert agreed.verdict is Verdict.NORMAL
    assert not agreed.waits_for_consent

    # Without the listing the workgroup's limit is the estimate.
    embedded.fault("s3", preset="denied")
    blind = await seen(embedded, runbook=book)
    assert (blind.estimate_yen or 0) == pytest.approx(0.01 * 5 * 150)
    assert measure(blind, "Log files in S3").verdict is Verdict.UNKNOWN
    embedded.clear_faults()

    lost = await seen(embedded, runbook=runbook(waf={"log_prefix": "elsewhere/"}))
    assert measure(lost, "Log files in S3").verdict is Verdict.ATTENTION
    assert said(lost, "s3://facility-waf-logs-prod/elsewhere/yyyy/mm/dd/")

    # An empty table must not be mistaken for an all-clear.
    embedded.fault("athena", "StartQueryExecution", code="InvalidRequestException", message="no")
    failed = await seen(embedded, runbook=runbook(waf={"blocked_per_hour": 9999, "blocked_from_one": 1900}))
    assert failed.verdict is Verdict.UNKNOWN


@pytest.mark.scenario("ordinary-day", history=600)
async def test_without_an_acl_there_is_no_protection(embedded):
    bare = "app/library-alb/0123456789abcdef"
    arn = f"arn:aws:elasticloadbalancing:ap-northeast-1:123456789012:loadbalancer/{bare}"
    embedded.world.balancers.append(DemoLoadBalancer(arn, "library-alb", datetime(2025, 4, 1, tzinfo=UTC)))
    finding = await seen(embedded, runbook=runbook(alb={"load_balancer": bare}))
    assert finding.verdict is Verdict.ABNORMAL
    assert "No web ACL protects the load balancer" in finding.summary
    assert any("UNDECIDED" in line for line in finding.advice)

    # A balancer that is not there at all says nothing of protection.
    unknown = await seen(embedded, runbook=runbook(alb={"load_balancer": "app/no/1"}))
    assert unknown.verdict is Verdict.UNKNOWN
    assert said(unknown, "alb.load_balancer")

    other = await seen(embedded, runbook=runbook(waf={"web_acl": "library-acl"}))
    assert measure(other, "Web ACL").verdict is Verdict.ATTENTION

    # Found by its name where the runbook has no load balancer; and CloudFront's ACL is not this one.
    book = runbook()
    named = await seen(embedded, runbook=book.model_copy(update={"alb": None}))
    assert named.verdict is Verdict.NORMAL
    assert said(named, "not whether anything uses it")
    global_ = book.model_copy(update={"waf": book.waf.model_copy(update={"scope": "cloudfront"})})
    gone = await seen(embedded, runbook=global_)
    assert (gone.verdict, gone.summary) == (
        Verdict.ABNORMAL,
        "There is no web ACL facility-prod-acl: nothing is blocked.",
    )


# ---- what the embedded AWS does not do, from a script


Answer = Callable[[dict[str, Any]], dict[str, Any]]


def results(blocked, allowed, status="Complete", ago=timedelta(0)):
    """Counts of the hours before `ago`, newest first; each twelfth of an hour has its share."""
    hours = {"blocked": blocked, "allowed": allowed}

    def answer(params):
        period = params["MetricDataQueries"][0]["MetricStat"]["Period"]
        parts = max(1, 3600 // period)
        end = int((ORIGIN - ago).timestamp())
        series = [
            {
                "Id": id,
                "Label": id,
                "Timestamps": [
                    end - 3600 * (hour + 1) + part * period
                    for hour in reversed(range(len(values)))
                    for part in range(parts)
                ],
                "Values": [value / parts for value in reversed(values) for _part in range(parts)],
                "StatusCode": status,
            }
            for id, values in hours.items()
        ]
        return {"MetricDataResults": series}

    return answer


def script(**more):
    firehose = "arn:aws:firehose:ap-northeast-1:1:deliverystream/aws-waf-logs-x"
    answers: dict[str, Any] = {
        "GetWebACLForResource": {"WebACL": acl(Name="facility-prod-acl")},
        "GetMetricData": results([900.0] * 2, [5000.0]),
        "GetLoggingConfiguration": {
            "LoggingConfiguration": {"ResourceArn": "a", "LogDestinationConfigs": [firehose]}
        },
        "GetSampledRequests": {"SampledRequests": [], "PopulationSize": 0},
        "ListObjectsV2": {
            "IsTruncated": False,
            "Contents": [{"Key": "k", "Size": 10**6, "LastModified": ORIGIN}],
        },
        "GetWorkGroup": workgroup(),
        "StartQueryExecution": {"QueryExecutionId": "q"},
        "GetQueryExecution": execution("SUCCEEDED", 5 * 10**6),
        "GetQueryResults": rows(("7", "1800")),
        "StopQueryExecution": {},
    }
    return Canned(**(answers | more))


def workgroup(**more):
    configuration = {"BytesScannedCutoffPerQuery": 10**9}
    return {"WorkGroup": {"Name": "ops", "State": "ENABLED", "Configuration": configuration} | more}


def rows(*cells):
    names = ("grouped", "blocked")
    return {
        "ResultSet": {
            "Rows": [{"Data": [{"VarCharValue": cell} for cell in row]} for row in (names, *cells)],
            "ResultSetMetadata": {"ColumnInfo": [{"Name": name, "Type": "varchar"} for name in names]},
        }
    }


ENOUGH = rows(("7", "37200"))  # As many as `told` counts in a month


async def scripted(
    canned, *, book=None, scanned=lambda _bytes, _yen: None, ago=timedelta(0), window=timedelta(days=2)
):
    book = book or runbook(waf={"blocked_per_hour": 1000})
    until = ORIGIN - ago
    inspection = make(
        InspectionContext(
            runbook=book,
            calendar=Calendar(book),
            clock=ManualClock(ORIGIN),
            region="ap-northeast-1",
            reader=canned,
            scanned=scanned,
        ),
        "waf-blocks",
    )
    return await inspection.run(InspectionRequest(since=until - window, until=until))


async def month(canned, *, book=None):
    return await scripted(canned, book=book, window=MONTH)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"Configuration": {}}, "BytesScannedCutoffPerQuery"),
        ({"State": "DISABLED"}, "is disabled"),
        (
            {"Configuration": {"BytesScannedCutoffPerQuery": 2_999_999}},
            "above the workgroup's limit of 3.0 MB per query",
        ),
    ],
)
async def test_a_workgroup_without_a_limit_or_with_too_small_a_one_is_not_asked(more, words):
    canned = script(GetWorkGroup=workgroup(**more))
    finding = await scripted(canned)
    assert finding.verdict is Verdict.UNKNOWN
    assert said(finding, words)
    assert not canned.asked("StartQueryExecution")


async def test_an_unreadable_athena_row_is_reported_and_may_be_the_largest():
    # 1,800 were blocked; whole, the table of addresses says that no address reached the limit.
    book = runbook(waf={"blocked_per_hour": 9999, "blocked_from_one": 1000})
    whole = await scripted(script(GetQueryResults=rows(("7", "1800"), ("3", "900"))), book=book)
    assert (whole.verdict, measure(whole, FROM_ONE).verdict) == (Verdict.NORMAL, Verdict.NORMAL)
    for odd in (("3", "1e308"), ("3", "no such word"), ("3", "-900"), ("-3", "900"), ("x", "x")):
        finding = await scripted(script(GetQueryResults=rows(("7", "1800"), odd)), book=book)
        assert (finding.verdict, measure(finding, FROM_ONE).verdict) == (Verdict.UNKNOWN, Verdict.UNKNOWN)
        assert said(finding, "Unreadable rows in Athena's response: 1.")


async def test_an_unreadable_sampled_request_is_reported():
    request = {"ClientIP": "192.0.2.1", "Country": "NL", "URI": "/"}
    row = {"Request": request, "Weight": 1, "Timestamp": ORIGIN, "Action": "BLOCK"}
    sampled = {"SampledRequests": [row, row | {"Timestamp": None}], "PopulationSize": 2}
    finding = await scripted(script(GetSampledRequests=sampled))
    assert said(finding, "Unreadable sampled requests: ")


async def test_what_a_stopped_query_read_is_charged():
    charged: list[tuple[int, float]] = []
    canned = script(
        GetQueryExecution=execution("CANCELLED", 3 * 10**12, StateChangeReason="Bytes scanned limit")
    )
    finding = await scripted(canned, scanned=lambda size, yen: charged.append((size, yen)))
    assert finding.verdict is Verdict.UNKNOWN
    assert said(finding, "Bytes scanned limit")
    assert charged == [(3 * 10**12, pytest.approx(3 * 5 * 150))]


async def test_a_table_that_lacks_most_of_what_was_blocked_proves_nothing():
    finding = await scripted(script(GetQueryResults=rows(("7", "10"))))
    assert measure(finding, FROM_ONE).verdict is Verdict.UNKNOWN
    assert said(finding, "The logs contain 10 of the 1,800 blocked requests")


async def test_no_blocked_requests_are_zero_only_where_others_were_allowed():
    canned = script(GetMetricData=results([], [5000.0]))
    quiet = await scripted(canned)
    assert quiet.verdict is Verdict.NORMAL
    assert quiet.summary == "Nothing was blocked in the 1 h with data (of 2 days)"
    assert not canned.asked("StartQueryExecution")
    silent = await scripted(script(GetMetricData=results([], [])))
    assert silent.verdict is Verdict.UNKNOWN
    assert said(silent, "neither allowed nor blocked")
    partial = await scripted(script(GetMetricData=results([1.0], [1.0], "Forbidden")))
    assert partial.verdict is Verdict.UNKNOWN
    assert measure(partial, PER_HOUR).verdict is Verdict.UNKNOWN


async def test_logs_that_are_off_and_samples_that_are_gone():
    ago = timedelta(hours=4)
    counted = results([900.0] * 2, [5000.0], ago=ago)
    canned = script(GetLoggingConfiguration=failure(ProblemKind.NOT_FOUND), GetMetricData=counted)
    finding = await scripted(canned, ago=ago)
    assert finding.verdict is Verdict.ATTENTION
    assert not finding.summary.startswith("Signs of an attack")
    assert measure(finding, "Log delivery").shown == "off"
    assert said(finding, "there are none for this window")
    assert not canned.asked("GetSampledRequests")
    direct = {
        "LoggingConfiguration": {"ResourceArn": "a", "LogDestinationConfigs": ["arn:aws:s3:::aws-waf-logs-y"]}
    }
    other = await scripted(script(GetLoggingConfiguration=direct))
    assert said(other, "not to the runbook's bucket facility-waf-logs-prod")


async def test_trap_cloudfront_is_asked_in_us_east_1_and_its_metric_has_no_region():
    book = load_builtin("facility-prod")
    spec = book.waf.model_copy(update={"scope": "cloudfront", "blocked_per_hour": 1000})
    listed = {"WebACLs": [{"Name": "facility-prod-acl", "Id": "1"}]}
    canned = script(ListWebACLs=listed, GetWebACL={"WebACL": acl(Name="facility-prod-acl")})
    finding = await scripted(canned, book=book.model_copy(update={"waf": spec}))
    assert finding.verdict is Verdict.NORMAL
    regions = {name: region for name, _params, region in canned.calls}
    assert {regions[name] for name in ("ListWebACLs", "GetSampledRequests", "GetMetricData")} == {"us-east-1"}
    assert regions["StartQueryExecution"] is None
    stat = canned.asked("GetMetricData")[0]["MetricDataQueries"][0]["MetricStat"]
    assert [each["Name"] for each in stat["Metric"]["Dimensions"]] == ["Rule", "WebACL"]


async def test_a_listing_without_end_is_bounded_and_the_rest_estimated():
    def endless(params):
        full = {"IsTruncated": True, "NextContinuationToken": "t", "Contents": []}
        one = {"IsTruncated": False, "Contents": [{"Key": "k", "Size": 10**6, "LastModified": ORIGIN}]}
        return one if params["Prefix"].endswith("2026/01/14/") else full

    canned = script(ListObjectsV2=endless)
    finding = await scripted(canned)
    assert len(canned.asked("ListObjectsV2")) == 120
    assert said(finding, "Estimate: 3.0 MB")  # three days as the one that was listed


async def test_trap_counts_and_logs_that_stopped_are_not_an_all_clear():
    old = ORIGIN - timedelta(days=2)
    stopped = results([1.0], [5000.0], ago=timedelta(days=2, hours=-1))
    listing = {"IsTruncated": False, "Contents": [{"Key": "k", "Size": 10**6, "LastModified": old}]}
    finding = await scripted(script(GetMetricData=stopped, ListObjectsV2=listing))
    assert finding.verdict is Verdict.UNKNOWN
    verdicts = {str(each.title): each.verdict for each in finding.measures}
    assert verdicts["Requests counted"] is Verdict.UNKNOWN
    assert verdicts["Log files in S3"] is Verdict.UNKNOWN
    assert said(finding, "No log files since 01-12")
    assert said(finding, "Requests counted by the web ACL: no data since 01-12")


def told(hours, *, day=()):
    """Metrics with requests in the hours so long before now, and before the window in the days so long before now."""

    def answer(params):
        period = params["MetricDataQueries"][0]["MetricStat"]["Period"]
        now = int(ORIGIN.timestamp())
        if period > 3600:
            every = sorted(now - each * period for each in day)
        else:
            every = sorted(now - each * 3600 + at for each in hours for at in range(0, 3600, period))
        times = [at for at in every if at >= params["StartTime"].timestamp()]
        result = {
            "Timestamps": times,
            "Values": [50.0 * min(period, 3600) / 3600] * len(times),
            "StatusCode": "Complete",
        }
        return {"MetricDataResults": [result | {"Id": id, "Label": id} for id in ("blocked", "allowed")]}

    return answer


async def test_trap_days_without_requests_amid_a_window_are_not_an_all_clear():
    holed = await month(script(GetQueryResults=ENOUGH, GetMetricData=told([*range(1, 49), *range(300, 745)])))
    assert holed.verdict is Verdict.ATTENTION
    time = measure(holed, "Time with requests")
    assert (time.verdict, time.shown) == (Verdict.ATTENTION, "the 20.5 days with data (of 31 days)")
    assert "no requests counted 01-01(Thu) 23:00–01-12(Mon) 10:00 JST (10d 11h)" in holed.summary
    assert said(holed, "The web ACL counted no requests at these times: 01-01(Thu) ")
    assert not holed.summary.startswith("Signs of an attack")

    # Without the window's first days: a hole where anything was before them, and else only reported.
    young = await month(script(GetQueryResults=ENOUGH, GetMetricData=told(range(1, 49))))
    assert (young.verdict, measure(young, "Time with requests").verdict) == (Verdict.NORMAL, Verdict.NORMAL)
    assert "in the 2 days with data (of 31 days)" in young.summary
    late = await month(script(GetQueryResults=ENOUGH, GetMetricData=told(range(1, 49), day=[40])))
    assert (late.verdict, measure(late, "Time with requests").verdict) == (Verdict.ATTENTION,) * 2
    whole = await month(script(GetQueryResults=ENOUGH, GetMetricData=told(range(1, 745))))
    assert whole.verdict is Verdict.NORMAL
    assert "requests blocked in 31 days, at most" in whole.summary
    assert all(each.title != "Time with requests" for each in whole.measures)


async def test_trap_days_without_log_files_between_others_are_attention():
    def listing(params):
        has_files = any(day in params["Prefix"] for day in ("01/14", "01/13", "01/09"))
        one = [{"Key": "k", "Size": 10**6, "LastModified": ORIGIN}]
        return {"IsTruncated": False, "Contents": one if has_files else []}

    metrics = told(range(1, 745))
    finding = await month(script(GetQueryResults=ENOUGH, GetMetricData=metrics, ListObjectsV2=listing))
    assert finding.verdict is Verdict.ATTENTION
    assert measure(finding, "Log files in S3").verdict is Verdict.ATTENTION
    assert said(finding, "before and after: 01-10(Sat)–01-12(Mon).")
    assert said(finding, "log files of the window begin on 01-09(Fri) (UTC)")

    def younger(params):
        return listing(params) if "01/09" not in params["Prefix"] else {"IsTruncated": False, "Contents": []}

    finding = await month(script(GetQueryResults=ENOUGH, GetMetricData=metrics, ListObjectsV2=younger))
    assert finding.verdict is Verdict.UNKNOWN
    assert measure(finding, "Log files in S3").verdict is Verdict.UNKNOWN
    assert said(finding, "log files of the window begin on 01-13(Tue) (UTC)")


async def test_trap_one_address_is_judged_by_the_day():
    # Every day of a month the same few is what is usual; as many in the only three days with data is not.
    book = runbook(waf={"blocked_per_hour": 9999, "blocked_from_one": 600})
    answers = {"GetQueryResults": rows(("7", "37200"), ("3", "9300"))}
    usual = await month(script(GetMetricData=told(range(1, 745)), **answers), book=book)
    one = measure(usual, FROM_ONE)
    assert (one.verdict, one.allowed) == (Verdict.NORMAL, "< 18,600 in 31 days")
    young = await month(script(GetMetricData=told(range(1, 73)), **answers), book=book)
    one = measure(young, FROM_ONE)
    assert (one.verdict, one.allowed) == (Verdict.ATTENTION, "< 1,800 in 3 days")
    # Logs of fewer days than were counted: their counts are of those days.
    few = script(
        GetMetricData=told(range(1, 745)),
        ListObjectsV2=lambda params: {
            "IsTruncated": False,
            "Contents": [{"Key": "k", "Size": 10**6, "LastModified": ORIGIN}] * ("01/14" in params["Prefix"]),
        },
        **answers,
    )
    assert measure(await month(few, book=book), FROM_ONE).verdict is Verdict.ATTENTION


@given(st.frozensets(st.integers(0, 30 * 24 - 1)), st.booleans())
def test_what_is_counted_and_what_is_not_are_the_whole_window(hours, before):
    hour, day = timedelta(hours=1), timedelta(days=1)
    span = TimeSpan(start=ORIGIN - 30 * day, end=ORIGIN)
    coverage = cover([span.start + each * hour for each in hours], span, before=before)
    if not hours:
        assert coverage.is_complete
        return
    silent = [hole.end - hole.start for hole in coverage.holes] + [coverage.silent] * bool(coverage.silent)
    silent += [coverage.began - span.start] if coverage.began else []
    assert coverage.counted + sum(silent, timedelta(0)) == span.end - span.start
    assert coverage.counted >= len(hours) * hour
    assert all(each >= day for each in silent)
    # No hour with a request lies in a span reported as having none.
    for hole in coverage.holes:
        assert not any(hole.start <= span.start + each * hour < hole.end for each in hours)
    assert not (coverage.began and before)


@given(st.frozensets(st.integers(0, 40), min_size=1))
def test_missing_days_are_those_between_that_are_not_there(days):
    first = ORIGIN.date()
    missing_days = {
        at
        for start, end in missing(first + timedelta(days=each) for each in days)
        for at in (start + timedelta(days=n) for n in range((end - start).days + 1))
    }
    assert missing_days == {
        first + timedelta(days=each) for each in range(min(days), max(days)) if each not in days
    }


def test_what_the_runbook_must_say():
    book = load_builtin("facility-prod")
    assert not missing_setting("waf-blocks", book)
    assert missing_setting("waf-blocks", book.model_copy(update={"waf": None})) == "waf"
    nameless = book.model_copy(update={"waf": book.waf.model_copy(update={"web_acl": ""})})
    assert not missing_setting("waf-blocks", nameless)
    assert missing_setting("waf-blocks", nameless.model_copy(update={"alb": None})) == "waf.web_acl"
