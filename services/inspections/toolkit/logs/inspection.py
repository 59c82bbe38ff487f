from collections.abc import Iterable

from services.aws.logs.insights import ROWS
from services.i18n import _, sentences
from services.inspections.base import Inspection, table
from services.inspections.toolkit.logs.queries import Queries, partial_words
from services.inspections.toolkit.logs.silence import unkept_words
from services.inspections.toolkit.wording import hours_words
from services.models.evidence import Evidence
from services.models.findings import Finding, Measure
from services.models.insights import QueryResult
from services.models.verdict import Verdict

AT_ONCE = 10_000
"""Number of rows that AWS returns at once."""


class InsightsInspection(Inspection):
    async def begin(self, queries: Queries, query: str, *, limit: int = ROWS) -> QueryResult | Finding:
        """The result of `query`; a finding if consent is needed or nothing can be judged. Raises AwsError."""
        yen = await queries.estimate()
        if yen is not None and not queries.affordable(yen):
            return self.unknown(queries, queries.consent_summary(yen), estimate_yen=yen)
        result = await queries.run(query, limit=limit)
        if not result.complete:
            return self._partial(queries, result)
        if not result.scanned:
            text = _("Cannot be judged: the log group {group} has no events in {hours}.")
            hours = hours_words(queries.builder.request.hours)
            summary = text.format(group=queries.group, hours=hours)
            return self.unknown(queries, summary, advice=self.nothing_advice(queries))
        return result

    def _partial(self, queries: Queries, result: QueryResult) -> Finding:
        """A partial result is not judged unless it is already bad: the rest cannot improve it."""
        builder, words, least = queries.builder, partial_words(result), self.at_least(queries, result)
        builder.table(*self.texts(result))
        if least is None or least.verdict is Verdict.NORMAL:
            return self.unknown(queries, words)
        text = _("{title} so far: {shown} (allowed {allowed}).")
        sentence = text.format(title=least.title, shown=least.shown, allowed=least.allowed)
        builder.measure(least)
        builder.unjudged(_("Entire window"))
        builder.remark(unkept_words(queries), first=True)
        builder.remark(queries.price())
        return builder.finding(sentences(sentence, words))

    def at_least(self, queries: Queries, result: QueryResult) -> Measure | None:
        return None

    def texts(self, result: QueryResult) -> tuple[Evidence, ...]:
        return ()

    def nothing_advice(self, queries: Queries) -> tuple[str, ...]:
        return (_("Check that something writes to {group}.").format(group=queries.group),)

    def unknown(
        self, queries: Queries, summary: str, *, advice: Iterable[str] = (), estimate_yen: float | None = None
    ) -> Finding:
        builder = queries.builder
        builder.remark(unkept_words(queries), first=True)
        if queries.bytes:
            builder.remark(queries.price())
        return builder.finding(summary, advice=advice, estimate_yen=estimate_yen)


def query_table(commands: tuple[str, ...]) -> Evidence:
    """The query as sent, so that it can be repeated manually."""
    return table(_("The query"), (_("Command"),), [(command,) for command in commands])
