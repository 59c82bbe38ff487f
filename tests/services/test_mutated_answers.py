"""Every reader and every inspection under damaged answers: nothing damaged is ever judged better than it is whole.

`make faults` takes a large seeded part of all damage; all of it: `MUTATIONS=all pytest -m slow -k mutated`.
"""

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from services.aws.errors import AwsError
from services.inspections.base import InspectionContext, Look
from services.inspections.inspector import Inspector
from services.inspections.registry import INSPECTIONS
from services.inspections.windows import window
from services.meter import Meter
from services.models.findings import Finding
from services.models.verdict import Verdict
from tests.conftest import Embedded
from tests.services.aws_readers import CALLS, questions, speak
from tests.services.inspections.looking import context
from tests.services.inspections.test_every_fault import MONDAY, WEEKEND
from tests.tools.mutations import Mutation
from tests.tools.recorded import Recorded, recording

SEED = 20260119
HANG = 60.0
"""Seconds after which a reading counts as hanging; an ordinary one takes milliseconds."""
ALL = os.environ.get("MUTATIONS") == "all"
BETTER = {Verdict.UNKNOWN: {Verdict.NORMAL}, Verdict.ATTENTION: {Verdict.NORMAL}}
BETTER[Verdict.ABNORMAL] = {Verdict.NORMAL, Verdict.ATTENTION}
"""Verdicts that would be better than the whole answer's; not judged is honest of anything."""
ABSENT_IS_NONE = frozenset(
    {
        "ForcedApplyDate",  # of maintenance: AWS leaves out the dates that there are not
        "AutoAppliedAfterDate",
        "CurrentApplyDate",
        "OptInStatus",
        "EvaluationState",  # of an alarm: only where it could not be evaluated
        "ActionsSuppressedBy",
        "ForecastedSpend",  # of a budget: where AWS has a forecast
        "LatestDeliveryError",  # of a trail: only where files do not arrive
        "ScalableTargetAction.MinCapacity",  # of a scheduled action: a bound that it leaves as it is
        "ScalableTargetAction.MaxCapacity",
        "stat",  # of a dashboard's metric: where it is Average
    }
)
"""Keys, or ends of paths, that a whole answer leaves out where there is nothing to tell: a lost one cannot be seen."""
UNCOUNTED = frozenset(
    {
        # Nothing says how many events there are; a page may even be empty and have a token (CloudTrail API reference).
        ("LookupEvents", "Events"),
        # A user may have no key, one or two, and no other answer counts them.
        ("ListAccessKeys", "AccessKeyMetadata"),
        # An event lacks the fields that it was written without; rows are counted (statistics.recordsMatched).
        ("GetQueryResults", "results.*"),
    }
)
"""Lists, by the operation and the end of the path, of which AWS's contract does not tell how many members they have.

Of all others a lost member is held against the inspection: members are expected by name (alarms, services, metrics),
by date (snapshots, days of costs) or by a count (log events). Where what is lost is one of several faults, the worse
ones decide, and nothing is shown of it here.
"""
TOLD = frozenset({("DescribeLogGroups", "logGroupName")})
"""Names of rows, by the operation and the key: a row of another name is not there, which the finding says."""


@dataclass
class Tally:
    """What damage did."""

    runs: int = 0
    touched: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    better: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        verdicts = ", ".join(f"{count:,} {verdict}" for verdict, count in self.verdicts.most_common())
        return (
            f"{self.runs:,} runs, {self.touched:,} of damaged answers: better than true {len(self.better)},"
            f" other errors {len(self.faults)}; {verdicts}"
        )


def chosen(every: list[Mutation], most: int, salt: str) -> list[Mutation]:
    """A part of all damage, the same at every run; kinds and operations as they come."""
    if ALL or len(every) <= most:
        return every
    return random.Random(f"{SEED} {salt}").sample(every, most)


