from collections.abc import Iterable, Iterator, Sequence
from datetime import tzinfo

from services.aws.client.errors import AwsError
from services.aws.client.reader import when
from services.aws.logs.insights import ROWS
from services.aws.logs.query_text import commands, joined, verb
from services.i18n import _, plural, sentences
from services.inspections.base import InspectionRequest, OwnInspection, table
from services.inspections.toolkit.finding_builder import FindingBuilder
from services.inspections.toolkit.logs.hourly_counts import BIN, COUNT, Hours, binned, local, zone_name
from services.inspections.toolkit.logs.inspection import AT_ONCE, InsightsInspection, masked, query_table
from services.inspections.toolkit.logs.queries import Queries, shares, values_of
from services.inspections.toolkit.logs.silence import (
    LogSilence,
    read_ahead,
    silence,
    silence_advice,
    silence_measures,
    silence_words,
)
from services.inspections.toolkit.toolkit_wording import bound_words, number
from services.models.aws_cli import CliCommand
from services.models.evidence import Evidence
from services.models.findings import Finding, Measure
from services.models.insights import QueryResult
from services.models.metrics import TimeSpan
from services.models.runbook_masking import MaskPattern
from services.models.verdict import Verdict, judgement

SHAPING = ("fields", "display", "sort", "limit")  # Commands that do not change the number of matching events
COUNTABLE = ("fields", "filter", "parse", "filterindex")
"""Commands after which events can still be counted per hour."""


