from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.aws.client.errors import AwsError
from services.inspections.costs.days import HELD, compare, end_of, plan
from services.inspections.costs.evaluation import against, yen_words
from services.inspections.running.runner import MeteredReader
from services.models.problem import ProblemKind
from services.models.verdict import Verdict
from tests.services.aws.canned import Canned, failure
from tests.services.inspections.costs.cost_answers import (
    BOOK,
    CLOUDWATCH,
    ECS,
    ELB,
    MONDAY,
    RDS,
    USUAL,
    answered,
    budget,
    context,
    costs,
    run_costs,
    runbook_with,
    usual,
)
from tests.services.inspections.running_world import missing_setting, run_inspection

PM = "PM (project manager)"
REPORT = ("If the budget may be exceeded, report to the PM (project manager)",)
UNDECIDED = f"{PM} (UNDECIDED: the runbook does not say how to reach them)"


def measure(finding, title):
    return next(each for each in finding.measures if each.title == title)


def bad(finding):
    return {each.title for each in finding.measures if each.verdict not in (None, Verdict.NORMAL)}


@pytest.mark.scenario("ordinary-day", origin=MONDAY, history=60)
async def test_an_ordinary_day_is_normal_and_asks_cost_explorer_once(embedded):
    finding = await run_inspection(embedded, "costs", runbook=BOOK)
    assert finding.verdict is Verdict.NORMAL
    assert finding.summary.startswith("Jan 2026: ¥29,")
    assert embedded.counts() == {"ce.GetCostAndUsage": 1, "budgets.DescribeBudgets": 1}
    assert (finding.window, finding.advice) == (None, ())
    lines = {row.cells[0]: row.cells for row in finding.evidence[0].rows}
    assert list(lines)[-5:] == ["Others", "Total", "Tax", "Credits and refunds", "With tax, before credits"]
    assert lines["RDS"][3] == "¥25,000"
    assert lines["Credits and refunds"][1] == "-¥450"
    embedded.fault("budgets", "DescribeBudgets", preset="denied")
    finding = await run_inspection(embedded, "costs", runbook=BOOK)
    assert (finding.verdict, finding.problem) == (Verdict.NORMAL, None)
    assert any("budgets:ViewBudget" in each for each in finding.remarks)
    embedded.fault("ce", "GetCostAndUsage", preset="denied")
    with pytest.raises(AwsError):
        await run_inspection(embedded, "costs", runbook=BOOK)


@pytest.mark.scenario("cost-growth", origin=MONDAY, history=60)
async def test_sixty_per_cent_more_since_ten_days_is_found(embedded):
    finding = await run_inspection(embedded, "costs", runbook=BOOK)
    assert finding.verdict is Verdict.ABNORMAL
    assert bad(finding) == {"RDS, growth", "RDS, whole month"}
    assert finding.summary.startswith("RDS: +59.5 % against last month's average (last 7 days ¥8,219")
    assert measure(finding, "RDS, growth").note.startswith("against last month's average: last 7 days ")
    assert finding.evidence[0].rows[0].cells[0] == "RDS"
    assert finding.advice[0] == "RDS: about ¥25,000; investigate growth of 50% or more"


@pytest.mark.scenario("budget-used", origin=datetime(2026, 2, 2, tzinfo=UTC), history=60)
async def test_an_aws_budget_nearly_used_up_is_reported_from_the_first_days_on(embedded):
    finding = await run_inspection(embedded, "costs", runbook=BOOK)
    assert finding.verdict is Verdict.ABNORMAL
    assert bad(finding) == {"AWS budget facility-prod-monthly"}
    assert finding.advice == (*REPORT, UNDECIDED)
    assert finding.evidence[1].rows[0].cells[:3] == ("facility-prod-monthly", "a month", "¥105,000")


async def test_trap_22_the_guideline_for_the_total_is_never_taken_for_the_budget():
    # 91 % of the guideline, which is a normal month.
    def priced(day):
        return {key: usd * 1.31 for key, usd in usual(day).items()}

    assert (await costs(priced)).verdict is Verdict.NORMAL
    finding = await costs(priced, runbook=runbook_with(budget_yen=0))
    assert finding.verdict is Verdict.UNKNOWN
    own = measure(finding, "Budget of the runbook")
    assert (own.shown, own.verdict, own.allowed) == ("UNDECIDED", Verdict.UNKNOWN, "")
    assert "costs.budget_yen" in finding.summary


