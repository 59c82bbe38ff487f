"""Source: PutMetricData, ListMetrics, GetMetricStatistics (Amazon CloudWatch API reference)."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from services.demo.cloudwatch.metrics.queries import key_of
from services.demo.cloudwatch.request_checks import check_period, invalid
from services.demo.cloudwatch.statistics import BASIC, Bucket, is_stat
from services.demo.cloudwatch.store import MetricKey, MetricStore
from services.demo.errors import AwsErrorResponse
from services.demo.paging import page_of
from services.demo.registry import Call, op

LIST_PAGE = 500
STATISTICS_LIMIT = 1440
_RECENT = timedelta(hours=3)
_LARGEST = 2.0**360


@op("cloudwatch", "PutMetricData")
def put_metric_data(call: Call) -> dict[str, Any]:
    data = list(call.params.get("MetricData") or ())
    for entity in call.params.get("EntityMetricData") or ():
        data += entity.get("MetricData") or ()
    if not data:
        raise AwsErrorResponse("MissingParameter", "The parameter MetricData is required.")
    for datum in data:
        _check_datum(datum, call.now)
    for datum in data:
        _store_datum(call, datum)
    return {}


def _check_datum(datum: Mapping[str, Any], now: datetime) -> None:
    kinds = [name for name in ("Value", "StatisticValues", "Values") if datum.get(name) is not None]
    if len(kinds) != 1:
        raise AwsErrorResponse(
            "InvalidParameterCombination",
            "Exactly one of the parameters Value, Values and StatisticValues must be specified.",
        )
    counts = datum.get("Counts")
    if counts and len(counts) != len(datum.get("Values") or ()):
        raise AwsErrorResponse(
            "InvalidParameterCombination", "The lists of Values and Counts must have the same length."
        )
    numbers = [datum["Value"]] if kinds == ["Value"] else datum.get("Values") or ()
    # This form is false for NaN, too.
    if not all(abs(number) <= _LARGEST for number in numbers):
        raise AwsErrorResponse(
            "InvalidParameterValue", "The value for the parameter MetricData is out of range."
        )
    at = datum.get("Timestamp", now)
    if not now - timedelta(days=14) <= at <= now + timedelta(hours=2):
        raise AwsErrorResponse(
            "InvalidParameterValue", "The parameter Timestamp must be within two weeks ago and 2 hours ahead."
        )


def _store_datum(call: Call, datum: Mapping[str, Any]) -> None:
    stats = datum.get("StatisticValues")
    call.component(MetricStore).put(
        call.params["Namespace"],
        datum["MetricName"],
        [(pair["Name"], pair["Value"]) for pair in datum.get("Dimensions") or ()],
        datum.get("Timestamp", call.now).timestamp(),
        value=datum.get("Value"),
        values=datum.get("Values") or (),
        counts=datum.get("Counts") or (),
        stats=(stats["Sum"], stats["Minimum"], stats["Maximum"], stats["SampleCount"]) if stats else None,
        unit=datum.get("Unit", "None"),
    )


@op("cloudwatch", "ListMetrics")
def list_metrics(call: Call) -> dict[str, Any]:
    params = call.params
    store = call.component(MetricStore)
    since = (call.now - _RECENT).timestamp() if params.get("RecentlyActive") else 0
    keys = [key for key in store.metrics() if _matches(key, params) and store.newest(key) >= since]
    keys.sort(key=repr)
    page, more = page_of(keys, repr, params, LIST_PAGE)
    return {"Metrics": [describe_key(key) for key in page]} | more


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


def describe_key(key: MetricKey) -> dict[str, Any]:
    return {
        "Namespace": key.namespace,
        "MetricName": key.name,
        "Dimensions": [{"Name": name, "Value": value} for name, value in key.dimensions],
    }


@op("cloudwatch", "GetMetricStatistics")
def get_metric_statistics(call: Call) -> dict[str, Any]:
    """Several statistics of one metric; AWS promises no order of the datapoints."""
    params = call.params
    period = params["Period"]
    check_period(period)
    start, end = int(params["StartTime"].timestamp()) // 60 * 60, int(params["EndTime"].timestamp())
    if start >= end:
        raise AwsErrorResponse(
            "InvalidParameterValue", "The parameter StartTime must be less than the parameter EndTime."
        )
    if (end - start) / period > STATISTICS_LIMIT:
        raise AwsErrorResponse(
            "InvalidParameterCombination",
            f"You have requested up to {-(-(end - start) // period)} datapoints, which exceeds the limit of"
            f" {STATISTICS_LIMIT}. You may reduce the datapoints requested by increasing Period, or decreasing"
            " the time range.",
        )
    basic, extended = params.get("Statistics") or [], params.get("ExtendedStatistics") or []
    if not basic and not extended:
        raise AwsErrorResponse(
            "MissingParameter", "At least one of Statistics and ExtendedStatistics must be specified."
        )
    if bad := [name for name in basic if name not in BASIC] + [
        name for name in extended if not is_stat(name)
    ]:
        raise invalid(f"The value {bad[0]} is not a supported statistic.")
    store, key = call.component(MetricStore), key_of(params)
    unit = store.unit(key)
    buckets = []
    if params.get("Unit") in (None, unit):
        buckets = store.buckets(key, start, end, period)
    return {
        "Label": key.name,
        "Datapoints": [_datapoint(bucket, basic, extended, unit) for bucket in buckets],
    }


def _datapoint(bucket: Bucket, basic: list[str], extended: list[str], unit: str) -> dict[str, Any]:
    point: dict[str, Any] = {"Timestamp": datetime.fromtimestamp(bucket.at, UTC), "Unit": unit}
    point |= {name: bucket.stat(name) for name in basic}
    values = {name: value for name in extended if (value := bucket.stat(name)) is not None}
    if values:
        point["ExtendedStatistics"] = values
    return point
