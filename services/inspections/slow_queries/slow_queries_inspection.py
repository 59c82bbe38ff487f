"""スロークエリ: which statements took too long, how many, and how long. Runbook: ログ調査 2. The written query names no
log group, has a comment in an invalid place, and shows twenty rows without counting the rest. The log is
PostgreSQL's, and exists only if RDS exports it. Limits: `[slow_queries]`."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from services.aws.client.errors import AwsError
from services.aws.client.reader import when
from services.aws.logs.query_text import commands, joined
from services.aws.rds.reader import RdsReader
from services.i18n import _, plural, sentences
from services.inspections.base import InspectionRequest, table
from services.inspections.toolkit.finding_builder import FindingBuilder
from services.inspections.toolkit.logs.hourly_counts import (
    BIN,
    COUNT,
    Hours,
    binned,
    event_spans,
    hours_of,
    local,
    log_row,
    zone_name,
)
from services.inspections.toolkit.logs.inspection import AT_ONCE, InsightsInspection, query_table
from services.inspections.toolkit.logs.queries import Queries
from services.inspections.toolkit.logs.silence import (
    LogSilence,
    silence,
    silence_advice,
    silence_measures,
    silence_words,
)
from services.inspections.toolkit.toolkit_wording import number
from services.logs.slow_queries import SlowLine, by_statement, slow_line
from services.models.aws_cli import CliCommand
from services.models.evidence import Evidence
from services.models.findings import Finding, Measure
from services.models.insights import QueryResult
from services.models.metrics import TimeSpan
from services.models.runbook_inspections import SlowQueries as Spec
from services.models.verdict import Verdict


def durations() -> tuple[str, ...]:
    return ("fields @timestamp, @message", "filter @message like /duration:/")


def _slow(spec: Spec) -> tuple[str, ...]:
    parse = r"parse @message /duration: (?<duration>[0-9.]+) ms/"
    return (*durations(), parse, f"filter duration > {spec.over_ms}")


def slowest(spec: Spec) -> str:
    """The runbook's query, corrected, with more than its twenty rows, so that they can be counted per hour."""
    return joined((*_slow(spec), "sort duration desc", "limit 1000"))


def hourly(spec: Spec) -> str:
    return joined((*_slow(spec), f"stats count(*) as {COUNT} by {BIN}"))


MONTH = timedelta(days=31)
WEEK = timedelta(days=7)
SHOWN = 20  # Number of slowest statements shown, as in the runbook
EXPORT = "postgresql"


