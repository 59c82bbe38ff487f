from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import cos, pi
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.models.outages import Certificate, Outage, OutageKind
from services.outages.judging import OutageCurves, judged

START = int(datetime(2026, 4, 1, 1, tzinfo=UTC).timestamp())
Value = Callable[[int], float]
"""The value of a minute, counted from the beginning; 0 is published for no count."""
COUNTS = frozenset({"requests", "blocked"})


@dataclass
class Day:
    curves: dict[str, Value]
    lags: dict[str, int]
    week: dict[str, tuple[float, ...]]

    def at(self, minute, first=0):
        """What is published when `minute` begins, read from `first` on."""
        published = {
            name: {
                START + 60 * at: value(at)
                for at in range(max(first, minute - 240), minute - self.lags.get(name, 0))
                if name not in COUNTS or value(at)
            }
            for name, value in self.curves.items()
        }
        return OutageCurves(START + 60.0 * minute, published, self.week, 5.0)

    def proposed(self, minutes, first=0):
        """The minute in which each kind is proposed first; every minute is judged, as by an open console."""
        first_minutes: dict[OutageKind, int] = {}
        ongoing: tuple[Outage, ...] = ()
        for minute in minutes:
            ongoing = tuple(judged(self.at(minute, first), ongoing, ()))
            for outage in ongoing:
                first_minutes.setdefault(outage.kind, minute)
        return first_minutes


def noisy(mean, seed=1):
    noise = Random(seed)
    unit = [noise.gauss(0, 1) for _minute in range(500)]
    return lambda at: float(max(0, round(mean(at) + unit[at] * mean(at) ** 0.5)))


def ordinary(**curves):
    usual: dict[str, Value] = {
        "requests": noisy(lambda _at: 100.0),
        "healthy": lambda _at: 2.0,
        "blocked": noisy(lambda _at: 1.0, 3),
        "allowed": noisy(lambda _at: 100.0, 4),
    }
    return usual | curves


def day(lag=2, week=None, **curves):
    usual = {"requests": (95.0, 100.0, 105.0), "healthy": (2.0, 2.0), "blocked": (1.0, 1.0)}
    return Day(ordinary(**curves), dict.fromkeys(ordinary(), lag), usual if week is None else week)


def step(before, after, at=200):
    return noisy(lambda minute: before if minute < at else after)


TROUBLES: dict[str, tuple[dict[str, Value], OutageKind]] = {
    "traffic falls": ({"requests": step(100, 4)}, OutageKind.TRAFFIC),
    "a release that turns most away": ({"requests": step(100, 14)}, OutageKind.TRAFFIC),
    "no healthy target": ({"healthy": lambda at: 2.0 if at < 200 else 0.0}, OutageKind.TARGETS),
    "a strong attack": ({"blocked": step(1, 120)}, OutageKind.FIREWALL),
    "a weak attack": ({"blocked": step(1, 25)}, OutageKind.FIREWALL),
}


@pytest.mark.parametrize("lag", [0, 1, 3, 10])
@pytest.mark.parametrize("name", TROUBLES)
def test_a_trouble_is_proposed_within_three_minutes_of_the_first_answer_that_shows_it(name, lag):
    curves, kind = TROUBLES[name]
    shown = 200 + lag + 1
    assert shown <= day(lag, **curves).proposed(range(180, 220))[kind] <= shown + 3


@pytest.mark.parametrize("name", ["no healthy target", "a strong attack"])
def test_what_has_lasted_for_most_of_what_is_known_is_proposed_at_once(name):
    curves, kind = TROUBLES[name]
    assert kind in day(**curves).proposed([350], first=160)


def test_an_attack_with_pauses_is_one():
    paused = day(blocked=lambda at: 1.0 if at < 200 or 220 <= at < 225 else 120.0)
    ongoing: tuple[Outage, ...] = ()
    for minute in range(198, 240):
        ongoing = tuple(judged(paused.at(minute), ongoing, ()))
        assert bool(ongoing) is (minute >= 206)


def test_requests_that_are_not_published_any_more_are_zero_only_where_others_are():
    gone: Value = lambda at: 100.0 if at < 200 else 0.0  # noqa: E731
    alone = Day({"requests": gone}, {}, {"requests": (100.0,)})
    assert not alone.proposed(range(180, 400))
    assert day(0, requests=gone).proposed(range(180, 230))[OutageKind.TRAFFIC] == 213


