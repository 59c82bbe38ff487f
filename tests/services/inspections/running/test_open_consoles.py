"""Which console inspects what comes due: the one that began first, at once; each inspection exactly once."""

import asyncio
import sys
from collections import Counter
from contextlib import AsyncExitStack

import pytest

from services.clock import ManualClock, SystemClock
from services.inspections.running.consoles import PROMPT, SPAN
from services.journal.journal import Journal
from services.models.journal import EntryKind, EntryQuery, NewEntry, Person
from services.models.problem import ProblemKind
from tests.services.aws.canned import failure
from tests.services.duties.duty_world import jst
from tests.services.inspections.running.scheduler_world import Script, began_at, console

MORNING = ("alarms", "dashboard", "error-logs")
LONGEST = 20.0


@pytest.fixture
def script():
    return Script()


@pytest.fixture
def clock():
    return ManualClock(jst("2026-01-14 08:57"))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "j.db"


def runs(script):
    return sorted(id for id, _request in script.runs)


async def test_one_console_inspects_at_the_second(path, script, clock, monkeypatch):
    await began_at(path, "2026-01-14 08:00", pid=1)
    async with console(path, script, monkeypatch, clock=clock, jitter=LONGEST, pid=1) as one:
        one.desk.advance("2026-01-14 09:00")
        await one.until(lambda: one.findings_of("daily-morning").complete, step=0)
        assert {each.finding.read_at for each in one.findings_of("daily-morning").recorded} == {
            jst("2026-01-14 09:00")
        }


async def test_of_five_consoles_the_first_inspects_at_the_second_and_alone(path, script, clock, monkeypatch):
    # Numbers of processes say nothing about who was first.
    pids = (9, 4, 7, 2, 5)
    for number, pid in enumerate(pids):
        await began_at(path, f"2026-01-14 08:0{number}", pid=pid, host="elsewhere")
    async with AsyncExitStack() as stack:
        consoles = [
            await stack.enter_async_context(
                console(path, script, monkeypatch, clock=clock, jitter=LONGEST, pid=pid, host="elsewhere")
            )
            for pid in reversed(pids)
        ]
        first = consoles[-1]
        first.desk.advance("2026-01-14 09:00")
        await first.until(lambda: first.findings_of("daily-morning").complete, step=0)
        assert runs(script) == sorted(MORNING)
        await first.until(
            lambda: all(not each.scheduler._tasks and complete(each) for each in consoles), step=1.0
        )
        assert runs(script) == sorted(MORNING)
        assert len(await first.entries(EntryKind.LOOKING)) == 1
        assert len(await first.entries(EntryKind.FINDING)) == len(MORNING)


def complete(one):
    return one.findings_of("daily-morning").complete


async def test_a_console_waits_for_one_that_began_before_it_but_not_for_ever(
    path, script, clock, monkeypatch
):
    await began_at(path, "2026-01-14 08:00", pid=1, host="elsewhere")
    await began_at(path, "2026-01-14 08:30", pid=2)
    async with console(path, script, monkeypatch, clock=clock, jitter=LONGEST, pid=2) as two:
        two.desk.advance("2026-01-14 09:00")
        await two.until(lambda: two.scheduler._tasks, step=0)
        await two.until(lambda: complete(two), step=0.5)
        (claim,) = await two.entries(EntryKind.LOOKING)
        waited = (claim.at - jst("2026-01-14 09:00")).total_seconds()
        assert PROMPT <= waited <= LONGEST + 0.5
        assert runs(script) == sorted(MORNING)


@pytest.mark.parametrize("how", ["ended", "killed", "long ago", "began later", "of an older version"])
async def test_a_console_does_not_wait_for_one_that_is_not_there(path, script, clock, monkeypatch, how):
    gone = await asyncio.create_subprocess_exec("true")
    await gone.wait()
    if how == "began later":
        await began_at(path, "2026-01-14 08:10", pid=2)
    match how:
        case "ended":
            await began_at(path, "2026-01-14 08:00", pid=1, host="elsewhere")
            await began_at(path, "2026-01-14 08:01", pid=1, host="elsewhere", kind=EntryKind.ENDED)
        case "killed":
            await began_at(path, "2026-01-14 08:00", pid=gone.pid)
        case "long ago":
            at = jst("2026-01-14 09:00") - SPAN
            await began_at(path, f"{at:%Y-%m-%d} 08:59", pid=1, host="elsewhere")
        case "of an older version":
            await began_at(path, "2026-01-14 08:00", pid=None, host="elsewhere")
        case _:
            await began_at(path, "2026-01-14 08:20", pid=1, host="elsewhere")
    if how != "began later":
        await began_at(path, "2026-01-14 08:30", pid=2)
    async with console(path, script, monkeypatch, clock=clock, jitter=LONGEST, pid=2) as two:
        two.desk.advance("2026-01-14 09:00")
        await two.until(lambda: complete(two), step=0)


