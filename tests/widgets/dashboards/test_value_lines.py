from hypothesis import given
from hypothesis import strategies as st

from services.models.dashboards import Dashboard, DashboardView, Reading, WidgetData
from services.models.verdict import Limit, Verdict
from widgets.dashboards.value_lines import judged_readings, value_lines
from widgets.drawing.lines import plain, width_of

LIMITS = [
    Limit(id=f"l{index}", title=title, namespace="N", metric="M", below=70.0, unit="%")
    for index, title in enumerate(("ECS CPU使用率", "ECS メモリ使用率", "RDS CPU使用率", "RDS 接続数"))
]


def reading(limit: int, value: float | None, verdict: Verdict = Verdict.NORMAL) -> Reading:
    return Reading(label="x", value=value, limit=LIMITS[limit], verdict=verdict)


def view(*readings: Reading) -> DashboardView:
    return DashboardView(
        dashboard=Dashboard(name="d"),
        data=tuple(WidgetData(key=str(at), readings=(each,)) for at, each in enumerate(readings)),
    )


def test_each_limit_has_its_worst_reading() -> None:
    bad = reading(0, 90.0, Verdict.ABNORMAL)
    readings = judged_readings(view(reading(0, 20.0), bad, reading(1, 30.0), Reading(label="x", value=1.0)))
    assert readings == (bad, reading(1, 30.0))


def test_values_stand_beside_their_limits_and_bad_ones_have_a_mark() -> None:
    (line,) = plain(value_lines([reading(0, 38.7), reading(1, 90.0, Verdict.ABNORMAL)], 78))
    assert line == "ECS CPU使用率 38.7% < 70%  ◆ ECS メモリ使用率 90% < 70%"


def test_stale_values_are_not_shown_as_the_present_ones() -> None:
    (line,) = value_lines([reading(0, 38.7)], 78, is_stale=True)
    assert "38.7" not in "".join(text for text, _role in line)
    assert not any(role == "strong" for _text, role in line)


@given(st.lists(st.integers(0, 3), max_size=8), st.integers(40, 200))
def test_values_keep_to_the_width(limits: list[int], width: int) -> None:
    lines = value_lines([reading(limit, 12.3) for limit in limits], width)
    assert all(width_of(line) <= width for line in lines)


def test_a_dashboard_without_limits_says_so() -> None:
    assert "no value with a limit" in plain(value_lines([], 78))[0]
