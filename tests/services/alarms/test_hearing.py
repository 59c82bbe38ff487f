import itertools

import pytest

from services.aws.cloudwatch.alarms.listeners import Sending, note_of
from services.aws.cloudwatch.alarms.rules import parsed
from services.models.alarms import Alarm, AlarmKind, AlarmState
from services.models.base import RawId
from tests.services.alarms.hearing import sending

SNS = "arn:aws:sns:ap-northeast-1:123456789012:ops"
STATES = {
    "OK": AlarmState.OK, "ALARM": AlarmState.ALARM, "INSUFFICIENT_DATA": AlarmState.INSUFFICIENT
}  # fmt: skip


def leaf(name, *, action="", **more):
    actions = (RawId(action),) if action else ()
    return Alarm(
        id=RawId(name),
        name=name,
        state=AlarmState.OK,
        alarm_actions=actions,
        has_actions=bool(action),
        **more,
    )


def composite(name, rule, action=SNS, **more):
    return leaf(name, action=action, kind=AlarmKind.COMPOSITE, rule=rule, **more)


# ── Rules ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("rule", "names", "where"),
    [
        # The examples of AWS's own documentation, and the states in which they hold.
        ("ALARM(CPUUtilizationTooHigh) AND ALARM(DiskReadOpsTooHigh)", 2, {"ALARM ALARM"}),
        ("ALARM(CPUUtilizationTooHigh) AND NOT ALARM(DeploymentInProgress)", 2, {"ALARM OK", "ALARM INSUFFICIENT_DATA"}),
        ("AT_LEAST(50%, OK, (DatabaseConnection1, DatabaseConnection2))", 2, {"OK OK", "OK ALARM", "ALARM OK", "OK INSUFFICIENT_DATA", "INSUFFICIENT_DATA OK"}),
        ("(ALARM(a) OR ALARM(b)) AND OK(a)", 2, {"OK ALARM"}),
        ("FALSE", 0, set()),
        ("true", 0, {""}),
        # Case, white space, quotes, ARNs, names like words of the language, precedence.
        ('  alarm ( "a b,(c)\\"d" )\n', 1, {"ALARM"}),
        ("not NOT Insufficient_Data(日本語)", 1, {"INSUFFICIENT_DATA"}),
        ("ALARM(arn:aws:cloudwatch:r:1:alarm:x) OR ALARM(x)", 1, {"ALARM"}),
        ('OK("arn:aws:cloudwatch:r:1:alarm:x y")', 1, {"OK"}),
        ("ALARM(NOT)OR ALARM(OR)", 2, {"ALARM OK", "ALARM ALARM", "ALARM INSUFFICIENT_DATA", "OK ALARM", "INSUFFICIENT_DATA ALARM"}),
        ("ALARM(a) OR ALARM(b) AND FALSE", 2, {"ALARM OK", "ALARM ALARM", "ALARM INSUFFICIENT_DATA"}),
        ("at_least ( 2 , not ok , ( a,\"b\" ) )", 2, {"ALARM ALARM", "ALARM INSUFFICIENT_DATA", "INSUFFICIENT_DATA ALARM", "INSUFFICIENT_DATA INSUFFICIENT_DATA"}),
        ("AT_LEAST(3, ALARM, (a, b))", 2, set()),
        ("AT_LEAST(51%, ALARM, (a, b))", 2, {"ALARM ALARM"}),
        ("(" * 240 + "ALARM(a)" + ")" * 240, 1, {"ALARM"}),
        ("NOT " * 2000 + "ALARM(a)", 1, {"ALARM"}),
    ],
)  # fmt: skip
def test_rules_hold_in_the_states_that_aws_documents(rule, names, where):
    meaning = parsed(rule)
    named = meaning[1]
    assert len(named) == names
    others = [leaf(name) for name in named]
    # TRUE AND the rule, told by an alarm that fires: it sends exactly where the rule holds.
    for states in itertools.product(STATES, repeat=len(named)):
        fixed = " AND ".join(
            f'{state}("{_escaped(name)}")' for name, state in zip(named, states, strict=True)
        )
        whole = composite("whole", f"ALARM(bell) AND ({rule}) AND ({fixed or 'TRUE'})")
        when = sending("bell", [leaf("bell"), *others, whole]).when
        assert (when != "never") == (" ".join(states) in where), states


def _escaped(name):
    return name.replace('"', '\\"')


@pytest.mark.parametrize(
    "rule",
    ["", "ALARM", "ALARM()", "ALARM(a", "ALARM(a b)", "ALARM(a) ALARM(b)", "ALARM(a) XOR ALARM(b)", "MOSTLY(a)", "AND",
     "AT_LEAST(2, ALARM(a), ALARM(b))", "AT_LEAST(x, ALARM, (a))", "AT_LEAST(1, ALARM, ())", "ALARM(a) # why", "ORALARM(a)"],
)  # fmt: skip
def test_what_is_no_rule_is_not_guessed(rule):
    assert parsed(rule) is None
    assert sending("a", [leaf("a"), composite("p", f"{rule} a")]).doubt == "rule"


