from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.clock import ManualClock
from services.incidents.first_wave.sources import SOURCES
from services.incidents.live import AGAIN, EVERY, LiveEvidence, with_captured, with_earlier
from services.incidents.readings import Weighing
from services.incidents.weighing import assess
from services.models.causes import SignalState, Word
from services.models.first_wave import AskedQuestion, LogEntry, Source, SourceReading, StoppedTask, Sure
from services.models.incidents import Turn, TurnKind
from services.models.problem import Problem, ProblemKind
from tests.widgets import incident_data as data

SURENESS = [Word.OPEN, Word.LIKELY, Word.STRONG]


def problem(kind=ProblemKind.UNREACHABLE):
    return Problem(kind=kind, summary="no response", at=data.NOW)


def evidence(failed=(), kind=ProblemKind.UNREACHABLE, **fields):
    """A reading of which some sources failed; each source has the requests that are set aside for it."""
    lost = set(failed)
    readings = tuple(
        SourceReading(
            source=source,
            requests=SOURCES[source].requests,
            problem=problem(kind) if source in lost else None,
        )
        for source in Source
    )
    return data.evidence(readings=readings, **fields)


def sample(*minutes, is_whole=True):
    whole = data.evidence().database_lines
    lines = tuple(LogEntry(at=data.minutes(at), stream="s", text=f"line {at}") for at in minutes)
    return whole.model_copy(update={"lines": lines, "is_whole": is_whole})


def test_what_has_happened_never_disappears():
    task = StoppedTask(id="t1", definition="api:1")
    captured = evidence(database_lines=sample(1, 2), stopped_tasks=(task,), application_errors=sample(5))
    live = evidence(
        database_lines=sample(2, 3, is_whole=False),
        application_errors=None,
        activities=(),
        writes=(),
        database_events=(),
    )
    both = with_captured(live, captured)
    assert [line.text for line in both.database_lines.lines] == ["line 1", "line 2", "line 3"]
    assert not both.database_lines.is_whole
    assert both.stopped_tasks == (task,)
    assert both.application_errors == captured.application_errors
    assert (both.activities, both.writes) == (captured.activities, captured.writes)
    assert both.database_events == captured.database_events
    assert both.ended == live.ended


def test_a_source_that_fails_falls_back_to_the_answer_before_with_its_age():
    captured, later = evidence(), data.NOW + timedelta(minutes=5)
    live = evidence([Source.TARGETS], targets=(), ended=later)
    both = with_captured(live, captured)
    reading = both.reading(Source.TARGETS)
    assert both.targets == captured.targets
    assert (reading.as_of, reading.is_read) == (captured.ended, True)
    assert "no response" in reading.cut
    again = with_captured(live.model_copy(update={"ended": later + timedelta(minutes=1)}), both)
    assert again.reading(Source.TARGETS) == reading, "it is as old as its first reading"
    signals = {signal.id: signal for signal in assess(both, data.RUNBOOK).signals}
    assert signals["none-healthy"].state is SignalState.UNSEEN, "what was not there may be there now"
    assert signals["none-healthy"].is_denied


@given(st.lists(st.sets(st.sampled_from(Source)), min_size=1, max_size=4))
def test_the_newest_answer_has_its_own_time_whatever_fails_after_it(losses):
    weighing, captured = Weighing(data.RUNBOOK), evidence()
    expected = captured.ended
    for minute, lost in enumerate(losses, 1):
        at = data.NOW + timedelta(minutes=minute)
        live = evidence(lost, targets=(), began=at, ended=at)
        present = weighing.present(data.incident(), live, captured)
        # The alarms are no answer of AWS's to this reading.
        expected = at if set(Source) - lost - {Source.ALARMS} else expected
        assert present.answered == expected
    everything = evidence(Source)
    assert everything.answered is None
    assert with_earlier(everything, everything).answered is None


