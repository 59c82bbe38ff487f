"""Weighs the causes of drawn worlds: each is read over HTTP by the real first wave, and compared with what is true in it.

python -m tests.tools.cause_trials --seeds 0-4            # every cause, healthy worlds, double faults
python -m tests.tools.cause_trials --seeds 0 --cause task-crash --explain
"""

import argparse
import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

from services import i18n
from services.aws.client.meter import UsageMeter
from services.aws.client.session import AwsSession, AwsSettings
from services.aws.cloudwatch.alarms.reader import Alarms
from services.background.boundaries import unreported
from services.clock import Clock, ManualClock
from services.demo.faults import FaultRule
from services.demo.front import moto_app
from services.demo.front.app import Front, Server
from services.demo.incidents.drawing import ALARMS, causes
from services.demo.scenario import EMPTY
from services.demo.world import World
from services.incidents.first_wave.parts import moment_of
from services.incidents.first_wave.reading import FirstWaveReader
from services.incidents.weighing import assess
from services.models.causes import Assessment, Word
from services.models.first_wave import IncidentEvidence, Source
from services.models.runbook import Runbook
from services.runbook.loader import load_builtin
from tests.tools.incident_worlds import IncidentWorld, healthy_world, incident_world

SINGLES = tuple((scenario, cause) for scenario in ALARMS for cause in causes(scenario))
"""Every cause that can set off the alarm of a scenario."""
DENIABLE: dict[Source, tuple[tuple[str, str], ...]] = {
    Source.SERVICE: (("ecs", "DescribeServices"),),
    Source.TARGETS: (("elbv2", "DescribeTargetHealth"),),
    Source.TASKS: (("ecs", "ListTasks"), ("ecs", "DescribeTasks")),
    Source.DEPLOYMENTS: (("ecs", "ListServiceDeployments"),),
    Source.SCALING: (("application-autoscaling", ""),),
    Source.DATABASE: (("rds", "DescribeDBInstances"),),
    Source.DATABASE_EVENTS: (("rds", "DescribeEvents"),),
    Source.NETWORK: (("ec2", "DescribeSecurityGroups"),),
    Source.METRICS: (("cloudwatch", "GetMetricData"),),
    Source.TRAIL: (("cloudtrail", "LookupEvents"),),
    Source.APPLICATION_LOG: (("logs", "FilterLogEvents"),),
}
"""The operations that a source needs, as a policy denies them."""
ORDER = (Word.OPEN, Word.LIKELY, Word.STRONG)


@dataclass(frozen=True)
class Trial:
    """One world to be judged."""

    scenario: str
    causes: tuple[str, ...]  # () for a healthy world
    seed: int

    def build(self) -> IncidentWorld:
        """The world at its moment."""
        if not self.causes:
            return healthy_world(self.seed)
        return incident_world(self.causes, self.seed, self.scenario)


@dataclass(frozen=True)
class Verdict:
    """What the weighing said about it."""

    trial: Trial
    denied: str  # The source that was denied; "" if none was
    word: str
    ranking: tuple[str, ...]  # The first roots, at most three
    chain: tuple[str, ...]  # What the first root explains, directly or through others
    scores: dict[str, int]
    requests: int
    seconds: float
    fires: bool

    @property
    def is_first(self) -> bool:
        """Whether the first root is true in the world."""
        return bool(self.ranking) and self.ranking[0] in self.trial.causes

    @property
    def is_in_two(self) -> bool:
        """Whether one of the first two is true in the world."""
        return bool(set(self.ranking[:2]) & set(self.trial.causes))


class WorldClock(Clock):
    """The clock of the world of the moment."""

    def __init__(self) -> None:
        self.clock = ManualClock(datetime.fromisoformat("2026-01-14T01:00:00+00:00"))

    def now(self) -> datetime:
        return self.clock.now()

    def elapsed(self) -> float:
        return self.clock.elapsed()

    def awake(self) -> float:
        return self.clock.awake()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


class Worlds:
    """Makes the world that is served: the one set last, at first an empty one."""

    def __init__(self, clock: WorldClock) -> None:
        self.next = World(EMPTY, clock.clock)

    def __call__(self) -> World:
        return self.next