@pytest.mark.parametrize(
    ("yen", "verdict", "share"),
    [
        (80_000, Verdict.ABNORMAL, "96 %"),
        (100_000, Verdict.ATTENTION, "77 %"),
        (150_000, Verdict.NORMAL, "51 %"),
    ],
)
async def test_a_decided_budget_is_compared_with_charges_and_tax_before_credits(yen, verdict, share):
    def priced(day):
        first = {("Tax", "Tax"): 15.0, (CLOUDWATCH, "Credit"): -100.0, (RDS, "Refund"): -100.0}
        return usual(day) | (first if day.day == 1 else {})

    # 15 dollars a day and a tenth of tax: 76,725 yen in a month of 31 days.
    finding = await costs(priced, runbook=runbook_with(budget_yen=yen))
    own = measure(finding, "Budget of the runbook")
    assert own.verdict is verdict
    assert own.shown == f"{share} (¥76,725 of ¥{yen:,})"
    assert finding.verdict is verdict
    assert measure(finding, "Tax").shown == "¥2,250"
    assert measure(finding, "Credits and refunds").shown == "-¥30,000"
    assert (finding.advice == ()) == (verdict is Verdict.NORMAL)


async def test_a_month_is_projected_from_its_complete_days_and_fees_are_not_multiplied():
    def priced(day):
        return usual(day) | ({("AWS Support (Business)", "Usage"): 100.0} if day.day == 1 else {})

    finding = await costs(priced)
    total = measure(finding, "Total, whole month")
    # 15 dollars a day for 31 days, and the fee once.
    assert (total.value, total.shown) == (84_750, "¥84,750")
    assert total.note == "Jan 2026: ¥37,500 in 10 of 31 days; guideline ¥100,000 +50 %"
    assert total.allowed == "< ¥120,000, abnormal ≥ ¥150,000"
    assert measure(finding, "Total, growth").shown == "+0.0 %"
    others = next(row for row in finding.evidence[0].rows if row.cells[0] == "Others")
    assert others.cells[1:3] == ("¥18,000", "¥24,300")


async def test_trap_22_utc_days_are_a_day_late():
    canned = Canned(GetCostAndUsage=answered(), DescribeBudgets={})
    finding = await run_costs(context(canned))
    # On Monday 9:00 JST, Sunday is not complete.
    asked = canned.asked("GetCostAndUsage")[0]["TimePeriod"]
    assert asked == {"Start": "2025-12-01", "End": "2026-01-11"}
    assert "the newest is 01-10(Sat), the last 7 are 01-04(Sun)" in finding.remarks[1]


async def test_trap_22_yen_are_shown_with_their_rate_its_date_and_its_source():
    finding = await costs()
    assert finding.remarks[0] == (
        "Yen at ¥150 to the dollar (source: configured (the invoice uses another rate); date: 2025-10-25(Sat))."
        " AWS charges in dollars."
    )
    finding = await costs(runbook=runbook_with(usd_jpy=151.25, usd_jpy_source="", usd_jpy_date=None))
    assert "¥151.25 to the dollar (source: not given; date: not given)" in finding.remarks[0]
    assert (await costs(lambda _day: {})).remarks[0].startswith("Yen at")


@pytest.mark.parametrize(("day", "too_early"), [(1, True), (2, True), (4, True), (5, False)])
async def test_trap_22_the_first_days_of_a_month_are_not_judged(day, too_early):
    def priced(at):
        # A dear first day, which projected would be a dear month.
        return usual(at) | ({(RDS, "Usage"): 40.0} if at == date(2026, 2, 1) else {})

    finding = await costs(priced, now=datetime(2026, 2, day, tzinfo=UTC))
    month = measure(finding, "RDS, whole month")
    assert month.note.startswith("Jan 2026" if too_early else "Feb 2026")
    assert ("RDS, whole month" in bad(finding)) is not too_early
    assert any("not judged until 3" in each for each in finding.remarks) is too_early
    if day == 1:
        assert finding.summary.startswith("Jan 2026: ¥67,500 in 30 days, about ¥69,750 for the whole month")
        assert "this month is not judged yet" in finding.summary


