"""Source: MetricDataQuery, PutMetricAlarm, GetMetricData (Amazon CloudWatch API reference)."""

from typing import Any

from services.demo.cloudwatch.math.parsing import MathError, parse
from services.demo.cloudwatch.statistics import is_stat
from services.demo.errors import AwsErrorResponse


def invalid(message: str) -> AwsErrorResponse:
    return AwsErrorResponse("ValidationError", message)


def check_period(period: int) -> None:
    """A period is 1, 5, 10, 20, 30 or a multiple of 60 seconds. Raises AwsErrorResponse."""
    if period not in (1, 5, 10, 20, 30) and period % 60:
        raise invalid("Period must be 1, 5, 10, 20, 30 or a multiple of 60")


def check_queries(queries: list[dict[str, Any]]) -> None:
    """The MetricDataQuery structures of one request. Raises AwsErrorResponse."""
    ids = [query["Id"] for query in queries]
    if len(set(ids)) < len(ids):
        raise invalid("The values for parameter id in MetricDataQueries are not unique.")
    for query in queries:
        name = query["Id"]
        if not (name[:1].islower() and name[:1].isascii() and name.replace("_", "a").isalnum()):
            raise invalid(f"Invalid id '{name}': it must start with a lowercase letter")
        if bool(query.get("MetricStat")) == bool(query.get("Expression")):
            raise invalid(f"Exactly one of MetricStat and Expression must be given for '{name}'")
        if stat := query.get("MetricStat"):
            check_period(stat["Period"])
            if not is_stat(stat["Stat"]):
                raise invalid(f"The value {stat['Stat']} for parameter Stat is not supported.")
        else:
            try:
                parse(query["Expression"])
            except MathError as error:
                raise invalid(f"Error in expression '{name}': {error}") from error
