"""Every reader and every inspection under damaged answers: nothing damaged is ever judged better than it is
whole. `make faults` takes a large seeded part of all damage; all of it: `MUTATIONS=all pytest -m slow -k
mutated`."""

import asyncio
import os
import random
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from services.aws.client.errors import AwsError
from services.aws.client.meter import UsageMeter
from services.aws.cloudwatch.alarms.subscriptions import TopicSubscriptions
from services.inspections.base import InspectionRequest
from services.inspections.registry import INSPECTIONS
from services.inspections.running.runner import InspectionRunner
from services.inspections.running.windows import window
from services.models.findings import Finding
from services.models.verdict import Verdict
from tests.services.aws_readers import CALLS, questions, speak
from tests.services.inspections.running_world import context
from tests.services.one_fault import WORLDS
from tests.tools.better import same, takes_name, too_good, unseen
from tests.tools.mutations import Mutation
from tests.tools.recorded import recording

SEED = 20260119
HANG = 60.0  # Seconds after which a reading counts as hanging; an ordinary one takes milliseconds
MOST_ABOUT = 50  # Damages to the evidence of a fault that are tried at every run
ALL = os.environ.get("MUTATIONS") == "all"


@dataclass
class Tally:
    runs: int = 0
    touched: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    better: list[str] = field(default_factory=list)
    whole: dict[str, Verdict] = field(default_factory=dict)
    """Of the answers without damage, by the inspection's id."""

    def __str__(self):
        verdicts = ", ".join(f"{count:,} {verdict}" for verdict, count in self.verdicts.most_common())
        return (
            f"{self.runs:,} runs, {self.touched:,} of damaged answers: better than true {len(self.better)},"
            f" other errors {len(self.faults)}; {verdicts}"
        )


def chosen(every, most, salt):
    """A part of all damage, the same at every run; kinds and operations as they come."""
    if ALL or len(every) <= most:
        return every
    return random.Random(f"{SEED} {salt}").sample(every, most)


async def finding_of(console, id, faults):
    """One inspection as a duty makes it; what is no AwsError is one of `faults`."""
    inspection_runner = InspectionRunner(
        console.runbook,
        console.calendar,
        console.reader,
        console.clock,
        UsageMeter(console.clock),
        region=console.region,
        fault=lambda error: faults.append(repr(error)[:300]),
    )
    # What is remembered for a day is of the undamaged answers, or of other damage.
    TopicSubscriptions._of_sessions.clear()
    now = console.clock.now()
    since, gap = window(inspection_runner.inspection(id), None, now, console.calendar)
    async with asyncio.timeout(HANG):
        return await inspection_runner.run(id, InspectionRequest(since=since, until=now, gap=gap))


@asynccontextmanager
async def recorded(embedded):
    """A world that was made before anybody asks, and what records it."""
    assert embedded.world
    async with recording() as answers, context(embedded) as console:
        yield console, answers


async def inspect_damaged(console, answers, id, most, about=frozenset()):
    """One inspection under damage of every answer it asks for; `about`: only at places with one of these steps."""
    tally = Tally()
    answers.forget()
    whole = await finding_of(console, id, tally.faults)
    assert not tally.faults, tally.faults
    tally.whole[id] = whole.verdict
    removed: dict[Mutation, Finding] = {}
    every = [each for each in answers.all_mutations() if not about or about.intersection(each.steps)]
    for mutation in chosen(every, most, id):
        answers.begin(mutation)
        faults: list[str] = []
        finding = await finding_of(console, id, faults)
        tally.runs += 1
        tally.touched += answers.touched
        tally.verdicts[finding.verdict] += 1
        tally.faults += [f"{id}: {mutation}: {fault}" for fault in faults]
        if not unseen(mutation) and (why := too_good(whole, finding)):
            tally.better.append(f"{id}: {mutation}: {why}")
        without = mutation.without
        if (
            without is None
            or takes_name(mutation)
            or unseen(mutation)
            or finding.verdict is Verdict.UNKNOWN
            or same(finding, whole)
        ):
            continue
        if without not in removed:
            answers.begin(without)
            removed[without] = await finding_of(console, id, faults)
        if same(finding, removed[without]):
            tally.better.append(f"{id}: {mutation}: a row that cannot be read counts as no row")
    return tally


async def read_damaged(embedded, names, most):
    """These questions under damage of every answer: each raises AwsError or answers, and ends."""
    tally = Tally()
    async with recorded(embedded) as (console, answers):
        speak(embedded.world, console.runbook.alarms[0].name)
        for name in names:
            answers.forget()
            await CALLS[name](console)
            for mutation in chosen(answers.all_mutations(), most, name):
                answers.begin(mutation)
                tally.runs += 1
                try:
                    async with asyncio.timeout(HANG):
                        await CALLS[name](console)
                    tally.verdicts["answered"] += 1
                except AwsError:
                    tally.verdicts["refused"] += 1
                except Exception as error:  # noqa: BLE001  # any other exception is what the test searches for
                    tally.faults.append(f"{name}: {mutation}: {error!r:.300}")
                tally.touched += answers.touched
    return tally