# ── Graphs ─────────────────────────────────────────────────────────────────────────────────────────

OFF = {"actions_enabled": False}
SUPPRESSED = {"suppressor": RawId("s")}
GRAPHS: list[tuple[str, list[Alarm], str, str]] = [
    ("an action", [leaf("a", action=SNS)], "always", ""),
    ("none", [leaf("a")], "never", ""),
    ("switched off", [leaf("a", action=SNS, actions_enabled=False)], "never", ""),
    ("muted", [leaf("a", action=SNS, muted_by="m")], "never", ""),
    ("not told if on", [leaf("a", action=SNS, actions_enabled=None)], "unknown", "AWS did not report whether the actions of a are enabled"),
    ("only scales", [leaf("a", action="arn:aws:autoscaling:r:1:scalingPolicy:x")], "never", ""),
    ("alone", [leaf("a"), composite("p", "ALARM(a)")], "always", ""),
    ("or", [leaf("a"), leaf("b"), composite("p", "ALARM(a) OR ALARM(b)")], "already", "while p is in ALARM already, nothing more is sent"),
    ("and", [leaf("a"), leaf("b"), composite("p", "ALARM(a) AND ALARM(b)")], "together", "it notifies only while b fires"),
    ("and not", [leaf("a"), leaf("b"), composite("p", "ALARM(a) AND NOT ALARM(b)")], "together", "it notifies only while b does not fire"),
    ("two of three", [leaf("a"), leaf("b"), leaf("c"), composite("p", "AT_LEAST(2, ALARM, (a, b, c))")], "together", "whether it notifies depends on b, c"),
    ("not", [leaf("a"), composite("p", "NOT ALARM(a)")], "never", ""),
    ("ok", [leaf("a"), composite("p", "OK(a)")], "never", ""),
    ("no data", [leaf("a"), composite("p", "INSUFFICIENT_DATA(a)")], "never", ""),
    ("not ok", [leaf("a"), composite("p", "NOT OK(a)")], "already", "while p is in ALARM already, nothing more is sent"),
    ("not ok, suppressed", [leaf("a"), leaf("s"), composite("p", "NOT OK(a)", **SUPPRESSED)], "together", "it notifies only while s does not fire"),
    ("or, suppressed", [leaf("a"), leaf("b"), leaf("s"), composite("p", "ALARM(a) OR ALARM(b)", **SUPPRESSED)], "together", "it notifies only while s does not fire"),
    ("suppressed until it fires", [leaf("a"), leaf("b"), composite("p", "ALARM(a) OR ALARM(b)", suppressor=RawId("q")), composite("q", "NOT ALARM(a)", "")], "already", "while p is in ALARM already, nothing more is sent"),
    ("twice not", [leaf("a"), composite("p", "NOT (OK(a) OR INSUFFICIENT_DATA(a))")], "always", ""),
    ("always in alarm", [leaf("a"), composite("p", "ALARM(a) OR TRUE")], "never", ""),
    ("contradiction", [leaf("a"), composite("p", "ALARM(a) AND OK(a)")], "never", ""),
    ("chain", [leaf("a"), composite("m", "ALARM(a)", ""), composite("p", "ALARM(m)")], "always", ""),
    ("chain of nots", [leaf("a"), composite("m", "NOT ALARM(a)", ""), composite("p", "OK(m)")], "always", ""),
    ("a composite never lacks data", [leaf("a"), composite("m", "ALARM(a)", ""), composite("p", "NOT INSUFFICIENT_DATA(m)")], "never", ""),
    ("composite off", [leaf("a"), composite("p", "ALARM(a)", **OFF)], "never", ""),
    ("composite muted", [leaf("a"), composite("p", "ALARM(a)", muted_by="m")], "never", ""),
    ("suppressed", [leaf("a"), leaf("s"), composite("p", "ALARM(a)", **SUPPRESSED)], "together", "it notifies only while s does not fire"),
    ("suppressed by itself", [leaf("a"), composite("p", "ALARM(a)", suppressor=RawId("a"))], "never", ""),
    ("suppressor off half the time", [leaf("a"), leaf("b"), composite("s", "FALSE", ""), composite("p", "ALARM(a)", **SUPPRESSED)], "always", ""),
    ("two that share", [leaf("a"), leaf("b"), composite("p", "ALARM(a) AND ALARM(b)"), composite("q", "ALARM(a) AND NOT ALARM(b)")], "always", ""),
    ("or of or", [leaf("a"), leaf("b"), composite("m", "ALARM(a) OR ALARM(b)", ""), composite("p", "ALARM(m) OR OK(b)")], "already", "while p is in ALARM already, nothing more is sent"),
    ("and or", [leaf("a"), leaf("b"), composite("p", "ALARM(a) AND (ALARM(b) OR INSUFFICIENT_DATA(b))")], "together", "it notifies only while b is not OK"),
    ("gone", [leaf("a"), composite("p", "ALARM(a) OR ALARM(gone)")], "unknown", "p depends on an alarm that AWS does not have, so that it is not evaluated"),
    ("suppressor gone", [leaf("a"), composite("p", "ALARM(a)", suppressor=RawId("gone"))], "unknown", "p depends on an alarm that AWS does not have, so that it is not evaluated"),
    ("missing", [leaf("a"), Alarm(id=RawId("b"), name="b", state=AlarmState.MISSING), composite("p", "ALARM(a) OR ALARM(b)")], "unknown", "p depends on an alarm that AWS does not have, so that it is not evaluated"),
    ("cycle", [leaf("a"), composite("p", "ALARM(a) OR ALARM(q)"), composite("q", "ALARM(p)", "")], "unknown", "p depends on itself, so that it is not evaluated"),
    ("unreadable", [leaf("a"), composite("p", "MOSTLY(a)")], "unknown", "the rule of p cannot be read"),
    ("unreadable below", [leaf("a"), composite("m", "MOSTLY(a)", ""), composite("p", "ALARM(m)")], "unknown", "the rule of p cannot be read"),
    ("unreadable elsewhere", [leaf("a"), leaf("b"), composite("p", "MOSTLY(b)")], "never", ""),
    ("in doubt beside sure", [leaf("a"), composite("p", "ALARM(a)"), composite("q", "ALARM(a) OR ALARM(gone)")], "always", ""),
    ("composite not told if on", [leaf("a"), composite("p", "ALARM(a)", actions_enabled=None)], "unknown", "AWS did not report whether the actions of p are enabled"),
    ("a composite", [leaf("b"), composite("a", "ALARM(b)", ""), composite("p", "ALARM(a)")], "always", ""),
    ("a composite with a suppressor", [leaf("b"), leaf("s"), composite("a", "ALARM(b)", **SUPPRESSED)], "together", "it notifies only while s does not fire"),
]  # fmt: skip


