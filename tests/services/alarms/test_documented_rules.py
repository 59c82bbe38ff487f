import pytest

from services.models.alarms import Alarm, AlarmKind, AlarmState
from services.models.base import RawId
from tests.services.alarms.hearing import sending

ARN = "arn:aws:cloudwatch:ap-northeast-1:123456789012:alarm:"
SNS = "arn:aws:sns:ap-northeast-1:123456789012:reached"
WORDS = {"A": "ALARM", "O": "OK", "I": "INSUFFICIENT_DATA"}


def alarm(name, rule="", actions=()):
    return Alarm(
        id=RawId(name),
        name=name,
        kind=AlarmKind.COMPOSITE if rule else AlarmKind.METRIC,
        state=AlarmState.OK,
        rule=rule,
        alarm_actions=tuple(map(RawId, actions)),
    )


def truth_of(rule, leaves, states):
    """Judged as what a probe's composite sends has it: with some states of others, or never."""
    pins = [f'{WORDS[letter]}("{leaf}")' for leaf, letter in zip(leaves, states, strict=True)]
    pinned = " AND ".join(
        ['ALARM("the probe")', 'ALARM("the rule")', *(pin.replace('a"b', 'a\\"b') for pin in pins)]
    )
    alarms = [alarm(leaf) for leaf in (*leaves, "the probe")]
    alarms += [alarm("the rule", rule), alarm("the composite", pinned, (SNS,))]
    answer = sending("the probe", alarms).when
    return {"together": "true", "never": "false"}.get(answer, answer)


WEB = ("WebServer1CPU", "WebServer2CPU", "WebServer3CPU", "WebServer4CPU")
DATABASE = ("DatabaseConnection1", "DatabaseConnection2", "DatabaseConnection3", "DatabaseConnection4")
ZONES = ("AZ1Health", "AZ2Health", "AZ3Health", "MaintenanceWindow")
USE = ("CPUUtilizationTooHigh", "DiskReadOpsTooHigh", "NetworkOutTooHigh", "DeploymentInProgress")