async def test_held_back_is_the_projection_only():
    def priced(at):
        return usual(at) | ({(RDS, "Usage"): 8.0} if at >= date(2026, 1, 25) else {})

    finding = await costs(priced, now=datetime(2026, 2, 2, tzinfo=UTC))
    assert bad(finding) == {"RDS, growth"}
    assert measure(finding, "RDS, growth").shown == "+100.0 %"
    dear = await costs(
        lambda _day: {**usual(_day), (RDS, "Usage"): 9.0}, now=datetime(2026, 2, 1, tzinfo=UTC)
    )
    assert bad(dear) == {"RDS, whole month"}


@pytest.mark.parametrize("began", [3, 5, 7, 10, 14, 17])
async def test_a_step_up_is_seen_whatever_the_day_of_the_week_it_came_on(began):
    # Week against week, a step of 60 % in the middle of one is +34 % and then +19 %.
    def priced(day):
        return usual(day) | ({(RDS, "Usage"): 6.4} if day >= date(2026, 1, began) else {})

    findings = [await costs(priced, now=datetime(2026, 1, day, tzinfo=UTC)) for day in (12, 19, 26)]
    assert Verdict.ABNORMAL in [each.verdict for each in findings]
    assert set().union(*map(bad, findings)) <= {"RDS, growth", "RDS, whole month"}


@pytest.mark.parametrize(
    ("usd", "verdict"),
    [(5.5, Verdict.NORMAL), (5.6, Verdict.ATTENTION), (5.9, Verdict.ATTENTION), (6.0, Verdict.ABNORMAL)],
)
async def test_growth_of_half_as_the_runbook_says_is_investigated(usd, verdict):
    def priced(day):
        return usual(day) | ({(RDS, "Usage"): usd} if day >= date(2026, 1, 4) else {})

    finding = await costs(priced)
    assert measure(finding, "RDS, growth").verdict is verdict
    assert finding.verdict is verdict


async def test_what_is_new_and_what_is_tiny():
    def priced(day):
        new = {("Amazon Bedrock", "Usage"): 20.0} if day >= date(2026, 1, 8) else {}
        return usual(day) | new

    finding = await costs(priced, runbook=runbook_with(total_yen=0))
    others = measure(finding, "Others, growth")
    # The runbook gives the rest no limit of its own; the whole has grown by more than half.
    assert others.verdict is Verdict.ATTENTION
    assert "mostly Amazon Bedrock ¥9,000, EC2 - Other" in others.note
    assert measure(finding, "Total, growth").verdict is Verdict.ABNORMAL
    assert measure(finding, "Total, whole month").verdict is None
    assert {*REPORT, UNDECIDED} <= set(finding.advice)

    def tiny(day):
        late = day >= date(2026, 1, 4)
        return usual(day) | {(CLOUDWATCH, "Usage"): 0.02 if late else 0.0}

    assert (await costs(tiny)).verdict is Verdict.NORMAL

    def from_nothing(day):
        return {key: usd for key, usd in usual(day).items() if key[0] != RDS or day >= date(2026, 1, 9)}

    finding = await costs(from_nothing)
    assert bad(finding) == {"RDS, growth"}
    assert measure(finding, "RDS, growth").shown == "new"
    assert finding.verdict is Verdict.ATTENTION


async def test_a_service_without_any_costs_is_probably_misspelt_and_not_cheap():
    services = [each.model_dump() for each in BOOK.costs.services]
    services[1]["names"] = ["Amazon RDS"]
    finding = await costs(runbook=runbook_with(services=services))
    assert finding.verdict is Verdict.UNKNOWN
    assert finding.summary == "RDS: Cost Explorer has no costs under the names given in the runbook."
    assert finding.advice[0] == "Check how Cost Explorer spells RDS (costs.services, names)."
    assert RDS in next(each for each in finding.remarks if each.startswith("Others"))


async def test_either_spelling_of_the_load_balancer_counts():
    def priced(day):
        name = "Elastic Load Balancing" if day >= date(2026, 1, 5) else "Amazon Elastic Load Balancing"
        return {key: usd for key, usd in usual(day).items() if "Balancing" not in key[0]} | {
            (name, "Usage"): 3.0
        }

    finding = await costs(priced)
    assert finding.verdict is Verdict.NORMAL
    assert measure(finding, "ALB, growth").shown == "+0.0 %"


