"""Limits on one response: seconds without a byte, bytes before the body is read into memory, rows before it
is processed. AWS's pages are small; a larger response comes from something between the console and AWS.
Parsing 100,000 alarms in one response would block the event loop for fifteen seconds."""

MIB = 1 << 20
MOST_BYTES = 4 * MIB  # Body size limit of services without an entry in MOST_BYTES_OF
MOST_BYTES_OF = {
    "logs": 10 * MIB,  # 1 MB of text in 10,000 events, plus JSON escapes, event ids and stream names
    "cloudwatch": 8 * MIB,  # GetMetricData: 100,800 datapoints
    "cloudtrail": 8 * MIB,  # 50 events, each including the full request
    "wafv2": 8 * MIB,  # 500 sampled requests with all headers
    "athena": 8 * MIB,
    "dynamodb": 8 * MIB,  # 1 MB of records, whose text is JSON within JSON
    "ce": 8 * MIB,
}
"""Body size limit by service; well above the largest page that AWS documents."""
MOST_ROWS = 1_000
"""Row limit of a list of structures without an entry in MOST_ROWS_OF: AWS's largest page for most lists."""
MOST_ROWS_OF = {
    "FilteredLogEvents": 10_000,
    "OutputLogEvents": 10_000,
    "QueryResults": 10_000,
    "ResultRows": 1_000,
    "MetricDataResults": 5_000,
    "Groups": 10_000,
}
"""Row limit by the name of the list's shape in the API model."""
CONNECT_TIMEOUT = 5.0
READ_TIMEOUT = 15.0
"""Seconds without receiving a byte; does not bound a slowly trickling response, so calls also have a total time-out."""
CHUNK = 64 * 1024  # Bytes of a body that are read at once


class TooLargeBody(bytes):
    """Placeholder for a body that exceeded the limit; its text names the limit."""


def limit_of(service: str) -> int:
    """The body size limit of a service; "" for the SDK's own credential requests."""
    return MOST_BYTES_OF.get(service, MOST_BYTES)


def too_large(limit: int) -> TooLargeBody:
    """The placeholder for a body of more than `limit` bytes."""
    return TooLargeBody(f"more than {limit:,} bytes".encode())
