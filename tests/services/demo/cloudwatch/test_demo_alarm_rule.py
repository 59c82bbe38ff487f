import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.demo.cloudwatch.alarms.states import RuleError, State, alarm_name, parse_rule

STATES = {"a": State.ALARM, "b": State.OK, "c": State.INSUFFICIENT, "with space (x)": State.ALARM}


@pytest.mark.parametrize(
    ("rule", "fires"),
    [
        ("ALARM(a)", True),
        ('ALARM("a") AND OK("b")', True),
        ("ALARM('a') AND NOT OK(b)", False),
        ("NOT (ALARM(b) OR INSUFFICIENT_DATA(a))", True),
        ("ALARM(b) OR ALARM(a) AND ALARM(b)", False),
        ("(ALARM(b) OR ALARM(a)) AND INSUFFICIENT_DATA(c)", True),
        ("TRUE", True),
        ("FALSE OR NOT TRUE", False),
        ('ALARM("with space (x)")', True),
        ("ALARM(unknown)", False),
        ("alarm( a ) and ok( b )", True),
    ],
)
def test_rules(rule, fires):
    assert parse_rule(rule).check(STATES.get) is fires


def test_children_are_named_once_as_written():
    assert parse_rule('ALARM(a) OR ALARM("arn:aws:cloudwatch:r:1:alarm:b") AND NOT OK(a)').children == (
        "a",
        "arn:aws:cloudwatch:r:1:alarm:b",
    )
    assert alarm_name("arn:aws:cloudwatch:r:1:alarm:b") == "b"
    assert alarm_name("a:alarm:b") == "a:alarm:b"


@pytest.mark.parametrize(
    "rule", ["", "ALARM(a", "ALARM()", "ALARM(a) ALARM(b)", "AND", "a", "(TRUE", "NOT " * 200 + "TRUE"]
)
def test_what_cannot_be_read(rule):
    with pytest.raises(RuleError):
        parse_rule(rule)


@given(
    st.recursive(
        st.sampled_from(["ALARM(a)", "OK(a)", "ALARM(b)", "OK(b)", "TRUE", "FALSE"]),
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(lambda parts: f"({' '.join(parts)})"),
            inner.map(lambda text: f"NOT {text}"),
        ),
        max_leaves=8,
    )
)
def test_a_rule_means_what_python_means(rule):
    python = rule.replace("AND", "and").replace("OR", "or").replace("NOT", "not")
    python = python.replace("TRUE", "True").replace("FALSE", "False")
    for name, state in STATES.items():
        for word in ("ALARM", "OK"):
            python = python.replace(f"{word}({name})", str(state.value == word))
    assert parse_rule(rule).check(STATES.get) is bool(eval(python))


@given(st.text(alphabet="aALRMOKNDT ()\"'", max_size=40))
def test_no_text_breaks_the_rule(text):
    with contextlib.suppress(RuleError):
        parse_rule(text).check(STATES.get)
