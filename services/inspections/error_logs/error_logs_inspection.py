"""エラーログ: how many errors occurred, how many in the worst hour, repeated errors, 5xx. Runbook: 日常監視 3. Covers
everything since the last sign-off, not only the last hour. Limits: `[error_logs]`."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from services.aws.client.errors import AwsError
from services.aws.client.reader import when
from services.aws.logs.query_text import commands, field, joined
from services.i18n import _, plural, sentences
from services.inspections.base import InspectionRequest, table
from services.inspections.error_logs.counting import FIVE_HUNDRED, Counts, by_hour, count, newest
from services.inspections.toolkit.finding_builder import FindingBuilder
from services.inspections.toolkit.logs.hourly_counts import below, event_spans, timed_row, zone_name
from services.inspections.toolkit.logs.inspection import InsightsInspection, masked, query_table
from services.inspections.toolkit.logs.queries import Queries, shares, values_of
from services.inspections.toolkit.logs.silence import (
    LogSilence,
    read_ahead,
    silence,
    silence_advice,
    silence_measures,
    silence_words,
)
from services.inspections.toolkit.toolkit_wording import number
from services.logs.insights.histogram import whole
from services.models.aws_cli import CliCommand
from services.models.evidence import Evidence, Row
from services.models.findings import Finding, Measure
from services.models.insights import QueryResult
from services.models.metrics import TimeSpan
from services.models.runbook_inspections import ErrorLogs as Spec
from services.models.verdict import Verdict

HALF = 50  # Minimum percentage of events that must have the field
NAMED = 6  # Maximum number of fields or values named in a sentence


@dataclass(frozen=True, slots=True)
class LevelField:
    trouble: str = ""  # Why they cannot; "" if they can
    percent: int | None = None  # Percentage of events that have the field; None: unknown
    status: bool = True  # Some event has the status field; otherwise no 5xx response can be found
    unread: bool = False  # The events' fields could not be read

    def verdict(self, verdict: Verdict) -> Verdict:
        return Verdict.UNKNOWN if self.trouble and verdict is Verdict.NORMAL else verdict


async def check_field(queries: Queries, spec: Spec, errors: QueryResult) -> LevelField:
    """Read whether the events have the field. Raises AwsError."""
    percents = await shares(queries)
    level = await _level_field(queries, spec, errors, percents)
    return replace(level, status=await _has_status(queries, spec, errors, percents))


async def _has_status(queries: Queries, spec: Spec, errors: QueryResult, percents: Mapping[str, int]) -> bool:
    if not spec.status or percents.get(spec.status) or any(row.get(spec.status) for row in errors.rows):
        return True
    # Few events may have a status: a service without requests sends no responses.
    if not queries.again():
        return False
    result = await queries.run(joined((f"filter ispresent({field(spec.status)})", "limit 1")), limit=1)
    return result.complete and result.matched > 0


async def _level_field(
    queries: Queries, spec: Spec, errors: QueryResult, percents: Mapping[str, int]
) -> LevelField:
    if percents:
        percent = percents.get(spec.field, 0)
        if percent < HALF:
            return LevelField(_rare(spec, percent, percents), percent)
        if any(row.get(spec.field) == spec.value for row in errors.rows):
            return LevelField(percent=percent)
    values = await values_of(queries, spec.field)
    if not values:
        return LevelField(_("Could not determine whether the events have {field}.", field=spec.field))
    percent = round(100 - 100 * values[""] / values.total())
    if percent < HALF:
        return LevelField(_rare(spec, percent, {}), percent)
    return LevelField(_spelling(spec, sorted(filter(None, values))), percent)


def _rare(spec: Spec, percent: int, percents: Mapping[str, int]) -> str:
    if percent:
        return _("Only {percent} % of the events have the field {field}.", percent=percent, field=spec.field)
    text = _("No such field: the events have no {field}.", field=spec.field)
    names = [name for name in percents if not name.startswith("@")]
    if not names:
        return text
    more = len(names) > NAMED
    have = _("{text} Fields present include {names}.") if more else _("{text} Fields present: {names}.")
    return have.format(text=text, names=", ".join(names[:NAMED]))


def _spelling(spec: Spec, values: list[str]) -> str:
    """Why the log's values cannot be the runbook's; "" if they can."""
    names = ", ".join(values[:NAMED])
    if spec.value in values:
        return ""
    if _style(spec.value) != "number" and all(_style(text) == "number" for text in values):
        return _(
            "{field} is a number here ({values}; pino writes 50 for an error), but the runbook looks for "
            "{value}."
        ).format(field=spec.field, values=names, value=spec.value)
    if _style(spec.value) in {_style(text) for text in values} and not _misspelt(spec, values):
        return ""
    return _(
        "{field} is written differently here ({values}), but the runbook looks for {value}: case matters."
    ).format(field=spec.field, values=names, value=spec.value)


def _misspelt(spec: Spec, values: list[str]) -> bool:
    return any(text.casefold() == spec.value.casefold() for text in values)


def _style(text: str) -> str:
    if text.replace(".", "", 1).isdecimal():
        return "number"
    return "upper" if text.isupper() else "lower" if text.islower() else "mixed"


class ErrorLogsInspection(InsightsInspection):
    async def run(self, request: InspectionRequest) -> Finding:
        spec = self._spec
        queries = Queries(FindingBuilder(self, request), spec.log_group)
        errors = await self.begin(queries, newest(spec))
        if isinstance(errors, Finding):
            return errors
        counts = await count(queries, spec, errors)
        level = await self._level_field(queries, errors)
        if not level.status and not counts.fives:
            counts = replace(counts, fives=None)
        silent = await silence(queries, events=event_spans(errors.rows, counts.hours))
        return self._finding(queries, errors, counts, level, silent)

    async def prepare(self, request: InspectionRequest) -> None:
        await read_ahead(Queries(FindingBuilder(self, request), self._spec.log_group, ahead=True))

    def cli_commands(self, span: TimeSpan) -> Iterator[CliCommand]:
        from services.aws_cli.logs import insights

        spec = self._spec
        text = _("Errors and 5xx since the last sign-off. Normal: fewer than {count} per hour, and no 5xx.")
        yield from insights(
            spec.log_group,
            newest(spec),
            span,
            purpose=text.format(count=spec.per_hour),
            traps=(_("“The last hour” at 9:00 never shows what happened in the evening or on closed days."),),
        )
        yield from insights(
            spec.log_group,
            by_hour(spec),
            span,
            purpose=_("The same, counted per hour and status. Normal: every hour below {count}.").format(
                count=spec.per_hour
            ),
        )

    async def _level_field(self, queries: Queries, errors: QueryResult) -> LevelField:
        try:
            return await check_field(queries, self._spec, errors)
        except AwsError as error:
            text = _("Could not determine whether the events have {field}.")
            trouble = sentences(text.format(field=self._spec.field), error.problem.summary)
            return LevelField(trouble, status=False, unread=True)

    def at_least(self, queries: Queries, result: QueryResult) -> Measure | None:
        limit, rate = below(self._spec.per_hour), result.matched / queries.hours
        return Measure(
            title=_("Errors per hour"),
            item="rate",
            shown=f"≥ {number(rate)}",
            allowed=_("< {count} per hour", count=self._spec.per_hour),
            verdict=limit.judge(rate),
            value=rate,
            unit="/h",
        )

    @property
    def _spec(self) -> Spec:
        spec = self.context.runbook.error_logs
        assert spec is not None
        return spec

    def _finding(
        self, queries: Queries, errors: QueryResult, counts: Counts, level: LevelField, silent: LogSilence
    ) -> Finding:
        builder = queries.builder
        builder.measure(*self._measures(queries, errors, counts, level), *silence_measures(queries, silent))
        builder.table(*self._tables(queries, errors, counts))
        builder.remark(*self._remarks(errors, counts), first=True)
        builder.remark(queries.price())
        summary = self._summary(queries, errors, counts, level)
        if not level.status and not level.unread:
            text = _("5xx responses cannot be judged: no event has the field {field}. {found}")
            summary = text.format(field=self._spec.status, found=summary)
        if level.trouble:
            # Measured problems come before results that cannot be judged.
            bad = builder.verdict is not Verdict.UNKNOWN
            summary = sentences(summary, level.trouble) if bad else sentences(level.trouble, summary)
        return builder.finding(
            sentences(summary, silence_words(queries, silent)),
            advice=self._advice(queries, errors, counts, level),
        )

    def _summary(self, queries: Queries, errors: QueryResult, counts: Counts, level: LevelField) -> str:
        hours = queries.span_words
        if not errors.matched and level.trouble:
            text = plural(
                "It is not known whether {count} event of {hours} is an error.",
                "It is not known whether there are errors among {count} events of {hours}.",
                errors.scanned,
            )
            return text.format(hours=hours, count=f"{errors.scanned:,}")
        if not errors.matched:
            text = plural(
                "No errors in {hours} ({count} event read).",
                "No errors in {hours} ({count} events read).",
                errors.scanned,
            )
            return text.format(hours=hours, count=f"{errors.scanned:,}")
        text = plural("{count} error in {hours}", "{count} errors in {hours}", errors.matched)
        parts = [text.format(count=f"{errors.matched:,}", hours=hours)]
        if counts.hours:
            parts.append(_("at most {count} in an hour", count=f"{counts.hours.worst[1]:,}"))
        if counts.shapes is not None and counts.most > 1:
            parts.append(_("the same error up to {count} times", count=f"{counts.most:,}"))
        if counts.fives is not None:
            parts.append(_("5xx: {count}", count=f"{counts.fives:,}"))
        return _("{parts}.", parts=_(", ").join(parts))

    def _measures(
        self, queries: Queries, errors: QueryResult, counts: Counts, level: LevelField
    ) -> Iterator[Measure]:
        spec = self._spec
        hourly = below(spec.per_hour)
        rate = errors.matched / queries.hours
        few = _("< {count} per hour", count=spec.per_hour)
        at, most = counts.hours.worst if counts.hours else (None, None)
        yield Measure(
            title=_("Errors per hour"),
            item="rate",
            shown=number(rate),
            allowed=few,
            verdict=level.verdict(queries.mean_verdict(hourly.judge(rate), hourly.judge(most))),
            value=rate,
            unit="/h",
            note=_("{count} in total", count=f"{errors.matched:,}"),
        )
        yield Measure(
            title=_("Errors in the worst hour"),
            item="rate",
            shown="" if most is None else f"{most:,}",
            allowed=few,
            verdict=level.verdict(hourly.judge(most)),
            value=most,
            at=at,
        )
        yield self._repeated(counts, level, queries)
        if spec.status:
            yield Measure(
                title=_("5xx responses"),
                item="5xx",
                shown="" if counts.fives is None else f"{counts.fives:,}",
                allowed="0",
                value=counts.fives,
                verdict=_fives_verdict(counts.fives),
            )
        if counts.database is not None:
            yield Measure(
                title=_("Failed database connections"),
                item="database",
                shown=f"{counts.database:,}",
                allowed="0",
                verdict=level.verdict(Verdict.ATTENTION if counts.database else Verdict.NORMAL),
                value=counts.database,
            )
        yield Measure(
            title=_("Events with the field {field}", field=spec.field),
            shown="" if level.percent is None else f"{level.percent} %",
            allowed=f"≥ {HALF} %",
            verdict=Verdict.UNKNOWN if level.trouble else Verdict.NORMAL,
            value=level.percent,
            unit="%",
        )

    def _repeated(self, counts: Counts, level: LevelField, queries: Queries) -> Measure:
        limit = often(self._spec, queries)
        verdict = Verdict.ATTENTION if counts.most >= limit else Verdict.NORMAL
        if counts.shapes is None or (verdict is Verdict.NORMAL and counts.ungrouped):
            verdict = Verdict.UNKNOWN
        return Measure(
            title=_("Most frequent error"),
            item="repeated",
            shown="" if counts.shapes is None else f"{counts.most:,}",
            allowed=_("< {count} in the window", count=limit),
            verdict=level.verdict(verdict),
            value=None if counts.shapes is None else counts.most,
        )

    def _tables(self, queries: Queries, errors: QueryResult, counts: Counts) -> Iterator[Evidence]:
        spec, limit = self._spec, often(self._spec, queries)
        ordered = sorted((counts.shapes or {}).items(), key=lambda item: -item[1])
        rows = [
            Row(
                cells=(f"{number:,}", text or _("(no message)")),
                verdict=Verdict.ATTENTION if number >= limit else None,
            )
            for text, number in ordered
        ]
        columns = (_("Count"), _("Error (ids and numbers as #)"))
        yield table(_("Grouped errors"), columns, rows, private=True)
        if counts.hours:
            yield counts.hours.evidence(
                self.context.calendar.zone, below(spec.per_hour).judge, spec.log_group
            )
        yield self._fives(errors, counts)
        yield from self.texts(errors)
        yield query_table(commands(newest(spec)))

    def _fives(self, errors: QueryResult, counts: Counts) -> Evidence:
        """Each 5xx response that was read, without log texts, so that a report can name it."""
        spec, zone = self._spec, self.context.calendar.zone
        rows = [
            timed_row(spec.log_group, when(row.get("@timestamp")), zone, str(status))
            for row in errors.rows
            if spec.status and (status := whole(row.get(spec.status))) >= FIVE_HUNDRED
        ]
        columns = (_("Time ({zone})", zone=zone_name(zone)), spec.status or _("Status"))
        evidence = table(_("5xx responses"), columns, rows)
        omitted = max(evidence.omitted, (counts.fives or 0) - len(evidence.rows))
        return evidence.model_copy(update={"omitted": omitted})

    def texts(self, result: QueryResult) -> tuple[Evidence, ...]:
        spec, zone = self._spec, self.context.calendar.zone
        rows = [
            timed_row(
                spec.log_group,
                when(row.get("@timestamp")),
                zone,
                row.get(spec.field, ""),
                row.get(spec.status, "") if spec.status else "",
                masked(row.get(spec.message, ""), self.context.runbook.masking),
            )
            for row in result.rows
        ]
        columns = (
            _("Time ({zone})", zone=zone_name(zone)),
            spec.field,
            spec.status or _("Status"),
            _("Message"),
        )
        return (table(_("The newest errors"), columns, rows, private=True),)

    def _advice(
        self, queries: Queries, errors: QueryResult, counts: Counts, level: LevelField
    ) -> Iterator[str]:
        if level.trouble or not level.status:
            yield _(
                "Ask the developers how the application marks errors, and correct error_logs in the runbook."
            )
        if errors.matched:
            yield _(
                "Include serious errors (500 errors, failed database connections…) in the operations report."
            )
        if counts.most >= often(self._spec, queries):
            yield _("Frequent repetition of the same error is a sign of a bug or an outage.")
        yield from silence_advice(queries)

    def _remarks(self, errors: QueryResult, counts: Counts) -> Iterator[str]:
        if counts.fives:
            yield _("The runbook requires 500 errors in the operations report, however few they are.")
        if counts.ungrouped:
            yield _("{count} of {all} errors are not grouped: there are too many different messages.").format(
                count=f"{counts.ungrouped:,}", all=f"{errors.matched:,}"
            )
        yield _("Read up to one minute ago, because the newest log events may not have arrived yet.")


def often(spec: Spec, queries: Queries) -> int:
    return max(spec.repeated, math.ceil(spec.repeated * queries.hours / 24))


def _fives_verdict(count: int | None) -> Verdict:
    if count is None:
        return Verdict.UNKNOWN
    return Verdict.ATTENTION if count else Verdict.NORMAL
