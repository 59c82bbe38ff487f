"""From an answer's bytes to Python's values: the console's parser beside the SDK's own, in this process."""

import asyncio
import gc
import statistics
import time
from collections.abc import Callable
from typing import Any

import orjson
from aiobotocore.parsers import create_parser
from botocore.loaders import create_loader
from botocore.model import ServiceModel

from services.aws.client.sdk.parsers import Parsers
from services.aws.logs.events import log_lines
from tests.bench.rows import Row, against

GROUP = "decode"
EVENTS, SERIES, POINTS = 10_000, 16, 180
STOCK = "stock aiobotocore"
FIRST_MS = 1_764_028_800_000


def run(quick: bool) -> list[Row]:
    runs = 3 if quick else 9
    log_shape = _shape("logs", "FilterLogEvents")
    page = _log_page()
    ours, ours_log = _median(lambda: _parse(_ours(), page, log_shape), runs)
    stock, stock_log = _median(lambda: _parse(create_parser("json"), page, log_shape), runs)
    lines, _value = _median(lambda: log_lines(ours_log["events"]), runs)
    answer, metric_shape = _metric_answer(), _shape("cloudwatch", "GetMetricData")
    metric_ours, ours_metric = _median(lambda: _parse(_ours(), answer, metric_shape), runs)
    metric_stock, stock_metric = _median(lambda: _parse(create_parser("json"), answer, metric_shape), runs)
    return [
        against(GROUP, "FilterLogEvents, 10,000 events", ours, "ms", STOCK, stock, "<= 0.25"),
        against(GROUP, "  the same and into clean lines", ours + lines, "ms", STOCK, stock),
        _same("  results differ", ours_log, stock_log),
        against(GROUP, "GetMetricData, 16 x 180 points", metric_ours, "ms", STOCK, metric_stock, "<= 0.15"),
        _same("  results differ", ours_metric, _as_epoch(stock_metric)),
    ]


def _same(figure: str, ours: Any, theirs: Any) -> Row:
    """Whether both parsers say the same; timestamps compared as epoch seconds."""
    return Row(GROUP, figure, float(_plain(ours) != _plain(theirs)), "", "0: they do not")


def _plain(value: Any) -> Any:
    return {key: each for key, each in value.items() if key != "ResponseMetadata"}


def _as_epoch(answer: Any) -> Any:
    results = [
        {**row, "Timestamps": [at.timestamp() for at in row["Timestamps"]]}
        for row in answer["MetricDataResults"]
    ]
    return {**answer, "MetricDataResults": results}


def _ours() -> Any:
    return _PARSERS.create_parser("json")


_PARSERS = Parsers()


def _shape(service: str, operation: str) -> Any:
    model = ServiceModel(create_loader().load_service_model(service, "service-2"), service)
    return model.operation_model(operation).output_shape


def _parse(parser: Any, body: bytes, shape: Any) -> Any:
    """Runs the parser's coroutine, which never waits, without the cost of a loop."""
    response = {"status_code": 200, "headers": {}, "body": body, "context": {"operation_name": "X"}}
    coroutine = parser.parse(response, shape)
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    coroutine.close()
    return asyncio.run(parser.parse(response, shape))


def _median(work: Callable[[], Any], runs: int) -> tuple[float, Any]:
    """(milliseconds, last result); the first run is not counted."""
    times, value = [], work()
    for _ in range(runs):
        gc.collect()
        began = time.perf_counter()
        value = work()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times), value


def _log_page() -> bytes:
    events = [
        {
            "logStreamName": f"app/staff-api/{index % 4:032x}",
            "timestamp": FIRST_MS + index * 7,
            "message": f'{{"level":"INFO","message":"予約一覧を取得しました","requestId":"{index:036d}","durationMs":12}}',
            "ingestionTime": FIRST_MS + index * 7 + 900,
            "eventId": f"{index:056d}",
        }
        for index in range(EVENTS)
    ]
    return orjson.dumps({"events": events, "searchedLogStreams": [], "nextToken": "t" * 80})


def _metric_answer() -> bytes:
    first = FIRST_MS // 1000
    rows = [
        {
            "Id": f"w{index}",
            "Label": f"staff-api {index}",
            "Timestamps": [float(first + 60 * at) for at in range(POINTS)],
            "Values": [40.0 + index + at % 17 / 3 for at in range(POINTS)],
            "StatusCode": "Complete",
        }
        for index in range(SERIES)
    ]
    return orjson.dumps({"MetricDataResults": rows, "Messages": []})
