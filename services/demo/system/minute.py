"""One minute of the system: from demand and capacity to measurements, and what effects do to it. The values
of a Minute are consistent: the log has as many lines with a 5xx status as 5xx responses are counted."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

from services.demo import effects as kinds
from services.demo import names
from services.demo.ecs.records import Fate
from services.demo.effects import ApplicationLines, DatabaseLines, Demand, Effect, Storage, Wording
from services.demo.scenario import Scenario

JST = 9 * 3600
_WEEKEND = 0.12
_HOURS = (0.0, 5.5, 7.5, 8.5, 9.25, 10.5, 11.75, 12.25, 12.75, 13.25, 15.0, 16.75, 17.5, 19.0, 22.0, 24.0)
_REQUESTS = (5.0, 4.0, 9.0, 45.0, 96.0, 108.0, 92.0, 38.0, 42.0, 88.0, 100.0, 78.0, 34.0, 14.0, 7.0, 5.0)
"""Per minute at these hours in Japan."""


def requests_per_minute(at: float) -> float:
    """Requests per minute at `at` (epoch seconds): open 9 to 17, a dip at lunch, quiet weekends."""
    local = at + JST
    hour = local % 86_400 / 3600
    index = bisect_right(_HOURS, hour)
    then = min(index, len(_HOURS) - 1)
    before, low, after, high = _HOURS[index - 1], _REQUESTS[index - 1], _HOURS[then], _REQUESTS[then]
    share = (hour - before) / (after - before) if after > before else 0.0
    # 1970-01-01 was a Thursday.
    weekday = (int(local // 86_400) + 3) % 7
    return (low + (high - low) * share) * (_WEEKEND if weekday >= 5 else 1.0)


CPU_PER_REQUEST = 0.75  # Per cent of one task's CPU that one request per minute needs
CPU_IDLE = 4.0
LATENCY = 0.062  # Mean seconds of a request on an idle system
RETRIES = 5  # Requests per minute that a failing system receives at least
SURGE_AT = 0.75  # Load from which requests begin to queue
GIB = 2**30
E = TypeVar("E", bound=kinds.Effect)


@dataclass(slots=True)
class Minute:
    """The measurements of 60 seconds from `start` (epoch seconds)."""

    start: int
    random: Random
    requests: int
    tasks: int
    cpu: float  # Mean of the tasks, per cent
    memory: float
    latency: float  # Mean seconds of a request
    target_errors: int  # 5xx responses of the application
    balancer: Mapping[int, int]  # 5xx responses that the load balancer made itself, by status code
    client_errors: int
    slow_queries: int
    database_cpu: float
    connections: float
    unhealthy: int
    cause: str  # Cause of the errors: database or application
    blocked: int  # Requests that the firewall blocked, including those of attacks
    gib_filled: float  # Growth of the database's storage in this minute
    task_cpu: tuple[float, ...] = field(default=())
    attackers: tuple[str, ...] = field(default=())
    """Address of each blocked request of an attack; empty: a random one."""
    silent: frozenset[tuple[str, str]] = field(default=frozenset())
    """(namespace, metric) of the metrics that are not published."""
    mishaps: int = 0  # Successful requests that logged an error, such as a mail that could not be sent
    level_field: str = "upper-case"  # How the application logs its level; see LevelField
    reachable: int = 0  # Tasks that are registered as targets
    deployed_errors: int = 0  # 5xx responses that what is deployed brings about
    deployed_words: tuple[Wording, ...] = ()  # What the application logs for them; empty: what `cause` says
    words: tuple[Wording, ...] = ()
    """What the application logs for its other errors; empty: what `cause` says."""
    refused: int = 0  # Requests for which there was no connection to a target
    tls_errors: int = 0
    application_lines: tuple[ApplicationLines, ...] = ()
    database_lines: tuple[DatabaseLines, ...] = ()
    credits: float | None = None  # CPU credits of the database; None: by its load
    wal_gib: float = 0.25
    slot_gib: float | None = None  # Transaction log kept for a replication slot; None: there is none

    @property
    def balancer_errors(self) -> int:
        return sum(self.balancer.values())

    @property
    def errors(self) -> int:
        return self.target_errors + self.balancer_errors

    @property
    def routed(self) -> int:
        return self.requests - self.balancer.get(503, 0)


OUTAGE = kinds.Errors(kind="errors", at=0, share=0.6, cause="database")
"""What happens while the database cannot be reached."""


def simulate(
    scenario: Scenario,
    began: float,
    start: int,
    tasks: int,
    *,
    failing: float = 0.0,
    database_down: bool = False,
    registered: int | None = None,
    released: bool = True,
) -> Minute:
    """The minute from `start` with `tasks` serving tasks; it depends on the arguments only.

    `failing` is the share of the requests that fail because of what is deployed; `registered` are the targets,
    healthy or not: all of them receive requests if none is healthy ("fails open"), and without any the answer is 503
    (Application Load Balancers, health checks for target groups). None: the serving tasks. `released`: whether effects of
    the new release happen.
    """
    random = Random(scenario.seed * 1_000_003 + start)
    at = start + 30 - began
    effects = [each for each in scenario.effects if each.active(at) and each.belongs(released=released)]
    load = sum(effect.requests * effect.strength(at, effect.ramp) for effect in of(effects, kinds.LoadEffect))
    work = sum(effect.cpu * effect.strength(at, effect.ramp) for effect in of(effects, kinds.Work))
    mean = requests_per_minute(start + 30) + load
    for effect in of(effects, Demand):
        mean *= effect.times(at)
    reachable = 0 if registered == 0 else tasks
    deployed = kinds.Errors(kind="errors", at=0, share=failing, cause="application") if failing else None
    errors = OUTAGE if database_down else next(iter(of(effects, kinds.Errors)), deployed)
    # Even at night somebody retries after an error.
    requests = max(RETRIES if errors else 0, round(random.gauss(mean, mean**0.5)))
    demand = requests * CPU_PER_REQUEST + work
    servers = max(tasks, 1)
    cpu = min(100.0, max(1.0, CPU_IDLE + demand / servers + random.gauss(0, 1.5)))
    slow = (
        sum(effect.milliseconds * effect.strength(at, effect.ramp) for effect in of(effects, kinds.Slow))
        / 1000
    )
    latency = (LATENCY * random.uniform(0.9, 1.15) + slow) * _queueing(CPU_IDLE + demand / servers)
    failed, mishaps = _failures(random, requests, errors, reachable)
    balancer = _balancer_errors(failed, errors, reachable, registered)
    database = sum(
        effect.cpu * effect.strength(at, effect.ramp) for effect in of(effects, kinds.DatabaseLoadEffect)
    )
    broken = errors is not None and errors.cause == "database"
    minute = Minute(
        start=start,
        random=random,
        requests=requests,
        tasks=tasks,
        cpu=cpu,
        memory=min(95.0, 38 + requests * 0.06 + random.gauss(0, 0.6)),
        latency=latency * (4.0 if broken else 1.0),
        reachable=reachable,
        refused=0 if reachable else balancer.get(502, 0),
        target_errors=failed - sum(balancer.values()),
        deployed_errors=failed if errors is deployed else 0,
        balancer=balancer,
        client_errors=round(requests * random.uniform(0.0, 0.02)),
        slow_queries=int(random.random() < 0.04 + database / 100) + (2 if broken else 0),
        database_cpu=min(100.0, max(2.0, 7 + requests * 0.13 + database + random.gauss(0, 1.2))),
        connections=round(8 + tasks * 5 + requests * 0.05 + (14 if broken else 0) + random.uniform(0, 2)),
        unhealthy=min(errors.unhealthy, tasks) if errors else 0,
        mishaps=mishaps,
        cause=errors.cause if errors else "application",
        blocked=int(random.random() * 2.5),
        gib_filled=gib_filled(scenario, at),
        task_cpu=tuple(min(100.0, max(0.5, cpu + random.gauss(0, 3))) for _ in range(tasks)),
    )
    if effects:
        _disturb(minute, effects, at, Random(scenario.seed * 1_000_003 + start + 1))
    return minute


def of(effects: Sequence[kinds.Effect], kind: type[E]) -> list[E]:
    return [effect for effect in effects if isinstance(effect, kind)]


def _disturb(minute: Minute, effects: Sequence[kinds.Effect], at: float, random: Random) -> None:
    """Apply effects on single values, with a random sequence of their own so that all other values stay the same."""
    minute.slow_queries += sum(
        times(random, effect.per_minute) for effect in of(effects, kinds.SlowQueriesEffect)
    )
    minute.attackers = tuple(
        attack.address
        for attack in of(effects, kinds.Attack)
        for _ in range(times(random, attack.per_minute))
    )
    minute.blocked += len(minute.attackers)
    minute.connections += round(
        sum(each.more * each.strength(at, each.ramp) for each in of(effects, kinds.Connections))
    )
    minute.silent = frozenset(
        (effect.namespace, effect.metric) for effect in of(effects, kinds.SilenceEffect)
    )
    for effect in of(effects, kinds.LevelFieldEffect):
        minute.level_field = effect.written


def times(random: Random, mean: float) -> int:
    """How often something happens in one minute that happens `mean` times on average."""
    return int(mean) + (random.random() < mean % 1)


def gib_filled(scenario: Scenario, at: float) -> float:
    """GiB by which the database's storage fills in the minute at `at` (seconds of the scenario)."""
    filling = (
        effect.gib_per_minute
        for effect in scenario.effects
        if isinstance(effect, kinds.Storage) and effect.active(at)
    )
    return 0.0006 + sum(filling)