async def test_no_data_and_old_data_are_not_cheap():
    finding = await costs(lambda _day: {})
    assert (finding.verdict, finding.summary) == (
        Verdict.UNKNOWN,
        "Cost Explorer has no costs for this account.",
    )
    finding = await costs(lambda day: usual(day) if day <= date(2026, 1, 7) else {})
    assert finding.verdict is Verdict.UNKNOWN
    assert "01-07(Wed): too old" in finding.summary
    finding = await costs(lambda day: usual(day) if day <= date(2026, 1, 9) else {})
    assert finding.verdict is Verdict.NORMAL
    assert any(each.startswith("AWS is late: 01-10(Sat)") for each in finding.remarks)


async def test_a_young_account_has_nothing_to_compare_with():
    finding = await costs(lambda day: usual(day) if day >= date(2026, 1, 3) else {})
    assert finding.verdict is Verdict.UNKNOWN
    assert finding.summary.startswith("Total: growth not known")
    assert measure(finding, "Total, whole month").shown == "¥65,250"
    finding = await costs(
        lambda day: usual(day) if day >= date(2026, 1, 1) else {},
        now=datetime(2026, 1, 3, tzinfo=UTC),
        runbook=runbook_with(budget_yen=1_000_000),
    )
    assert finding.verdict is Verdict.UNKNOWN
    assert measure(finding, "Total, whole month").shown == ""
    assert measure(finding, "Budget of the runbook").verdict is Verdict.UNKNOWN


async def test_aws_budgets():
    async def found(answer):
        finding = await costs(budgets=answer)
        aws_budget = measure(finding, "AWS budget monthly")
        assert aws_budget.verdict is finding.verdict
        return finding.verdict, f"{aws_budget.shown} | {aws_budget.note}"

    assert await found(budget("1000", "150", "500")) == (
        Verdict.NORMAL,
        "15 % spent, 50 % forecast | a month ¥150,000",
    )
    assert (await found(budget("1000", "150", "650")))[0] is Verdict.ATTENTION
    assert await found(budget("1000", "800")) == (
        Verdict.ABNORMAL,
        "80 % spent | a month ¥150,000; AWS has no forecast yet",
    )
    assert (await found(budget("0", "1")))[0] is Verdict.ABNORMAL
    filtered = await found(budget("9", "1", TimeUnit="DAILY", CostFilters={"Service": ["AmazonRDS"]}))
    assert filtered[1].endswith("a day ¥1,350; AWS has no forecast yet; covers only a part of the account")
    finding = await costs(budgets=budget("9", "1", CalculatedSpend={}))
    assert finding.summary == "AWS returned the budget monthly without its amounts."
    assert finding.verdict is Verdict.UNKNOWN
    finding = await costs(budgets=failure(ProblemKind.THROTTLED))
    assert (finding.verdict, finding.problem is not None) == (Verdict.UNKNOWN, True)
    assert finding.summary == "AWS Budgets cannot be read."


@pytest.mark.parametrize(
    ("limit", "spend", "more", "verdict", "text"),
    [
        ("1000", {"ForecastedSpend": {"Amount": "NaN", "Unit": "USD"}}, {}, Verdict.UNKNOWN, "forecast"),
        ("1000", {"ForecastedSpend": {"Amount": "650", "Unit": "JPY"}}, {}, Verdict.UNKNOWN, "forecast"),
        ("1000", {"ForecastedSpend": {"Amount": "-650", "Unit": "USD"}}, {}, Verdict.UNKNOWN, "forecast"),
        ("1000", {}, {"BudgetType": "no such word"}, Verdict.UNKNOWN, "BudgetType"),
        # What is abnormal without it is not hidden behind it.
        ("180", {"ForecastedSpend": {"Amount": "x", "Unit": "USD"}}, {}, Verdict.ABNORMAL, "forecast"),
        ("180", {}, {"BudgetType": "COST\ufffd"}, Verdict.ABNORMAL, "BudgetType"),
        ("1000", {}, {}, Verdict.NORMAL, ""),
    ],
)
async def test_what_of_an_aws_budget_cannot_be_read_is_not_judged(limit, spend, more, verdict, text):
    spent = {"ActualSpend": {"Amount": "150", "Unit": "USD"}, **spend}
    finding = await costs(budgets=budget(limit, "150", CalculatedSpend=spent, **more))
    aws_budget = measure(finding, "AWS budget monthly")
    assert (finding.verdict, aws_budget.verdict) == (verdict, verdict)
    assert text in finding.summary
    assert ("has no forecast yet" in aws_budget.note) == (not spend)


