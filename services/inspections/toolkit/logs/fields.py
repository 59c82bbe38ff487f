"""The fields of a log group's events, and their values."""

from collections import Counter

from services.aws.client.errors import AwsError
from services.aws.logs.query_text import field, joined
from services.i18n import _
from services.inspections.toolkit.logs.hourly_counts import COUNT, count_of
from services.inspections.toolkit.logs.queries import HOUR, Queries
from services.models.metrics import TimeSpan


async def shares(queries: Queries) -> dict[str, int]:
    """The percentage of events that have each field, just before the window ends.

    {} if there were no events, or if it cannot be read, which adds a remark.
    """
    try:
        return await queries.insights.fields_of(queries.group, queries.span.end)
    except AwsError as error:
        queries.builder.remark(
            _("The fields of the log group could not be read. {why}").format(why=error.problem.summary)
        )
        return {}


async def values_of(queries: Queries, name: str) -> Counter[str]:
    """Number of events by the field's value ("" without the field), in the window's last hour or all of it.

    Empty if there are no events, or not all of them can be counted.
    """
    end = queries.span.end
    query = joined((f"stats count(*) as {COUNT} by {field(name)}", f"sort {COUNT} desc", "limit 50"))
    last = TimeSpan(start=max(queries.span.start, end - HOUR), end=end)
    affordable = queries.again()
    result = await queries.run(query, span=last)
    if not result.scanned and affordable:
        result = await queries.run(query)
    if not result.complete:
        return Counter()
    values: Counter[str] = Counter()
    for row in result.rows:
        count = count_of(row)
        if count is None:
            # Without all counts the percentages are unknown.
            return Counter()
        values[row.get(name) or ""] += count
    return values
