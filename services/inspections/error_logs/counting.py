from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.aws.client.errors import AwsError
from services.aws.logs.query_text import field, joined, value
from services.i18n import _
from services.inspections.toolkit.logs.hourly_counts import BIN, COUNT, Hours, binned, count_of, hours_of
from services.inspections.toolkit.logs.inspection import AT_ONCE, about_database, shape
from services.inspections.toolkit.logs.queries import Queries
from services.logs.insights.histogram import whole
from services.models.insights import QueryResult
from services.models.runbook_inspections import ErrorLogs

MESSAGES = 1000
LONGEST = 18  # Maximum length of a status; Insights writes numbers with fractions
FIVE_HUNDRED = 500  # Lowest status of a server error


@dataclass(frozen=True, slots=True)
class Counts:
    """The counts; None if unknown."""

    hours: Hours | None = None
    fives: int | None = None
    """Responses with status 500 and above; None also if the runbook names no status field."""
    shapes: Mapping[str, int] | None = None  # Errors by their message without ids and numbers
    database: int | None = None  # Failed connections to the database
    ungrouped: int = 0  # Errors that `shapes` and `database` do not include

    @property
    def most(self) -> int:
        return max((self.shapes or {}).values(), default=0)


def error_filter(spec: ErrorLogs) -> str:
    is_error = f"{field(spec.field)} = {value(spec.value)}"
    return f"filter {is_error} or {field(spec.status)} >= 500" if spec.status else f"filter {is_error}"


def newest(spec: ErrorLogs) -> str:
    names = ["@timestamp", *(field(name) for name in (spec.field, spec.message, spec.status) if name)]
    return joined((f"fields {', '.join(names)}", error_filter(spec), "sort @timestamp desc", "limit 1000"))


def by_hour(spec: ErrorLogs) -> str:
    keys = ", ".join((BIN, *((field(spec.status),) if spec.status else ())))
    return joined((error_filter(spec), f"stats count(*) as {COUNT} by {keys}"))


def by_message(spec: ErrorLogs) -> str:
    grouped = f"stats count(*) as {COUNT} by {field(spec.message)}"
    return joined((error_filter(spec), grouped, f"sort {COUNT} desc", f"limit {MESSAGES}"))


async def count(queries: Queries, spec: ErrorLogs, errors: QueryResult) -> Counts:
    """Count the errors from their rows if they are complete; otherwise AWS counts, scanning the window twice
    more. A count that fails is not judged, but the errors themselves are known."""
    if errors.is_complete:
        single = [(row, 1) for row in errors.rows]
        # Every event has a time; a row without one lost its field names, and perhaps its status.
        with_names = all("@timestamp" in row for row in errors.rows)
        return _counts(spec, hours_of(errors.rows), single if with_names else None, single, 0)
    if not queries.again(2):
        queries.builder.remark(
            _(
                "Not counted by hour and not grouped: there are many errors, and counting would cost twice "
                "as much again."
            )
        )
        return Counts()
    try:
        hourly = await queries.run(by_hour(spec), limit=AT_ONCE)
        messages = await queries.run(by_message(spec))
    except AwsError as error:
        queries.builder.remark(_("Not counted by hour and not grouped: {why}", why=error.problem.summary))
        return Counts()
    hours, grouped = binned(hourly), _grouped(messages)
    if hours is None or grouped is None:
        queries.builder.remark(_("AWS's counts by hour and by message do not cover all errors."))
    return _counts(spec, hours, _numbered(hourly) if hours else None, grouped, errors.matched)


def _fives(statuses: Iterable[tuple[str, int]]) -> int | None:
    every = list(statuses)
    if not all(text.replace(".", "", 1).isdecimal() and len(text) <= LONGEST for text, _number in every):
        return None
    return sum(number for text, number in every if whole(text) >= FIVE_HUNDRED)


def _grouped(messages: QueryResult) -> list[tuple[dict[str, str], int]] | None:
    grouped = _numbered(messages) if messages.complete else None
    incomplete = sum(number for _row, number in grouped or ()) < messages.matched
    return None if incomplete and len(messages.rows) < MESSAGES else grouped


def _numbered(result: QueryResult) -> list[tuple[dict[str, str], int]] | None:
    counted = [(row, count) for row in result.rows if (count := count_of(row)) is not None]
    return counted if len(counted) == len(result.rows) else None


def _counts(
    spec: ErrorLogs,
    hours: Hours | None,
    statuses: Iterable[tuple[dict[str, str], int]] | None,
    messages: Iterable[tuple[dict[str, str], int]] | None,
    matched: int,
) -> Counts:
    fives = None
    if spec.status and statuses is not None:
        fives = _fives([(row.get(spec.status) or "0", number) for row, number in statuses])
    if messages is None:
        return Counts(hours=hours, fives=fives)
    shapes: Counter[str] = Counter()
    database = 0
    for row, number in messages:
        text = row.get(spec.message) or ""
        shapes[shape(text)] += number
        database += number if about_database(text) else 0
    return Counts(
        hours=hours, fives=fives, shapes=shapes, database=database, ungrouped=max(0, matched - shapes.total())
    )
