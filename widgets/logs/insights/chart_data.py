from collections import defaultdict
from itertools import pairwise

from services.i18n import _
from services.models.insights_queries import QueryRows
from services.models.query_cells import holds_numbers, holds_times, number_of, time_of
from widgets.charts.data import ChartData, Curve

MOST_CURVES = 6  # Curves drawn; the smallest beyond are summed as one
EVENT_TIMES = ("@timestamp", "@ingestionTime")  # Times of single events, not of bars


def chart_of(table: QueryRows) -> ChartData | None:
    """The chart of rows that were counted by time; None for other rows."""
    times = [
        place
        for place, name in enumerate(table.columns)
        if name not in EVENT_TIMES and holds_times(table, place)
    ]
    at_place = next((place for place in times if table.columns[place].startswith("bin(")), None)
    at_place = times[0] if at_place is None and times else at_place
    if at_place is None:
        return None
    others = [place for place in range(len(table.columns)) if place not in times]
    values = [place for place in others if holds_numbers(table, place)]
    groups = [place for place in others if place not in values]
    if not values:
        return None
    points: dict[str, dict[int, float]] = defaultdict(dict)
    for row in table.rows:
        at = time_of(row[at_place])
        if at is None:
            continue
        name = " ".join(row[place] or "—" for place in groups)
        for place in values:
            number = number_of(row[place])
            if number is not None:
                label = " ".join(
                    filter(None, [name, table.columns[place] if len(values) > 1 or not name else ""])
                )
                points[label][int(at.timestamp())] = number
    return _drawn(points) if points else None


def _drawn(points: dict[str, dict[int, float]]) -> ChartData:
    moments = sorted({at for curve in points.values() for at in curve})
    period = min((later - earlier for earlier, later in pairwise(moments)), default=60)
    names = sorted(points, key=lambda name: -sum(points[name].values()))
    if len(names) > MOST_CURVES:
        rest: dict[int, float] = defaultdict(float)
        for name in names[MOST_CURVES - 1 :]:
            for at, value in points[name].items():
                rest[at] += value
        names = names[: MOST_CURVES - 1]
        points = {name: points[name] for name in names} | {_("others"): rest}
        names.append(_("others"))
    curves = tuple(
        Curve(
            label=name,
            times=tuple(sorted(points[name])),
            values=tuple(points[name][at] for at in sorted(points[name])),
            period=period,
        )
        for name in names
    )
    return ChartData(curves=curves, start=moments[0], end=max(moments[-1], moments[0] + period))
