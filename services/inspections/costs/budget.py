"""Compares the month with budgets: the runbook's own, and those in AWS Budgets. Runbook: 日常監視 4, "an alert
above 80 % of the budget". The guideline for the total is not used as a budget: the guidelines of the services
alone add up to 85 % of it, and the alert would always be on."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from services.i18n import N_, _, sentences
from services.inspections.costs.days import Compared
from services.inspections.costs.evaluation import CostRate, against, month_words, near_words, yen_words
from services.inspections.costs.lines import HUNDRED, CostTable
from services.inspections.toolkit.checks import CheckRow
from services.models.costs import Budget
from services.models.findings import Measure
from services.models.runbook_inspections import Costs as Spec
from services.models.verdict import Verdict, judgement

_DOLLARS = "USD"
_PERIODS = {
    "DAILY": N_("a day"),
    "MONTHLY": N_("a month"),
    "QUARTERLY": N_("a quarter"),
    "ANNUALLY": N_("a year"),
}


@dataclass(frozen=True, slots=True)
class BudgetJudge:
    spec: Spec
    rate: CostRate
    advice: tuple[str, ...]  # The runbook's advice if a budget may be exceeded

    def own(self, table: CostTable, compared: Compared, *, doubtful: bool) -> CheckRow:
        """Compare the runbook's budget with the month's bill (with tax, before credits); not judged if
        undecided. `doubtful`: the total cannot be correct."""
        title, budget = _("Budget of the runbook"), Decimal(self.spec.budget_yen)
        if not compared.month.count:
            text = _("There are no costs yet to compare with the budget.")
            return CheckRow(Measure(title=title, shown="", verdict=Verdict.UNKNOWN), text)
        bill = self.rate.yen(table.bill(compared))
        share = bill / budget * HUNDRED
        value = _("{share} % ({bill} of {budget})").format(
            share=f"{share:.0f}", bill=yen_words(bill), budget=yen_words(budget)
        )
        month = month_words(compared.month_end)
        sentence = _("{bill} for {month} with tax is {share} % of the budget of {budget}.").format(
            bill=yen_words(bill), month=month, share=f"{share:.0f}", budget=yen_words(budget)
        )
        doubt = ""
        if table.tax_of(compared.month) < 0:
            doubt = _("Cost Explorer reports a negative tax.")
        return self._check(
            title,
            value,
            share,
            sentences(sentence, doubt),
            note=_("{month}, with tax", month=month),
            doubtful=doubtful or bool(doubt),
        )

    def aws(self, budgets: tuple[Budget, ...]) -> Iterator[CheckRow]:
        for budget in budgets:
            yield self._aws(budget)

    def _aws(self, budget: Budget) -> CheckRow:
        title = _("AWS budget {name}", name=budget.name)
        if budget.limit is None or budget.spent is None:
            return CheckRow(
                Measure(title=title, shown="", allowed=self._allowed(), verdict=Verdict.UNKNOWN),
                sentence=_("AWS returned the budget {name} without its amounts.", name=budget.name),
            )
        spent = _share(budget.spent, budget.limit)
        forecast = None if budget.forecast is None else _share(budget.forecast, budget.limit)
        shares, limit = _shares(spent, forecast), self.money(budget.limit, budget.unit)
        sentence = _("AWS budget {name} ({limit}): {shares}.", name=budget.name, limit=limit, shares=shares)
        doubts = tuple(_doubts(budget))
        return self._check(
            title,
            shares,
            max(spent, forecast or spent),
            sentences(sentence, *doubts),
            note=self._about(budget),
            doubtful=bool(doubts),
        )

    def _about(self, budget: Budget) -> str:
        notes = [f"{period_words(budget)} {self.money(budget.limit, budget.unit)}"]
        if budget.forecast_unread:
            notes.append(_("AWS's forecast cannot be read"))
        elif budget.forecast is None:
            notes.append(_("AWS has no forecast yet"))
        if budget.filtered:
            notes.append(_("covers only a part of the account"))
        return _("; ").join(notes)

    def money(self, amount: Decimal | None, unit: str) -> str:
        """The amount, in yen if it is in dollars; "" for none."""
        if amount is None:
            return ""
        return self.rate.words(amount) if unit == _DOLLARS else f"{amount:,.0f} {unit}"

    def _allowed(self) -> str:
        return _("< {near} %, abnormal ≥ {limit} %").format(
            near=near_words(self.spec.budget_percent), limit=self.spec.budget_percent
        )

    def _check(
        self, title: str, value: str, share: Decimal, sentence: str, *, note: str, doubtful: bool = False
    ) -> CheckRow:
        """One check; `doubtful`: part of the budget is unreadable, so a result within its limit proves nothing."""
        verdict = against(share, Decimal(self.spec.budget_percent))
        return CheckRow(
            Measure(
                title=title,
                shown=value,
                allowed=self._allowed(),
                **judgement((verdict, Verdict.UNKNOWN if doubtful else None)),
                value=float(round(share, 2)),
                unit="%",
                note=note,
            ),
            sentence=sentence,
            advice=self.advice,
        )


def period_words(budget: Budget) -> str:
    return _(_PERIODS[budget.period]) if budget.period in _PERIODS else budget.period


def _doubts(budget: Budget) -> Iterator[str]:
    if budget.forecast_unread:
        yield _("AWS's forecast for the budget {name} cannot be read.", name=budget.name)
    if not budget.of_costs:
        yield _("The AWS budget {name} has a BudgetType that Toban does not support.", name=budget.name)


def _share(amount: Decimal, limit: Decimal) -> Decimal:
    if limit > 0:
        return amount / limit * HUNDRED
    return HUNDRED if amount > 0 else Decimal(0)


def _shares(spent: Decimal, forecast: Decimal | None) -> str:
    if forecast is None:
        return _("{spent} % spent", spent=f"{spent:.0f}")
    return _("{spent} % spent, {forecast} % forecast", spent=f"{spent:.0f}", forecast=f"{forecast:.0f}")