VALID: list[tuple[str, tuple[str, ...], dict[str, bool]]] = [
    # As in the User Guide ("Composite alarms") and in PutCompositeAlarm
    ("ALARM(CPUUtilizationTooHigh) AND ALARM(DiskReadOpsTooHigh)", USE[:2], {"AA": True, "AO": False, "IA": False}),
    (f"AT_LEAST(2, ALARM, ({', '.join(WEB)}))", WEB, {"AAOO": True, "AOOO": False, "AOIA": True, "AAAA": True, "IIIA": False}),
    (f"AT_LEAST(50%, OK, ({', '.join(DATABASE)}))", DATABASE, {"OOAA": True, "OAAI": False, "OOOI": True, "AIAI": False}),
    ("ALARM(CPUUtilizationTooHigh) AND NOT ALARM(DeploymentInProgress)", (USE[0], USE[3]), {"AO": True, "AI": True, "AA": False, "OO": False}),
    ("AT_LEAST(2, ALARM, (AZ1Health, AZ2Health, AZ3Health)) AND NOT ALARM(MaintenanceWindow)", ZONES, {"AAOO": True, "AAOA": False, "AIOO": False, "AAAI": True}),
    # The words of the syntax: blanks before the parenthesis, quotes, ARNs, escaped quotes
    ('ALARM ("cpu")', ("cpu",), {"A": True, "O": False, "I": False}),
    ('OK("cpu")', ("cpu",), {"A": False, "O": True, "I": False}),
    ("INSUFFICIENT_DATA(cpu)", ("cpu",), {"A": False, "O": False, "I": True}),
    (f"ALARM({ARN}cpu) OR OK({ARN}memory)", ("cpu", "memory"), {"AA": True, "OO": True, "IA": False}),
    (f'NOT (INSUFFICIENT_DATA("{ARN}web server 1"))', ("web server 1",), {"A": True, "O": True, "I": False}),
    ('ALARM("a\\"b") AND ALARM("c")', ('a"b', "c"), {"AA": True, "OA": False}),
    ('ALARM("x) OR ALARM(y") AND ALARM(z)', ("x) OR ALARM(y", "z"), {"AA": True, "AO": False, "OA": False}),
    ("TRUE", ("cpu",), {"A": True, "O": True}),
    ("(FALSE)", ("cpu",), {"A": False, "O": False}),
    # "change the AlarmRule of one of the alarms to `false`" (PutCompositeAlarm), "to `False`" (older text of it)
    ("false", ("cpu",), {"A": False, "O": False}),
    ("ALARM(cpu) AND TRUE", ("cpu",), {"A": True, "O": False}),
    ("NOT NOT ALARM(cpu)", ("cpu",), {"A": True, "I": False}),
    ("NOT ALARM(cpu) AND ALARM(disk)", ("cpu", "disk"), {"OA": True, "AA": False, "OO": False, "AO": False}),
    ("ALARM(a) OR ALARM(b) AND ALARM(c)", ("a", "b", "c"), {"AOO": True, "OAA": True, "OAO": False}),
    ("AT_LEAST(60%, NOT OK, (a, b, c))", ("a", "b", "c"), {"AIO": True, "AOO": False, "III": True}),
    ("\n(\n  ALARM(a)\n  OR\n  OK(b)\n)\n", ("a", "b"), {"AA": True, "OO": True, "OA": False}),
    ("ALARM(OK) AND OK(ALARM)", ("OK", "ALARM"), {"AO": True, "AA": False}),
    ("(ALARM(CPUUtilizationTooHigh) OR ALARM(DiskReadOpsTooHigh)) AND OK(NetworkOutTooHigh)", USE[:3], {"AOO": True, "OAO": True, "AAA": False, "AAI": False, "OOO": False}),
    # As the CDK renders its rules
    (
        f'(((ALARM("{ARN}a1") OR OK("{ARN}a2") OR ALARM("{ARN}a3")) AND (NOT (INSUFFICIENT_DATA("{ARN}a4"))) AND '
        f'AT_LEAST(2, ALARM, ("{ARN}a1", "{ARN}a2", "{ARN}a3")) AND '
        f'AT_LEAST(60%, NOT OK, ("{ARN}a1", "{ARN}a2", "{ARN}a3"))) OR FALSE)',
        ("a1", "a2", "a3", "a4"),
        {"AAOO": True, "AAOI": False, "AOOO": False, "OAAA": True, "AIIO": False},
    ),
    ("AT_LEAST(34%, INSUFFICIENT_DATA, (a, b, c))", ("a", "b", "c"), {"IOO": False, "IIO": True}),
    ('AT_LEAST(1, NOT INSUFFICIENT_DATA, ("web server 1", b))', ("web server 1", "b"), {"II": False, "IO": True, "AI": True}),
    ("NOT (ALARM(a) OR ALARM(b)) OR FALSE", ("a", "b"), {"OO": True, "AO": False, "II": True}),
    ("False OR ALARM(a)", ("a",), {"A": True, "O": False}),
    ("ALARM(NOT) AND NOT ALARM(AND)", ("NOT", "AND"), {"AO": True, "AA": False, "OO": False}),
]  # fmt: skip

INVALID = [
    "ALARM(cpu", "ALARM(cpu))", "ALARM(cpu) ALARM(disk)", "ALARM(cpu) AND", "ALARM(web server)", "ALARM(cpu, disk)",
    "ALARM()", "AT_LEAST(2, ALARM, cpu, disk)", "AT_LEAST(1, FIRING, (cpu, disk))", "ALARM(cpu) XOR ALARM(disk)",
    "AT_LEAST(2, ALARM, ())", "cpu AND disk",
]  # fmt: skip


@pytest.mark.parametrize("row", VALID, ids=lambda row: row[0])
def test_a_rule_of_the_documentation_holds_in_the_states_it_says(row):
    rule, leaves, expected = row
    assert {states: truth_of(rule, leaves, states) for states in expected} == {
        states: str(value).lower() for states, value in expected.items()
    }


@pytest.mark.parametrize("rule", INVALID)
def test_a_text_that_is_no_rule_is_not_judged(rule):
    assert truth_of(rule, ("cpu", "disk"), "AO") == "unknown"


@pytest.mark.parametrize("rule", ["ALARM(gone)", "ALARM(cpu) OR OK(gone)", "AT_LEAST(1, ALARM, (cpu, gone))"])
def test_a_rule_that_names_an_alarm_that_is_not_there_is_not_judged(rule):
    assert truth_of(rule, ("cpu",), "O") == "unknown"