def too_good(whole: Finding, damaged: Finding) -> str:
    """In what the finding of a damaged answer is better than the whole one's; "": in nothing."""
    if damaged.verdict in BETTER.get(whole.verdict, ()):
        return f"{whole.verdict} became {damaged.verdict}"
    if damaged.verdict is Verdict.UNKNOWN:
        return ""
    measures = {str(each.title): each.verdict for each in damaged.measures}
    return "; ".join(
        f"{each.title}: {each.verdict} became {measures[each.title]}"
        for each in whole.measures
        if each.verdict is not None and measures.get(each.title) in BETTER.get(each.verdict, ())
    )


async def finding_of(made: InspectionContext, id: str, faults: list[str]) -> Finding:
    """One inspection as a duty makes it; what is no AwsError is one of `faults`."""
    inspector = Inspector(
        made.runbook,
        made.calendar,
        made.reader,
        made.clock,
        Meter(made.clock),
        region=made.region,
        fault=lambda error: faults.append(repr(error)[:300]),
    )
    now = made.clock.now()
    since, gap = window(inspector.inspection(id), None, now, made.calendar)
    async with asyncio.timeout(HANG):
        return await inspector.look(id, Look(since=since, until=now, gap=gap))


@asynccontextmanager
async def recorded(embedded: Embedded) -> AsyncIterator[tuple[InspectionContext, Recorded]]:
    """A world that was made before anybody asks, and what records it."""
    assert embedded.world
    async with recording() as answers, context(embedded) as made:
        yield made, answers


async def inspect_damaged(made: InspectionContext, answers: Recorded, id: str, most: int) -> Tally:
    """One inspection under damage of every answer it asks for."""
    tally = Tally()
    answers.forget()
    whole = await finding_of(made, id, tally.faults)
    assert not tally.faults, tally.faults
    removed: dict[Mutation, Finding] = {}
    for mutation in chosen(answers.all_mutations(), most, id):
        answers.begin(mutation)
        faults: list[str] = []
        finding = await finding_of(made, id, faults)
        tally.runs += 1
        tally.touched += answers.touched
        tally.verdicts[finding.verdict] += 1
        tally.faults += [f"{id}: {mutation}: {fault}" for fault in faults]
        if not unseen(mutation) and (why := too_good(whole, finding)):
            tally.better.append(f"{id}: {mutation}: {why}")
        without = mutation.without
        if (
            without is None
            or is_told(mutation)
            or unseen(mutation)
            or finding.verdict is Verdict.UNKNOWN
            or same(finding, whole)
        ):
            continue
        if without not in removed:
            answers.begin(without)
            removed[without] = await finding_of(made, id, faults)
        if same(finding, removed[without]):
            tally.better.append(f"{id}: {mutation}: a row that cannot be read counts as no row")
    return tally


def is_told(mutation: Mutation) -> bool:
    """Whether it takes a row's name, so that the row is not there."""
    return (mutation.operation, mutation.steps[-1] if mutation.steps else "") in TOLD


def unseen(mutation: Mutation) -> bool:
    """Whether the damaged answer is one that AWS may send: nobody can tell that something is missing."""
    steps = mutation.steps
    if mutation.lossy:
        rows = ".".join(steps[:-1] if mutation.kind in ("row", "missing") else steps)
        return any(
            mutation.operation == operation and f".{rows}".endswith(f".{end}") for operation, end in UNCOUNTED
        )
    return mutation.kind in ("missing", "null") and not ABSENT_IS_NONE.isdisjoint(
        (".".join(steps[-1:]), ".".join(steps[-2:]))
    )


def same(one: Finding, other: Finding) -> bool:
    """Whether both say the same, whenever they were read and whatever it cost."""
    return one.model_dump(exclude={"read_at", "cost"}) == other.model_dump(exclude={"read_at", "cost"})