_BACK = st.integers(0, 40)


@given(back=st.integers(0, 13), service=st.sampled_from(sorted(USUAL)), share=st.floats(0.2, 40))
async def test_negative_costs_above_a_small_share_are_reported_and_never_normal(back, service, share):
    usd = -share * 7 * USUAL[service]
    odd = MONDAY.date() - timedelta(days=2 + back)

    def priced(day):
        return usual(day) | ({(service, "Usage"): usd} if day == odd else {})

    finding = await costs(priced)
    assert finding.verdict is not Verdict.NORMAL
    assert not finding.complete
    assert "Cost Explorer reports negative costs for " in finding.summary


@given(back=_BACK, usd=st.floats(-0.5, -0.02))
async def test_a_small_negative_row_is_noted_and_judged(back, usd):
    # As AWS corrects a bill: three dollars a day, and once fifty cents back.
    odd = MONDAY.date() - timedelta(days=2 + back)

    def priced(day):
        amounts = usual(day) | {(RDS, "Usage"): 3.0}
        return amounts | ({(RDS, "Other out-of-cycle charges"): usd} if day == odd else {})

    finding = await costs(priced)
    assert finding.verdict is Verdict.NORMAL
    notes = [each.note for each in finding.measures if "negative charges of -¥" in each.note]
    assert len(notes) == 2, "of the service and of the total"


@given(back=_BACK, record=st.sampled_from(["Credit", "Refund", "EdpDiscount", "SavingsPlanNegation"]))
async def test_credits_and_discounts_are_less_than_nothing_and_no_cause_for_alarm(back, record):
    reduced = MONDAY.date() - timedelta(days=2 + back)

    def priced(day):
        return usual(day) | ({(CLOUDWATCH, record): -0.5} if day == reduced else {})

    assert (await costs(priced)).verdict is Verdict.NORMAL


async def test_discounts_of_more_than_the_charges_are_not_normal():
    def priced(day):
        return usual(day) | {(RDS, "EdpDiscount"): -40.0}

    finding = await costs(priced)
    assert finding.verdict is Verdict.UNKNOWN
    assert finding.summary.startswith("Cost Explorer reports negative costs for Total (")


async def test_the_newest_day_of_a_service_may_be_late():
    newest = MONDAY.date() - timedelta(days=2)
    for service in (ECS, RDS, ELB, CLOUDWATCH):

        def priced(day, service=service):
            return {key: usd for key, usd in usual(day).items() if key[0] != service or day < newest}

        finding = await costs(priced)
        assert finding.verdict is Verdict.NORMAL
        (late,) = [each for each in finding.measures if "no costs yet for " in each.note]
        (whole,) = [each for each in (await costs()).measures if each.title == late.title]
        assert late.value == whole.value, "it counts as the mean of the six days before"


@given(back=st.integers(1, 6), service=st.sampled_from([ECS, RDS, ELB, CLOUDWATCH]), named=st.booleans())
async def test_a_service_that_is_no_longer_reported_is_not_judged_as_cheap(back, service, named):
    since = MONDAY.date() - timedelta(days=2 + back)

    def priced(day):
        amounts = usual(day)
        if day >= since:
            usd = amounts.pop((service, "Usage"))
            # Under an unknown name its costs count as those of the others.
            amounts |= {("no such word", "no such word"): usd} if named else {}
        return amounts

    finding = await costs(priced)
    assert finding.verdict is not Verdict.NORMAL
    assert not finding.complete
    assert "Cost Explorer has no costs of " in finding.summary
    assert "or it is no longer used: then remove it from [costs]" in finding.summary

    def nothing(day):
        return usual(day) | ({(service, "Usage"): 0.0} if day >= since else {})

    # An unused service is listed with an amount of zero, and one idle at weekends was not there every day before.
    assert (await costs(nothing)).verdict is not Verdict.UNKNOWN

    def resting(day):
        return {key: usd for key, usd in usual(day).items() if key[0] != CLOUDWATCH or day.weekday() < 5}

    assert (await costs(resting)).verdict is Verdict.NORMAL


