import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.demo.logs.insights.plan import parse, run
from services.demo.logs.insights.records import QueryError, compare
from services.demo.logs.store import LogEvent
from tests.services.demo.logs.insights_tables import AT, column, table


@pytest.mark.parametrize(
    ("query", "place", "message"),
    [
        ("fields a\n| filter b ==", "=", "unexpected symbol found = at line 2 and position 13"),
        ("foo", "foo", "unexpected symbol found foo at line 1 and position 1"),
        ("fields a | stats count(", "", "unexpected end of query"),
        ("", "", "unexpected end of query"),
        ("fields a # all", "#", "unexpected symbol found # at line 1 and position 10"),
        ("fields a | fields foo(b) as c", "foo(b)", "The demo does not know the function foo"),
        ("filter strlen(a, b) > 1", "strlen(a, b)", "Invalid number of arguments for function: strlen"),
        ("stats max(a), b by c", "b", "stats needs an aggregation: b"),
        ("filter count(*) > 1", "filter count(*) > 1", "Aggregation functions are only for stats, not for filter"),
        ("filter a like /(?=b)/", "a like /(?=b)/", "Invalid regular expression: /(?=b)/ uses look-around or back-references"),
        ("fields a | limit 0", "limit 0", "limit must be between 1 and 100000"),
        ("filter a in []", "]", "unexpected symbol found ] at line 1 and position 14"),
        ("filter " + "not " * 2000 + "a", "", "nested too deeply"),
        ("fields a | dedup a", "dedup", "The demo does not know the command dedup"),
        ("fields dateceil(@timestamp, 1h)", "dateceil(@timestamp, 1h)", "The demo does not know the function dateceil"),
        ("stats count(*) by bin(1fortnight)", "1fortnight", "The demo does not know the period 1fortnight"),
        ("unmask @message", "unmask", "unexpected symbol found unmask at line 1 and position 1"),
    ],
)  # fmt: skip
def test_an_error_has_its_place(query, place, message):
    with pytest.raises(QueryError) as caught:
        parse(query)
    assert str(caught.value) == message
    assert caught.value.span is not None
    start, end = caught.value.span
    assert query[start:end] == place
    assert place or start == len(query)


def test_a_keyword_is_a_name_where_nothing_else_can_stand():
    message = {"limit": 1, "like": 2, "by": 3, "in": 4, "sort": 5, "count": 6}
    assert table("FIELDS limit, like, by, in, sort, count | FILTER sort = 5", message) == [
        {name: str(value) for name, value in message.items()}
    ]


def test_division_and_regular_expressions_use_the_same_sign():
    query = "filter a / 2 / 2 = 2 and b like /2 \\/ 2/ | fields a / 4 as quarter | display quarter"
    assert table(query, {"a": 8, "b": "2 / 2"}, {"a": 8, "b": "x"}) == [{"quarter": "2"}]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("strcontains(a, '.1.')", "1"),
        ("coalesce(none, b, a)", "10.1.2.3"),
        ("2 + 3 * 2 - -1", "9"),
        ("(2 + 3) * 2", "10"),
        ("1 - 0.00001", "1"),
        ("100.004 / 10", "10.0004"),
    ],
)
def test_functions(expression, value):
    assert column(f"fields {expression} as x | display x", {"a": "10.1.2.3"}) == [value]


def test_two_stats_build_on_each_other():
    messages = [{"h": h} for h in (1, 1, 1, 2)]
    query = "stats count(*) by h | stats max(count(*)) as busiest, avg(count(*)) as mean"
    assert table(query, *messages) == [{"busiest": "3", "mean": "2"}]


def test_source_chooses_groups():
    plan = parse("SOURCE logGroups(namePrefix: ['/ecs/', \"/aws/\"], class: ['STANDARD']) | fields a")
    assert plan.sources == {"namePrefix": ["/ecs/", "/aws/"], "class": ["STANDARD"]}


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ("a = 1", ["a"]),
        ("a = 1 and b in ['x', 'y'] and c > 1", ["a", "b"]),
        ("a = 1 or b = 2", []),
        ("not a = 1", []),
        ("a not in [1]", []),
        ("a != 1 and b like /x/", []),
    ],
)
def test_what_an_index_can_tell(condition, names):
    assert [name for name, _ in parse(f"filter {condition}").equalities] == names


def test_an_index_spares_events_but_changes_no_result():
    events = [
        (
            "1:/g" if n % 2 else "1:/h",
            LogEvent(AT + n, AT, n, "s", json.dumps({"id": f"r{n % 10}", "pad": "x" * 50})),
        )
        for n in range(100, 0, -1)
    ]
    plan = parse('fields id | filter id = "r3"')
    without, indexed = run(plan, events, 1000), run(plan, events, 1000, {"1:/g": {"id"}})
    assert indexed.rows == without.rows
    assert (without.scanned, without.skipped) == (100, 0)
    # The other group has no index: all of its fifty events are scanned.
    assert (indexed.scanned, indexed.skipped) == (60, 40)
    assert indexed.bytes + indexed.bytes_skipped == without.bytes
    assert parse("fields abs(id) as id | filter id = 3").equalities == []


_NAMES = st.sampled_from(["a", "b", "c"])
_VALUES = st.integers(-3, 3)
_SIGNS = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
_CONDITIONS: st.SearchStrategy[Any] = st.recursive(
    st.tuples(_NAMES, _SIGNS, _VALUES)
    | st.tuples(_NAMES, st.just("in"), st.lists(_VALUES, min_size=1, max_size=3)),
    lambda inner: (
        st.tuples(st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=3))
        | st.tuples(st.just("not"), inner)
    ),
    max_leaves=12,
)


def written(condition: Any) -> str:
    match condition:
        case (("and" | "or") as word, list(parts)):
            return "(" + f" {word} ".join(map(written, parts)) + ")"
        case ("not", part):
            return f"not {written(part)}"
        case (name, "in", values):
            return f"{name} in [{', '.join(map(str, values))}]"
        case (name, sign, value):
            return f"{name} {sign} {value}"
    raise AssertionError(condition)


def evaluated(condition: Any, message: dict[str, int]) -> bool:
    match condition:
        case ("and", list(parts)):
            return all(evaluated(part, message) for part in parts)
        case ("or", list(parts)):
            return any(evaluated(part, message) for part in parts)
        case ("not", part):
            return not evaluated(part, message)
        case (name, "in", values):
            return message.get(name) in values
        case (name, sign, value):
            return compare(sign, message.get(name), value)
    raise AssertionError(condition)


@given(_CONDITIONS, st.lists(st.dictionaries(_NAMES, _VALUES), min_size=1, max_size=5))
def test_a_condition_means_what_its_parts_do(condition, messages):
    matching = [{"n": n} | message for n, message in enumerate(messages)]
    values = column(f"fields n | filter {written(condition)} | sort n asc", *matching)
    assert values == [str(n) for n, message in enumerate(messages) if evaluated(condition, message)]


@given(st.text(st.sampled_from(list("fields |filter a=1,[]()/'\"`#@.\n*")), max_size=40))
def test_any_text_is_a_query_or_refused_at_a_place(text):
    start, end = 0, 0
    try:
        parse("fields a " + text)
    except QueryError as error:
        start, end = error.span or (-1, -1)
    assert 0 <= start <= end <= len(text) + 9


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\\"), max_size=20))
def test_a_quoted_text_means_itself(text):
    escaped = text.replace('"', '\\"')
    assert column(f'fields a | filter a = "{escaped}x"', {"a": text + "x"}, {"a": "other"}) == [text + "x"]