def print_tally(tally, what, capsys):
    with capsys.disabled():
        print(f"\nmutator, {what}: {tally}")


def hold(tally):
    assert not tally.faults, "\n".join(tally.faults[:20])
    assert not tally.better, "\n".join(tally.better[:20])


def merged(tallies):
    whole = Tally()
    for tally in tallies:
        whole.runs += tally.runs
        whole.touched += tally.touched
        whole.verdicts += tally.verdicts
        whole.faults += tally.faults
        whole.better += tally.better
        whole.whole |= tally.whole
    return whole


def test_every_question_of_every_reader_is_asked():
    assert questions() == set(CALLS)


@pytest.mark.scenario("alb-5xx", history=1800.0)
@pytest.mark.slow
async def test_mutated_answers_raise_nothing_but_our_errors(embedded, capsys):
    tally = await read_damaged(embedded, sorted(CALLS), 4)
    print_tally(tally, f"{len(CALLS)} questions of readers", capsys)
    hold(tally)


def live(embedded, case):
    if case.prepare is not None:
        with embedded.world.lock:
            case.prepare(embedded.world)
    for _minute in range(case.minutes):
        embedded.advance(60)


async def inspect_all(embedded, most, case, ids=()):
    live(embedded, case)
    inspections = list(ids) or [kind.id for kind in INSPECTIONS]
    async with recorded(embedded) as (console, answers):
        return merged([await inspect_damaged(console, answers, id, most) for id in inspections])


@pytest.mark.slow
@pytest.mark.scenario("alb-5xx", history=5400.0)
async def test_mutated_answers_are_never_judged_better(embedded, capsys):
    tally = await inspect_all(embedded, 6, WORLDS["alb-5xx"])
    print_tally(tally, "inspections", capsys)
    hold(tally)


@pytest.mark.slow
@pytest.mark.scenario("alb-5xx", history=1800.0)
async def test_many_mutated_answers_raise_nothing_but_our_errors(embedded, capsys):
    tally = await read_damaged(embedded, sorted(CALLS), 30)
    print_tally(tally, f"{len(CALLS)} questions of readers", capsys)
    hold(tally)


def world(name, *more):
    """One of WORLDS as a parameter, with its mark; and what comes after it."""
    case = WORLDS[name]
    mark = pytest.mark.scenario(case.scenario, history=case.history, origin=case.origin)
    return pytest.param(case, *more, marks=mark, id=name)


ABOUT = {
    "one-budget": {"ForecastedSpend", "ActualSpend", "BudgetType", "BudgetLimit"},
    "one-growth": {"Amount", "Keys"},
    "one-pending": {"PendingModifiedValues"},
    "one-patch": {"PendingMaintenanceActions"},
    "one-snapshot": {"BackupRetentionPeriod", "PreferredBackupWindow"},
    "attack": {"Timestamp"},
    "one-silent-speaker": {"ActionsEnabled", "AlarmRule", "AlarmActions", "CompositeAlarms", "MetricAlarms"},
    "one-suppressed": {"ActionsSuppressedBy", "AlarmRule"},
    "one-warming": {"WarmUpConfiguration", "AlarmConfigurationUpdatedTimestamp", "StateValue"},
}
"""By the world, the keys that reveal its fault: `make faults` tries all damage to them."""


@pytest.mark.parametrize("most", [MOST_ABOUT, pytest.param(200, marks=pytest.mark.slow)])
@pytest.mark.parametrize(("case", "about"), [world(name, frozenset(ABOUT[name])) for name in ABOUT])
async def test_no_damage_to_fault_evidence_hides_the_fault(embedded, capsys, case, about, most):
    live(embedded, case)
    async with recorded(embedded) as (console, answers):
        tally = merged([await inspect_damaged(console, answers, id, most, about) for id in case.verdicts])
    print_tally(tally, " and ".join(case.verdicts), capsys)
    assert tally.whole == case.verdicts
    assert tally.runs > 30
    hold(tally)


@pytest.mark.slow
@pytest.mark.parametrize("case", map(world, WORLDS))
async def test_many_mutated_answers_of_a_fault_are_never_judged_better(embedded, capsys, case):
    tally = await inspect_all(embedded, 30, case, case.verdicts)
    print_tally(tally, " and ".join(case.verdicts), capsys)
    assert tally.whole == case.verdicts
    hold(tally)
