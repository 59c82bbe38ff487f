"""Clocks are set ahead; `make faults-stopped` waits ten minutes; `LEDGER=full` stops 200 on two hosts."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from services.demo import handlers
from services.demo.front.app import Front, Server
from services.demo.world import World
from services.models.change_runs import Run, StepState
from tests.faults.change_cases import CASES, FRIDAY, HISTORY, Case
from tests.faults.change_stops import STOPS
from tests.faults.stopped_child import Aws, SharedClock, console
from tests.services.changes.change_world import TOLD

assert handlers
ROOT = Path(__file__).parents[2]
IS_FULL = os.environ.get("LEDGER") == "full"
CONSOLES, AT_ONCE = (200, 8) if IS_FULL else (4, 4)
SKEW, SEED = 90.0, 20261129
IS_REAL = os.environ.get("STOPPED") == "real"
GITHUB = "key-rotation github"  # Of what GitHub was asked for, only a person can tell
WAIT = 600.0  # Real seconds, longer than every window: 60 and 300


@dataclass
class Stopped:
    case: Case
    moment: str
    server: Server
    journal: Path
    process: "subprocess.Popen[str]"
    others: int = 0


@contextmanager
def stopped_console(case, moment, folder, clock, *, host="", skew=0.0):
    server = Server(Front(lambda: World(case.scenario, clock, history=HISTORY)))
    server.start()
    journal = folder / f"{case.id} {moment} {host}.db"
    arguments = [server.url, str(journal), str(clock.ahead), clock.origin.isoformat(), str(clock.since)]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.stopped_child", *arguments, case.id, moment, host, str(skew)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        _pid, status = os.waitpid(process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status), f"{case.id}, {moment}: not stopped"
        server.front.carried_out.clear()
        yield Stopped(case, moment, server, journal, process)
    finally:
        process.kill()
        process.wait()
        server.stop()


async def taken_over(one, clock):
    async with console(Aws(one.server.url, clock), one.journal) as two:
        await settled_and_made(one, two)


async def settled_and_made(one, two):
    (first, *_earlier) = await two.runs()
    run: Run = await two.settle(first.id)
    if run.steps[0].state is StepState.UNKNOWN and one.case.id == GITHUB:
        run = await two.engine.resolve_manually(
            first.id, run.steps[0].id, done=False, note="GitHub's audit log"
        )
    elif run.steps[0].state is StepState.UNKNOWN:
        assert "within about 15 minutes" in run.steps[0].text, run.steps[0]
        clock: SharedClock = two.embedded.clock
        set_ahead(clock, clock.seconds_ahead() + TOLD)
        run = await two.engine.resolve(first.id)
    assert run.steps[0].state is StepState.FAILED, (one.case.id, one.moment, run.steps[0])
    plan = await two.plan_of(one.case)
    if not plan.refusals:  # the secret of a new key is in the stopped console alone
        assert (await two.confirm(plan)).steps[0].state is StepState.DONE
        one.others = 1


def set_ahead(clock, seconds):
    clock.ahead.parent.mkdir(exist_ok=True)
    clock.ahead.write_text(str(seconds))


async def on_two_hosts(chosen, folder, rng):
    skew, since, failures = rng.choice((SKEW, -SKEW)), time.time(), []
    theirs, ours = (SharedClock(folder / "ahead", FRIDAY, since, each) for each in (skew, -skew))
    set_ahead(theirs, 0.0)
    async with AsyncExitStack() as stack:
        pairs = []
        for number, (case, moment) in enumerate(chosen):
            one = stack.enter_context(
                stopped_console(case, moment, folder, theirs, host=f"host-{number}", skew=skew)
            )
            two = await stack.enter_async_context(console(Aws(one.server.url, ours), one.journal))
            await two.engine.load()
            pairs.append((one, two))
        set_ahead(theirs, WAIT)
        for one, two in pairs:
            try:
                await settled_and_made(one, two)
                one.server.front.wall = theirs.wall
                continued(one)
            except AssertionError as error:
                failures.append(f"{one.case.id}, {one.moment}, {skew:+.0f} s: {error}")
    return failures


def continued(one):
    one.process.send_signal(signal.SIGCONT)
    output, _nothing = one.process.communicate(timeout=120)
    states = output.split()[-1]
    assert states.split("+")[0] in ("refused", "failed"), (one.case.id, one.moment, output)
    effects = {name: count for name, count in one.server.front.carried_out.items() if _writes(name)}
    assert all(count <= one.others for count in effects.values()), (one.case.id, one.moment, effects)
    assert not one.server.failures


def _writes(name):
    verb = name.partition(".")[2]
    return not verb.startswith(("Describe", "Get", "List", "Lookup"))


def _everything():
    at_once = (case for case in reversed(CASES) if case.before is None and not case.earlier and case.target)
    chosen = {case.kind: case for case in at_once}
    return chosen, next(case for case in CASES if case.id == GITHUB)


def _cases():
    chosen, github = _everything()
    everything = [*chosen.values(), github]
    if IS_REAL:
        return [(case, moment) for case in everything for moment in STOPS[2:4]]
    return [(chosen["rds-snapshot"], STOPS[3]), (chosen["service-restart"], STOPS[2]), (github, STOPS[3])]


@pytest.mark.slow
@pytest.mark.data
def test_a_stopped_console_sends_nothing_that_counts_once_every_window_is_over(tmp_path, capsys):
    ahead = tmp_path / "ahead"
    ahead.write_text("0")
    clock = SharedClock(ahead, FRIDAY, time.time())
    with ExitStack() as stack:
        consoles = [
            stack.enter_context(stopped_console(case, moment, tmp_path, clock)) for case, moment in _cases()
        ]
        if IS_REAL:
            time.sleep(WAIT)
        else:
            ahead.write_text(str(WAIT))
        failures = []
        for one in consoles:
            try:
                asyncio.run(taken_over(one, clock))
                one.server.front.wall = clock.wall
                continued(one)
            except AssertionError as error:
                failures.append(f"{one.case.id}, {one.moment}: {error}")
        assert not failures, "\n".join(failures)
    with capsys.disabled():
        kinds = {each.case.kind for each in consoles}
        repeated = sum(each.others for each in consoles)
        print(
            f"\n{len(consoles)} consoles of {len(kinds)} kinds stopped, {repeated} changes made by another meanwhile"
        )


@pytest.mark.slow
@pytest.mark.data
def test_consoles_stopped_on_a_host_of_another_time_send_nothing_that_counts(tmp_path, capsys):
    # Real processes and stops, on two hosts whose clocks are three minutes apart.
    rng, failures = Random(SEED), []
    chosen, github = _everything()
    cases = [*chosen.values(), github]
    for begun in range(0, CONSOLES, AT_ONCE):
        stops = [
            (rng.choice(cases), rng.choice(STOPS[:4])) for _console in range(min(AT_ONCE, CONSOLES - begun))
        ]
        failures += asyncio.run(on_two_hosts(stops, tmp_path / str(begun), rng))
    with capsys.disabled():
        print(f"\n{CONSOLES} consoles stopped on a host of another time, {len(failures)} failures")
    assert not failures, "\n".join(failures)
