"""The Logs Insights queries for slow statements."""

from services.aws.logs.query_text import joined
from services.inspections.toolkit.logs.hourly_counts import BIN, COUNT
from services.models.runbook_inspections import SlowQueries as Spec


def durations() -> tuple[str, ...]:
    """The commands that select all lines with a duration."""
    return ("fields @timestamp, @message", "filter @message like /duration:/")


def _slow(spec: Spec) -> tuple[str, ...]:
    parse = r"parse @message /duration: (?<duration>[0-9.]+) ms/"
    return (*durations(), parse, f"filter duration > {spec.over_ms}")


def slowest(spec: Spec) -> str:
    """The runbook's query, corrected, with more than its twenty rows, so that they can be counted per hour."""
    return joined((*_slow(spec), "sort duration desc", "limit 1000"))


def hourly(spec: Spec) -> str:
    """The query for counts per hour."""
    return joined((*_slow(spec), f"stats count(*) as {COUNT} by {BIN}"))
