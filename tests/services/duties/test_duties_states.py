from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.duties.states import OccurrenceRecord, by_time, changes_after, occurrence_of, state_of
from services.models.duties import OPEN_STATES, OccurrenceState, ScheduledOccurrence, SignOff

START = datetime(2026, 1, 5, tzinfo=UTC)
ORDER = [OccurrenceState.UPCOMING, OccurrenceState.DUE, OccurrenceState.LATE, OccurrenceState.MISSED]
minutes = st.integers(-3000, 3000).map(lambda count: START + timedelta(minutes=count))
lengths = st.integers(1, 2000).map(lambda count: timedelta(minutes=count))


@st.composite
def slots(draw):
    due = draw(minutes)
    missed = draw(st.none() | lengths)
    return ScheduledOccurrence(
        key="duty@2026-01-05T09:00", duty="duty", title="duty", nominal=(date(2026, 1, 5),), day=date(2026, 1, 5),
        until=date(2026, 1, 5), due_at=due, late_at=due + draw(lengths),
        missed_at=None if missed is None else due + missed, timed=True, if_planned=draw(st.booleans()),
    )  # fmt: skip


signatures = st.builds(
    SignOff, by=st.just("alice"), at=minutes, was=st.sampled_from(ORDER), seq=st.integers(1, 9)
)
records = st.builds(
    OccurrenceRecord, signed=st.none() | signatures, skipped=st.booleans(), planned=st.booleans()
)


@given(slots(), st.lists(minutes, min_size=2))
def test_time_alone_never_takes_a_state_back(slot, moments):
    ranks = [ORDER.index(by_time(slot, now)) for now in sorted(moments)]
    assert ranks == sorted(ranks)


@given(slots(), st.booleans(), st.none() | minutes, st.lists(minutes, min_size=2))
def test_without_a_signature_it_is_one_of_a_row_that_only_goes_forward(slot, planned, began, moments):
    states = [state_of(slot, OccurrenceRecord(planned=planned), now, began) for now in sorted(moments)]
    if slot.if_planned and not planned:
        assert set(states) <= {OccurrenceState.UNPLANNED, OccurrenceState.NO_RECORD}
    row = [*ORDER, OccurrenceState.NO_RECORD]
    ranks = [row.index(state) for state in states if state is not OccurrenceState.UNPLANNED]
    assert ranks == sorted(ranks)


@given(slots(), records, minutes, st.none() | minutes)
def test_the_state_agrees_with_the_times_and_the_record(slot, record, now, began):
    occurrence = occurrence_of(slot, record, now, began)
    assert (occurrence.state in (OccurrenceState.DONE, OccurrenceState.SKIPPED)) == (
        record.signed is not None
    )
    if occurrence.state in OPEN_STATES:
        assert slot.due_at <= now
        assert record.planned or not slot.if_planned
    if occurrence.state is OccurrenceState.DUE:
        assert now < slot.late_at
    if occurrence.state is OccurrenceState.MISSED:
        assert slot.missed_at is not None
        assert slot.missed_at <= now
    if occurrence.state is OccurrenceState.NO_RECORD:
        assert began is not None
        assert slot.late_at <= began


@given(slots(), records, minutes, minutes)
def test_the_next_change_is_exactly_when_the_state_changes(slot, record, now, began):
    began = min(began, now)
    turn = changes_after(occurrence_of(slot, record, now, began), now)
    state = state_of(slot, record, now, began)
    if turn is None:
        assert state_of(slot, record, now + timedelta(days=30), began) is state
    else:
        assert now < turn
        assert state_of(slot, record, turn - timedelta(microseconds=1), began) is state
