"""エラーログ: how many errors came, how many in the worst hour, the same one again and again, 5xx.

Runbook: 日常監視 3. Looks over everything since the last look, not over the last hour. Limits: `[error_logs]`.
"""

import math
from collections.abc import Iterator
from dataclasses import replace

from services.aws.client.errors import AwsError
from services.aws.client.reader import when
from services.aws.logs.query_text import commands
from services.i18n import _, plural, sentences
from services.inspections.base import InspectionRequest, table
from services.inspections.error_logs.counting import FIVE_HUNDRED, Counts, count, newest
from services.inspections.error_logs.level_field import HALF, FieldSeen, field_seen
from services.inspections.toolkit.logs.hourly_counts import below, event_spans, local, whole, zone_name
from services.inspections.toolkit.logs.inspection import InsightsInspection, query_table
from services.inspections.toolkit.logs.message_grouping import masked
from services.inspections.toolkit.logs.queries import Queries, number
from services.inspections.toolkit.logs.silence import (
    Silence,
    silence,
    silence_advice,
    silence_measures,
    silence_words,
)
from services.models.findings import Evidence, Finding, Measure, Row, worst
from services.models.insights import QueryResult
from services.models.runbook_looks import ErrorLogs as Spec
from services.models.verdict import Verdict


class ErrorLogs(InsightsInspection):
    """The errors of the application's log."""

    async def run(self, request: InspectionRequest) -> Finding:
        """One query, and two more where there are many errors. Raises AwsError."""
        spec = self._spec
        queries = Queries(self.context, request, spec.log_group)
        found = await self.begin(request, queries, newest(spec))
        if isinstance(found, Finding):
            return found
        counts = await count(queries, spec, found)
        seen = await self._field_seen(queries, found)
        if not seen.status and not counts.fives:
            counts = replace(counts, fives=None)
        silent = await silence(queries, events=event_spans(found.rows, counts.hours))
        return self._judged(request, queries, found, counts, seen, silent)

    async def _field_seen(self, queries: Queries, found: QueryResult) -> FieldSeen:
        """What was seen of the field; what cannot be seen does not hide the errors that were found."""
        try:
            return await field_seen(queries, self._spec, found)
        except AwsError as error:
            text = _("Could not determine whether the events have {field}.")
            trouble = sentences(text.format(field=self._spec.field), error.problem.summary)
            return FieldSeen(trouble, status=False, unread=True)

    def at_least(self, queries: Queries, found: QueryResult) -> Measure | None:
        """The errors found so far."""
        limit, rate = below(self._spec.per_hour), found.matched / queries.hours
        return Measure(
            title=_("Errors per hour"),
            shown=f"≥ {number(rate)}",
            allowed=_("< {count} per hour").format(count=self._spec.per_hour),
            verdict=limit.judge(rate),
            value=rate,
            unit="/h",
        )

    @property
    def _spec(self) -> Spec:
        spec = self.context.runbook.error_logs
        assert spec is not None
        return spec

    def _judged(
        self,
        request: InspectionRequest,
        queries: Queries,
        found: QueryResult,
        counts: Counts,
        seen: FieldSeen,
        silent: Silence,
    ) -> Finding:
        measures = (*self._measures(queries, found, counts, seen), *silence_measures(queries, silent))
        verdict = worst(each.verdict for each in measures) or Verdict.UNKNOWN
        summary = self._summary(queries, found, counts, seen)
        if not seen.status and not seen.unread:
            text = _("5xx responses cannot be judged: no event has the field {field}. {found}")
            summary = text.format(field=self._spec.status, found=summary)
        if seen.trouble:
            # What was measured as bad is not to stand behind what cannot be judged.
            bad = verdict is Verdict.ABNORMAL
            summary = sentences(summary, seen.trouble) if bad else sentences(seen.trouble, summary)
        summary = sentences(summary, silence_words(queries, silent))
        return self.found(
            request,
            verdict,
            summary,
            measures=measures,
            evidence=tuple(self._evidence(queries, found, counts)),
            advice=tuple(self._advice(queries, found, counts, seen)),
            remarks=(*self._remarks(found, counts), *queries.remarks, queries.price()),
        )

    def _summary(self, queries: Queries, found: QueryResult, counts: Counts, seen: FieldSeen) -> str:
        hours = queries.span_words
        if not found.matched and seen.trouble:
            text = plural(
                "It is not known whether {count} event of {hours} is an error.",
                "It is not known whether there are errors among {count} events of {hours}.",
                found.scanned,
            )
            return text.format(hours=hours, count=f"{found.scanned:,}")
        if not found.matched:
            text = plural(
                "No errors in {hours} ({count} event read).",
                "No errors in {hours} ({count} events read).",
                found.scanned,
            )
            return text.format(hours=hours, count=f"{found.scanned:,}")
        text = plural("{count} error in {hours}", "{count} errors in {hours}", found.matched)
        said = [text.format(count=f"{found.matched:,}", hours=hours)]
        if counts.hours:
            said.append(_("at most {count} in an hour").format(count=f"{counts.hours.worst[1]:,}"))
        if counts.shapes is not None and counts.most > 1:
            said.append(_("the same error up to {count} times").format(count=f"{counts.most:,}"))
        if counts.fives is not None:
            said.append(_("5xx: {count}").format(count=f"{counts.fives:,}"))
        return _("{parts}.").format(parts=_(", ").join(said))

    def _measures(
        self, queries: Queries, found: QueryResult, counts: Counts, seen: FieldSeen
    ) -> Iterator[Measure]:
        spec = self._spec
        hourly = below(spec.per_hour)
        rate = found.matched / queries.hours
        few = _("< {count} per hour").format(count=spec.per_hour)
        at, most = counts.hours.worst if counts.hours else (None, None)
        yield Measure(
            title=_("Errors per hour"),
            shown=number(rate),
            allowed=few,
            verdict=seen.verdict(queries.mean_verdict(hourly.judge(rate), hourly.judge(most))),
            value=rate,
            unit="/h",
            note=_("{count} in total").format(count=f"{found.matched:,}"),
        )
        yield Measure(
            title=_("Errors in the worst hour"),
            shown="" if most is None else f"{most:,}",
            allowed=few,
            verdict=seen.verdict(hourly.judge(most)),
            value=most,
            at=at,
        )
        yield self._repeated(counts, seen, queries)
        if spec.status:
            yield Measure(
                title=_("5xx responses"),
                shown="" if counts.fives is None else f"{counts.fives:,}",
                allowed=_("none"),
                value=counts.fives,
                verdict=_fives_verdict(counts.fives),
            )
        if counts.database is not None:
            yield Measure(
                title=_("Failed database connections"),
                shown=f"{counts.database:,}",
                allowed=_("none"),
                verdict=seen.verdict(Verdict.ATTENTION if counts.database else Verdict.NORMAL),
                value=counts.database,
            )
        yield Measure(
            title=_("Events with the field {field}").format(field=spec.field),
            shown="" if seen.percent is None else f"{seen.percent} %",
            allowed=f"≥ {HALF} %",
            verdict=Verdict.UNKNOWN if seen.trouble else Verdict.NORMAL,
            value=seen.percent,
            unit="%",
        )

    def _repeated(self, counts: Counts, seen: FieldSeen, queries: Queries) -> Measure:
        limit = often(self._spec, queries)
        verdict = Verdict.ATTENTION if counts.most >= limit else Verdict.NORMAL
        if counts.shapes is None or (verdict is Verdict.NORMAL and counts.ungrouped):
            verdict = Verdict.UNKNOWN
        return Measure(
            title=_("Most frequent error"),
            shown="" if counts.shapes is None else f"{counts.most:,}",
            allowed=_("< {count} in the window").format(count=limit),
            verdict=seen.verdict(verdict),
            value=None if counts.shapes is None else counts.most,
        )

    def _evidence(self, queries: Queries, found: QueryResult, counts: Counts) -> Iterator[Evidence]:
        spec, limit = self._spec, often(self._spec, queries)
        if counts.shapes:
            ordered = sorted(counts.shapes.items(), key=lambda item: -item[1])
            rows = [
                Row(
                    cells=(f"{number:,}", text or _("(no message)")),
                    verdict=Verdict.ATTENTION if number >= limit else None,
                )
                for text, number in ordered
            ]
            columns = (_("Count"), _("Error (ids and numbers as #)"))
            yield table(_("Grouped errors"), columns, rows, private=True)
        if counts.hours and counts.hours.counts:
            yield counts.hours.evidence(self.context.calendar.zone, below(spec.per_hour).judge)
        fives = self._fives(found, counts)
        if fives.rows:
            yield fives
        yield from self.texts(found)
        yield query_table(commands(newest(spec)))

    def _fives(self, found: QueryResult, counts: Counts) -> Evidence:
        """Each 5xx answer that was read, without the texts of logs, so that a report can name it."""
        spec, zone = self._spec, self.context.calendar.zone
        rows = [
            (local(when(row.get("@timestamp")), zone), str(status))
            for row in found.rows
            if spec.status and (status := whole(row.get(spec.status))) >= FIVE_HUNDRED
        ]
        columns = (_("Time ({zone})").format(zone=zone_name(zone)), spec.status or _("Status"))
        evidence = table(_("5xx responses"), columns, rows)
        left = max(evidence.omitted, (counts.fives or 0) - len(evidence.rows))
        return evidence.model_copy(update={"omitted": left})

    def texts(self, found: QueryResult) -> tuple[Evidence, ...]:
        """The newest errors, without secrets."""
        spec, zone = self._spec, self.context.calendar.zone
        rows = [
            (
                local(when(row.get("@timestamp")), zone),
                row.get(spec.field, ""),
                row.get(spec.status, "") if spec.status else "",
                masked(row.get(spec.message, "")),
            )
            for row in found.rows
        ]
        columns = (
            _("Time ({zone})").format(zone=zone_name(zone)),
            spec.field,
            spec.status or _("Status"),
            _("Message"),
        )
        return (table(_("The newest errors"), columns, rows, private=True),) if rows else ()

    def _advice(self, queries: Queries, found: QueryResult, counts: Counts, seen: FieldSeen) -> Iterator[str]:
        if seen.trouble or not seen.status:
            yield _(
                "Ask the developers how the application marks errors, and correct error_logs in the runbook."
            )
        if found.matched:
            yield _(
                "Include serious errors (500 errors, failed database connections…) in the operations report."
            )
        if counts.most >= often(self._spec, queries):
            yield _("Frequent repetition of the same error is a sign of a bug or an outage.")
        yield from silence_advice(queries)

    def _remarks(self, found: QueryResult, counts: Counts) -> Iterator[str]:
        if counts.fives:
            yield _("The runbook requires 500 errors in the operations report, however few they are.")
        if counts.ungrouped:
            yield _("{count} of {all} errors are not grouped: there are too many different messages.").format(
                count=f"{counts.ungrouped:,}", all=f"{found.matched:,}"
            )
        yield _("Read up to one minute ago, because the newest log events may not have arrived yet.")


def often(spec: Spec, queries: Queries) -> int:
    """How many of the same error are often in the window: a longer one than a day may have more in proportion."""
    return max(spec.repeated, math.ceil(spec.repeated * queries.hours / 24))


def _fives_verdict(count: int | None) -> Verdict:
    """The runbook asks for every one of them; none must pass as normal."""
    if count is None:
        return Verdict.UNKNOWN
    return Verdict.ATTENTION if count else Verdict.NORMAL
