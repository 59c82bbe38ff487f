from services.models.alarms import Alarm, AlarmKind, AlarmOverview, AlarmState
from services.models.base import RawId
from services.models.composites import parts_of


class Asked(str):
    __slots__ = ()
    comparisons = 0

    def __eq__(self, other):
        Asked.comparisons += 1
        return super().__eq__(other)

    __hash__ = str.__hash__


def alarm(name, state=AlarmState.OK, **more):
    return Alarm.model_construct(
        **Alarm(id=RawId(name), name=name, state=state, arn=RawId(f"arn:{name}"), **more).__dict__
    )


def test_parts_are_named_by_name_or_arn_and_firing_ones_come_first():
    alarms = (alarm("e"), alarm("d"), alarm("b c", AlarmState.ALARM), alarm("a"))
    whole = alarm(
        "whole",
        kind=AlarmKind.COMPOSITE,
        rule="ALARM(a) OR ALARM(\"b c\") AND OK('arn:d') OR ALARM(gone) OR ALARM(a)",
    )
    assert [part.id for part in parts_of(whole, AlarmOverview(alarms=alarms))] == ["b c", "a", "d"]


def test_the_parts_of_a_list_are_named_too():
    alarms = (alarm("a"), alarm("b c"), alarm("d"), alarm("e"))
    rule = 'AT_LEAST(50%, NOT OK, (a, "b c",arn:d)) AND NOT (alarm(e) OR TRUE)'
    parts = parts_of(alarm("whole", kind=AlarmKind.COMPOSITE, rule=rule), AlarmOverview(alarms=alarms))
    assert [part.id for part in parts] == ["a", "b c", "d", "e"]


def test_the_parts_of_a_long_rule_are_found_without_comparing_all_alarms():
    names = [f"service-{number:05}" for number in range(5_000)]
    overview = AlarmOverview(alarms=tuple(map(alarm, names)))
    rule = " OR ".join(f"ALARM({name})" for name in names[:100])
    for part in overview.alarms:
        part.__dict__["id"] = Asked(part.id)
    whole = alarm("whole", kind=AlarmKind.COMPOSITE, rule=rule)
    assert len(parts_of(whole, overview)) == 100
    assert Asked.comparisons < 1_000
