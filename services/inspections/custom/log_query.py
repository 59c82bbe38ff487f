"""A look of the runbook's own: a Logs Insights query, and how many log events it may match in an hour.

Runbook: `[[inspections]]` with `kind = "insights"`.
"""

from collections.abc import Iterator
from datetime import timedelta, tzinfo

from services.aws.client.errors import AwsError
from services.aws.client.reader import when
from services.aws.logs.insights import ROWS
from services.aws.logs.query_text import commands, joined, verb
from services.i18n import _, plural, sentences
from services.inspections.base import InspectionRequest, OwnInspection, table
from services.inspections.toolkit.logs.fields import shares, values_of
from services.inspections.toolkit.logs.hourly_counts import BIN, COUNT, Hours, binned, local, zone_name
from services.inspections.toolkit.logs.inspection import AT_ONCE, InsightsInspection, query_table
from services.inspections.toolkit.logs.message_grouping import masked
from services.inspections.toolkit.logs.queries import Queries, number
from services.inspections.toolkit.logs.silence import (
    Silence,
    silence,
    silence_advice,
    silence_measures,
    silence_words,
)
from services.models.findings import Evidence, Finding, Measure, worst
from services.models.insights import QueryResult
from services.models.metrics import TimeSpan
from services.models.verdict import Verdict

FRESH = timedelta(hours=1)
"""Of a log that nobody here knows, events are waited for so long."""
SHAPING = ("fields", "display", "sort", "limit")
"""Commands that do not change how many events match."""
COUNTABLE = ("fields", "filter", "parse", "filterindex")
"""Commands behind which events can still be counted by the hour."""