def test_a_question_that_fails_keeps_its_answer_and_the_time_of_it():
    def asked(at, *reads):
        answers = tuple(
            AskedQuestion(
                title=f"q{index}", answer=f"a{at}", read=read, at=data.minutes(at), sure=Sure.PARTLY
            )
            for index, read in enumerate(reads)
        )
        return data.evidence(
            readings=(), answers=answers, series=data.evidence().series if all(reads) else ()
        )

    first = asked(1, "curve", "samples")
    later = with_captured(asked(2, "", "samples"), first)
    assert [each.answer for each in later.answers] == ["a1", "a2"]
    assert later.answered == data.minutes(2)
    failed = with_captured(asked(3, "", ""), later)
    assert failed.answers == later.answers
    assert failed.answered == data.minutes(2)
    assert failed.series == first.series, "the chart stays, with its age"


@given(st.sets(st.sampled_from(Source), max_size=4))
def test_what_was_read_earlier_makes_no_word_stronger(lost):
    captured = evidence()
    both = with_captured(evidence(lost), captured)
    now, then = (assess(each, data.RUNBOOK) for each in (both, captured))
    assert SURENESS.index(now.word) <= SURENESS.index(then.word)


def test_after_recovery_the_states_are_those_of_the_trouble_and_the_curves_go_on():
    captured = evidence()
    well = tuple(each.model_copy(update={"state": "healthy"}) for each in captured.targets)
    live = evidence(targets=well, ended=data.NOW + timedelta(minutes=9), series=captured.series[:2])
    firing = data.incident()
    quiet = data.incident(turns=(Turn(at=data.NOW, kind=TurnKind.OK),))
    weighing = Weighing(data.RUNBOOK)
    present = weighing.present(firing, live, captured)
    assert present.targets == well
    over = weighing.present(quiet, live, captured)
    assert over.targets == captured.targets
    assert over.series == live.series


class Asked:
    """Counts the questions of a LiveEvidence by a clock that stands until it is moved."""

    def __init__(self, failed, kind):
        self.failed, self.kind = list(failed), kind
        self.clock = ManualClock(data.NOW)
        self.asked: list[frozenset[Source]] = []
        self.live = LiveEvidence(self._whole, self.clock, self._again)

    async def _whole(self, _incident):
        self.asked.append(frozenset(Source))
        return evidence(self.failed, self.kind)

    async def _again(self, before, sources):
        self.asked.append(sources)
        return evidence(self.failed, self.kind)

    async def run(self, seconds):
        times: list[tuple[float, frozenset[Source]]] = []
        begin = self.clock.elapsed()
        while self.clock.elapsed() - begin < seconds:
            before = len(self.asked)
            await self.live.read(data.incident())
            times += [(self.clock.elapsed() - begin, each) for each in self.asked[before:]]
            self.clock.advance(self.live.wait(data.incident()))
        return times


async def test_a_source_that_failed_is_asked_again_within_half_a_minute():
    times = await Asked([Source.NETWORK], ProblemKind.UNREACHABLE).run(EVERY + 10)
    assert times[:2] == [(0.0, frozenset(Source)), (AGAIN, {Source.NETWORK})]
    assert AGAIN <= 30
    assert all(sources == {Source.NETWORK} for at, sources in times if 0 < at < EVERY)


@pytest.mark.parametrize("kind", [ProblemKind.ACCESS_DENIED, ProblemKind.EXPIRED])
async def test_what_a_person_must_mend_waits_for_the_next_minute(kind):
    times = await Asked([Source.NETWORK], kind).run(EVERY * 3 - 1)
    assert [at for at, _sources in times] == [0.0, EVERY, EVERY * 2]


@pytest.mark.parametrize("count", range(1, len(Source) + 1))
async def test_what_goes_on_failing_is_asked_twice_a_minute(count):
    failed = frozenset(list(Source)[:count])
    times = await Asked(failed, ProblemKind.THROTTLED).run(EVERY * 3 - 1)
    whole = frozenset(Source)
    assert times == [(at * AGAIN, failed if at % 2 else whole) for at in range(6)]
