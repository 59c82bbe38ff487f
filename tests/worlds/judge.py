"""Judges the weighing of causes by incident worlds: each is read by the real first wave from a fake AWS.

python -m tests.worlds.judge FOLDER                     # a table and totals
python -m tests.worlds.judge FOLDER --id X --explain    # why one was judged as it was
python -m tests.worlds.judge FOLDER --cross             # delays, harmless releases, denied sources
python -m tests.worlds.judge FOLDER --cross --claims    # and every line of evidence against its world
"""

import argparse
import asyncio
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from services import i18n
from services.clock import ManualClock
from services.incidents.first_wave.reading import FirstWaveReader
from services.incidents.weighing import assess
from services.models.base import RawId
from services.models.causes import Assessment, SignalState, Word
from services.models.first_wave import AlarmMoment, IncidentEvidence, Source
from services.models.runbook import Runbook
from services.runbook.loader import load_builtin
from tests.worlds.answers import Deny, Variant, WorldReader, nothing_denied
from tests.worlds.claims import FalseClaim, checked
from tests.worlds.curves import BALANCER, CLUSTER, DATABASE, ELB, RDS, SERVICE
from tests.worlds.curves import ECS as ECS_METRICS
from tests.worlds.schema import DATABASE_LOG, World, load
from tests.worlds.tasks import REGION

LAGS, TRAILS, DEPLOYED = (0, 1, 3, 5, 10), (0, 5, 15, 20), (0, 5, 15, 30)
MOST_REQUESTS = 18
ORDER = (Word.OPEN, Word.LIKELY, Word.STRONG)
_SERVICE = (("ClusterName", CLUSTER), ("ServiceName", SERVICE))
_DATABASE = (("DBInstanceIdentifier", DATABASE),)
ALARMS: dict[str, tuple[str, str, tuple[tuple[str, str], ...], float]] = {
    "alb-5xx-error-rate": ("", "", (("LoadBalancer", BALANCER),), 5),
    "alb-latency-high": (ELB, "TargetResponseTime", (("LoadBalancer", BALANCER),), 0.5),
    "ecs-cpu-high": (ECS_METRICS, "CPUUtilization", _SERVICE, 70),
    "ecs-memory-high": (ECS_METRICS, "MemoryUtilization", _SERVICE, 70),
    "rds-cpu-high": (RDS, "CPUUtilization", _DATABASE, 70),
    "rds-connections-high": (RDS, "DatabaseConnections", _DATABASE, 80),
    "rds-storage-low": (RDS, "FreeStorageSpace", _DATABASE, 10 * 2**30),
}
"""The runbook's alarms: namespace, metric, dimensions, threshold."""
_DENIED: dict[Source, tuple[str, str, str, str]] = {
    Source.SERVICE: ("ecs", "DescribeServices", "", ""),
    Source.TARGETS: ("elbv2", "DescribeTargetHealth", "", ""),
    Source.TASKS: ("ecs", "ListTasks", "", ""),
    Source.DEPLOYMENTS: ("ecs", "ListServiceDeployments", "", ""),
    Source.SCALING: ("application-autoscaling", "", "", ""),
    Source.DATABASE: ("rds", "DescribeDBInstances", "", ""),
    Source.DATABASE_EVENTS: ("rds", "DescribeEvents", "", ""),
    Source.NETWORK: ("ec2", "DescribeSecurityGroups", "", ""),
    Source.METRICS: ("cloudwatch", "GetMetricData", "", ""),
    Source.TRAIL: ("cloudtrail", "LookupEvents", "region", REGION),
    Source.TRAIL_GLOBAL: ("cloudtrail", "LookupEvents", "region", "us-east-1"),
    Source.APPLICATION_LOG: ("logs", "FilterLogEvents", "logGroupName", "/ecs/staff-api"),
    Source.DATABASE_LOG: ("logs", "FilterLogEvents", "logGroupName", DATABASE_LOG),
}
"""What is denied for a source: service, operation ("" for all), and the parameter that tells it from another source."""