async def read_damaged(embedded: Embedded, names: Iterable[str], most: int) -> Tally:
    """These questions under damage of every answer: each raises AwsError or answers, and ends."""
    tally = Tally()
    async with recorded(embedded) as (made, answers):
        speak(embedded.world, made.runbook.alarms[0].name)
        for name in names:
            answers.forget()
            await CALLS[name](made)
            for mutation in chosen(answers.all_mutations(), most, name):
                answers.begin(mutation)
                tally.runs += 1
                try:
                    async with asyncio.timeout(HANG):
                        await CALLS[name](made)
                    tally.verdicts["answered"] += 1
                except AwsError:
                    tally.verdicts["refused"] += 1
                except Exception as error:  # noqa: BLE001  # what else comes out is what is looked for
                    tally.faults.append(f"{name}: {mutation}: {error!r:.300}")
                tally.touched += answers.touched
    return tally


def told(tally: Tally, what: str, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\nmutator, {what}: {tally}")


def hold(tally: Tally) -> None:
    assert not tally.faults, "\n".join(tally.faults[:20])
    assert not tally.better, "\n".join(tally.better[:20])


def merged(tallies: Iterable[Tally]) -> Tally:
    whole = Tally()
    for each in tallies:
        whole.runs += each.runs
        whole.touched += each.touched
        whole.verdicts += each.verdicts
        whole.faults += each.faults
        whole.better += each.better
    return whole


def test_every_question_of_every_reader_is_asked() -> None:
    assert questions() == set(CALLS)


@pytest.mark.scenario("alb-5xx", history=1800.0)
async def test_mutated_answers_raise_nothing_but_our_errors(
    embedded: Embedded, capsys: pytest.CaptureFixture[str]
) -> None:
    tally = await read_damaged(embedded, sorted(CALLS), 6)
    told(tally, f"{len(CALLS)} questions of readers", capsys)
    hold(tally)


def live(embedded: Embedded, minutes: int) -> None:
    """Let the storm of the scenario come up, and its alarms fire."""
    for _minute in range(minutes):
        embedded.advance(60)


async def inspect_all(embedded: Embedded, most: int, ids: Iterable[str] = ()) -> Tally:
    """These inspections, or all of them."""
    live(embedded, 6)
    wanted = list(ids) or [kind.id for kind in INSPECTIONS]
    async with recorded(embedded) as (made, answers):
        return merged([await inspect_damaged(made, answers, id, most) for id in wanted])


@pytest.mark.scenario("alb-5xx", history=5400.0)
async def test_mutated_answers_are_never_judged_better(
    embedded: Embedded, capsys: pytest.CaptureFixture[str]
) -> None:
    tally = await inspect_all(embedded, 9)
    told(tally, "inspections", capsys)
    hold(tally)


@pytest.mark.slow
@pytest.mark.scenario("alb-5xx", history=1800.0)
async def test_many_mutated_answers_raise_nothing_but_our_errors(
    embedded: Embedded, capsys: pytest.CaptureFixture[str]
) -> None:
    tally = await read_damaged(embedded, sorted(CALLS), 30)
    told(tally, f"{len(CALLS)} questions of readers", capsys)
    hold(tally)


WORLDS = [
    pytest.param(
        (), marks=pytest.mark.scenario("monday-faults", history=WEEKEND, origin=MONDAY), id="monday"
    ),
    pytest.param(
        ("alarms", "dashboard", "error-logs"),
        marks=pytest.mark.scenario("alb-5xx", history=5400.0),
        id="alb-5xx",
    ),
    pytest.param(("scaling",), marks=pytest.mark.scenario("rollout-failed", history=600.0), id="rollout"),
    pytest.param(("scaling",), marks=pytest.mark.scenario("night-cut", history=600.0), id="night-cut"),
]


@pytest.mark.slow
@pytest.mark.parametrize("ids", WORLDS)
async def test_many_mutated_answers_are_never_judged_better(
    embedded: Embedded, capsys: pytest.CaptureFixture[str], ids: tuple[str, ...]
) -> None:
    tally = await inspect_all(embedded, 30, ids)
    told(tally, "inspections", capsys)
    hold(tally)
