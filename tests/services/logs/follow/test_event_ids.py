"""Ids of events: each is known once, whatever number of them a minute has, and packing them keeps nobody waiting."""

import random

import pytest

from services.logs.follow import event_ids
from services.logs.follow.event_ids import MINUTE, EventIds

START = 1_764_028_800_000
BURST = 60_000


@pytest.mark.slow
def test_every_id_of_busy_and_quiet_minutes_is_new_once():
    ids = EventIds()
    rng = random.Random(1)
    events = [(f"burst{number}", START + number * MINUTE // BURST) for number in range(BURST)]
    events += [
        (f"quiet{number}", START + MINUTE + number * MINUTE // 7) for number in range(2_000)
    ]  # seven a minute
    rng.shuffle(events)
    assert all(ids.add(*event) for event in events)
    assert len(ids) == len(events)
    assert not any(ids.add(*event) for event in events)
    assert ids.count(START, START) == BURST


def test_no_line_waits_for_more_than_some_thousand_ids_that_are_packed(monkeypatch):
    sizes: list[int] = []
    pack = event_ids._Packed.pack

    def noting(part):
        sizes[-1] += len(part)
        pack(part)

    monkeypatch.setattr(event_ids._Packed, "pack", noting)
    ids = EventIds()
    for number in range(3 * BURST):
        sizes.append(0)
        ids.add(f"id{number}", START + number // BURST * MINUTE)
    assert max(sizes) < BURST // 10
    assert sum(sizes) < 10 * len(sizes)