def _queueing(percent: float) -> float:
    """How many times longer requests take at a load of `percent`."""
    load = percent / 100
    return 1.0 if load <= SURGE_AT else min(14.0, 1.0 + (load - SURGE_AT) * 28)


def _balancer_errors(
    failed: int, errors: kinds.Errors | None, tasks: int, registered: int | None
) -> dict[int, int]:
    if not tasks:
        return {502 if registered else 503: failed}
    if errors is None or not errors.unhealthy:
        return {}
    # Who waits for a database waits too long; a broken target closes the connection.
    return {504 if errors.cause == "database" else 502: round(failed * 0.25)}


def _failures(random: Random, requests: int, errors: kinds.Errors | None, tasks: int) -> tuple[int, int]:
    """(5xx responses, errors logged by successful requests)."""
    if not tasks:
        return requests, 0
    if errors is not None:
        return max(1, round(requests * errors.share * random.uniform(0.85, 1.15))), 0
    # One or two logged errors per hour are normal. An ordinary day has no 5xx, because the runbook reports each.
    return 0, int(random.random() < requests * 0.0002)


FAILS_IN = 25.0  # Seconds from a task's creation until its start has failed
FULL = 99.7  # Per cent of its memory that a task can use
_CODES = (500, 502, 503, 504)


