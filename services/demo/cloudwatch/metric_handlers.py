"""Handlers for metrics. Source: GetMetricData, GetMetricStatistics, ListMetrics, PutMetricData (Amazon
CloudWatch API reference)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from services.demo.cloudwatch.math_expressions import MathError, MathLine
from services.demo.cloudwatch.queries import Batch, is_dynamic, key_of, resolve
from services.demo.cloudwatch.store import MetricKey, MetricStore
from services.demo.errors import AwsErrorResponse
from services.demo.paging import decode, encode, page_of
from services.demo.registry import Call, op

POINT_LIMIT = 100_800

Result = tuple[str, str, list[tuple[int, float]]]  # Id, label, points in the requested order


@op("cloudwatch", "GetMetricData")
def get_metric_data(call: Call) -> dict[str, Any]:
    params = call.params
    queries = params["MetricDataQueries"]
    start, end = int(params["StartTime"].timestamp()), int(params["EndTime"].timestamp())
    if start >= end:
        message = "The parameter StartTime must be less than the parameter EndTime."
        raise AwsErrorResponse("ValidationError", message)
    offset, end = _continue(params.get("NextToken"), min(end, int(call.epoch) + 1), end)
    results = _evaluate(call, queries, start, end)
    size = max(1, min(params.get("MaxDatapoints") or POINT_LIMIT, POINT_LIMIT))
    return _page(results, offset, size, end)


def _continue(token: str | None, now: int, end: int) -> tuple[int, int]:
    """The offset of the page, and the end of the range: that of the first page, so that pages do not shift."""
    if not token:
        return 0, min(now, end)
    try:
        offset, until = json.loads(decode(token))
        return int(offset), int(until)
    except (ValueError, TypeError) as error:
        raise AwsErrorResponse("InvalidNextToken", "The next token specified is invalid.") from error


def _evaluate(call: Call, queries: Sequence[Mapping[str, Any]], start: int, end: int) -> list[Result]:
    batch = Batch(call.component(MetricStore), queries, start, end)
    descending = call.params.get("ScanBy") != "TimestampAscending"
    results = []
    for query in queries:
        try:
            # Evaluated even where nothing is returned: a broken expression is an error either way.
            batch.value(query["Id"])
            lines = batch.lines(query["Id"]) if query.get("ReturnData", True) else []
        except MathError as error:
            raise AwsErrorResponse(
                "ValidationError", f"Error in expression '{query['Id']}': {error}"
            ) from error
        for line in lines:
            points = sorted(line.points.items(), reverse=descending)
            label = _label(query, line, isinstance(batch.value(query["Id"]), list))
            results.append((query["Id"], label, points))
    return results


def _label(query: Mapping[str, Any], line: MathLine, array: bool) -> str:
    own = query.get("Label")
    if query.get("Expression") and not array:
        line = replace(line, label=query["Id"])
    if own is None:
        return line.label or query["Id"]
    if is_dynamic(own):
        return resolve(own, line)
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
        answer["NextToken"] = encode(json.dumps([last, end]))
    return answer


LIST_PAGE = 500
_RECENT = timedelta(hours=3)


@op("cloudwatch", "PutMetricData")
def put_metric_data(call: Call) -> dict[str, Any]:
    for datum in call.params["MetricData"]:
        call.component(MetricStore).put(
            call.params["Namespace"],
            datum["MetricName"],
            [(pair["Name"], pair["Value"]) for pair in datum.get("Dimensions") or ()],
            datum.get("Timestamp", call.now).timestamp(),
            value=datum.get("Value"),
            values=datum.get("Values") or (),
            counts=datum.get("Counts") or (),
            unit=datum.get("Unit", "None"),
        )
    return {}


@op("cloudwatch", "ListMetrics")
def list_metrics(call: Call) -> dict[str, Any]:
    params = call.params
    store = call.component(MetricStore)
    since = (call.now - _RECENT).timestamp() if params.get("RecentlyActive") else 0
    keys = [key for key in store.metrics() if _matches(key, params) and store.newest(key) >= since]
    keys.sort(key=repr)
    page, more = page_of(keys, repr, params, LIST_PAGE)
    metrics = [
        {
            "Namespace": key.namespace,
            "MetricName": key.name,
            "Dimensions": [{"Name": name, "Value": value} for name, value in key.dimensions],
        }
        for key in page
    ]
    return {"Metrics": metrics} | more


def _matches(key: MetricKey, params: Mapping[str, Any]) -> bool:
    dimensions = dict(key.dimensions)
    return (
        params.get("Namespace") in (None, key.namespace)
        and params.get("MetricName") in (None, key.name)
        and all(
            dimension["Name"] in dimensions
            and dimension.get("Value") in (None, dimensions[dimension["Name"]])
            for dimension in params.get("Dimensions") or ()
        )
    )


@op("cloudwatch", "GetMetricStatistics")
def get_metric_statistics(call: Call) -> dict[str, Any]:
    """Several statistics of one metric, as the commands by hand read them; AWS promises no order of the datapoints."""
    params, store, key = call.params, call.component(MetricStore), key_of(call.params)
    start, end = int(params["StartTime"].timestamp()) // 60 * 60, int(params["EndTime"].timestamp())
    points = []
    for bucket in store.buckets(key, start, end, params["Period"]):
        point: dict[str, Any] = {"Timestamp": datetime.fromtimestamp(bucket.at, UTC), "Unit": store.unit(key)}
        point |= {name: bucket.stat(name) for name in params.get("Statistics") or ()}
        if names := params.get("ExtendedStatistics"):
            point["ExtendedStatistics"] = {name: bucket.stat(name) for name in names}
        points.append(point)
    return {"Label": key.name, "Datapoints": points}