async def test_the_first_console_alone_reads_ahead_once(path, script, clock, monkeypatch):
    await began_at(path, "2026-01-14 08:00", pid=1, host="elsewhere")
    await began_at(path, "2026-01-14 08:30", pid=2, host="elsewhere")
    # What cannot be read beforehand is read by the run.
    script.answers = {"prepare alarms": _denied, "prepare dashboard": _broken}
    async with (
        console(path, script, monkeypatch, clock=clock, pid=2, host="elsewhere") as second,
        console(path, script, monkeypatch, clock=clock, pid=1, host="elsewhere") as first,
    ):
        first.desk.advance("2026-01-14 08:57:20")
        await first.until(lambda: len(first.desk.views) == 1, step=0)
        assert not script.prepared
        first.desk.advance("2026-01-14 08:57:30")
        await first.until(lambda: len(first.desk.views) == len(second.desk.views) == 2, step=0)
        await first.until(lambda: len(script.prepared) == len(MORNING), step=0)
        assert [id for id, _request in script.prepared] == list(MORNING)
        assert {request.until for _id, request in script.prepared} == {jst("2026-01-14 09:00")}
        assert not script.runs
        first.desk.advance("2026-01-14 09:00")
        await first.until(lambda: complete(first) and complete(second), step=0)
        assert len(script.prepared) == len(MORNING)
        assert script.windows("alarms")[0].since == script.prepared[0][1].since
        assert [type(error) for error in first.faults] == [KeyError]
        assert not second.faults


def _denied(_inspection, _request):
    raise failure(ProblemKind.ACCESS_DENIED, "no permission")


def _broken(_inspection, _request):
    raise KeyError("a fault of ours")


async def test_what_is_late_soonest_is_inspected_first(path, script, clock, monkeypatch):
    # On a Monday several duties come due at 9:00, and only a few inspections run at a time.
    clock.advance((jst("2026-01-19 08:59") - clock.now()).total_seconds())
    duties = ("weekly-backup", "weekly-cost", "weekly-patches", "daily-morning")
    script.gate.clear()
    async with console(
        path,
        script,
        monkeypatch,
        clock=clock,
        began="2026-01-19 08:00",
        duties=duties,
        late_after=dict.fromkeys(duties[:3], 120),
    ) as one:
        one.desk.advance("2026-01-19 09:00")
        await one.until(lambda: len(script.runs) >= 4, step=0)
        assert [id for id, _request in script.runs[:3]] == list(MORNING)
        script.gate.set()
        await one.until(lambda: not one.scheduler._tasks, step=0)


@pytest.mark.slow
@pytest.mark.data
async def test_five_processes_inspect_once_though_the_holder_is_killed(tmp_path):
    path, ran, gate = tmp_path / "j.db", tmp_path / "ran", tmp_path / "gate"
    ran.touch()
    module = "tests.services.inspections.running.scheduler_process"
    children = [
        await asyncio.create_subprocess_exec(sys.executable, "-m", module, str(path), str(ran), str(gate))
        for _number in range(5)
    ]
    journal = Journal(path, clock=SystemClock(), person=lambda: Person(user="reader"), syslog=None)
    try:
        async with asyncio.timeout(100):
            while len(ran.read_text().splitlines()) < len(MORNING):  # noqa: ASYNC110  a file of other processes
                await asyncio.sleep(0.02)
            # One process alone has begun, with all that is due.
            (holder,) = {int(line.split()[0]) for line in ran.read_text().splitlines()}
            next(child for child in children if child.pid == holder).kill()
            gate.touch()
            await journal.open()
            query = EntryQuery(kinds=frozenset({EntryKind.FINDING}))
            while len(await journal.entries(query)) < len(MORNING):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
            for child in children:
                if child.pid != holder:
                    assert await child.wait() == 0
        assert Counter(entry.target for entry in await journal.entries(query)) == Counter(MORNING)
        again = Counter(int(line.split()[0]) for line in ran.read_text().splitlines())
        assert sorted(again.values()) == [len(MORNING), len(MORNING)]
        claims = await journal.entries(EntryQuery(kinds=frozenset({EntryKind.LOOKING})))
        assert [entry.data["pid"] for entry in claims] == list(again)
    finally:
        for child in children:
            if child.returncode is None:
                child.kill()
            await child.wait()
        await journal.close()


async def test_without_a_journal_every_console_waits(path, script, clock, monkeypatch):
    async with console(path, script, monkeypatch, clock=clock, jitter=LONGEST) as one:
        await one.desk.journal.append(NewEntry(kind=EntryKind.NOTE, text="before"))
        monkeypatch.setattr(one.desk.journal, "entries", _refused)
        assert await one.consoles.head_start(just_due=True) >= PROMPT


async def _refused(*_args, **_more):
    from services.journal.errors import JournalError
    from services.models.problem import Problem, ProblemKind

    raise JournalError(Problem(kind=ProblemKind.OTHER, summary="unreadable", at=jst("2026-01-14 09:00")))
