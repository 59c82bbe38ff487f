import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.demo.cloudwatch.math_expressions import MathLine, TimeGrid
from services.demo.cloudwatch.queries import distinguishing, is_dynamic, resolve
from services.demo.cloudwatch.store import metric_key

KEY = metric_key("AWS/ECS", "CPUUtilization", {"ServiceName": "staff-api"})
LINE = MathLine({0: 1.0, 60: 4.5, 120: 2.0}, TimeGrid(0, 180, 60), "CPUUtilization", KEY)


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("CPU ${LAST}", "CPU 2"),
        ("${MAX} ${MIN} ${SUM} ${AVG} ${FIRST}", "4.5 1 7.5 2.5 1"),
        ("${WHAT} $MAX", "${WHAT} $MAX"),
        ("[max: ${MAX} of ${LABEL}]", "[max: 4.5 of CPUUtilization]"),
    ],
)
def test_tokens(label, expected):
    assert resolve(label, LINE) == expected


def test_without_data_a_token_is_two_dashes():
    assert resolve("${LAST}", LINE.with_points({})) == "--"


def test_labels_of_a_search_say_what_differs():
    def found(namespace: str, name: str, **dimensions: str) -> MathLine:
        return MathLine({}, LINE.grid, name, metric_key(namespace, name, dimensions))

    services = [found("NS", "CPU", S="a", C="c"), found("NS", "CPU", S="b", C="c")]
    assert distinguishing(services) == ["a", "b"]
    assert distinguishing([found("NS", "CPU"), found("NS", "Memory")]) == ["CPU", "Memory"]
    assert distinguishing([found("NS", "CPU", S="a")]) == ["CPU"]
    assert distinguishing([]) == []


@given(st.text(alphabet="${}PROP('Dim.x)MAXLST", max_size=30))
def test_no_label_breaks(label):
    resolve(label, LINE)
    if not is_dynamic(label):
        assert resolve(label, LINE) == label