@dataclass(frozen=True)
class Verdict:
    world: World
    variant: Variant
    word: str
    ranking: tuple[str, ...]  # The first roots, at most three
    is_dependency_named: bool
    has_direct_root: bool  # Whether a true cause has a direct sign that was seen
    requests: int
    unread: tuple[str, ...]  # Sources that were not read and why
    faults: tuple[str, ...]  # Internal errors of the console, and operations that no world has
    claims: int = 0
    undecided: tuple[str, ...] = ()
    false: tuple[FalseClaim, ...] = ()
    explanation: str = field(default="", compare=False)

    @property
    def first(self) -> str:
        return self.ranking[0] if self.ranking else ""

    @property
    def is_right(self) -> bool:
        return self.first in self.world.truth

    @property
    def is_honest(self) -> bool:
        """Of an unlisted or healthy world: "cannot tell", or the dependency is named."""
        named = self.first == "unknown-dependency" and self.is_dependency_named
        return self.world.kind != "listed" and (self.word == Word.OPEN or named)

    @property
    def is_wrong(self) -> bool:
        harmless = self.is_right or self.is_honest or self.first in self.world.harmless
        return self.word != Word.OPEN and not harmless

    @property
    def is_strong_but_wrong(self) -> bool:
        return self.is_wrong and self.word == Word.STRONG

    @property
    def is_symptom_first(self) -> bool:
        """Whether an effect is named first although its root shows itself."""
        return self.first in self.world.symptoms and self.has_direct_root and self.word != Word.OPEN

    @property
    def label(self) -> str:
        if self.is_wrong:
            return f"{self.word.upper()} BUT WRONG"
        if self.is_right:
            return "right" if self.word != Word.OPEN else "right, open"
        if self.is_honest:
            return "honest" if self.word == Word.OPEN else "honest, named"
        return "harmless" if self.word != Word.OPEN else "open"


@cache
def runbook() -> Runbook:
    """The shipped one, which all worlds have."""
    return load_builtin("facility-prod")


def moment(world: World, minute: float) -> AlarmMoment:
    alarm = world.alarm
    namespace, metric, dimensions, threshold = ALARMS.get(
        alarm.name, (alarm.namespace, alarm.metric, tuple(alarm.dimensions.items()), alarm.threshold)
    )
    since = alarm.at if alarm.state == "ALARM" and alarm.at <= minute else minute
    return AlarmMoment(
        id=RawId(alarm.name),
        name=alarm.name,
        since=world.at(since),
        fires=alarm.state == "ALARM" and alarm.at <= minute,
        reason="Threshold Crossed" if alarm.state == "ALARM" else "",
        namespace=RawId(namespace),
        metric=RawId(metric),
        threshold=threshold if alarm.threshold is None else alarm.threshold,
        dimensions=tuple((RawId(name), RawId(value)) for name, value in dimensions),
    )


def _denies(source: str) -> Deny:
    if not source:
        return nothing_denied
    service, operation, key, value = _DENIED[Source(source)]

    def denies(asked: str, call: str, params: dict[str, Any]) -> bool:
        given = str(params.get(key) or params.get("logGroupIdentifier", "")) if key else ""
        return (
            asked == service and (not operation or call == operation) and (not key or given.endswith(value))
        )

    return denies


async def read(world: World, variant: Variant) -> tuple[WorldReader, IncidentEvidence, list[str]]:
    """The first wave about a world, and the faults on the way."""
    now = world.at(world.read_at)
    session = WorldReader(world, now, variant, _denies(variant.denied))
    faults: list[str] = []

    def fault(error: BaseException) -> None:
        faults.append(f"{type(error).__name__}: {error}")

    reader = FirstWaveReader(runbook(), session, ManualClock(now), REGION, lambda: None, fault)
    return session, await reader.about(moment(world, world.read_at)), faults


async def judged(world: World, variant: Variant, *, explain: bool = False, claims: bool = False) -> Verdict:
    session, evidence, faults = await read(world, variant)
    assessment = assess(evidence, runbook())
    roots = [cause for cause in assessment.causes if cause.is_root and not cause.impossible]
    leader = assessment.leader
    text = leader.model_dump_json(exclude={"opposing", "unseen"}).casefold() if leader else ""
    truths = set(world.truth) or {"unknown-dependency"}
    direct = any(
        truths & set(item.direct_for) for item in assessment.signals if item.state is SignalState.PRESENT
    )
    unread = tuple(
        f"{row.source}: {row.problem.summary if row.problem else row.omitted}"
        for row in evidence.readings
        if not row.is_read
    )
    count, undecided, false = checked(world, variant, session, assessment) if claims else (0, (), ())
    return Verdict(
        world=world,
        variant=variant,
        word=assessment.word.value,
        ranking=tuple(str(cause.id) for cause in roots[:3]),
        is_dependency_named=any(item.casefold() in text for item in world.dependency),
        has_direct_root=direct,
        requests=evidence.requests,
        unread=unread,
        faults=tuple(faults),
        claims=count,
        undecided=undecided,
        false=false,
        explanation=explanation(assessment, unread) if explain else "",
    )


