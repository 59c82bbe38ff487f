"""Checks AWS costs: each service and the total against the guidelines, their growth, and the budget. Runbook:
日常監視 4; limits: `[costs]`. The response to the one charged Cost Explorer request is reused for hours. If there
are AWS budgets, they are read and their forecast is used, so no forecast has to be paid for."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.aws.budgets import Budgets
from services.aws.client.errors import AccessDenied, AwsError
from services.aws.client.prices import USD_PER_COST_CALL
from services.aws.cost_explorer import GROUPS, METRIC, REGION
from services.aws.cost_explorer import CostExplorerReader as CostReader
from services.contacts import escalation
from services.i18n import _, sentences
from services.inspections.base import Inspection, InspectionRequest, table
from services.inspections.costs.budget import BudgetJudge, period_words
from services.inspections.costs.days import HELD, ONE, Compared, CostPlan, Days, compare, plan
from services.inspections.costs.evaluation import (
    CostRate,
    LineJudge,
    days_words,
    month_words,
    percent_words,
    yen_words,
)
from services.inspections.costs.lines import CostLine, CostTable, lay_out
from services.inspections.toolkit.checks import CheckRow, about, runbook_advice, undecided
from services.inspections.toolkit.finding_builder import FindingBuilder
from services.inspections.toolkit.toolkit_wording import length, listed
from services.models.aws_cli import CliCommand
from services.models.costs import Budget, CostHistory, CostKind
from services.models.date_text import day_text
from services.models.evidence import Evidence, Row
from services.models.findings import Finding, Measure
from services.models.metrics import TimeSpan
from services.models.runbook_inspections import Costs as Spec
from services.models.verdict import DISPLAY_ORDER, Verdict, worst

_ONE = timedelta(days=1)
_DAYS = 14


def lines_table(judge: LineJudge, costs: CostTable) -> Evidence:
    """Every line, worst service first, then the others, the total, tax and credits."""
    compared = judge.compared
    services = sorted(costs.services, key=lambda line: DISPLAY_ORDER.index(_verdict(judge, line)))
    others = [costs.others] if costs.services else []
    rows = [
        *(_row(judge, line, _verdict(judge, line)) for line in services),
        *(_row(judge, line, None) for line in others),
        _row(judge, costs.total, _verdict(judge, costs.total)),
        *_beside(judge, costs),
    ]
    return table(
        _("Costs by service ({month}, before tax and credits)", month=month_words(compared.month_end)),
        (
            _("Item"),
            _("So far"),
            _("Full month"),
            _("Guideline"),
            _("Last 7 days"),
            _("7 days before"),
            _("vs week before"),
            _("vs last month"),
        ),
        rows,
    )


def others_table(judge: LineJudge, costs: CostTable) -> Evidence:
    compared = judge.compared
    return table(
        _("Other services") if costs.services else _("By service"),
        (
            _("Service"),
            _("So far"),
            _("Full month"),
            _("Last 7 days"),
            _("vs week before"),
            _("vs last month"),
        ),
        [
            (
                line.title,
                judge.rate.words(line.cost(compared.month)),
                judge.rate.words(line.projected(compared)),
                judge.rate.words(line.newest(compared)),
                percent_words(line.weekly(compared)),
                percent_words(line.monthly(compared)),
            )
            for line in costs.other_services
        ],
    )


def days_table(judge: LineJudge, costs: CostTable) -> Evidence:
    lines = [costs.total, *costs.services]
    newest = judge.compared.week.last
    days = [newest - back * _ONE for back in range(_DAYS) if newest - back * _ONE >= judge.compared.since]
    return table(
        _("By day (UTC)"),
        (_("Day"), *(line.title for line in lines)),
        [(day_text(day), *(judge.rate.words(line.cost(Days(day, day))) for line in lines)) for day in days],
    )


def budgets_table(judge: BudgetJudge, budgets: tuple[Budget, ...]) -> Evidence:
    return table(
        _("AWS budgets"),
        (_("Name"), _("Period"), _("Limit"), _("Spent"), _("Forecast")),
        [
            (
                budget.name,
                period_words(budget),
                judge.money(budget.limit, budget.unit),
                judge.money(budget.spent, budget.unit),
                _("cannot be read") if budget.forecast_unread else judge.money(budget.forecast, budget.unit),
            )
            for budget in budgets
        ],
    )


def _verdict(judge: LineJudge, line: CostLine) -> Verdict:
    if not line.has_costs:
        return Verdict.UNKNOWN
    compared = judge.compared
    growths = (line.weekly(compared), line.monthly(compared))
    doubt = Verdict.UNKNOWN if judge.doubt(line) else None
    return worst((judge.month_verdict(line), judge.grown(growths), doubt)) or Verdict.UNKNOWN


def _row(judge: LineJudge, line: CostLine, verdict: Verdict | None) -> Row:
    compared, words = judge.compared, judge.rate.words
    weekly = line.weekly(compared)
    return Row(
        cells=(
            line.title,
            words(line.cost(compared.month)),
            words(line.projected(compared)),
            yen_words(line.guideline) if line.guideline else "",
            words(line.newest(compared)),
            "" if weekly is None else words(weekly.before),
            percent_words(weekly),
            percent_words(line.monthly(compared)),
        ),
        verdict=verdict,
    )


def _beside(judge: LineJudge, costs: CostTable) -> Iterator[Row]:
    compared, words = judge.compared, judge.rate.words
    blank = ("",) * 5
    yield Row(cells=(_("Tax"), words(costs.tax_of(compared.month)), "", *blank))
    yield Row(cells=(_("Credits and refunds"), words(costs.credits_of(compared.month)), "", *blank))
    so_far = costs.total.cost(compared.month) + costs.tax_of(compared.month)
    bill = costs.bill(compared)
    yield Row(cells=(_("With tax, before credits"), words(so_far), words(bill), *blank))


KEPT = timedelta(hours=8)  # How long a response is reused: AWS updates costs up to three times a day
LATE = 2  # Days after which missing figures are too old to judge


@dataclass(frozen=True, slots=True)
class CostAnswer:
    plan: CostPlan
    history: CostHistory
    read_at: datetime


class CostsInspection(Inspection):
    async def run(self, request: InspectionRequest) -> Finding:
        builder = FindingBuilder(self, request, windowed=False)
        answer = await self._answer(plan(request.until))
        history = answer.history
        days = [cost.day for cost in history.costs if cost.kind is CostKind.CHARGE and cost.usd]
        late = (answer.plan.last - max(days)).days if days else 0
        if not days or late > LATE:
            return self._unknown(builder, answer, day_text(max(days)) if days else "")
        compared = compare(answer.plan, min(days), max(days))
        table = lay_out(history, self._spec, others=_("Others"), total=_("Total"))
        return self._finding(builder, answer, compared, table, await self._budgets())

    def cli_commands(self, span: TimeSpan) -> Iterator[CliCommand]:
        from services.aws_cli.calls import call

        days = plan(span.end)
        yield call(
            "ce",
            "GetCostAndUsage",
            {
                "TimePeriod": {"Start": days.last_month.isoformat(), "End": (days.last + ONE).isoformat()},
                "Granularity": "DAILY",
                "Metrics": [METRIC],
                "GroupBy": GROUPS,
            },
            region=REGION,
            purpose=_("Costs by day and service, from the first of last month, in US dollars and UTC days."),
            traps=(
                _(
                    "Every call costs $0.01. End is exclusive, and the newest day is complete only after 24 hours."
                ),
                _("Dollars × exchange rate is not the bill: taxes and credits are rows of their own."),
            ),
        )
        yield call(
            "budgets",
            "DescribeBudgets",
            {"AccountId": self.context.runbook.system.account},
            region=REGION,
            query="Budgets[].[BudgetName,BudgetLimit.Amount,CalculatedSpend.ActualSpend.Amount,"
            "CalculatedSpend.ForecastedSpend.Amount]",
            purpose=_("AWS's budgets with AWS's own forecast. Normal: the forecast is below the limit."),
        )

    @property
    def _spec(self) -> Spec:
        spec = self.context.runbook.costs
        assert spec is not None
        return spec

    async def _answer(self, plan: CostPlan) -> CostAnswer:
        now = self.context.clock.now()
        last = self.context.memory.get(self.id)
        if isinstance(last, CostAnswer) and last.plan == plan and timedelta(0) <= now - last.read_at < KEPT:
            return last
        history = await CostReader(self.context.reader).daily(plan.last_month, plan.last)
        answer = CostAnswer(plan, history, now)
        self.context.memory[self.id] = answer
        return answer

    async def _budgets(self) -> tuple[Budget, ...] | AwsError:
        try:
            return await Budgets(self.context.reader).costs(self.context.runbook.system.account)
        except AwsError as error:
            return error

    def _unknown(self, builder: FindingBuilder, answer: CostAnswer, newest: str) -> Finding:
        if newest:
            text = _("Cost Explorer's newest costs are of {day}: too old to judge by.")
        else:
            text = _("Cost Explorer has no costs for this account.")
        builder.remark(CostRate.of(self._spec).remark(), *self._age(answer))
        return builder.finding(text.format(day=newest), advice=(_by_hand(),))

    def _finding(
        self,
        builder: FindingBuilder,
        answer: CostAnswer,
        compared: Compared,
        table: CostTable,
        budgets: tuple[Budget, ...] | AwsError,
    ) -> Finding:
        spec, rate = self._spec, CostRate.of(self._spec)
        lines = LineJudge(spec, rate, compared, self._line_advice, self.context.calendar)
        judge = BudgetJudge(spec, rate, self._report())
        doubtful = bool(lines.doubt(table.total))
        builder.check(
            *lines.checks(table),
            *self._beside(table, compared, rate),
            *self._undecided(),
            *(about("budget", judge.own(table, compared, doubtful=doubtful)) if spec.budget_yen else ()),
        )
        builder.table(lines_table(lines, table))
        builder.remark(*self._remarks(answer, compared, table, rate))
        if isinstance(budgets, AwsError):
            self._without_budgets(builder, budgets)
        elif budgets:
            builder.check(*about("budget", *judge.aws(budgets)))
            builder.table(budgets_table(judge, budgets))
        else:
            builder.remark(_("AWS Budgets tracks no costs of this account."))
        builder.table(days_table(lines, table))
        # An empty table shows that the runbook names every service with costs.
        builder.table(others_table(lines, table), keep_empty=True)
        by_hand = () if builder.complete else (_by_hand(),)
        return builder.finding_of_checks(self._normal(compared, table, rate), advice=by_hand)

    def _without_budgets(self, builder: FindingBuilder, error: AwsError) -> None:
        text = _("AWS Budgets cannot be read.")
        if isinstance(error, AccessDenied):
            # Many accounts have no budget and no permission to read one; the runbook does not require it.
            builder.remark(sentences(text, error.problem.message))
            return
        builder.unread(error, text)
        measure = Measure(title=_("AWS budgets"), shown="", verdict=Verdict.UNKNOWN)
        builder.check(CheckRow(measure, text))

    def _undecided(self) -> Iterator[CheckRow]:
        for item, key, title in (
            ("budget", "budget_yen", _("Budget of the runbook")),
            ("total", "total_yen", _("Guideline for the total")),
        ):
            if not getattr(self._spec, key):
                result = undecided(title, f"costs.{key}", self.context.runbook)
                yield from about(item, replace(result, sentence=""))

    def _beside(self, table: CostTable, compared: Compared, rate: CostRate) -> Iterator[CheckRow]:
        month = month_words(compared.month_end)
        for title, usd in (
            (_("Tax"), table.tax_of(compared.month)),
            (_("Credits and refunds"), table.credits_of(compared.month)),
        ):
            value = float(round(rate.yen(usd)))
            note = _("{month}, so far", month=month)
            yield CheckRow(Measure(title=title, shown=rate.words(usd), value=value, unit="JPY", note=note))

    def _normal(self, compared: Compared, table: CostTable, rate: CostRate) -> str:
        growth = percent_words(table.total.weekly(compared) or table.total.monthly(compared))
        parts = [
            _(
                "{month}: {so_far} in {count} days, about {projected} for the whole month; {growth} in a week",
                month=month_words(compared.month_end),
                so_far=rate.words(table.total.cost(compared.month)),
                count=compared.month.count,
                projected=rate.words(table.total.projected(compared)),
                growth=growth,
            )
        ]
        if compared.too_young:
            parts.append(_("this month is not judged yet"))
        for result in self._undecided():
            parts.append(_("{title}: {note}", title=result.measure.title, note=result.measure.note))
        return _("{parts}.", parts=_("; ").join(parts))

    def _line_advice(self, title: str) -> tuple[str, ...]:
        asks = [
            str(ask)
            for duty in self.context.runbook.duties
            if self.id in duty.inspections
            for ask in duty.asks
            if str(ask).startswith(title)
        ]
        steps = _("Investigate the increase ({title}): Cost Explorer, Daily costs, filter Service.")
        report = self._report() if title == _("Total") else ()
        return (*asks, steps.format(title=title), *report)

    def _report(self) -> tuple[str, ...]:
        runbook, role = self.context.runbook, str(self._spec.report_to)
        who = escalation(runbook, role) or _(
            "The person to report to is UNDECIDED (the runbook's costs.report_to is empty)."
        )
        return tuple(dict.fromkeys((*runbook_advice(runbook, self.id), who)))

    def _remarks(
        self, answer: CostAnswer, compared: Compared, table: CostTable, rate: CostRate
    ) -> Iterator[str]:
        yield rate.remark()
        yield from self._age(answer)
        text = _("Days are in UTC and only complete ones count: the newest is {day}, the last 7 are {week}.")
        yield text.format(day=day_text(compared.week.last), week=days_words(compared.week))
        if compared.week.last < answer.plan.last:
            text = _("AWS is late: {day} should be complete but has no costs yet.")
            yield text.format(day=day_text(answer.plan.last))
        if compared.too_young:
            yield _(
                "This month is not judged until {count} of its days are complete (so far {done}, {so_far}); "
                "the previous month is judged instead.",
                count=HELD,
                done=compared.young.count,
                so_far=rate.words(table.total.cost(compared.young)),
            )
        yield _(
            "Guidelines are compared with charges before tax and credits, the runbook's budget with "
            "charges including tax; fees charged once a month count toward the month only, not toward a "
            "week."
        )
        if self._spec.services:
            names = listed([line.title for line in table.other_services]) or _("none")
            yield _("Others: {names}.", names=names)
        if answer.history.estimated:
            yield _("AWS marks these costs as estimates; the invoice may differ.")

    def _age(self, answer: CostAnswer) -> Iterator[str]:
        age = self.context.clock.now() - answer.read_at
        if age > timedelta(minutes=1):
            text = _(
                "This Cost Explorer response is {age} old: it is reused for {hours} hours because each "
                "request costs ¥{yen}."
            )
            yen = answer.history.pages * USD_PER_COST_CALL * self._spec.usd_jpy
            yield text.format(age=length(age), hours=int(KEPT.total_seconds() // 3600), yen=f"{yen:,.1f}")


def _by_hand() -> str:
    return _("Check Cost Explorer by hand, as the runbook says.")