ORDINARY: dict[str, Day] = {
    "an ordinary hour": day(),
    "a quiet night": day(requests=noisy(lambda _at: 4.0)),
    "a night that ends to nothing": day(requests=step(25, 0)),
    "the end of the working day": day(
        requests=noisy(lambda at: 100 if at < 150 else max(5.0, 100 - (at - 150) * 1.6)), week={}
    ),
    "the same fall a week ago": day(requests=step(100, 20), week={"requests": (100.0, 20.0, 18.0)}),
    "a console opened on a holiday": Day(
        ordinary(requests=noisy(lambda _at: 12.0)), {}, {"requests": (90.0, 100.0, 95.0)}
    ),
    "a deployment of half a minute": day(requests=lambda at: 10.0 if at in (200, 201) else 100.0),
    "a roll-out": day(healthy=lambda at: 1.0 if 200 <= at < 206 else 2.0),
    "a target group that sleeps at this hour": day(
        healthy=lambda at: 2.0 if at < 200 else 0.0, week={"healthy": (0.0, 0.0)}
    ),
    "a firewall that is always busy": day(blocked=noisy(lambda _at: 30.0), week={"blocked": (28.0,)}),
    "a scanner of three minutes": day(blocked=lambda at: 20.0 if 200 <= at < 203 else 1.0),
}


@pytest.mark.parametrize("name", ORDINARY)
def test_what_is_ordinary_is_never_proposed(name):
    assert not ORDINARY[name].proposed(range(180, 320, 2))


@pytest.mark.parametrize("name", [name for name in TROUBLES if name != "no healthy target"])
def test_without_a_past_nothing_is_judged(name):
    curves, _kind = TROUBLES[name]
    assert not day(week={}, **curves).proposed(range(160, 260), first=150)


@settings(max_examples=40, deadline=None)
@given(
    lags=st.fixed_dictionaries({name: st.integers(0, 10) for name in ordinary()}),
    seed=st.integers(0, 10_000),
    mean=st.integers(1, 300),
    dip=st.floats(0.0, 0.4),
)
def test_however_late_each_metric_is_an_ordinary_day_is_none(lags, seed, mean, dip):
    curves = ordinary(requests=noisy(lambda at: mean * (1 - dip * (1 - cos(pi * at / 60)) / 2), seed))
    assert not Day(curves, lags, {}).proposed(range(180, 260, 5))


@settings(max_examples=40, deadline=None)
@given(
    lags=st.fixed_dictionaries({name: st.integers(0, 10) for name in ordinary()}), left=st.floats(0.0, 0.2)
)
def test_however_late_each_metric_is_a_fall_is_proposed_with_its_first_minute(lags, left):
    fallen = Day(ordinary(requests=step(100, 100 * left)), lags, {"requests": (100.0,)})
    ongoing: tuple[Outage, ...] = ()
    for minute in range(198, 232):
        ongoing = tuple(judged(fallen.at(minute), ongoing, ()))
    (outage,) = (each for each in ongoing if each.kind is OutageKind.TRAFFIC)
    assert outage.since == datetime.fromtimestamp(START + 200 * 60, UTC)


def test_an_outage_ends_when_it_is_as_before_and_not_because_nothing_is_published():
    back = day(requests=lambda at: 4.0 if 200 <= at < 240 else 100.0)
    ongoing: tuple[Outage, ...] = ()
    present = {}
    for minute in range(190, 260):
        ongoing = tuple(judged(back.at(minute), ongoing, ()))
        present[minute] = bool(ongoing)
    assert present[241]
    assert not present[246]
    silent = OutageCurves(START + 60.0 * 275, {}, {}, 0.0)
    outage = next(judged(day(requests=step(100, 4)).at(240), (), ()))
    assert tuple(judged(OutageCurves(START + 60.0 * 245, {}, {}, 0.0), (outage,), ())) == (outage,)
    assert not tuple(judged(silent, (outage,), ()))


@pytest.mark.parametrize(
    ("left", "title"),
    [
        (timedelta(days=8), ""),
        (timedelta(days=6, hours=1), "Certificate: 6 days left"),
        (timedelta(hours=3), "Certificate expires today"),
        (timedelta(hours=-1), "Certificate expired"),
    ],
)
def test_a_certificate_is_proposed_in_its_last_week(left, title):
    now = datetime.fromtimestamp(START, UTC)
    read = (
        Certificate(domain="a.example", ends=now + left),
        Certificate(domain="b", ends=now + timedelta(days=90)),
    )
    assert [str(each.title) for each in judged(OutageCurves(START, {}), (), read)] == (
        [title] if title else []
    )
