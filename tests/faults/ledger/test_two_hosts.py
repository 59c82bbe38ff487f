"""Two hosts with clocks 90 s wrong never make a change twice; `LEDGER=full` takes 10,000, else a slice."""

import asyncio
import os
from datetime import timedelta
from typing import Any

import pytest

from services.aws.client.write_grants import WriteGrant
from services.changes.ages import Ages
from services.changes.arming.fence import Fence
from services.changes.guarantees import SIGNATURE_SECONDS
from services.changes.history import ChangeHistory
from services.changes.recovery import ChangeRecovery
from tests.faults.ledger.hosts import START, worlds_apart
from tests.faults.ledger.two_hosts import HOW, SKEW, STOPS, Schedule, batch, run, run_all

pytestmark = [pytest.mark.slow, pytest.mark.data]
IS_FULL = os.environ.get("LEDGER") == "full"
SEED = 20261129
CHANGES = 10_000 if IS_FULL else 120
CONTROL = 40


def test_no_change_has_two_effects_whoever_stops_where(capsys):
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


def test_without_windows_and_fence_the_harness_sees_doubled_effects():
    assert run(SEED, CONTROL, guarded=False).doubled


async def _no_objection(*_args):
    return ""


def _age_by_its_time(self, seq):
    return float((self._clock.now() - (self._until[seq, 0.0] - self.window)).total_seconds())


def _once_it_is_over(self, run, step):
    """As if no later event had to be seen before CloudTrail's silence counts: a further guard, by AWS's own clock."""
    return None if self._history.ages.left(step.seq, self._late(run, step)) else START


GUARDS: dict[str, tuple[Any, str, Any, Schedule, float]] = {
    "the fence": (Fence, "objection", _no_objection, ("confirmed", "paused", 200), SKEW),
    "a change made meanwhile": (
        ChangeHistory, "is_overtaken", lambda *_args: False, ("confirmed", "paused", 200), SKEW,
    ),
    "the deadline when it is signed": (WriteGrant, "is_overdue", False, ("permitted", "stopped", 365), -SKEW),
    "the window": (Ages, "left", lambda *_args: timedelta(), ("at the socket", "stopped", 5), SKEW),
    "the signature's time": (ChangeRecovery, "_late", lambda *_args: 0.0, ("at the socket", "stopped", 61), SKEW),
    "how far the clock is ahead": (
        ChangeRecovery, "_late", lambda *_args: SIGNATURE_SECONDS, ("at the socket", "stopped", 365), SKEW,
    ),
    "ages by the reader's own clock": (Ages, "age", _age_by_its_time, ("at the socket", "stopped", 200), -SKEW),
}  # fmt: skip


@pytest.mark.parametrize("name", GUARDS)
@pytest.mark.parametrize("is_on", [True, False])
def test_each_guard_alone_prevents_a_doubled_effect(name, is_on, monkeypatch):
    owner, attribute, value, schedule, skew = GUARDS[name]
    monkeypatch.setattr(ChangeRecovery, "_ended", _once_it_is_over)
    if not is_on:
        monkeypatch.setattr(owner, attribute, value)
    with worlds_apart():
        tally = asyncio.run(batch(2 * SEED, 1, schedule, skew))
    assert tally.wrong == []
    assert bool(tally.doubled) is not is_on