class Trials:
    """Serves one world after the other on one port, and reads each by one session."""

    def __init__(
        self,
        runbook: Runbook,
        worlds: Worlds,
        server: Server,
        session: AwsSession,
        clock: WorldClock,
        meter: UsageMeter,
    ) -> None:
        self.runbook = runbook
        self.meter = meter
        self._worlds = worlds
        self._server = server
        self._session = session
        self._clock = clock
        self._world: IncidentWorld | None = None

    def show(self, world: IncidentWorld) -> None:
        """Serve this world from now on."""
        moto_app.reset()
        self._world = world
        self._clock.clock = world.world.clock  # type: ignore[assignment]
        self._worlds.next = world.world
        self._server.front.reset()

    def deny(self, source: Source | None) -> None:
        """Deny what a source needs; None: nothing."""
        self._server.front.faults.clear()
        for service, operation in DENIABLE[source] if source is not None else ():
            self._server.front.faults.add(FaultRule(service=service, operation=operation, preset="denied"))

    async def evidence(self) -> IncidentEvidence:
        """The first wave about the world's alarm."""
        assert self._world is not None
        overview = await Alarms(self._session, self.runbook, clock=self._clock).overview()
        alarm = next(alarm for alarm in overview.alarms if alarm.name == self._world.alarm)
        moment = moment_of(alarm, self._clock.now())
        region = str(self.runbook.system.region)
        return await FirstWaveReader(
            self.runbook, self._session, self._clock, region, lambda: overview, unreported
        ).about(moment)


@asynccontextmanager
async def trials() -> AsyncIterator[Trials]:
    """A server and a session for many worlds."""
    runbook, clock = load_builtin("facility-prod"), WorldClock()
    worlds = Worlds(clock)
    server = Server(Front(worlds))
    server.start()
    settings = AwsSettings(region=runbook.system.region, endpoint_url=server.url)
    meter = UsageMeter(clock)
    session = AwsSession(settings, clock=clock, meter=meter)
    try:
        yield Trials(runbook, worlds, server, session, clock, meter)
    finally:
        await session.close()
        server.stop()
    assert not server.failures, "\n".join(server.failures)


def verdict(
    trial: Trial, denied_source: str, evidence: IncidentEvidence, assessment: Assessment, *, fires: bool
) -> Verdict:
    """What an assessment says about a trial."""
    roots = [cause for cause in assessment.causes if cause.is_root and not cause.impossible]
    effects = {cause.id: cause.effects for cause in assessment.causes}
    chain: list[str] = []
    pending = list(roots[0].effects) if roots else []
    while pending:
        name = pending.pop(0)
        if name not in chain:
            chain.append(name)
            pending += effects.get(name, ())
    return Verdict(
        trial=trial,
        denied=denied_source,
        word=assessment.word.value,
        ranking=tuple(str(cause.id) for cause in roots[:3]),
        chain=tuple(map(str, chain)),
        scores={str(cause.id): cause.score for cause in assessment.causes if not cause.impossible},
        requests=evidence.requests,
        seconds=(evidence.ended - evidence.began).total_seconds(),
        fires=fires,
    )


async def run(
    every: Iterable[Trial], *, deny: bool = False, tell: Callable[[Verdict, Assessment], object] | None = None
) -> list[Verdict]:
    """Judge every trial, and with `deny` once more with one source denied, which its seed chooses."""
    verdicts = []
    async with trials() as desk:
        for trial in every:
            world = trial.build()
            desk.show(world)
            sources: list[Source | None] = [None]
            if deny:
                sources.append(Random(f"deny {trial}").choice(list(DENIABLE)))
            for source in sources:
                desk.deny(source)
                evidence = await desk.evidence()
                assessment = assess(evidence, desk.runbook)
                result = verdict(
                    trial, source.value if source else "", evidence, assessment, fires=world.is_firing
                )
                verdicts.append(result)
                if tell is not None:
                    tell(result, assessment)
    return verdicts


def singles(seeds: Iterable[int]) -> Iterator[Trial]:
    """Each cause with each seed, under an alarm that it sets off; the alarm changes with the seed."""
    by_cause: dict[str, list[str]] = {}
    for scenario, cause in SINGLES:
        by_cause.setdefault(cause, []).append(scenario)
    for seed in seeds:
        for cause, scenarios in sorted(by_cause.items()):
            yield Trial(scenarios[seed % len(scenarios)], (cause,), seed)


def healthy(seeds: Iterable[int]) -> Iterator[Trial]:
    """Worlds with red herrings only."""
    return (Trial("", (), seed) for seed in seeds)


def doubles(seeds: Iterable[int]) -> Iterator[Trial]:
    """Two causes at once, of one alarm."""
    for seed in seeds:
        random = Random(f"double {seed}")
        scenario = random.choice(["alb-5xx", "alb-5xx", "alb-5xx", "ecs-cpu", "alb-latency", "rds-storage"])
        yield Trial(scenario, tuple(random.sample(causes(scenario), 2)), seed)


