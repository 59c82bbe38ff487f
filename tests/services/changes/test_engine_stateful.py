import asyncio
import contextlib
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.calendar.calendar import Calendar
from services.changes.engine import ChangeEngine
from services.changes.recovery import NotFinal
from services.clock import ManualClock
from services.journal.journal import Journal
from services.models.change_runs import StepState
from services.models.changes import Plan
from services.models.journal import EntryKind
from tests.services.changes.change_world import OVER, UNAPPROVED
from tests.services.changes.fake_aws import NOW, FakeAws, opened

T = TypeVar("T")
BOOK = UNAPPROVED
CALENDAR = Calendar(BOOK)
WHO = st.sampled_from([0, 1])


@dataclass
class Console:
    journal: Journal
    engine: ChangeEngine
    plan: Plan | None = None


class TwoConsoles(RuleBasedStateMachine):
    @initialize()
    def start(self):
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory()
        self.aws, self.clock = FakeAws(), ManualClock(NOW)
        self.consoles = [self.run(self.console(name)) for name in ("hanako", "taro")]
        self.dead: list[Console] = []

    def run(self, work):
        return self.loop.run_until_complete(asyncio.wait_for(work, 60))

    async def console(self, name):
        path = Path(self.folder.name) / "j.db"
        journal, engine = await opened(self.aws, self.clock, path, name)
        await engine.arm("month end", timedelta(minutes=60))
        return Console(journal, engine)

    @rule(who=WHO, maximum=st.integers(1, 8), way=st.sampled_from(["aws", "duty", "none"]))
    def plan(self, who, maximum, way):
        console = self.consoles[who]
        parameters = {"max": str(maximum), "revert": way}
        console.plan = self.run(console.engine.plan("task-limit", "staff-api", parameters))
        self.aws.plans.append(console.plan)

    async def apply(self, console, presses=1):
        if console.plan is None:
            return []
        if console.engine.permits.armed is None:
            await console.engine.arm("again", timedelta(minutes=60))
        tasks = [console.engine.apply(console.plan, "staff-api") for _press in range(presses)]
        return list(await asyncio.gather(*tasks))

    @rule(who=WHO, presses=st.integers(1, 3))
    def one_applies(self, who, presses):
        runs = self.run(self.apply(self.consoles[who], presses))
        assert all(run == runs[0] for run in runs)

    @rule()
    def both_apply(self):
        async def both():
            await asyncio.gather(*(self.apply(console) for console in self.consoles))

        self.run(both())

    @rule(what=st.sampled_from(["minimum", "maximum", "desired", "suspended"]), number=st.integers(1, 8))
    def the_world_moves(self, what, number):
        setattr(self.aws, what, number % 2 == 0 if what == "suspended" else number)

    @rule(seconds=st.sampled_from([1, 61, OVER]))
    def time_passes(self, seconds):
        self.clock.advance(seconds)
        self.run(asyncio.sleep(0))

    @rule(
        faults=st.lists(
            st.sampled_from(["", "lost-after", "lost-before", "throttled", "invalid"]), max_size=3
        )
    )
    def the_next_answers_go_wrong(self, faults):
        self.aws.faults = faults

    @rule(who=WHO)
    def look_what_became_of_it(self, who):
        self.run(self.read_runs(self.consoles[who]))

    async def read_runs(self, console):
        states = console.engine.states()
        runs = await anext(states)
        await states.aclose()
        for run in runs:
            if run.in_flight:
                await console.engine.resolve(run.id)
        return console.engine.runs

    @rule(who=WHO, done=st.booleans())
    def say_what_became_of_it(self, who, done):
        for run in self.run(self.read_runs(self.consoles[who])):
            for step in run.steps:
                if step.state is StepState.UNKNOWN:
                    engine = self.consoles[who].engine
                    with contextlib.suppress(NotFinal):
                        self.run(engine.resolve_manually(run.id, step.id, done=done, note="seen"))

    @rule(who=WHO)
    def a_console_dies_and_another_is_opened(self, who):
        self.dead.append(self.consoles[who])
        self.consoles[who] = self.run(self.console("jiro"))

    @invariant()
    def nothing_is_done_twice(self):
        assert all(count == 1 for count in self.aws.effects.values())

    @invariant()
    def the_row_and_the_lock_say_the_same(self):
        if not hasattr(self, "consoles"):
            return
        for console in self.consoles:
            plan = self.run(console.engine.plan("task-limit", "staff-api", {"max": "6", "revert": "none"}))
            refused = any("or its outcome has been unknown" in why for why in plan.refusals)
            assert refused == any(run.locked for run in console.engine.runs)
            holder = self.run(console.journal.holder(plan.target.id))
            assert (holder is not None) == any(run.in_flight for run in console.engine.runs)

    def teardown(self):
        if not hasattr(self, "loop"):
            return
        self.run(self.end())
        self.loop.close()
        self.folder.cleanup()

    async def end(self):
        self.clock.advance(OVER)
        runs = [await self.read_runs(console) for console in self.consoles]
        await self.read_runs(self.consoles[0])
        await self.read_runs(self.consoles[1])
        first, second = (console.engine.runs for console in self.consoles)
        assert [(run.id, run.state) for run in first] == [(run.id, run.state) for run in second], runs
        calls = {(plan.id, step.id): step.call for plan in self.aws.plans for step in plan.steps}
        for entry in await self.consoles[0].journal.entries():
            state = entry.data.get("state")
            if entry.kind is EntryKind.OUTCOME and state != "unknown":
                done = self.aws.effects[id(calls[entry.subject, entry.data["step"]])] == 1
                assert done == (state == "done")
        for console in (*self.consoles, *self.dead):
            await console.engine.drain()
            await console.journal.close()


TestTwoConsoles = TwoConsoles.TestCase
TestTwoConsoles.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
