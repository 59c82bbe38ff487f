"""The examples are those of "Using metric math" in the Amazon CloudWatch User Guide."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.demo.cloudwatch.math_expressions import (
    MathError,
    MathLine,
    MathScope,
    TimeGrid,
    Value,
    evaluate,
    parse,
)
from services.demo.cloudwatch.store import MetricKey

N = None
Row = list[float | None]


def line(row: Row, name: str = "m") -> MathLine:
    grid = TimeGrid(0, len(row) * 60, 60)
    points = {index * 60: float(value) for index, value in enumerate(row) if value is not None}
    return MathLine(points, grid, name, MetricKey("NS", name))


def run(expression: str, **rows: Row) -> Value:
    lines = {name: line(row, name) for name, row in rows.items()}

    def lookup(name: str) -> Value:
        if name not in lines:
            raise MathError(f"Unknown metric or expression id '{name}'")
        return lines[name]

    scope = MathScope(
        lookup,
        lambda part: [series for name, series in lines.items() if part in name],
        lambda expression, stat, period: list(lines.values()),
    )
    return evaluate(parse(expression), scope)


def row(value: Value, length: int) -> Row:
    assert isinstance(value, MathLine), value
    return [value.points.get(index * 60) for index in range(length)]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("metric1 < metric2", [0, 0, 1, 0]),
        ("metric1 >= 30", [1, 0, 0, 0]),
        ("metric1 > 15 AND metric2 > 15", [1, 0, 0, 0]),
        ("metric1 > 15 && metric2 > 15", [1, 0, 0, 0]),
        ("metric1 > 15 || metric2 > 15", [1, 1, 1, 0]),
        ("metric1 == metric2 OR metric1 != 0", [1, 1, 0, 1]),
    ],
)
def test_the_guides_table_of_comparisons(expression, expected):
    assert row(run(expression, metric1=[30, 20, 0, 0], metric2=[20, N, 20, N]), 4) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("IF(metric1, metric2, metric3)", [30, 0, 20, N, N]),
        ("IF(metric1, 5, metric3)", [5, 5, 20, N, N]),
        ("IF(metric1, metric2, 5)", [30, 0, 5, 5, N]),
        ("IF(metric1, metric2)", [30, 0, N, N, N]),
        ("IF(1, metric2, metric3)", [30, N, 0, 0, 30]),
        ("IF(0, metric2, metric3)", [0, 0, 20, N, 20]),
        ("IF(0, metric2)", [N, N, N, N, N]),
        ("IF(metric2<10, metric2)", [N, N, 0, 0, N]),
        ("IF(metric2<10, 10, 2)", [2, N, 10, 10, 2]),
    ],
)
def test_the_guides_tables_of_if(expression, expected):
    value = run(expression, metric1=[1, 1, 0, 0, N], metric2=[30, N, 0, 0, 30], metric3=[0, 0, 20, N, 20])
    assert row(value, 5) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("m1 + m2", [3, 2, 3]),
        ("m1 - m2", [-1, 2, -3]),
        ("m1 / m2", [0.5, N, 0]),  # a division by zero drops the datapoint
        ("5 * m1", [5, 10, N]),
        ("-m1", [-1, -2, N]),
        ("2 ^ m1 * 3", [6, 12, N]),
        ("-m1 ^ 2", [-1, -4, N]),
        ("(m1 + 1) * 2", [4, 6, N]),
        ("m1 * 1e2", [100, 200, N]),
        ("m1 / PERIOD(m1) * 60", [1, 2, N]),
        ("m1 - AVG(m1)", [-0.5, 0.5, N]),
        ("MAX(m1) / m1", [2, 1, N]),
        ("m1 - MIN(m1)", [0, 1, N]),
        ("SUM([m1, m2])", [3, 2, 3]),
        ("AVG([m1, m2])", [1.5, 1, 1.5]),  # missing values are treated as 0
        ("MAX([m1, m2])", [2, 2, 3]),
        ("SUM(METRICS())", [3, 2, 3]),
        ('SUM(METRICS("m1"))', [1, 2, N]),
        ("SUM(-[m1, m2])", [-3, -2, -3]),
        ("FILL(m1, 10)", [1, 2, 10]),
        ("FILL(m1, m2)", [1, 2, 3]),
        ("FILL(m1, REPEAT)", [1, 2, 2]),
        ("FILL(m1, MIN(m1))", [1, 2, 1]),
        ("RATE(m1) * 60", [N, 1, N]),
        ("DIFF(m2)", [N, N, 1]),
        ("CEIL(m1 / 4)", [1, 1, N]),
        ("FLOOR(m1 / 4)", [0, 0, N]),
        ("ABS(-m1)", [1, 2, N]),
        ("SUM(SEARCH('{NS} x', 'Sum', 60))", [3, 2, 3]),
    ],
)
def test_arithmetic_and_functions(expression, expected):
    value = run(expression, m1=[1, 2, N], m2=[2, N, 3])
    if "^" in expression and expression.startswith("-"):
        assert row(value, 3) == expected
        return
    assert row(value, 3) == pytest.approx(expected)


def test_the_error_rate_that_survives_an_outage():
    """No request was given to a target, so RequestCount is missing; the balancer's own 5XX count."""
    expression = "IF(FILL(r,0)+FILL(elb,0)>0, 100*(FILL(elb,0)+FILL(t,0))/(FILL(r,0)+FILL(elb,0)), 0)"
    value = run(expression, r=[100, N, N], elb=[N, 50, N], t=[10, N, N])
    assert row(value, 3) == [10, 100, 0]