def figures(verdicts: Iterable[Verdict]) -> dict[str, Any]:
    """The figures of a run."""
    whole = [result for result in verdicts if not result.denied]
    one = [result for result in whole if len(result.trial.causes) == 1]
    two = [result for result in whole if len(result.trial.causes) == 2]
    none = [result for result in whole if not result.trial.causes]
    by_trial = {result.trial: result for result in whole}
    stronger = [
        result for result in verdicts if result.denied and _rank(result) > _rank(by_trial[result.trial])
    ]
    strong_wrong = [result for result in (*one, *two) if result.word == "strong" and not result.is_first]
    return {
        "single": len(one),
        "first": _share(result.is_first for result in one),
        "first two": _share(result.is_in_two for result in one),
        "words": dict(Counter(result.word for result in one)),
        "double": len(two),
        "double first": _share(result.is_first for result in two),
        "double first two": _share(result.is_in_two for result in two),
        "strong but wrong": len(strong_wrong),
        "strong": sum(result.word == "strong" for result in (*one, *two)),
        "healthy": len(none),
        "healthy words": dict(Counter(result.word for result in none)),
        "denied": sum(bool(result.denied) for result in verdicts),
        "stronger when denied": len(stronger),
        "most requests": max((result.requests for result in verdicts), default=0),
    }


def _rank(result: Verdict) -> int:
    return ORDER.index(Word(result.word))


def _share(values: Iterable[bool]) -> float:
    booleans = list(values)
    return round(sum(booleans) / len(booleans), 4) if booleans else 1.0


def explanation(assessment: Assessment) -> str:
    """The causes with what counted, for tuning."""
    lines = [
        f"    T0 {assessment.onset.at:%H:%M} {assessment.onset.basis} {assessment.word} {assessment.why}"
    ]
    for cause in assessment.causes[:5]:
        lines.append(f"    {cause.score:4} {cause.id} root={cause.is_root} → {', '.join(cause.effects)}")
        for row in (*cause.supporting, *cause.opposing):
            at = f"{row.signal.at:%H:%M:%S}" if row.signal.at else ""
            lines.append(
                f"        {row.counts:+3} ({row.weight:+}) {row.signal.id} {at} {row.signal.value[:90]}"
            )
        if cause.unseen:
            lines.append(
                "        ? " + "; ".join(f"{row.signal.id}: {row.signal.why[:40]}" for row in cause.unseen)
            )
    return "\n".join(lines)


def _seeds(text: str) -> range:
    first, _dash, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def main() -> int:
    """Run trials and print what went wrong, and the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="0", type=_seeds)
    parser.add_argument("--cause", action="append")
    parser.add_argument("--kind", choices=("single", "double", "healthy", "all"), default="all")
    parser.add_argument("--deny", action="store_true")
    parser.add_argument("--explain", action="store_true")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    i18n.use("en")
    os.environ |= {"AWS_ACCESS_KEY_ID": "AKIATESTTESTTESTTEST", "AWS_SECRET_ACCESS_KEY": "test"}
    every = [
        *(singles(options.seeds) if options.kind in ("single", "all") else ()),
        *(doubles(options.seeds) if options.kind in ("double", "all") and not options.cause else ()),
        *(healthy(options.seeds) if options.kind in ("healthy", "all") and not options.cause else ()),
    ]
    if options.cause:
        every = [trial for trial in every if set(trial.causes) & set(options.cause)]

    def tell(result: Verdict, assessment: Assessment) -> None:
        is_bad = (not result.is_first and bool(result.trial.causes)) or (
            not result.trial.causes and result.word == "strong"
        )
        mark = "✗" if is_bad and not result.denied else " "
        print(
            f"{mark} {result.trial.scenario or 'healthy':12} {'+'.join(result.trial.causes):28} {result.trial.seed:3}"
            f" {result.denied:16} {result.word:7} {' > '.join(result.ranking[:2])}  [{', '.join(result.chain)}]"
            f"{'' if result.fires else '  (not firing)'}",
            flush=True,
        )
        if options.explain and (is_bad or options.cause):
            print(explanation(assessment), flush=True)

    verdicts = asyncio.run(run(every, deny=options.deny, tell=tell))
    print(json.dumps(figures(verdicts), indent=1))
    if options.out:
        options.out.write_text("\n".join(json.dumps(asdict(each)) for each in verdicts))
    return 0


if __name__ == "__main__":
    sys.exit(main())