@pytest.mark.parametrize(("alarms", "when", "note"), [pytest.param(*each[1:], id=each[0]) for each in GRAPHS])
def test_what_an_alarm_sends(alarms, when, note):
    answer = sending("a", alarms)
    assert (answer.when, note_of(answer)) == (when, note)
    assert answer == sending("a", reversed(alarms)), "in any order"


def test_an_answer_names_those_it_goes_through_and_depends_on():
    alarms = [
        leaf("a"),
        leaf("b"),
        leaf("c"),
        composite("p", "ALARM(a) AND ALARM(b)"),
        composite("q", "OK(a)"),
    ]
    assert sending("a", alarms) == Sending("together", ("p",), (("b", frozenset({AlarmState.ALARM})),))
    assert sending("nobody", alarms).when == "unknown"


def test_what_an_action_reaches_is_asked():
    alarms = [leaf("a", action=SNS), leaf("b"), composite("p", "ALARM(b)", SNS)]
    assert sending("a", alarms, reaches=lambda _arn: False).when == "never"
    assert sending("b", alarms, reaches=lambda _arn: False).when == "never"
    assert [sending(name, alarms, reaches=lambda _arn: None).when for name in "ab"] == ["always"] * 2


@pytest.mark.slow
def test_large_rules_are_decided_and_too_large_ones_are_not():
    names = [f"n{number:03}" for number in range(100)]
    leaves, listed = [leaf(name) for name in names], ", ".join(names)
    turned = ", ".join(names[number * 37 % 100] for number in range(100))

    def when(rule, *more):
        return sending("n050", [*leaves, *more, composite("p", rule)]).when

    assert when(" OR ".join(f"ALARM({name})" for name in names)) == "already"
    assert when(f"AT_LEAST(50%, ALARM, ({listed}))") == "together"
    assert when(f"AT_LEAST(1, ALARM, ({listed}))") == "already"
    chain = [composite(f"m{n}", f"ALARM({f'm{n - 1}' if n else 'n050'})", "") for n in range(1500)]
    assert when("ALARM(m149)", *chain[:150]) == "always"
    assert when("ALARM(m1499)", *chain) == "unknown", "nothing is so deep"
    hard = f"AT_LEAST(50, ALARM, ({listed})) AND AT_LEAST(40, OK, ({turned}))"
    answer = sending("n050", [*leaves, composite("p", hard)])
    assert (answer.when, note_of(answer)) == ("unknown", "the rules of p are too large to be worked out")
