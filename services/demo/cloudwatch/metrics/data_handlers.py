"""Source: GetMetricData (Amazon CloudWatch API reference)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timezone
from typing import Any

from services.demo import paging
from services.demo.cloudwatch.math.parsing import MathError
from services.demo.cloudwatch.math.series import Line
from services.demo.cloudwatch.metrics import labels
from services.demo.cloudwatch.metrics.queries import Batch
from services.demo.cloudwatch.request_checks import check_queries, invalid
from services.demo.cloudwatch.store import MetricStore
from services.demo.errors import AwsErrorResponse
from services.demo.registry import Call, op

QUERY_LIMIT = 500
POINT_LIMIT = 100_800

Result = tuple[str, str, list[tuple[int, float]]]
"""Id, label, points in the requested order."""


@op("cloudwatch", "GetMetricData")
def get_metric_data(call: Call) -> dict[str, Any]:
    params = call.params
    queries = params["MetricDataQueries"]
    if not 1 <= len(queries) <= QUERY_LIMIT:
        raise invalid(f"The number of MetricDataQueries must be between 1 and {QUERY_LIMIT}")
    check_queries(queries)
    start, end = int(params["StartTime"].timestamp()), int(params["EndTime"].timestamp())
    if start >= end:
        raise invalid("The parameter StartTime must be less than the parameter EndTime.")
    offset, end = _continue(params.get("NextToken"), min(end, int(call.epoch) + 1), end)
    results = _evaluate(call, queries, start, end)
    size = max(1, min(params.get("MaxDatapoints") or POINT_LIMIT, POINT_LIMIT))
    return _page(results, offset, size, end)


def _continue(token: str | None, now: int, end: int) -> tuple[int, int]:
    """The offset of the page, and the end of the range: that of the first page, so that pages do not shift."""
    if not token:
        return 0, min(now, end)
    try:
        offset, until = json.loads(paging.decode(token))
        return int(offset), int(until)
    except (ValueError, TypeError) as error:
        raise AwsErrorResponse("InvalidNextToken", "The next token specified is invalid.") from error


def _evaluate(call: Call, queries: Sequence[Mapping[str, Any]], start: int, end: int) -> list[Result]:
    batch = Batch(call.component(MetricStore), queries, start, end)
    descending = call.params.get("ScanBy") != "TimestampAscending"
    try:
        tz = labels.zone((call.params.get("LabelOptions") or {}).get("Timezone", ""))
    except ValueError as error:
        raise invalid("LabelOptions.Timezone must look like +0900") from error
    results = []
    for query in queries:
        try:
            # Evaluated even where nothing is returned: a broken expression is an error either way.
            batch.value(query["Id"])
            lines = batch.lines(query["Id"]) if query.get("ReturnData", True) else []
        except MathError as error:
            raise invalid(f"Error in expression '{query['Id']}': {error}") from error
        for line in lines:
            points = sorted(line.points.items(), reverse=descending)
            label = _label(query, line, isinstance(batch.value(query["Id"]), list), call, tz)
            results.append((query["Id"], label, points))
    return results


def _label(query: Mapping[str, Any], line: Line, array: bool, call: Call, tz: timezone) -> str:
    own = query.get("Label")
    if query.get("Expression") and not array:
        line = replace(line, label=query["Id"])
    if own is None:
        return line.label or query["Id"]
    if labels.is_dynamic(own):
        return labels.resolve(own, line, {"Region": call.region, "AccountId": call.account}, tz)
    return f"{own} {line.label}".strip() if array else own


def _page(results: Sequence[Result], offset: int, size: int, end: int) -> dict[str, Any]:
    """The datapoints from `offset` on, counted across all results; a result that is not complete is PartialData."""
    rows = []
    first, last = offset, offset + size
    position = 0
    for query_id, label, points in results:
        begin, position = position, position + len(points)
        # Results without any datapoint all come with the first page.
        if (begin < last and position > first) or (not points and not offset):
            part = points[max(0, first - begin) : last - begin]
            rows.append(
                {
                    "Id": query_id,
                    "Label": label,
                    "Timestamps": [datetime.fromtimestamp(at, UTC) for at, _ in part],
                    "Values": [value for _, value in part],
                    "StatusCode": "PartialData" if points and position > last else "Complete",
                }
            )
    answer: dict[str, Any] = {"MetricDataResults": rows, "Messages": []}
    if position > last:
        answer["NextToken"] = paging.encode(json.dumps([last, end]))
    return answer