def explanation(assessment: Assessment, unread: Iterable[str]) -> str:
    lines = [
        f"  T0 {assessment.onset.at:%H:%M} {assessment.onset.basis}, {assessment.word}: {assessment.why}"
    ]
    lines += [f"  not read: {item}" for item in unread]
    for cause in assessment.causes[:6]:
        lines.append(f"  {cause.score:4} {cause.id} root={cause.is_root} explains {', '.join(cause.effects)}")
        lines += [
            f"       {row.counts:+3} ({row.weight:+}){'◆' if row.is_direct else ' '} {row.signal.id}: {row.signal.value[:110]}"
            for row in (*cause.supporting, *cause.opposing)
        ]
    for signal in assessment.signals:
        if signal.state is not SignalState.UNSEEN:
            at = f" {signal.at:%H:%M:%S}" if signal.at else ""
            lines.append(
                f"  {signal.state:8} {signal.id}: {signal.title}: {signal.value} [{signal.limit}]{at}"
            )
        else:
            lines.append(f"  unseen   {signal.id}: {signal.why}")
    return "\n".join(lines)


def variants(world: World) -> Iterator[Variant]:
    """Everything that is crossed over a world; the first is the plain one."""
    for lag in LAGS:
        for trail in TRAILS:
            yield Variant(lag, trail)
    if world.deployment is None:
        for minutes in DEPLOYED:
            yield Variant(deployed=minutes)
    for source in _DENIED:
        yield Variant(denied=source.value)


async def _all_of(world: World, *, cross: bool, explain: bool, claims: bool) -> list[Verdict]:
    chosen = list(variants(world)) if cross else [Variant()]
    return [await judged(world, variant, explain=explain, claims=claims) for variant in chosen]


def _run(world: World, *, cross: bool, explain: bool, claims: bool) -> list[Verdict]:
    i18n.use("en")
    return asyncio.run(_all_of(world, cross=cross, explain=explain, claims=claims))


def judge_all(
    worlds: Sequence[World],
    *,
    cross: bool = False,
    explain: bool = False,
    claims: bool = False,
    workers: int = 1,
) -> list[Verdict]:
    one = partial(_run, cross=cross, explain=explain, claims=claims)
    if workers == 1:
        return [verdict for world in worlds for verdict in one(world)]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        return [verdict for verdicts in pool.map(one, worlds) for verdict in verdicts]


# ── Figures ─────────────────────────────────────────────────────────────────────────────────────


