"""Must be true: two hosts with clocks 90 seconds wrong and a change that stops half-way never make a change twice.

`LEDGER=full` takes 10,000 changes; otherwise a seeded slice.
"""

import os

import pytest

from tests.faults.ledger.two_hosts import HOW, STOPS, run, run_all

pytestmark = pytest.mark.slow
IS_FULL = os.environ.get("LEDGER") == "full"
SEED = 20261129
CHANGES = 10_000 if IS_FULL else 120
CONTROL = 40


def test_no_change_has_two_effects_whoever_stops_where(capsys: pytest.CaptureFixture[str]) -> None:
    tally = run_all(SEED, CHANGES, workers=os.cpu_count() or 1) if IS_FULL else run(SEED, CHANGES)
    with capsys.disabled():
        print(
            f"\n{tally.changes} changes stopped, {tally.taken_over} made by the other host, {tally.effects} effects"
        )
    assert tally.doubled == []
    assert tally.wrong == []
    assert tally.changes >= CHANGES
    assert tally.taken_over > CHANGES // 10, "the other host hardly ever took over"
    assert set(tally.stops) == {f"{moment}, {how}" for moment in STOPS for how in HOW}


def test_without_windows_and_fence_the_harness_sees_doubled_effects() -> None:
    assert run(SEED, CONTROL, guarded=False).doubled
