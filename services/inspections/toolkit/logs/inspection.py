"""What every look through Logs Insights does first, and says where it cannot judge."""

from typing import Any

from services.aws.logs.insights import ROWS
from services.i18n import _, sentences
from services.inspections.base import Inspection, InspectionRequest, table
from services.inspections.toolkit.logs.queries import Queries, hours_words, partial_words
from services.inspections.toolkit.logs.silence import unkept_words
from services.models.findings import Evidence, Finding, Measure, worst
from services.models.insights import QueryResult
from services.models.verdict import Verdict

AT_ONCE = 10_000
"""Rows that AWS sends at once."""


class InsightsInspection(Inspection):
    """An inspection by Logs Insights."""

    async def begin(
        self, request: InspectionRequest, queries: Queries, query: str, *, limit: int = ROWS
    ) -> QueryResult | Finding:
        """What `query` found; a finding where somebody must agree first, or nothing can be judged. Raises AwsError."""
        yen = await queries.estimate()
        if yen is not None and not queries.affordable(yen):
            return self.unknown(request, queries, queries.consent_summary(yen), estimate_yen=yen)
        found = await queries.ask(query, limit=limit)
        if not found.complete:
            return self._partial(request, queries, found)
        if not found.scanned:
            text = _("Cannot be judged: the log group {group} has no events in {hours}.")
            return self.unknown(
                request,
                queries,
                text.format(group=queries.group, hours=hours_words(request.hours)),
                advice=self.nothing_advice(queries),
            )
        return found

    def _partial(self, request: InspectionRequest, queries: Queries, found: QueryResult) -> Finding:
        """Not judged, but for what is bad already in what came so far: more of it makes nothing better."""
        words, least = partial_words(found), self.at_least(queries, found)
        if least is None or least.verdict is Verdict.NORMAL:
            return self.unknown(request, queries, words, evidence=self.texts(found))
        text = _("{title} so far: {shown} (allowed {allowed}).")
        said = text.format(title=least.title, shown=least.shown, allowed=least.allowed)
        return self.found(
            request,
            worst((least.verdict, Verdict.UNKNOWN)) or Verdict.UNKNOWN,
            sentences(said, words),
            measures=(least, Measure(title=_("Entire window"), shown="", verdict=Verdict.UNKNOWN)),
            evidence=self.texts(found),
            remarks=(*_kept(queries), *queries.remarks, queries.price()),
        )

    def at_least(self, queries: Queries, found: QueryResult) -> Measure | None:
        """What a result that is not whole comes to at least, judged; None where a limit says nothing of it."""
        return None

    def texts(self, found: QueryResult) -> tuple[Evidence, ...]:
        """The rows of a result as evidence; private."""
        return ()

    def nothing_advice(self, queries: Queries) -> tuple[str, ...]:
        """What to do where the log group has no events."""
        return (_("Check that something writes to {group}.").format(group=queries.group),)

    def unknown(self, request: InspectionRequest, queries: Queries, summary: str, **more: Any) -> Finding:
        """A finding that cannot judge, with what was spent on it."""
        spent = (queries.price(),) if queries.bytes else ()
        remarks = (*_kept(queries), *queries.remarks, *spent)
        return self.found(request, Verdict.UNKNOWN, summary, remarks=remarks, **more)


def _kept(queries: Queries) -> tuple[str, ...]:
    """That the log group does not keep the whole window, where it does not."""
    words = unkept_words(queries)
    return (words,) if words else ()


def query_table(commands: tuple[str, ...]) -> Evidence:
    """The query that was sent, so that it can be made again by hand."""
    return table(_("The query"), (_("Command"),), [(each,) for each in commands])
