from hypothesis import given
from hypothesis import strategies as st

from services.models.alarm_rows import HEAD, alarm_rows
from services.models.alarms import Alarm, AlarmOverview, AlarmState, is_plain
from services.models.base import RawId

ALARMS = st.lists(
    st.builds(
        Alarm,
        id=st.uuids().map(lambda uuid: RawId(str(uuid))),
        name=st.just("alarm"),
        state=st.sampled_from(AlarmState),
        scaling=st.booleans(),
        expected=st.booleans(),
        has_actions=st.booleans(),
        actions_enabled=st.sampled_from((True, True, True, False, None)),
        muted_by=st.sampled_from(("", "", "", "night")),
        evaluation=st.sampled_from(("", "", "PARTIAL_DATA")),
    ),
    max_size=12,
).map(lambda alarms: AlarmOverview(alarms=tuple(alarms)))


@given(ALARMS, st.integers(0, 40), st.integers(0, 5), st.booleans(), st.booleans())
def test_what_is_not_normal_always_has_a_row_and_nothing_is_lost(
    overview, room, notes, normal_listed, scaling_listed
):
    rows = alarm_rows(overview, room, notes=notes, normal_listed=normal_listed, scaling_listed=scaling_listed)
    assert {alarm.id for alarm in (*rows.single, *rows.normal)} == {alarm.id for alarm in overview.watched}
    assert len(rows.single) + len(rows.normal) == len(overview.watched)
    assert all(is_plain(alarm) for alarm in rows.normal)
    assert rows.scaling == overview.scaling
    assert rows.listed_normal == (rows.normal if normal_listed else ())


@given(ALARMS, st.integers(0, 5))
def test_everything_is_listed_where_there_is_room(overview, notes):
    room = HEAD + len(overview.watched) + bool(overview.scaling) + notes
    assert not alarm_rows(overview, room, notes=notes).normal


def test_all_green_is_one_line():
    alarms = tuple(
        Alarm(id=RawId(str(index)), name="a", state=AlarmState.OK, has_actions=True) for index in range(8)
    )
    assert alarm_rows(AlarmOverview(alarms=alarms), 4).is_one_line
    fires = alarms[0].model_copy(update={"state": AlarmState.ALARM})
    assert not alarm_rows(AlarmOverview(alarms=(fires, *alarms[1:])), 4).is_one_line
    silent = alarms[0].model_copy(update={"actions_enabled": False})
    assert not alarm_rows(AlarmOverview(alarms=(silent, *alarms[1:])), 4).is_one_line, "an alarm nobody hears"