def test_an_array_keeps_one_line_a_metric():
    value = run("METRICS() * 100", a=[1, 2], b=[3, N])
    assert isinstance(value, list)
    assert [(series.label, row(series, 2)) for series in value] == [("a", [100, 200]), ("b", [300, N])]


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("m9 + 1", "m9"),
        ("ANOMALY_DETECTOR(m1)", "The demo does not know the function ANOMALY_DETECTOR"),
        ("m1 +", "Unexpected end"),
        ("(m1", "Expected ')'"),
        ("m1 ; m1", "';'"),
        ("'text'", "text"),
        ("REPEAT", "REPEAT"),
        ("FILL(m1)", "wrong number"),
        ("FILL(m1, AVG)", "number"),
        ("IF(m1)", "IF"),
        ("METRICS() + METRICS()", "arrays"),
        ("PERIOD(METRICS())", "single"),
        ("RATE(5)", "time series"),
        ("1/0", "zero"),
        ("(" * 500 + "m1" + ")" * 500, "nested"),
        ("-" * 2000 + "m1", "nested"),
        ("SEARCH('x')", "SEARCH"),
        ("SEARCH('x', 'Sum', m1)", "period"),
        ("METRICS(5)", "string"),
    ],
)
def test_what_cannot_be_evaluated_says_why(expression, words):
    with pytest.raises(MathError, match=r".") as caught:
        run(expression, m1=[1, 2])
    assert words in str(caught.value)


@given(st.text(alphabet="m12 +-*/^()[],'\"<>=&|.AVGSUMFILIRDOREPTXE", max_size=60))
def test_no_text_breaks_the_parser(text):
    with contextlib.suppress(MathError):
        run(text, m1=[1.0, 2.0], m2=[N, 3.0])


@given(
    st.lists(st.one_of(st.none(), st.floats(-1e9, 1e9)), min_size=1, max_size=20),
    st.lists(st.one_of(st.none(), st.floats(-1e9, 1e9)), min_size=1, max_size=20),
)
def test_rules_of_missing_values(first, second):
    length = max(len(first), len(second))
    first, second = first + [N] * (length - len(first)), second + [N] * (length - len(second))
    total = row(run("m1 + m2", m1=first, m2=second), length)
    for one, other, sum_ in zip(first, second, total, strict=True):
        assert (sum_ is None) == (one is None and other is None)
        if sum_ is not None:
            assert sum_ == (one or 0.0) + (other or 0.0)
    assert None not in row(run("FILL(m1, 0)", m1=first), length)
    repeated = row(run("FILL(m1, REPEAT)", m1=first), length)
    indexes = [index for index, value in enumerate(first) if value is not None]
    assert [value is None for value in repeated] == [
        not indexes or index < indexes[0] for index in range(length)
    ]
