"""What AWS charges: each service and the whole against the guidelines, their growth, and the budget.

Runbook: 日常監視 4; limits: `[costs]`. One request to Cost Explorer, which AWS charges for, is kept for hours; AWS
Budgets is read where there is one, and its forecast is used, so no forecast is bought.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.aws.budgets import Budgets
from services.aws.client.errors import AccessDenied, AwsError
from services.aws.client.prices import USD_PER_COST_CALL
from services.aws.cost_explorer import CostExplorerReader as CostReader
from services.calendar.wording import day_words
from services.contacts import escalation
from services.i18n import N_, _
from services.inspections.base import Inspection, Look
from services.inspections.costs.budget import BudgetJudge
from services.inspections.costs.days import HELD, Compared, Plan, compare, plan
from services.inspections.costs.evaluation import LineJudge
from services.inspections.costs.lines import CostTable, lay_out
from services.inspections.costs.tables import budgets_table, days_table, lines_table, others_table
from services.inspections.costs.wording import Rate, days_words, month_words, percent_words
from services.inspections.toolkit.points import Point, Unread, length, listed, runbook_says, summary
from services.models.costs import Budget, CostHistory, CostKind
from services.models.findings import Evidence, Finding, Measure, worst
from services.models.problem import Problem
from services.models.runbook import Runbook
from services.models.runbook_looks import Costs as Spec
from services.models.verdict import Verdict

KEPT = timedelta(hours=8)
"""AWS works costs out anew up to three times a day; until then the same answer would be paid for again."""
LATE = 2
"""Days that AWS may be late with its figures before they are too old to judge."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What Cost Explorer said, and when."""

    made: Plan
    history: CostHistory
    read_at: datetime


@dataclass(frozen=True, slots=True)
class Watched:
    """What AWS Budgets said."""

    budgets: tuple[Budget, ...] = ()
    points: tuple[Point, ...] = ()
    """What of it cannot be judged."""
    remarks: tuple[str, ...] = ()
    problem: Problem | None = None


