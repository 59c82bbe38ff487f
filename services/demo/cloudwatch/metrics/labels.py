"""Source: "Using dynamic labels" (Amazon CloudWatch User Guide)."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone

from services.demo.cloudwatch.math.series import Line

_TOKEN = re.compile(r"\$\{(?:PROP\(\s*['\"]([^'\"]*)['\"]\s*\)|([A-Z_]+))\}")
_ZONE = re.compile(r"([+-])(\d{2}):?(\d{2})")

Points = Mapping[int, float]


def number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".") if abs(value) < 1e15 else f"{value:g}"


def zone(text: str) -> timezone:
    """LabelOptions.Timezone (`+0900`); UTC where it is absent. Raises ValueError."""
    if not text:
        return UTC
    match = _ZONE.fullmatch(text)
    if match is None or int(match[3]) > 59:
        raise ValueError(text)
    offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return timezone(-offset if match[1] == "-" else offset)


_VALUES: dict[str, Callable[[Points], float]] = {
    "AVG": lambda points: sum(points.values()) / len(points),
    "DATAPOINT_COUNT": lambda points: float(len(points)),
    "FIRST": lambda points: points[min(points)],
    "FIRST_LAST_RANGE": lambda points: points[max(points)] - points[min(points)],
    "LAST": lambda points: points[max(points)],
    "MAX": lambda points: max(points.values()),
    "MIN": lambda points: min(points.values()),
    "MIN_MAX_RANGE": lambda points: max(points.values()) - min(points.values()),
    "SUM": lambda points: sum(points.values()),
}
_TIMES: dict[str, Callable[[Points], int]] = {
    "FIRST_TIME": min,
    "LAST_TIME": max,
    "MAX_TIME": lambda points: max(points, key=lambda at: points[at]),
    "MIN_TIME": lambda points: min(points, key=lambda at: points[at]),
}


def is_dynamic(label: str) -> bool:
    return _TOKEN.search(label) is not None


def resolve(label: str, line: Line, properties: Mapping[str, str], tz: timezone = UTC) -> str:
    """`label` with its tokens replaced; a token AWS does not know stays as it is.

    `properties` holds what is not in the line: Region, AccountId.
    """

    def replacement(match: re.Match[str]) -> str:
        prop, token = match[1], match[2]
        if prop is not None:
            value = _property(prop, line, properties)
            return match[0] if value is None else value
        if token == "LABEL":
            return line.label
        if token in _VALUES:
            return number(_VALUES[token](line.points)) if line.points else "--"
        if token in _TIMES:
            return _moment(_TIMES[token](line.points), tz) if line.points else "--"
        return match[0]

    return _TOKEN.sub(replacement, label)


def _moment(at: int, tz: timezone) -> str:
    return datetime.fromtimestamp(at, tz).strftime("%Y-%m-%d %H:%M:%S")


def _property(name: str, line: Line, properties: Mapping[str, str]) -> str | None:
    if name in properties:
        return properties[name]
    if name == "Period":
        return str(line.grid.period)
    if name == "Stat":
        return line.stat
    if line.metric is None:
        return None
    if name.startswith("Dim."):
        return dict(line.metric.dimensions).get(name.removeprefix("Dim."))
    return {"MetricName": line.metric.name, "Namespace": line.metric.namespace}.get(name)


def distinguishing(lines: Sequence[Line]) -> list[str]:
    """Default labels for the results of a search: what differs among them, else the metric's name."""
    rows = [_parts(line) for line in lines]
    width = max(map(len, rows), default=0)
    rows = [row + [""] * (width - len(row)) for row in rows]
    varying = [column for column in range(width) if len({row[column] for row in rows}) > 1]
    return [
        " ".join(row[column] for column in varying if row[column]) or (row[1] if width else "")
        for row in rows
    ]


def _parts(line: Line) -> list[str]:
    if line.metric is None:
        return ["", line.label]
    return [line.metric.namespace, line.metric.name, *(value for _, value in line.metric.dimensions)]