class CustomInsights(OwnInspection, InsightsInspection):
    async def run(self, request: InspectionRequest) -> Finding:
        spec = self.spec
        queries = Queries(FindingBuilder(self, request), spec.log_group, region=spec.region)
        hourly = by_hour(spec.query)
        result = await self.begin(queries, hourly or spec.query, limit=AT_ONCE if hourly else ROWS)
        if isinstance(result, Finding):
            return result
        try:
            trouble = await self._field_trouble(queries)
        except AwsError as error:
            trouble = _("Could not determine whether the events have {field}.", field=spec.field)
            queries.builder.remark(error.problem.summary)
        hours = binned(result) if hourly else None
        if hourly and hours is None:
            trouble = trouble or _("AWS's hourly counts do not cover all matches.")
        silent = await silence(queries)
        return await self._finding(queries, result, hours, trouble, silent)

    async def prepare(self, request: InspectionRequest) -> None:
        builder, spec = FindingBuilder(self, request), self.spec
        await read_ahead(Queries(builder, spec.log_group, region=spec.region, ahead=True))

    def cli_commands(self, span: TimeSpan) -> Iterable[CliCommand]:
        from services.aws_cli.logs import insights

        text = _("{title}: the lines that match. Normal: {allowed} per hour.")
        purpose = text.format(title=self.limit.title, allowed=bound_words(self.limit))
        return insights(self.spec.log_group, self.spec.query, span, purpose=purpose, region=self.spec.region)

    async def _finding(
        self, queries: Queries, result: QueryResult, hours: Hours | None, trouble: str, silent: LogSilence
    ) -> Finding:
        """`trouble`: why the matches cannot be judged; "" if they can."""
        builder = queries.builder
        measures = (*self._measures(queries, result, hours), *silence_measures(queries, silent))
        builder.measure(*(map(_doubted, measures) if trouble else measures))
        text = plural("{count} match in {hours}", "{count} matches in {hours}", result.matched)
        count = text.format(count=f"{result.matched:,}", hours=queries.span_words)
        if hours and result.matched:
            count = _("{found}, at most {count} in an hour", found=count, count=f"{hours.worst[1]:,}")
        sentence, silence_text = _("{parts}.", parts=count), silence_words(queries, silent)
        await self._tables(queries, result, hours, fine=builder.verdict is Verdict.NORMAL)
        builder.remark(*self._remarks(hours), first=True)
        builder.remark(queries.price())
        return builder.finding(
            sentences(sentence, trouble, silence_text)
            if builder.verdict is not Verdict.UNKNOWN
            else sentences(trouble, sentence, silence_text),
            advice=(*self.spec.advice, *silence_advice(queries)),
        )

    def _measures(self, queries: Queries, result: QueryResult, hours: Hours | None) -> Iterator[Measure]:
        spec = self.spec
        sign, bound = ("<", spec.below) if spec.below is not None else (">", spec.above)
        allowed = "" if bound is None else f"{sign} {self._with_unit(bound)}"
        rate = result.matched / (queries.covered if spec.above is not None else queries.hours)
        yield Measure(
            title=_("Matches per hour"),
            shown=self._with_unit(rate),
            allowed=allowed,
            verdict=None if bound is None else self._mean(queries, rate, hours),
            value=rate * spec.scale,
            unit=spec.unit,
            note=_("{count} in total", count=f"{result.matched:,}"),
        )
        if hours is None or bound is None:
            return
        at, extreme = (
            hours.worst
            if spec.below is not None
            else (None, hours.least(TimeSpan(start=queries.start, end=queries.span.end)))
        )
        if extreme is not None:
            yield Measure(
                title=_("Matches in the worst hour"),
                shown=self._with_unit(extreme),
                allowed=allowed,
                verdict=self.limit.judge(extreme),
                value=extreme * spec.scale,
                unit=spec.unit,
                at=at,
            )

    def at_least(self, queries: Queries, result: QueryResult) -> Measure | None:
        """The matches so far as a measure; None with a lower limit, because more may follow."""
        if self.spec.below is None:
            return None
        rate = result.matched / queries.hours
        return Measure(
            title=_("Matches per hour"),
            shown=f"≥ {self._with_unit(rate)}",
            allowed=f"< {self._with_unit(self.spec.below)}",
            verdict=self.limit.judge(rate),
            value=rate * self.spec.scale,
            unit=self.spec.unit,
        )

    def _mean(self, queries: Queries, rate: float, hours: Hours | None) -> Verdict:
        verdict = self.limit.judge(rate)
        if self.spec.below is None:
            # Over more hours than the log group covers, the count per hour would be too low.
            return verdict
        return queries.mean_verdict(verdict, self.limit.judge(hours.worst[1] if hours else None))

    def _with_unit(self, count: float) -> str:
        return f"{number(count * self.spec.scale)} {self.spec.unit}".strip()

    async def _tables(
        self, queries: Queries, result: QueryResult, hours: Hours | None, *, fine: bool
    ) -> None:
        zone, builder = self.context.calendar.zone, queries.builder
        if hours is not None:
            builder.table(hours.evidence(zone, self.limit.judge, queries.group))
        if hours is not None and result.matched and not fine and queries.again():
            try:
                result = await queries.run(self.spec.query)
            except AwsError as error:
                builder.remark(error.problem.summary)
        if not (hours is not None and fine):
            builder.table(_rows(result, zone, self.context.runbook.masking))
        builder.table(query_table(commands(self.spec.query)))

    def _remarks(self, hours: Hours | None) -> Iterator[str]:
        if self.spec.source:
            yield _("Runbook: {section}", section=self.spec.source)
        if hours is None:
            yield _("Only the mean is judged: this query's matches cannot be counted by hour.")

    async def _field_trouble(self, queries: Queries) -> str:
        """Says that the events lack the field named in the runbook; "" if they have it, or none is named."""
        name = self.spec.field
        if not name:
            return ""
        percents = await shares(queries)
        exists = percents.get(name, 0) > 0 if percents else any(await values_of(queries, name))
        return "" if exists else _("No such field: the events have no {field}.", field=name)


def by_hour(query: str) -> str:
    """A query that counts the matches of `query` per hour; "" if it does more than select events."""
    parts = [command for command in commands(query) if verb(command) not in SHAPING or _makes(command)]
    if not all(verb(command) in COUNTABLE for command in parts):
        return ""
    return joined((*parts, f"stats count(*) as {COUNT} by {BIN}"))


def _makes(command: str) -> bool:
    """Whether the command is a `fields` that defines a field, which a later filter may need."""
    return verb(command) == "fields" and " as " in command.lower()


def _doubted(measure: Measure) -> Measure:
    if measure.verdict is None:
        return measure
    return measure.model_copy(update={**judgement((measure.verdict, Verdict.UNKNOWN))})


def _rows(result: QueryResult, zone: tzinfo, patterns: Sequence[MaskPattern]) -> Evidence:
    columns = list(dict.fromkeys(name for row in result.rows for name in row))
    rows = [[_cell(name, row.get(name, ""), zone, patterns) for name in columns] for row in result.rows]
    titles = [_("Time ({zone})", zone=zone_name(zone)) if name == "@timestamp" else name for name in columns]
    return table(_("Query results"), titles, rows, private=True)


def _cell(name: str, text: str, zone: tzinfo, patterns: Sequence[MaskPattern]) -> str:
    return local(when(text), zone) if name == "@timestamp" else masked(text, patterns)