class Costs(Inspection):
    """The month's costs."""

    id = "costs"
    title = N_("Costs")
    words = "コスト こすと kosuto 費用 ひよう hiyou 料金 りょうきん ryoukin 予算 よさん yosan cost explorer budget"

    @classmethod
    def lacks(cls, runbook: Runbook) -> str:
        """`costs`."""
        return "" if runbook.costs else "costs"

    async def look(self, look: Look) -> Finding:
        """Cost Explorer's answer, new or kept, and AWS Budgets. Raises AwsError where costs cannot be read."""
        answer = await self._answer(plan(look.until))
        history = answer.history
        days = [each.day for each in history.costs if each.kind is CostKind.CHARGE and each.usd]
        late = (answer.made.last - max(days)).days if days else 0
        if not days or late > LATE:
            return self._unknown(look, answer, f"{max(days).isoformat()}" if days else "")
        compared = compare(answer.made, min(days), max(days))
        table = lay_out(history, self._spec, others=_("Others"), total=_("Total"))
        return self._judged(look, answer, compared, table, await self._watched())

    @property
    def _spec(self) -> Spec:
        spec = self.context.runbook.costs
        assert spec is not None
        return spec

    async def _answer(self, made: Plan) -> Answer:
        now = self.context.clock.now()
        kept = self.context.memory.get(self.id)
        if isinstance(kept, Answer) and kept.made == made and timedelta(0) <= now - kept.read_at < KEPT:
            return kept
        history = await CostReader(self.context.reader).daily(made.last_month, made.last)
        answer = Answer(made, history, now)
        self.context.memory[self.id] = answer
        return answer

    async def _watched(self) -> Watched:
        unread = Unread()
        try:
            budgets = await Budgets(self.context.reader).costs(self.context.runbook.system.account)
        except AwsError as error:
            unread.add(_("AWS Budgets cannot be read."), error.problem)
            if isinstance(error, AccessDenied):
                # Many an account has no budget and no right to read one; the runbook does not ask for it.
                return Watched(remarks=tuple(unread.remarks))
            measure = Measure(title=_("AWS budgets"), shown="", verdict=Verdict.UNKNOWN)
            point = Point(measure, said=_("AWS Budgets cannot be read."))
            return Watched(points=(point,), remarks=tuple(unread.remarks), problem=error.problem)
        none = () if budgets else (_("AWS Budgets watches no costs of this account."),)
        return Watched(budgets, remarks=none)

    def _unknown(self, look: Look, answer: Answer, newest: str) -> Finding:
        if newest:
            text = _("The newest costs that Cost Explorer has are of {day}: too old to judge by.")
        else:
            text = _("Cost Explorer has no costs of this account.")
        return self.found(
            look,
            Verdict.UNKNOWN,
            text.format(day=newest),
            windowed=False,
            advice=(_by_hand(),),
            remarks=(Rate.of(self._spec).remark(), *self._age(answer)),
        )

    def _judged(
        self, look: Look, answer: Answer, compared: Compared, table: CostTable, watched: Watched
    ) -> Finding:
        spec, rate = self._spec, Rate.of(self._spec)
        lines = LineJudge(spec, rate, compared, self._line_advice)
        budgets = BudgetJudge(spec, rate, self._report())
        points = (
            *lines.points(table),
            *self._beside(table, compared, rate),
            budgets.own(table, compared, doubtful=bool(lines.doubt(table.total))),
            *budgets.aws(watched.budgets),
            *watched.points,
        )
        verdict = worst(each.verdict for each in points) or Verdict.UNKNOWN
        advice = dict.fromkeys(
            text for each in points if each.verdict is not Verdict.NORMAL for text in each.advice
        )
        by_hand = (_by_hand(),) if verdict is Verdict.UNKNOWN else ()
        return self.found(
            look,
            verdict,
            summary(points, self._normal(compared, table, rate)),
            windowed=False,
            measures=tuple(each.measure for each in points),
            evidence=self._evidence(lines, budgets, table, watched),
            advice=(*advice, *by_hand),
            remarks=(*self._remarks(answer, compared, table, rate), *watched.remarks),
            problem=watched.problem,
        )

    def _beside(self, table: CostTable, compared: Compared, rate: Rate) -> Iterator[Point]:
        """Tax and credits, for information."""
        month = month_words(compared.month_end)
        for title, usd in (
            (_("Tax"), table.tax_of(compared.month)),
            (_("Credits and refunds"), table.credits_of(compared.month)),
        ):
            value = float(round(rate.yen(usd)))
            note = _("{month}, so far").format(month=month)
            yield Point(Measure(title=title, shown=rate.words(usd), value=value, unit="JPY", note=note))

    def _evidence(
        self, lines: LineJudge, budgets: BudgetJudge, table: CostTable, watched: Watched
    ) -> tuple[Evidence, ...]:
        watching = (budgets_table(budgets, watched.budgets),) if watched.budgets else ()
        return (lines_table(lines, table), *watching, days_table(lines, table), others_table(lines, table))

    # What is said

    def _normal(self, compared: Compared, table: CostTable, rate: Rate) -> str:
        growth = percent_words(table.total.weekly(compared) or table.total.monthly(compared))
        text = _(
            "{month}: {so_far} in {count} days, about {projected} for the whole month; {growth} in a week"
        )
        said = [
            text.format(
                month=month_words(compared.month_end),
                so_far=rate.words(table.total.cost(compared.month)),
                count=compared.month.count,
                projected=rate.words(table.total.projected(compared)),
                growth=growth,
            )
        ]
        if compared.held:
            said.append(_("this month is not judged yet"))
        if not self._spec.budget_yen:
            said.append(_("the budget is UNDECIDED"))
        return _("{parts}.").format(parts=_("; ").join(said))

    def _line_advice(self, title: str) -> tuple[str, ...]:
        """The runbook's own line about it, and the steps; whom to tell where the whole is concerned."""
        asks = [
            str(ask)
            for duty in self.context.runbook.duties
            if self.id in duty.inspections
            for ask in duty.asks
            if str(ask).startswith(title)
        ]
        steps = _("Look into what makes it more ({title}): Cost Explorer, Daily costs, filter Service.")
        report = self._report() if title == _("Total") else ()
        return (*asks, steps.format(title=title), *report)

    def _report(self) -> tuple[str, ...]:
        """What the runbook writes where the budget is in danger, and how to reach whom it names."""
        runbook, role = self.context.runbook, str(self._spec.report_to)
        who = escalation(runbook, role) or _(
            "Whom to tell is UNDECIDED (the runbook's costs.report_to is empty)."
        )
        return tuple(dict.fromkeys((*runbook_says(runbook, self.id), who)))

    def _remarks(self, answer: Answer, compared: Compared, table: CostTable, rate: Rate) -> Iterator[str]:
        yield rate.remark()
        yield from self._age(answer)
        text = _("Days are UTC and only complete ones count: the newest is {day}, the last 7 are {week}.")
        yield text.format(day=day_words(compared.week.last), week=days_words(compared.week))
        if compared.week.last < answer.made.last:
            text = _("AWS is late: {day} should be complete and has no costs yet.")
            yield text.format(day=day_words(answer.made.last))
        if compared.held:
            text = _(
                "Judgement of this month is held back until {count} of its days are complete"
                " (so far {done}, {so_far}); the month before is judged instead."
            )
            yield text.format(
                count=HELD, done=compared.young.count, so_far=rate.words(table.total.cost(compared.young))
            )
        yield _(
            "Guidelines are compared with charges before tax and credits, the runbook's budget with charges and tax;"
            " fees charged once a month count in the month and in no week."
        )
        if self._spec.services:
            names = listed([line.title for line in table.each_other]) or _("none")
            yield _("Others: {names}.").format(names=names)
        if answer.history.estimated:
            yield _("AWS marks these costs as estimates, which the invoice may correct.")

    def _age(self, answer: Answer) -> Iterator[str]:
        age = self.context.clock.now() - answer.read_at
        if age > timedelta(minutes=1):
            text = _(
                "Cost Explorer's answer is {age} old: it is kept for {hours} hours, for asking costs ¥{yen}."
            )
            yen = answer.history.pages * USD_PER_COST_CALL * self._spec.usd_jpy
            yield text.format(age=length(age), hours=int(KEPT.total_seconds() // 3600), yen=f"{yen:,.1f}")


def _by_hand() -> str:
    return _("Look at Cost Explorer by hand, as the runbook says.")
