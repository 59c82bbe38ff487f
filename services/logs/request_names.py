"""Names of the fields that hold ids of requests. Sources: X-Ray and load balancer trace header
`X-Amzn-Trace-Id: Root=1-…` (AWS X-Ray developer guide), W3C `traceparent`, API Gateway's and Lambda's
`requestId`."""

NAMES = (
    "requestId",
    "request_id",
    "x-request-id",
    "traceId",
    "trace_id",
    "x-amzn-trace-id",
    "correlationId",
    "correlation_id",
    "x-correlation-id",
    "traceparent",
)
"""Names of fields whose values are ids of requests; case, `-` and `_` do not matter."""


def plain_name(name: str) -> str:
    """A field's name without what does not matter: case, `-` and `_`."""
    return name.casefold().replace("-", "").replace("_", "")