class CustomInsights(OwnInspection, InsightsInspection):
    """One query with a limit on its count."""

    async def run(self, request: InspectionRequest) -> Finding:
        """Count what the query matches; its rows are read only where there are too many or too few. Raises AwsError."""
        spec = self.spec
        queries = Queries(self.context, request, spec.log_group, region=spec.region)
        hourly = by_hour(spec.query)
        found = await self.begin(request, queries, hourly or spec.query, limit=AT_ONCE if hourly else ROWS)
        if isinstance(found, Finding):
            return found
        try:
            trouble = await self._field_trouble(queries)
        except AwsError as error:
            trouble = _("Could not determine whether the events have {field}.").format(field=spec.field)
            queries.remarks.append(error.problem.summary)
        hours = binned(found) if hourly else None
        if hourly and hours is None:
            trouble = trouble or _("AWS's hourly counts do not cover all matches.")
        silent = await silence(queries, fresh=FRESH)
        return await self._judged(request, queries, found, hours, trouble, silent)

    async def _judged(
        self,
        request: InspectionRequest,
        queries: Queries,
        found: QueryResult,
        hours: Hours | None,
        trouble: str,
        silent: Silence,
    ) -> Finding:
        measures = (*self._measures(queries, found, hours), *silence_measures(queries, silent))
        judged = worst(each.verdict for each in measures) or Verdict.UNKNOWN
        verdict = worst((judged, Verdict.UNKNOWN)) if trouble else judged
        if trouble:
            measures = tuple(map(_untold, measures))
        text = plural("{count} match in {hours}", "{count} matches in {hours}", found.matched)
        said = text.format(count=f"{found.matched:,}", hours=queries.span_words)
        if hours and found.matched:
            said = _("{found}, at most {count} in an hour").format(found=said, count=f"{hours.worst[1]:,}")
        said = _("{parts}.").format(parts=said)
        return self.found(
            request,
            verdict or judged,
            sentences(said, trouble, silence_words(queries, silent))
            if judged is Verdict.ABNORMAL
            else sentences(trouble, said, silence_words(queries, silent)),
            measures=measures,
            evidence=await self._evidence(queries, found, hours, fine=verdict is Verdict.NORMAL),
            advice=(*self.spec.advice, *silence_advice(queries)),
            remarks=(*self._remarks(hours), *queries.remarks, queries.price()),
        )

    def _measures(self, queries: Queries, found: QueryResult, hours: Hours | None) -> Iterator[Measure]:
        spec = self.spec
        sign, bound = ("<", spec.below) if spec.below is not None else (">", spec.above)
        allowed = "" if bound is None else f"{sign} {self._shown(bound)}"
        rate = found.matched / (queries.covered if spec.above is not None else queries.hours)
        yield Measure(
            title=_("Matches per hour"),
            shown=self._shown(rate),
            allowed=allowed,
            verdict=None if bound is None else self._mean(queries, rate, hours),
            value=rate * spec.scale,
            unit=spec.unit,
            note=_("{count} in total").format(count=f"{found.matched:,}"),
        )
        if hours is None or bound is None:
            return
        at, extreme = (
            hours.worst
            if spec.below is not None
            else (None, hours.least(TimeSpan(start=queries.begun, end=queries.span.end)))
        )
        if extreme is not None:
            yield Measure(
                title=_("Matches in the worst hour"),
                shown=self._shown(extreme),
                allowed=allowed,
                verdict=self.limit.judge(extreme),
                value=extreme * spec.scale,
                unit=spec.unit,
                at=at,
            )

    def at_least(self, queries: Queries, found: QueryResult) -> Measure | None:
        """The matches so far; below a lower limit more may come."""
        if self.spec.below is None:
            return None
        rate = found.matched / queries.hours
        return Measure(
            title=_("Matches per hour"),
            shown=f"≥ {self._shown(rate)}",
            allowed=f"< {self._shown(self.spec.below)}",
            verdict=self.limit.judge(rate),
            value=rate * self.spec.scale,
            unit=self.spec.unit,
        )

    def _mean(self, queries: Queries, rate: float, hours: Hours | None) -> Verdict:
        verdict = self.limit.judge(rate)
        if self.spec.below is None:
            # Spread over more hours than the log group has, too few are fewer still.
            return verdict
        return queries.mean_verdict(verdict, self.limit.judge(hours.worst[1] if hours else None))

    def _shown(self, count: float) -> str:
        return f"{number(count * self.spec.scale)} {self.spec.unit}".strip()

    async def _evidence(
        self, queries: Queries, found: QueryResult, hours: Hours | None, *, fine: bool
    ) -> list[Evidence]:
        zone, tables = self.context.calendar.zone, []
        if hours and hours.counts:
            tables.append(hours.evidence(zone, self.limit.judge))
        if hours is not None and found.matched and not fine and queries.again():
            try:
                found = await queries.ask(self.spec.query)
            except AwsError as error:
                queries.remarks.append(error.problem.summary)
        if found.rows and not (hours is not None and fine):
            tables.append(_rows(found, zone))
        tables.append(query_table(commands(self.spec.query)))
        return tables

    def _remarks(self, hours: Hours | None) -> Iterator[str]:
        if self.spec.source:
            yield _("Runbook: {section}").format(section=self.spec.source)
        if hours is None:
            yield _("Only the mean is judged: this query's matches cannot be counted by hour.")

    async def _field_trouble(self, queries: Queries) -> str:
        """Why nothing can be judged of a field; "" where the events have it, or none is asked for."""
        name = self.spec.field
        if not name:
            return ""
        every = await shares(queries)
        seen = every.get(name, 0) > 0 if every else any(await values_of(queries, name))
        return "" if seen else _("No such field: the events have no {field}.").format(field=name)


def by_hour(query: str) -> str:
    """A query that counts by the hour what `query` matches; "" where it does more than choose events."""
    parts = [each for each in commands(query) if verb(each) not in SHAPING or _makes(each)]
    if not all(verb(each) in COUNTABLE for each in parts):
        return ""
    return joined((*parts, f"stats count(*) as {COUNT} by {BIN}"))


def _makes(command: str) -> bool:
    """Whether it is a `fields` that makes a field, which a later filter may need."""
    return verb(command) == "fields" and " as " in command.lower()


def _untold(measure: Measure) -> Measure:
    """A good count is no good news where what is counted cannot be told."""
    if measure.verdict is not Verdict.NORMAL:
        return measure
    return measure.model_copy(update={"verdict": Verdict.UNKNOWN})


def _rows(found: QueryResult, zone: tzinfo) -> Evidence:
    """The rows as the query shows them; times in the system's zone, texts without secrets."""
    columns = list(dict.fromkeys(name for row in found.rows for name in row))
    rows = [[_cell(name, row.get(name, ""), zone) for name in columns] for row in found.rows]
    titles = [
        _("Time ({zone})").format(zone=zone_name(zone)) if name == "@timestamp" else name for name in columns
    ]
    return table(_("Query results"), titles, rows, private=True)


def _cell(name: str, text: str, zone: tzinfo) -> str:
    return local(when(text), zone) if name == "@timestamp" else masked(text)
