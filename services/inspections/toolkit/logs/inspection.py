import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from services.aws.logs.insights import ROWS
from services.i18n import _, sentences
from services.inspections.base import Inspection, table
from services.inspections.toolkit.logs.queries import Queries, partial_words
from services.inspections.toolkit.logs.silence import unkept_words
from services.inspections.toolkit.toolkit_wording import hours_words
from services.logs.masking.mask import FurtherPattern, mask
from services.models.evidence import Evidence
from services.models.findings import Finding, Measure
from services.models.insights import QueryResult
from services.models.verdict import Verdict

SHAPE = 200  # Number of characters of a message that identify its group
SHOWN = 300  # Maximum length of a message in evidence
_READ = 2000  # Maximum length of a message that is processed: a stack trace may have 30,000 characters


class _LongNumber(NamedTuple):
    """Any long number: findings go to reports and Slack, and no reader of an error needs it."""

    id: str = "number"
    pattern: str = r"(?<!\d)(?<![0-9a-fA-F]-)\d{12,}(?!\d)"


_LONG_NUMBER = _LongNumber()

_VARIABLE = re.compile(
    r"""(?ix)
      \b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b
    | \b0x[0-9a-f]+\b
    | (?<![0-9a-z]) (?=[a-f]*\d) (?=\d*[a-f]) [0-9a-f]{8,} (?![0-9a-z])
    | [+-]?\d+(?:[.,:/-]\d+)*
    """
)
"""UUIDs, hexadecimal ids, numbers, times and addresses."""

_DATABASE = re.compile(
    r"""(?ix)
      (?:jdbc|database|db|postgres\w*|mysql|sql|hikaripool\S*) [^\n]{0,40} connect
    | connect\w* [^\n]{0,40} (?:database|postgres\w*|mysql|\bdb\b)
    | connection\ (?:slots|pool)
    | too\ many\ (?:connections|clients)
    | (?:データベース|ＤＢ|DB) [^\n]{0,12} 接続
    """
)


def masked(text: str, patterns: Sequence[FurtherPattern] = ()) -> str:
    """Truncated, without secrets and obvious personal data; it may still contain names."""
    hidden = mask(text[:_READ], (_LONG_NUMBER, *patterns)).text
    return hidden if len(hidden) <= SHOWN else hidden[:SHOWN] + "…"


def shape(text: str) -> str:
    """The constant part of a message: ids, numbers and times become `#`."""
    return _VARIABLE.sub("#", masked(text))[:SHAPE].strip()


def about_database(text: str) -> bool:
    return _DATABASE.search(text[:_READ]) is not None


AT_ONCE = 10_000  # Number of rows that AWS returns at once


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
        return (_("Check that something writes to {group}.", group=queries.group),)

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
