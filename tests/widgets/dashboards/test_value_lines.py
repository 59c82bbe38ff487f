import pytest
from hypothesis import given
from hypothesis import strategies as st

from services import i18n
from services.models.alarm_readings import Doubt
from services.models.dashboards import Dashboard, DashboardView, Reading, WidgetData
from services.models.metrics import Series, SeriesStatus
from services.models.verdict import Limit, Verdict
from widgets.dashboards.panel import JudgedValue, judged_values, problem_of, value_lines
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


def values(*readings: Reading) -> list[JudgedValue]:
    return [JudgedValue(each) for each in readings]


def test_each_limit_has_its_worst_reading():
    bad = reading(0, 90.0, Verdict.ABNORMAL)
    judged = judged_values(view(reading(0, 20.0), bad, reading(1, 30.0), Reading(label="x", value=1.0)))
    assert [each.reading for each in judged] == [bad, reading(1, 30.0)]


def test_values_stand_beside_their_limits_and_bad_ones_have_a_mark():
    (line,) = plain(value_lines(values(reading(0, 38.7), reading(1, 90.0, Verdict.ABNORMAL)), 78))
    assert line == "ECS CPU使用率 38.7% < 70%  ◆ ECS メモリ使用率 90% < 70%"


@pytest.mark.parametrize("doubt", Doubt)
def test_stale_values_are_not_shown_as_the_present_ones_and_the_reason_stands_once(doubt):
    (line,) = value_lines(values(reading(0, 38.7), reading(1, 40.0)), 78, doubt=doubt)
    text = "".join(text for text, _role in line)
    assert "38.7" not in text
    assert text.count("?") == 1
    assert text.startswith("? ")
    assert text[2].isalpha()
    assert not any(role == "strong" for _text, role in line)


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize(
    ("status", "is_outdated", "words"),
    [
        (SeriesStatus.COMPLETE, False, {"en": "no value", "ja": "データなし"}),
        (SeriesStatus.FORBIDDEN, False, {"en": "denied", "ja": "権限なし"}),
        (SeriesStatus.PARTIAL, False, {"en": "incomplete", "ja": "未完了"}),
        (SeriesStatus.COMPLETE, True, {"en": "read failed", "ja": "読取失敗"}),
    ],
)
def test_a_value_that_is_absent_says_why(status, is_outdated, words, language):
    i18n.use(language)
    data = WidgetData(
        key="0",
        series=(Series(id="a", label="x", status=status),),
        readings=(reading(0, None, Verdict.UNKNOWN),),
        is_outdated=is_outdated,
    )
    judged = judged_values(DashboardView(dashboard=Dashboard(name="d"), data=(data,)))
    assert plain(value_lines(judged, 78)) == [f"ECS CPU使用率 ? {words[language]} < 70%"]


def test_a_reason_that_all_values_share_stands_once():
    data = WidgetData(
        key="0",
        series=(Series(id="a", label="x"), Series(id="b", label="y")),
        readings=(reading(0, None, Verdict.UNKNOWN), reading(1, None, Verdict.UNKNOWN)),
        is_outdated=True,
        is_denied=True,
    )
    judged = judged_values(DashboardView(dashboard=Dashboard(name="d"), data=(data,)))
    (line,) = plain(value_lines(judged, 78))
    assert line == "? denied  ECS CPU使用率 — < 70%  ECS メモリ使用率 — < 70%"


def test_a_dashboard_that_was_never_read_does_not_claim_to_have_no_limits():
    data = WidgetData(key="0", problem="Permission missing: cloudwatch:GetMetricData.")
    view = DashboardView(dashboard=Dashboard(name="d"), data=(data,))
    (line,) = plain(value_lines(judged_values(view), 78, problem=problem_of(view)))
    assert line == "? no data: Permission missing: cloudwatch:GetMetricData."


@given(st.lists(st.integers(0, 3), max_size=8), st.integers(40, 200))
def test_values_keep_to_the_width(limits, width):
    lines = value_lines(values(*(reading(limit, 12.3) for limit in limits)), width)
    assert all(width_of(line) <= width for line in lines)


def test_a_dashboard_without_limits_says_so():
    assert "no value with a limit" in plain(value_lines([], 78))[0]


def test_a_dashboard_that_was_not_read_yet_is_not_one_without_limits():
    unread = DashboardView(dashboard=Dashboard(name="d"), data=(WidgetData(key="0", is_unread=True),))
    (line,) = plain(value_lines(judged_values(unread), 78, problem=problem_of(unread)))
    assert "not read yet" in line
    without_limits = view(Reading(label="x", value=1.0))
    (line,) = plain(value_lines(judged_values(without_limits), 78, problem=problem_of(without_limits)))
    assert "no value with a limit" in line
