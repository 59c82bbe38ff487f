"""Source: TestMetricFilter (Amazon CloudWatch Logs API reference)."""

from typing import Any

from services.demo.errors import invalid_parameter
from services.demo.logs.filter_patterns.language import pattern
from services.demo.registry import Call, op

MOST = 50
"""Messages in a request."""


@op("logs", "TestMetricFilter")
def test_metric_filter(call: Call) -> dict[str, Any]:
    messages = call.params["logEventMessages"]
    if len(messages) > MOST:
        raise invalid_parameter(f"logEventMessages has more than {MOST} items")
    tested = pattern(call.params["filterPattern"])
    return {
        "matches": [
            {"eventNumber": place, "eventMessage": message, "extractedValues": tested.values(message)}
            for place, message in enumerate(messages)
            if tested.matches(message)
        ]
    }
