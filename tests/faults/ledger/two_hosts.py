"""Changes that stop half-way on one host while a second host settles and makes them, with clocks 90 seconds wrong.

`python -m tests.faults.ledger.two_hosts --changes 10000 --workers 2`: each change stops at a seeded moment, for a seeded
time, as a process (SIGSTOP), a machine (suspend) or a virtual machine (its clocks stand still) does. The effects are
counted by the embedded AWS. `--unguarded` switches windows, deadlines and fence off: the control, which sees doubled
effects.
"""

import argparse
import asyncio
import contextlib
import json
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from services.changes.recovery import NotFinal
from services.models.change_runs import Run, StepState
from services.models.changes import Plan
from tests.faults.ledger.hosts import STOPS, Host, Place, Stop, worlds_apart

SKEW = 90.0
BATCH = 50  # Changes on one AWS and journal; then both begin anew
HOW = ("stopped", "suspended", "paused")
CORNERS = [(moment, how) for moment in STOPS for how in HOW]
UNSENT = STOPS[1:3]
Schedule = tuple[str, str, int]  # The moment, how it stops there, and for how many seconds
LASTS = (5, 24, 26, 61, 200, 355, 365, 400, 420, 445, 455, 600)
"""Seconds: around the intent's, the window's and the signature's end."""


@dataclass
class Tally:
    changes: int = 0
    stops: Counter[str] = field(default_factory=Counter)
    taken_over: int = 0  # Changes that the other host found not done, and made
    effects: int = 0
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        self.changes += other.changes
        self.stops += other.stops
        self.taken_over += other.taken_over
        self.effects += other.effects
        self.doubled += other.doubled
        self.wrong += other.wrong


@dataclass
class Story:
    place: Place
    rng: Random
    tally: Tally
    maximum: str
    schedule: Schedule
    is_seeded: bool  # Whether chance decides which host stops, and whether a person is asked
    other_runs: list[Run] = field(default_factory=list)
    taken_back: int = 0  # Changes of the other host that it has reverted
    is_asked: bool = False

    async def tell(self) -> None:
        place, rng, tally = self.place, self.rng, self.tally
        one, other = rng.sample(place.hosts, 2) if self.is_seeded else place.hosts
        moment, how, lasts = self.schedule
        self.is_asked = moment in UNSENT and (not self.is_seeded or rng.random() < 0.5)
        name = f"{moment}, {how} for {lasts} s, clock {one.clock.skew:+.0f} s"
        before = place.effects()
        with one.acting():
            await one.arm()
            plan = await plan_of(one, self.maximum)
            assert not plan.refusals, (name, plan.refusals)
            stop = Stop(moment, lambda: self.meanwhile(one, other, plan, how, lasts, moment))
            with stop.pending():
                applying = one.engine.apply(plan, plan.confirm)
            run = await applying
        assert stop.reached, (name, run.refusal, run.steps)
        place.server.front.faults.clear()
        one.clock.catch_up()
        effects = place.effects() - before - self.taken_back
        in_journal = await self.settled(other, plan)
        tally.changes += 1
        tally.stops[f"{moment}, {how}"] += 1
        tally.effects += effects
        tally.taken_over += len(self.other_runs)
        if effects > 1:
            tally.doubled.append(name)
        elif effects != in_journal:
            tally.wrong.append(f"{name}: {effects} at the server, {in_journal} in the journal")

    async def meanwhile(self, one: Host, other: Host, plan: Plan, how: str, lasts: int, moment: str) -> None:
        with other.acting():
            await other.engine._history.catch_up()
            parts = self.rng.choice((1, 2, 3))
            for _part in range(parts):
                if how == "suspended":
                    self.place.suspend(one, lasts / parts)
                else:
                    one.paused = how == "paused"
                    self.place.advance(lasts / parts)
                    one.paused = False
                await self.take_over(other, plan)
        if moment == "answer lost":
            # Its own answer, not that of the other host's change.
            mode = self.rng.choice(("reset-before", "reset-after"))
            self.place.lose(mode)

    async def take_over(self, other: Host, plan: Plan) -> None:
        run = await other.engine.resolve(plan.id)
        if run.steps[0].state is StepState.UNKNOWN and self.is_asked:
            with contextlib.suppress(NotFinal):
                step = plan.steps[0].id
                run = await other.engine.resolve_manually(plan.id, step, done=False, note="I looked")
        state, before = run.steps[0].state, self.place.maximum
        if state in (StepState.FAILED, StepState.REFUSED) and not self.other_runs:
            await other.arm()
            again = await plan_of(other, self.maximum)
            if not again.refusals:
                self.other_runs.append(await other.engine.apply(again, again.confirm))
                if state is StepState.REFUSED:
                    # AWS is as when the first host confirmed: only the journal tells that its time was over.
                    revert = await plan_of(other, str(before))
                    assert (await other.engine.apply(revert, revert.confirm)).state is StepState.DONE
                    self.taken_back += 1

    async def settled(self, other: Host, plan: Plan) -> int:
        with other.acting():
            run = await other.engine.resolve(plan.id)
            if run.in_flight:
                self.place.advance(700)
                run = await other.engine.resolve(plan.id)
            assert not run.in_flight, run.steps
            runs = [run, *[await other.engine.resolve(each.id) for each in self.other_runs]]
            return sum(each.steps[0].state is StepState.DONE for each in runs)


