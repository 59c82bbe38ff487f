from datetime import UTC, datetime

import pytest

from services.background.leases import FirstReads
from services.clock import ManualClock

NOW = datetime(2026, 1, 30, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize("step", [3600, -3600, 90, -90])
def test_no_setting_of_a_clock_changes_it_and_a_suspend_counts(step):
    clock = ManualClock(NOW)
    reads = FirstReads(clock)
    assert reads.age("a", 7) == 0
    clock.step(step)
    clock.advance(10)
    assert reads.age("a", 7) == 10
    clock.suspend(100)
    assert reads.age("a", 7) == 110


def test_another_entry_starts_anew():
    clock = ManualClock(NOW)
    reads = FirstReads(clock)
    reads.age("a", 7)
    clock.advance(10)
    assert reads.age("a", 8) == 0
    assert reads.age("b", 7) == 0
    reads.forget("a")
    clock.advance(1)
    assert reads.age("a", 8) == 0