def troubles_of(effects: Iterable[Effect]) -> list[Effect]:
    return [
        effect
        for effect in effects
        if isinstance(effect, kinds.IncidentEffect) or (isinstance(effect, Storage) and effect.by != "data")
    ]


def fates(effects: Iterable[Effect], began: float) -> list[Fate]:
    """How tasks end by themselves; `began` is the scenario's beginning (epoch seconds)."""
    rules = []
    for effect in effects:
        if isinstance(effect, kinds.TaskExits | kinds.StartFailures):
            settings = effect.model_dump(exclude={"kind", "at", "lasts", "new"})
            if isinstance(effect, kinds.StartFailures):
                settings |= {"lives": FAILS_IN, "starts": False, "code": "TaskFailedToStart"}
            since, only = began + effect.at, names.RELEASE if effect.new else ""
            rules.append(Fate(since, since + effect.lasts, definition=only, **settings))
    return rules


def disturb(minute: Minute, troubles: Sequence[Effect], at: float, random: Random) -> None:
    """Apply the effects that are active at `at` (seconds of the scenario)."""
    active = [effect for effect in troubles if effect.active(at)]
    for failing in of(active, kinds.Responses):
        if random.random() >= failing.gaps:
            _fail(minute, failing, at, random)
    for memory in of(active, kinds.MemoryUse):
        minute.memory = min(FULL, minute.memory + memory.percent * memory.strength(at, memory.ramp))
    for hot in of(active, kinds.HotTask):
        first = [min(100.0, cpu + hot.cpu) for cpu in minute.task_cpu[:1]]
        minute.task_cpu = (*first, *minute.task_cpu[1:])
        minute.cpu = sum(minute.task_cpu) / max(1, len(minute.task_cpu))
    minute.tls_errors = sum(times(random, effect.per_minute) for effect in of(active, kinds.TlsErrors))
    minute.application_lines = tuple(of(active, kinds.ApplicationLines))
    minute.database_lines = tuple(of(active, kinds.DatabaseLines))
    for state in of(active, kinds.DatabaseStateEffect):
        if state.connections is not None:
            minute.connections = max(0, round(state.connections * random.uniform(0.97, 1.03)))
        minute.credits = state.credits if state.credits is not None else minute.credits
    logs = [effect for effect in of(troubles, Storage) if effect.at <= at]
    minute.wal_gib += sum(effect.filled(at) for effect in logs)
    if any(effect.by == "slot" for effect in logs):
        minute.slot_gib = sum(effect.filled(at) for effect in logs if effect.by == "slot")


def _fail(minute: Minute, effect: kinds.Responses, at: float, random: Random) -> None:
    strength = effect.strength(at, effect.ramp) * random.uniform(0.85, 1.15)
    base = 1 if effect.counted else minute.requests

    def count(share: float) -> int:
        return min(times(random, share * base * strength), minute.requests - minute.errors)

    balancer = dict(minute.balancer)
    for code in _CODES:
        failed = count(getattr(effect, f"elb_{code}"))
        balancer[code] = balancer.get(code, 0) + failed
        minute.balancer = balancer
        if code in (502, 504):
            minute.refused += round(failed * effect.refused)
    minute.target_errors += (failed := count(effect.target))
    if failed:
        minute.words += effect.words
    minute.client_errors += count(effect.client)