async def plan_of(host: Host, maximum: str) -> Plan:
    return await host.engine.plan("task-limit", "staff-api", {"max": maximum, "revert": "duty"})


async def batch(
    seed: int, changes: int, schedule: Schedule | None = None, skew: float | None = None
) -> Tally:
    """An even seed: each host has a copy of a ledger; odd: all have one file. `schedule`, `skew` None: seeded."""
    tally, rng = Tally(), Random(seed)
    skew = rng.choice((SKEW, -SKEW)) if skew is None else skew
    skews = (skew, -skew)
    with tempfile.TemporaryDirectory() as folder:
        place = Place(Path(folder), skews, is_shared=seed % 2 == 0)
        await place.open()
        corners = rng.sample(CORNERS, len(CORNERS))
        try:
            for number in range(changes):
                maximum = "7" if place.maximum == 6 else "6"
                seeded = (*corners[number % len(corners)], rng.choice(LASTS))
                story = Story(place, rng, tally, maximum, schedule or seeded, is_seeded=schedule is None)
                await story.tell()
        finally:
            await place.close()
    return tally


def run(seed: int, changes: int, *, guarded: bool = True) -> Tally:
    tally = Tally()
    with worlds_apart(guarded=guarded):
        for number, begun in enumerate(range(0, changes, BATCH)):
            tally.add(asyncio.run(batch(seed * 1_000_000 + number, min(BATCH, changes - begun))))
    return tally


def run_all(seed: int, changes: int, workers: int) -> Tally:
    tally, share = Tally(), -(-changes // workers)
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        for part in pool.starmap(run, [(seed + number, share) for number in range(workers)]):
            tally.add(part)
    return tally


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("--changes", type=int, default=500)
    options.add_argument("--seed", type=int, default=20261129)
    options.add_argument("--workers", type=int, default=1)
    options.add_argument("--unguarded", action="store_true")
    chosen = options.parse_args()
    began = time.monotonic()
    if chosen.unguarded or chosen.workers == 1:
        tally = run(chosen.seed, chosen.changes, guarded=not chosen.unguarded)
    else:
        tally = run_all(chosen.seed, chosen.changes, chosen.workers)
    seconds = time.monotonic() - began
    print(
        json.dumps(
            {
                "changes": tally.changes,
                "taken over": tally.taken_over,
                "effects": tally.effects,
                "doubled": len(tally.doubled),
                "wrong": len(tally.wrong),
                "changes per second": round(tally.changes / seconds, 1),
            }
        )
    )
    for line in (tally.doubled + tally.wrong)[:20]:
        print(line)
    return 1 if tally.doubled or tally.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
