from collections.abc import Iterable, Sequence
from random import Random

from services.demo import incident_effects as kinds
from services.demo.ecs.records import Fate
from services.demo.effects import Effect, Storage
from services.demo.system import names
from services.demo.system.minute import Minute, of, times

FAILS_IN = 25.0
"""Seconds from a task's creation until its start has failed."""
FULL = 99.7
"""Per cent of its memory that a task can use."""
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
    for state in of(active, kinds.DatabaseState):
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
