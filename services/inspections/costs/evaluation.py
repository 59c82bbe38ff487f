"""Judges the lines of the cost table: the month against the guideline, the newest week against earlier ones.
Runbook: 日常監視 4. Growth by `growth_percent` is abnormal; from four fifths of a limit a value asks for
attention. The runbook does not say "50 % of what": it is judged against the guideline, the seven days before,
and last month's average."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_UP, Decimal

from services.calendar.calendar import Calendar
from services.i18n import _
from services.inspections.costs.days import ONE, WEEK, Compared, Days
from services.inspections.costs.lines import HUNDRED, CostLine, CostTable, GrowthOfCosts
from services.inspections.toolkit.checks import CheckRow, about
from services.inspections.toolkit.silence import LAGS, Activity, Likeness, SourceKind, judge_silence
from services.inspections.toolkit.toolkit_wording import listed
from services.models.date_text import day_text, month_text, span_text
from services.models.findings import Measure
from services.models.runbook_inspections import Costs as Spec
from services.models.verdict import Verdict, judgement

ONE_YEN = Decimal(1)


@dataclass(frozen=True, slots=True)
class CostRate:
    usd_jpy: Decimal
    source: str = ""
    day: date | None = None

    @classmethod
    def of(cls, spec: Spec) -> "CostRate":
        return cls(Decimal(str(spec.usd_jpy)), str(spec.usd_jpy_source), spec.usd_jpy_date)

    def yen(self, usd: Decimal) -> Decimal:
        return usd * self.usd_jpy

    def words(self, usd: Decimal) -> str:
        """In whole yen: `¥25,000`."""
        return yen_words(self.yen(usd))

    def remark(self) -> str:
        return _(
            "Yen at ¥{rate} to the dollar (source: {source}; date: {day}). AWS charges in dollars.",
            rate=f"{self.usd_jpy.normalize():,f}",
            source=self.source or _("not given"),
            day=day_text(self.day) if self.day else _("not given"),
        )


def yen_words(yen: Decimal | int) -> str:
    """Whole yen with thousands separated."""
    whole = int(Decimal(yen).quantize(ONE_YEN, ROUND_HALF_UP))
    return f"-¥{-whole:,}" if whole < 0 else f"¥{whole:,}"


def percent_words(growth: GrowthOfCosts | None) -> str:
    """`+60.1 %`; "" if there is nothing to compare with."""
    if growth is None:
        return ""
    percent = growth.percent
    return _("new") if percent is None else f"{percent:+.1f} %"


def growth_words(growth: str, against: str) -> str:
    if not against:
        return growth
    return _("{growth} {against}", growth=growth, against=against)


def month_words(day: date) -> str:
    return month_text(day.year, day.month)


def days_words(days: Days) -> str:
    return span_text(day_text(days.first), day_text(days.last))


NEAR = Decimal("0.8")  # Share of a limit from which a value asks for attention
NEGLIGIBLE_YEN = 100  # Smaller growth per week is not judged: a service that costs one yen may cost two
_NAMED = 3


def against(value: Decimal, limit: Decimal) -> Verdict:
    if value >= limit:
        return Verdict.ABNORMAL
    return Verdict.ATTENTION if value >= limit * NEAR else Verdict.NORMAL


def near_words(limit: float) -> str:
    """Four fifths of a limit in percent, as text: `40`, `37.5`."""
    return f"{limit * float(NEAR):g}"


@dataclass(frozen=True, slots=True)
class LineJudge:
    """Judges lines by the runbook's limits, for the compared days."""

    spec: Spec
    rate: CostRate
    compared: Compared
    advice: Callable[[str], tuple[str, ...]]
    """The runbook's advice by the title of the line, if it is not normal."""
    calendar: Calendar

    def checks(self, table: CostTable) -> Iterator[CheckRow]:
        yield from about("total", *self._doubted(table.total, self._pair(table.total)))
        for line in table.services:
            quiet = map(_quiet, self._pair(line))
            results = self._doubted(line, quiet) if line.has_costs else (self._unknown(line),)
            yield from about(line.title, *results)
        if table.services:
            others = (self._month(table.others), self._others(table))
            yield from about("others", *self._doubted(table.others, map(_quiet, others)))

    def grown(self, growths: Iterable[GrowthOfCosts | None]) -> Verdict:
        compared = [growth for growth in growths if growth is not None]
        if not compared:
            return Verdict.UNKNOWN
        return max(map(self._grown, compared), key=_ORDER.index)

    def _grown(self, growth: GrowthOfCosts) -> Verdict:
        if self.rate.yen(growth.more) < NEGLIGIBLE_YEN:
            return Verdict.NORMAL
        if growth.percent is None:
            return Verdict.ATTENTION
        return against(growth.percent, Decimal(self.spec.growth_percent))

    def month_verdict(self, line: CostLine) -> Verdict | None:
        if not line.guideline:
            return None
        if not self.compared.month.count:
            return Verdict.UNKNOWN
        return against(self.rate.yen(line.projected(self.compared)), self._limit(line))

    def _limit(self, line: CostLine) -> Decimal:
        return line.guideline * (HUNDRED + self.spec.growth_percent) / HUNDRED

    def doubt(self, line: CostLine) -> str:
        """Why the amounts of a line cannot be correct; "" if they can."""
        if days := line.impossible(self.compared):
            text = _("Cost Explorer reports negative costs for {title} ({days})")
            return text.format(title=line.title, days=days_words(days))
        if day := line.ceased(self.compared):
            text = _(
                "Cost Explorer has no costs of {title} for {day}, but had them for every day of the week before"
            )
            if line.in_runbook:
                text = _(
                    "Cost Explorer has no costs of {title} for {day}, but had them for every day of the week "
                    "before; either its figures are missing, or it is no longer used: then remove it from [costs]"
                )
            return text.format(title=line.title, day=day_text(day))
        if self._stopped(line):
            text = _("Cost Explorer has no costs of {title} for days of a kind that always had them")
            return text.format(title=line.title)
        return ""

    def _stopped(self, line: CostLine) -> bool:
        days = sorted(line.steady.keys() | line.fees.keys())
        figures = Activity([_midnight(day).timestamp() for day in days], ONE.total_seconds())
        # The newest complete day alone may be late.
        until = _midnight(self.compared.week.last) + LAGS[SourceKind.COST]
        return judge_silence(SourceKind.COST, figures, until, self.calendar).likeness is Likeness.UNUSUAL

    def _doubted(self, line: CostLine, results: Iterable[CheckRow]) -> Iterator[CheckRow]:
        doubt = self.doubt(line)
        sentence = _("{parts}.", parts=doubt)
        for result in self._noted(line, results):
            if not doubt or result.measure.verdict is None:
                yield result
                continue
            note = _("; ").join(filter(None, (str(result.measure.note), doubt)))
            judged = judgement((result.measure.verdict, Verdict.UNKNOWN))
            measure = result.measure.model_copy(update={**judged, "note": note})
            if measure.partial:
                yield replace(result, measure=measure)
                continue
            yield CheckRow(measure, sentence)
            # Only once for all results.
            sentence = ""

    def _noted(self, line: CostLine, results: Iterable[CheckRow]) -> Iterator[CheckRow]:
        odd = _("; ").join(filter(None, (self._late(line), self._reduced(line))))
        for result in results:
            note = _("; ").join(filter(None, (str(result.measure.note), odd)))
            yield replace(result, measure=result.measure.model_copy(update={"note": note}))
            odd = ""

    def _late(self, line: CostLine) -> str:
        if not line.late(self.compared):
            return ""
        return _("no costs yet for {day}; the mean of the previous {count} days is used").format(
            day=day_text(self.compared.week.last), count=WEEK - 1
        )

    def _reduced(self, line: CostLine) -> str:
        if not line.negative or line.impossible(self.compared):
            return ""
        days = Days(min(line.negative), max(line.negative))
        words = days_words(days) if days.count > 1 else day_text(days.first)
        return _(
            "negative charges of {amount} ({days})", amount=self.rate.words(line.reduced(days)), days=words
        )

    def _pair(self, line: CostLine) -> Iterator[CheckRow]:
        yield self._month(line)
        yield self._growth(line)

    def _month(self, line: CostLine) -> CheckRow:
        rate, compared = self.rate, self.compared
        projected, verdict = line.projected(compared), self.month_verdict(line)
        month = month_words(compared.month_end)
        note = _("{month}: {so_far} in {count} of {all} days").format(
            month=month,
            so_far=rate.words(line.cost(compared.month)),
            count=compared.month.count,
            all=compared.month_end.day,
        )
        if line.guideline:
            usual = _("guideline {guideline} +{percent} %").format(
                guideline=yen_words(line.guideline), percent=self.spec.growth_percent
            )
            note = _("; ").join((note, usual))
        text = _("{title}: {projected} for {month}, against a guideline of {guideline}.")
        if verdict is Verdict.UNKNOWN:
            text = _("{title}: there are no costs yet by which to judge {month}.")
        return CheckRow(
            Measure(
                title=_("{title}, whole month", title=line.title),
                shown="" if verdict is Verdict.UNKNOWN else rate.words(projected),
                allowed=_("< {near}, abnormal ≥ {limit}").format(
                    near=yen_words(self._limit(line) * NEAR), limit=yen_words(self._limit(line))
                )
                if line.guideline
                else "",
                verdict=verdict,
                value=float(round(rate.yen(projected))),
                unit="JPY",
                note=note,
            ),
            sentence=text.format(
                title=line.title,
                projected=rate.words(projected),
                month=month,
                guideline=yen_words(line.guideline),
            ),
            advice=self._advice(verdict, line),
        )

    def _growth(self, line: CostLine, *, at_most: Verdict = Verdict.ABNORMAL, about: str = "") -> CheckRow:
        week, month = line.weekly(self.compared), line.monthly(self.compared)
        verdict = min(self.grown((week, month)), at_most, key=_ORDER.index)
        worst = _worst(week, month)
        percent = percent_words(worst)
        note = self._growth_note(week, month)
        against = ""
        if worst is not None and worst.percent is not None:
            # The percentage belongs to one of the two comparisons.
            against = _("against last month's average") if worst is month else _("against the week before")
        return CheckRow(
            Measure(
                title=_("{title}, growth", title=line.title),
                shown=percent,
                allowed=_("< +{near} %, abnormal ≥ +{limit} %").format(
                    near=near_words(self.spec.growth_percent), limit=self.spec.growth_percent
                ),
                verdict=verdict,
                value=float(round(worst.percent, 2)) if worst and worst.percent is not None else None,
                unit="%",
                note=f"{_('{against}: {note}').format(against=against, note=note) if against else note}{about}",
            ),
            sentence=_("{title}: {growth} ({note}).").format(
                title=line.title, growth=growth_words(percent, against) or _("growth not known"), note=note
            ),
            advice=self._advice(verdict, line),
        )

    def _growth_note(self, week: GrowthOfCosts | None, month: GrowthOfCosts | None) -> str:
        if week is None and month is None:
            return _("fewer than {count} days of costs to compare with", count=2 * WEEK)
        notes = []
        if week is not None:
            text = _("last {count} days {now}, the {count} before {before}")
            notes.append(self._filled(text, week))
        if month is not None:
            text = _("last {count} days {now}, last month's average {before}")
            notes.append(self._filled(text if week is None else _("last month's average {before}"), month))
        return listed(notes)

    def _filled(self, text: str, growth: GrowthOfCosts) -> str:
        words = self.rate.words
        return text.format(count=WEEK, now=words(growth.now), before=words(growth.before))

    def _others(self, table: CostTable) -> CheckRow:
        """The runbook has no limits for other services: their growth only asks for attention."""
        most = sorted(table.other_services, key=lambda line: -line.newest(self.compared))[:_NAMED]
        names = listed([f"{line.title} {self.rate.words(line.newest(self.compared))}" for line in most])
        about = _("; mostly {names}", names=names) if names else ""
        return self._growth(table.others, at_most=Verdict.ATTENTION, about=about)

    def _advice(self, verdict: Verdict | None, line: CostLine) -> tuple[str, ...]:
        return self.advice(line.title) if verdict in (Verdict.ATTENTION, Verdict.ABNORMAL) else ()

    def _unknown(self, line: CostLine) -> CheckRow:
        text = _("{title}: Cost Explorer has no costs under the names given in the runbook.")
        return CheckRow(
            Measure(
                title=_("{title}, whole month", title=line.title),
                shown="",
                verdict=Verdict.UNKNOWN,
                note=_("no costs under its names"),
            ),
            sentence=text.format(title=line.title),
            advice=(_("Check how Cost Explorer spells {title} (costs.services, names).", title=line.title),),
        )


_ORDER = (Verdict.UNKNOWN, Verdict.NORMAL, Verdict.ATTENTION, Verdict.ABNORMAL)
"""Verdicts from least to most significant: a comparison that could be made outweighs one that could not."""


def _quiet(result: CheckRow) -> CheckRow:
    return replace(result, sentence="") if result.verdict is Verdict.UNKNOWN else result


def _worst(*growths: GrowthOfCosts | None) -> GrowthOfCosts | None:
    compared = [growth for growth in growths if growth is not None]
    return max(compared, key=lambda growth: (growth.percent is None, growth.percent or 0), default=None)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
