"""Evidence in the journal: what is packed comes back, small enough whatever it holds, and damage is said in words."""

import base64
import json
import zlib
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.incidents.evidence import LARGEST, LIMIT, UnreadableEvidence, packed, unpacked
from services.models.base import RawId
from services.models.canonical import canonical
from services.models.cloudtrail import Actor, ActorKind, TrailEvent
from services.models.first_wave import (
    AlarmMoment,
    IncidentEvidence,
    LogEntry,
    LogSample,
    Measure,
    Source,
    SourceReading,
    StoppedContainer,
    StoppedTask,
    TargetHealth,
)
from services.models.metrics import Series, TimeSpan
from services.models.problem import Problem, ProblemKind

AT = datetime(2026, 1, 14, 1, 0, tzinfo=UTC)
SPAN = TimeSpan(start=AT - timedelta(minutes=30), end=AT)
TEXTS = st.text(max_size=40)
TIMES = st.integers(0, 4 * 10**15).map(
    lambda micros: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)

LINES = st.builds(LogEntry, at=TIMES, stream=TEXTS, text=TEXTS)
SAMPLES = st.builds(
    LogSample,
    group=TEXTS.map(RawId),
    pattern=TEXTS,
    span=st.just(SPAN),
    lines=st.lists(LINES, max_size=5).map(tuple),
    is_whole=st.booleans(),
)
SERIES = st.builds(
    lambda measure, points: Series(
        id=measure,
        label=measure,
        times=tuple(time for time, _value in points),
        values=tuple(value for _time, value in points),
        period=60,
    ),
    st.sampled_from(Measure),
    st.lists(st.tuples(st.integers(0, 2**32), NUMBERS), max_size=5),
)
PROBLEMS = st.builds(Problem, kind=st.sampled_from(ProblemKind), summary=TEXTS, detail=TEXTS, at=TIMES)
READINGS = st.builds(
    SourceReading,
    source=st.sampled_from(Source),
    requests=st.integers(0, 18),
    problem=st.none() | PROBLEMS,
    omitted=TEXTS,
    cut=TEXTS,
)
TASKS = st.builds(
    StoppedTask,
    id=TEXTS,
    reason=TEXTS,
    containers=st.lists(
        st.builds(StoppedContainer, name=TEXTS, exit_code=st.none() | st.integers(-1, 255)), max_size=2
    ).map(tuple),
    stopping=st.none() | TIMES,
)
EVENTS = st.builds(
    TrailEvent,
    id=TEXTS.map(RawId),
    name=TEXTS,
    source=TEXTS,
    at=TIMES,
    region=TEXTS,
    actor=st.builds(Actor, kind=st.sampled_from(ActorKind), name=TEXTS),
)
EVIDENCE = st.builds(
    IncidentEvidence,
    alarm=st.builds(AlarmMoment, id=TEXTS.map(RawId), name=TEXTS, since=TIMES, threshold=st.none() | NUMBERS),
    began=TIMES,
    ended=TIMES,
    readings=st.lists(READINGS, max_size=4).map(tuple),
    targets=st.lists(st.builds(TargetHealth, id=TEXTS.map(RawId), name=TEXTS, state=TEXTS), max_size=3).map(
        tuple
    ),
    stopped_tasks=st.lists(TASKS, max_size=3).map(tuple),
    series=st.lists(SERIES, max_size=3).map(tuple),
    writes=st.lists(EVENTS, max_size=3).map(tuple),
    application_errors=st.none() | SAMPLES,
    database_lines=st.none() | SAMPLES,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
)


def as_stored(data):
    return json.loads(canonical(data))


def noisy(count, length=300):
    seed = zlib.crc32(b"lines")
    lines = []
    for number in range(count):
        words = []
        while sum(map(len, words)) < length:
            seed = (seed * 6364136223846793005 + 1442695040888963407) % 2**64
            words.append(f"{seed:x}")
        lines.append(LogEntry(at=AT + timedelta(seconds=number), stream="ecs/app", text=" ".join(words)))
    return tuple(lines)


def evidence(**fields):
    readings = tuple(SourceReading(source=source, requests=1) for source in Source)
    alarm = AlarmMoment(id=RawId("alb"), name="alb", since=AT)
    return IncidentEvidence(**{"alarm": alarm, "began": AT, "ended": AT, "readings": readings, **fields})


def sample(lines):
    return LogSample(group=RawId("/ecs/app"), pattern="ERROR", span=SPAN, lines=lines)


@given(EVIDENCE)
def test_what_is_packed_comes_back(original):
    data = packed(original, incident="incident:alb#1")
    assert data["cut"] == [f"{each.source}: {each.cut}" for each in original.readings if each.cut]
    assert unpacked(as_stored(data)) == original


@given(EVIDENCE)
@settings(max_examples=10)
def test_equal_evidence_gives_equal_data(original):
    again = IncidentEvidence.model_validate_json(original.model_dump_json())
    assert canonical(packed(original, incident="i")) == canonical(packed(again, incident="i"))