class SlowQueriesInspection(InsightsInspection):
    def first_since(self, now: datetime) -> datetime:
        return now - MONTH

    async def run(self, request: InspectionRequest) -> Finding:
        builder = FindingBuilder(self, request)
        obstacle = await self._obstacle(builder)
        queries = Queries(builder, self._spec.log_group)
        if obstacle:
            summary, advice = obstacle
            return self.unknown(queries, summary, advice=(advice,))
        result = await self.begin(queries, slowest(self._spec))
        if isinstance(result, Finding):
            return result
        if not result.matched and not await self._logs_any(queries):
            summary = _(
                "No slow query was logged, but that does not show whether slow queries are logged at all."
            )
            return self.unknown(queries, summary, advice=self.nothing_advice(queries))
        hours = await self._hours(queries, result)
        silent = await silence(queries, events=event_spans(result.rows, hours))
        return self._finding(queries, result, hours, silent)

    def cli_commands(self, span: TimeSpan) -> Iterator[CliCommand]:
        from services.aws_cli.databases import instance
        from services.aws_cli.logs import insights

        purpose = _("The database. Normal: LogExports contains postgresql, else there is no log to read.")
        for command in instance(self.context.runbook, purpose=purpose):
            yield command.model_copy(update={"traps": ()})
        spec = self.context.runbook.slow_queries
        if spec is None:
            return
        text = _("Statements over {limit} ms, slowest first. They may contain personal data.")
        yield from insights(
            spec.log_group,
            slowest(spec),
            span,
            purpose=text.format(limit=spec.over_ms),
            traps=(
                _(
                    "Only a line that begins with # is a comment; one at the end of a line becomes part of the query."
                ),
            ),
        )

    @property
    def _spec(self) -> Spec:
        spec = self.context.runbook.slow_queries
        assert spec is not None
        return spec

    async def _obstacle(self, builder: FindingBuilder) -> tuple[str, str] | None:
        """(why nothing can be judged, what to do); None if it can."""
        rds = self.context.runbook.rds
        assert rds is not None
        database = await RdsReader(self.context.reader).database(rds.instance)
        if "postgres" not in database.engine:
            return _(
                "The database is {engine}, but only PostgreSQL logs durations this way.",
                engine=database.engine or "?",
            ), _("Add an inspection of your own to the runbook (kind = insights).")
        if EXPORT not in database.log_exports:
            text = _("The database {name} does not send its PostgreSQL log to CloudWatch Logs.")
            return text.format(name=rds.instance), _(
                "Switch on the log export `postgresql` of {name} and set log_min_duration_statement to {ms} ms."
            ).format(name=rds.instance, ms=f"{self._spec.over_ms:,}")
        if any(each.id == "log_exports" and f"-{EXPORT}" in each.value.split() for each in database.pending):
            builder.remark(
                _("Waiting to be applied: the PostgreSQL log is no longer sent to CloudWatch Logs.")
            )
        return None

    async def _logs_any(self, queries: Queries) -> bool:
        """Whether slow statements are logged at all: there was one in the week before the window's end."""
        span = TimeSpan(start=queries.span.end - WEEK, end=queries.span.end)
        if span.start >= queries.span.start:
            return False
        size = await queries.size(span)
        if size is None or not queries.affordable(queries.yen(size.bytes)):
            return False
        result = await queries.run(joined((*durations(), "limit 1")), span=span)
        return result.matched > 0

    async def _hours(self, queries: Queries, result: QueryResult) -> Hours | None:
        if result.is_complete:
            return hours_of(result.rows)
        if not queries.again():
            queries.builder.remark(_("Not counted by hour: it would cost as much again."))
            return None
        try:
            return binned(await queries.run(hourly(self._spec), limit=AT_ONCE))
        except AwsError as error:
            queries.builder.remark(_("Not counted by hour: {why}", why=error.problem.summary))
            return None

    def at_least(self, queries: Queries, result: QueryResult) -> Measure | None:
        rate = result.matched / queries.hours
        return Measure(
            title=_("Slow queries per hour"),
            shown=f"≥ {number(rate)}",
            allowed=_("< {count} per hour", count=number(self._spec.per_hour)),
            verdict=self._frequent(rate),
            value=rate,
            unit="/h",
        )

    def nothing_advice(self, queries: Queries) -> tuple[str, ...]:
        text = _("Check that log_min_duration_statement is set to {ms} ms or less.")
        return (text.format(ms=f"{self._spec.over_ms:,}"),)

    def _finding(
        self, queries: Queries, result: QueryResult, hours: Hours | None, silent: LogSilence
    ) -> Finding:
        builder, lines = queries.builder, _lines(result)
        builder.measure(*self._measures(queries, result, hours, lines), *silence_measures(queries, silent))
        builder.table(*self.texts(result))
        if hours:
            builder.table(hours.evidence(self.context.calendar.zone, self._frequent, self._spec.log_group))
        builder.table(query_table(commands(slowest(self._spec))))
        builder.remark(*self._remarks(result, lines), first=True)
        builder.remark(queries.price())
        text = plural(
            "{count} query over {ms} ms in {hours}", "{count} queries over {ms} ms in {hours}", result.matched
        )
        parts = [
            text.format(count=f"{result.matched:,}", ms=f"{self._spec.over_ms:,}", hours=queries.span_words)
        ]
        if lines:
            parts.append(_("slowest {ms} ms", ms=f"{lines[0][1].ms:,.0f}"))
        if hours and result.matched:
            parts.append(_("at most {count} in an hour", count=f"{hours.worst[1]:,}"))
        return builder.finding(
            sentences(_("{parts}.", parts=_(", ").join(parts)), silence_words(queries, silent)),
            advice=(
                _("Where slow queries are frequent, consider adding an index."),
                *silence_advice(queries),
            ),
        )

    def _measures(
        self,
        queries: Queries,
        result: QueryResult,
        hours: Hours | None,
        lines: list[tuple[datetime | None, SlowLine]],
    ) -> Iterator[Measure]:
        few = _("< {count} per hour", count=number(self._spec.per_hour))
        rate = result.matched / queries.hours
        at, most = hours.worst if hours else (None, None)
        hourly = Verdict.UNKNOWN if most is None else self._frequent(most)
        yield Measure(
            title=_("Slow queries per hour"),
            shown=number(rate),
            allowed=few,
            verdict=queries.mean_verdict(self._frequent(rate), hourly),
            value=rate,
            unit="/h",
            note=_("{count} in total", count=f"{result.matched:,}"),
        )
        yield Measure(
            title=_("Slow queries in the worst hour"),
            shown="" if most is None else f"{most:,}",
            allowed=few,
            verdict=hourly,
            value=most,
            at=at,
        )
        if lines:
            at, slowest_line = lines[0]
            yield Measure(
                title=_("The slowest query"),
                shown=f"{slowest_line.ms:,.0f} ms",
                value=slowest_line.ms,
                unit="ms",
                at=at,
            )

    def _frequent(self, count: float) -> Verdict:
        # Frequent slow queries ask for attention; the runbook does not call them an outage.
        return Verdict.ATTENTION if count >= self._spec.per_hour else Verdict.NORMAL

    def texts(self, result: QueryResult) -> tuple[Evidence, ...]:
        lines, zone = _lines(result), self.context.calendar.zone
        statement = _("Statement (values as ?)")
        slow = table(
            _("The slowest queries"),
            (_("Time ({zone})", zone=zone_name(zone)), "ms", statement),
            [
                log_row(self._spec.log_group, at, (local(at, zone), f"{line.ms:,.0f}", _text(line.statement)))
                for at, line in lines[:SHOWN]
            ],
            private=True,
        )
        same = table(
            _("Grouped statements"),
            (_("Count"), _("Slowest (ms)"), _("Total (s)"), statement),
            [
                (f"{group.lines:,}", f"{group.worst:,.0f}", f"{group.total / 1000:,.1f}", _text(group.text))
                for group in by_statement(lines)
            ],
            private=True,
        )
        return slow, same

    def _remarks(self, result: QueryResult, lines: list[tuple[datetime | None, SlowLine]]) -> Iterator[str]:
        steps = sum(line.step in ("parse", "bind") for _at, line in lines)
        if steps:
            yield plural(
                "{count} line is from a parse or bind step: the same run of a statement may be counted twice.",
                "{count} lines are from parse or bind steps: the same run of a statement may be counted twice.",
                steps,
                count=f"{steps:,}",
            )
        if result.matched > len(result.rows):
            yield _("Only the slowest {count} of {all} are grouped.").format(
                count=f"{len(result.rows):,}", all=f"{result.matched:,}"
            )


def _lines(result: QueryResult) -> list[tuple[datetime | None, SlowLine]]:
    read = ((when(row.get("@timestamp")), slow_line(row.get("@message", ""))) for row in result.rows)
    return sorted(((at, line) for at, line in read if line), key=lambda pair: -pair[1].ms)


def _text(statement: str) -> str:
    return statement or _("(the statement was not logged)")