def plain(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Those without anything crossed over."""
    return [item for item in verdicts if item.variant == Variant()]


def stronger(verdicts: Sequence[Verdict]) -> list[tuple[Verdict, Verdict]]:
    """(plain verdict, variant) where a variant's word is stronger."""
    return _compared(verdicts, lambda base, item: ORDER.index(Word(item.word)) > ORDER.index(Word(base.word)))


def another(verdicts: Sequence[Verdict]) -> list[tuple[Verdict, Verdict]]:
    """(plain verdict, variant) where both name a cause, but not the same."""
    return _compared(
        verdicts, lambda base, item: Word.OPEN not in (base.word, item.word) and base.first != item.first
    )


def _compared(
    verdicts: Sequence[Verdict], differs: Callable[[Verdict, Verdict], bool]
) -> list[tuple[Verdict, Verdict]]:
    bases = {item.world.id: item for item in plain(verdicts)}
    return [
        (bases[item.world.id], item)
        for item in verdicts
        if item.variant != Variant() and differs(bases[item.world.id], item)
    ]


def figures(verdicts: Sequence[Verdict]) -> list[str]:
    base = plain(verdicts)
    listed = [item for item in base if item.world.kind == "listed"]
    others = [item for item in base if item.world.kind != "listed"]
    rollback = [item for item in listed if item.world.rollback]
    herring = [item for item in base if item.world.herring]
    right = [item for item in listed if item.is_right]
    outright = sum(item.word != Word.OPEN for item in right)
    honest = sum(item.is_honest for item in others)
    harmless = sum(item.label == "harmless" for item in others)
    named = sum(item.first == "unknown-dependency" and item.is_dependency_named for item in others)
    rows = [
        f"worlds: {len(base)} ({len(listed)} listed, {len(others)} unlisted or healthy)",
        f"listed, right first: {len(right)} of {len(listed)} ({outright} of them likely or strong)",
        f"strong but wrong: {_listed(base, 'is_strong_but_wrong')}",
        f"likely but wrong: {sum(item.is_wrong and item.word == Word.LIKELY for item in base)}",
        f"unlisted and healthy, honest: {honest} of {len(others)} (dependency named: {named}; besides, harmless: {harmless})",
        f"symptom first while a root is direct: {_listed(base, 'is_symptom_first')}",
        f"rollback named first: {sum(item.first == 'bad-deployment' for item in rollback)} of {len(rollback)}",
        f"red herrings, right or honest: {sum(item.is_right or item.is_honest for item in herring)} of {len(herring)}",
        f"most requests of a first wave: {max((item.requests for item in verdicts), default=0)}",
        f"internal errors: {sum(bool(item.faults) for item in verdicts)}",
    ]
    if len(verdicts) > len(base):
        over, changed = stronger(verdicts), another(verdicts)
        wrong = [item for item in verdicts if item.is_strong_but_wrong]
        for name in ("delays", "harmless releases", "denied sources"):
            of = [item for item in verdicts if item.variant.kind == name]
            rows.append(
                f"{name} ({len(of)} variants): stronger {sum(item.variant.kind == name for _base, item in over)},"
                f" another cause {sum(item.variant.kind == name for _base, item in changed)}, strong but wrong"
                f" {sum(item in wrong for item in of)} of {len({item.world.id for item in of if item in wrong})} worlds"
            )
    if any(item.claims for item in verdicts):
        rows.append(
            f"evidence: {sum(len(item.false) for item in verdicts)} false of {sum(item.claims for item in verdicts)} claims"
            f" ({sum(len(item.undecided) for item in verdicts)} undecided, counted apart)"
        )
    return rows


def _listed(verdicts: Iterable[Verdict], name: str) -> str:
    hits = [item.world.id for item in verdicts if getattr(item, name)]
    return f"{len(hits)}{': ' if hits else ''}{', '.join(hits)}"


def _row(item: Verdict) -> str:
    truth = "+".join(item.world.truth) or item.world.kind
    return (
        f"{item.world.id[:38]:38} {truth[:32]:32} {item.word:7} {item.first[:22]:22} {item.label:17}"
        f"{' SYMPTOM' if item.is_symptom_first else ''}{' ' + '; '.join(item.faults) if item.faults else ''}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, nargs="+")
    parser.add_argument("--id", action="append")
    parser.add_argument("--explain", action="store_true")
    parser.add_argument("--cross", action="store_true")
    parser.add_argument(
        "--claims", action="store_true", help="check every line of evidence against its world"
    )
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    worlds = [world for world in load(*options.folder) if not options.id or world.id in options.id]
    verdicts = judge_all(
        worlds, cross=options.cross, explain=options.explain, claims=options.claims, workers=options.workers
    )
    for item in plain(verdicts):
        print(_row(item))
        if options.explain:
            print(item.explanation)
    for name, pairs in (("stronger", stronger(verdicts)), ("another cause", another(verdicts))):
        for base, item in pairs:
            print(
                f"{name}: {item.world.id} ({item.variant}): {base.word} {base.first} → {item.word} {item.first}"
            )
    for item in verdicts:
        if item.is_strong_but_wrong and item.variant != Variant():
            print(f"strong but wrong: {item.world.id} ({item.variant}): {item.first}")
        for claim in item.false:
            print(f"false: {item.world.id} ({item.variant}): {claim}")
    titles = sorted({title for item in verdicts for title in item.undecided})
    for title in titles:
        print(f"undecided: {title} × {sum(item.undecided.count(title) for item in verdicts)}")
    print("\n".join(figures(verdicts)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