@pytest.mark.parametrize("count", [10, 1_000, 4_000])
def test_it_always_fits_and_says_what_was_left_out(count):
    original = evidence(application_errors=sample(noisy(count)), database_lines=sample(noisy(20)))
    data = packed(original, incident="incident:alb#1")
    assert len(canonical(data).encode()) <= LIMIT
    back = unpacked(as_stored(data))
    assert back.application_errors
    lines = back.application_errors.lines
    assert lines == original.application_errors.lines[-len(lines) :]
    is_cut = len(lines) < count
    assert is_cut is (count > 500)
    assert back.application_errors.is_whole is not is_cut
    reading = back.reading(Source.APPLICATION_LOG)
    assert reading
    assert bool(reading.cut) is is_cut is bool(data["cut"])
    assert back.database_lines == original.database_lines


def test_rows_are_left_out_in_a_fixed_order():
    tasks = tuple(StoppedTask(id=line.text[:200], reason=line.text) for line in noisy(3_000))
    original = evidence(
        application_errors=sample(noisy(10)),
        database_lines=sample(noisy(10)),
        stopped_tasks=tasks,
        targets=(TargetHealth(id=RawId("10.0.1.5"), name="10.0.1.5", state="healthy"),),
    )
    back = unpacked(as_stored(packed(original, incident="i")))
    assert back.application_errors
    assert back.application_errors.lines == ()
    assert 0 < len(back.stopped_tasks) < len(tasks)
    assert back.stopped_tasks == tasks[: len(back.stopped_tasks)]
    assert back.targets == original.targets


def test_what_cannot_be_cut_is_not_recorded_and_said():
    reason = " ".join(line.text for line in noisy(4_000))
    huge = TargetHealth(id=RawId(reason), name="x", state="healthy")
    original = evidence(targets=(huge,), alarm=AlarmMoment(id=RawId("alb"), name="alb", since=AT))
    data = packed(original, incident="i")
    assert len(canonical(data).encode()) <= LIMIT
    assert unpacked(as_stored(data)).targets == ()
    assert data["cut"]


def test_text_that_compresses_well_can_be_read_again():
    lines = tuple(LogEntry(at=AT, stream="s", text="x" * 30_000) for _line in range(2_000))
    data = packed(evidence(application_errors=sample(lines)), incident="i")
    back = unpacked(as_stored(data))
    assert back.application_errors
    assert 0 < len(back.application_errors.lines) < 2_000


@given(st.dictionaries(st.sampled_from(["evidence", "encoding", "incident", "cut"]), JSON))
def test_other_data_are_refused_in_words(data):
    with pytest.raises(UnreadableEvidence, match=r".{20}"):
        unpacked(data)


@given(st.integers(0, 400), st.binary(max_size=3), st.booleans())
def test_damaged_evidence_is_refused_in_words_or_is_evidence(at, junk, is_cut):
    data = packed(evidence(application_errors=sample(noisy(2))), incident="i")
    text = data["evidence"]
    damaged = text[:at] + base64.b64encode(junk).decode() + ("" if is_cut else text[at + len(junk) :])
    with suppress(UnreadableEvidence):
        assert isinstance(unpacked(data | {"evidence": damaged}), IncidentEvidence)


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"null", b'{"alarm": 1}', b"\xff\xfe", b"[" * 100_000, b"1" * 5_000, b" " * (LARGEST + 1)],
    ids=["nothing", "list", "null", "other keys", "not UTF-8", "too deep", "long number", "bomb"],
)
def test_hostile_contents_are_refused_in_words(content):
    data = {"encoding": "json+zlib+base64", "evidence": base64.b64encode(zlib.compress(content)).decode()}
    with pytest.raises(UnreadableEvidence):
        unpacked(data)


def repacked(change, original=None):
    """An entry whose evidence was written by another version, or edited by hand."""
    value = (original or evidence(application_errors=sample(noisy(2)))).model_dump(mode="json")
    change(value)
    return {
        "encoding": "json+zlib+base64",
        "evidence": base64.b64encode(zlib.compress(json.dumps(value).encode())).decode(),
    }


def test_what_a_later_version_added_is_left_out():
    def later(value):
        value["orbit"] = {"of": "later"}
        value["alarm"]["mood"] = "bad"
        value["readings"][0]["retries"] = 3
        value["readings"].insert(1, {"source": "telepathy", "requests": 1})
        value["readings"].append({"source": "clairvoyance", "requests": 1, "x": 1})
        for line in value["application_errors"]["lines"]:
            line["level"] = "ERROR"

    original = evidence(application_errors=sample(noisy(2)))
    assert unpacked(repacked(later, original)) == original


@pytest.mark.parametrize(
    "change",
    [
        lambda value: value["alarm"].update(since="0001-01-01T00:00:00Z"),
        lambda value: value["alarm"].update(since="9999-12-31T00:00:00Z"),
        lambda value: value["alarm"].update(since="2026-01-14T01:00:00"),
        lambda value: value["alarm"].update(threshold=float("nan")),
        lambda value: value["series"][0].update(values=[float("inf"), 1.0]),
        lambda value: value["series"][0].update(values=[1.0]),
        lambda value: value["series"][0].update(times=[0, 10**18]),
        lambda value: value["application_errors"]["lines"][0].update(at="2300-01-01T00:00:00Z"),
    ],
)
def test_times_and_numbers_that_nothing_can_be_computed_with_are_damage(change):
    curve = Series(id=Measure.REQUESTS, label="x", times=(0, 60), values=(1.0, 2.0), period=60)
    original = evidence(application_errors=sample(noisy(2)), series=(curve,))
    assert unpacked(repacked(lambda value: None, original)) == original
    with pytest.raises(UnreadableEvidence):
        unpacked(repacked(change, original))