@pytest.mark.parametrize(("back", "verdict"), [(0, Verdict.NORMAL), (4, Verdict.UNKNOWN)])
async def test_a_service_of_working_days_that_is_no_longer_reported(back, verdict):
    # It never has costs on every day of a week, and three working days without any are no chance.
    since = MONDAY.date() - timedelta(days=2 + back)

    def stopped(day):
        return {
            key: usd
            for key, usd in usual(day).items()
            if key[0] != CLOUDWATCH or (day.weekday() < 5 and day < since)
        }

    finding = await costs(stopped)
    assert finding.verdict is verdict
    assert ("for days of a kind that always had them" in finding.summary) is (verdict is Verdict.UNKNOWN)


async def test_trap_22_the_answer_is_cached_because_it_costs_and_shows_its_age():
    canned = Canned(GetCostAndUsage=answered(), DescribeBudgets={})
    inspection_context = context(canned)
    tally = MeteredReader(canned, usd_jpy=150, charge=lambda _what, _usd: None)
    await run_costs(replace(inspection_context, reader=tally))
    assert (tally.cost.calls, tally.cost.yen) == (2, 1.5)
    inspection_context.clock.advance(7 * 3600)  # a ManualClock
    finding = await run_costs(inspection_context)
    assert len(canned.asked("GetCostAndUsage")) == 1
    assert finding.remarks[1].startswith("This Cost Explorer response is 7h 0m old: it is reused for 8 hours")
    assert "¥1.5" in finding.remarks[1]
    inspection_context.clock.advance(3600)
    await run_costs(inspection_context)
    assert len(canned.asked("GetCostAndUsage")) == 2
    # Another UTC day has another newest day.
    inspection_context.clock.advance(23 * 3600)
    await run_costs(inspection_context)
    assert len(canned.asked("GetCostAndUsage")) == 3


async def test_a_runbook_without_services():
    finding = await costs(runbook=runbook_with(services=(), total_yen=50_000, report_to=""))
    assert finding.verdict is Verdict.ATTENTION
    assert bad(finding) == {"Total, whole month"}
    assert finding.summary == "Total: ¥69,750 for Jan 2026, against a guideline of ¥50,000."
    assert (
        finding.advice[-1] == "The person to report to is UNDECIDED (the runbook's costs.report_to is empty)."
    )
    assert [row.cells[0] for row in finding.evidence[-1].rows][:2] == [ECS, RDS]
    assert len(finding.evidence[-1].rows) == len(USUAL)
    assert missing_setting("costs", BOOK.model_copy(update={"costs": None})) == "costs"
    assert missing_setting("costs", BOOK) == ""


@given(st.integers(0, 4 * 366 * 24 * 60))
def test_only_complete_days_are_compared_and_the_judged_month_has_enough_of_them(minutes):
    now = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    days = plan(now)
    ended = datetime.combine(days.last + timedelta(days=1), datetime.min.time(), UTC)
    assert timedelta(hours=24) <= now - ended < timedelta(hours=48)
    comparison = compare(days, days.last_month, days.last)
    assert comparison.week.count == comparison.before.count == 7
    assert days.last_month <= comparison.before.first
    assert comparison.month.count >= min(HELD, 28)
    assert comparison.month.count + comparison.remaining == comparison.month_end.day
    assert comparison.base.last < comparison.week.first
    assert comparison.has_base
    assert comparison.has_before
    assert end_of(comparison.month_end) == comparison.month_end


@given(st.decimals(0, 1_000_000, places=2), st.decimals(1, 1_000_000, places=2))
def test_four_fifths_of_a_limit_ask_for_attention(value, limit):
    verdict = against(value, limit)
    assert (verdict is Verdict.ABNORMAL) == (value >= limit)
    assert (verdict is Verdict.NORMAL) == (value * 5 < limit * 4)


def test_yen():
    assert [yen_words(Decimal(each)) for each in ("0.4", "1234567.5", "-0.4", "-1500")] == [
        "¥0",
        "¥1,234,568",
        "¥0",
        "-¥1,500",
    ]
