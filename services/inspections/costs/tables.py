"""The evidence tables of the costs."""

from collections.abc import Iterator
from datetime import timedelta

from services.i18n import _
from services.inspections.base import table
from services.inspections.costs.budget import BudgetJudge, period_words
from services.inspections.costs.days import Days
from services.inspections.costs.evaluation import LineJudge
from services.inspections.costs.lines import CostLine, CostTable
from services.inspections.costs.wording import month_words, percent_words, yen_words
from services.models.costs import Budget
from services.models.date_text import day_text
from services.models.evidence import Evidence, Row
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
        _("Costs by service ({month}, before tax and credits)").format(month=month_words(compared.month_end)),
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
    """The services that "the others" consist of, most expensive first."""
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
    """The newest fourteen complete days, newest first."""
    lines = [costs.total, *costs.services]
    newest = judge.compared.week.last
    days = [newest - back * _ONE for back in range(_DAYS) if newest - back * _ONE >= judge.compared.since]
    return table(
        _("By day (UTC)"),
        (_("Day"), *(line.title for line in lines)),
        [(day_text(day), *(judge.rate.words(line.cost(Days(day, day))) for line in lines)) for day in days],
    )


def budgets_table(judge: BudgetJudge, budgets: tuple[Budget, ...]) -> Evidence:
    """The budgets as AWS describes them."""
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
    """Tax and credits, for which the runbook has no limit."""
    compared, words = judge.compared, judge.rate.words
    blank = ("",) * 5
    yield Row(cells=(_("Tax"), words(costs.tax_of(compared.month)), "", *blank))
    yield Row(cells=(_("Credits and refunds"), words(costs.credits_of(compared.month)), "", *blank))
    so_far = costs.total.cost(compared.month) + costs.tax_of(compared.month)
    bill = costs.bill(compared)
    yield Row(cells=(_("With tax, before credits"), words(so_far), words(bill), *blank))
