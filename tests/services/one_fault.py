"""Worlds with one fault each, in which an inspection's whole verdict is that fault's and nothing else masks it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from services.demo.cloudwatch.alarms.states import State
from services.demo.minor_services import PENDING, TopicStore
from services.demo.scenario import Scenario, Words
from services.demo.world import World as DemoWorld
from services.models.verdict import Verdict
from tests.conftest import ORIGIN

ATTENTION, ABNORMAL = Verdict.ATTENTION, Verdict.ABNORMAL
MONDAY = datetime(2026, 1, 19, 0, 0, tzinfo=UTC)  # 9:00 JST; Friday was the last open day


@dataclass(frozen=True)
class World:
    """One world and what the inspections that its fault concerns say of it."""

    scenario: str | Scenario
    """A shipped one by its name, or one of these tests."""
    verdicts: dict[str, Verdict]
    """By the inspection's id; the whole verdict, exactly."""
    history: float = 7200.0
    origin: datetime = MONDAY
    minutes: int = field(default=1, kw_only=True)
    """That the world lives before anybody asks: alarms take theirs to fire."""
    prepare: Callable[[DemoWorld], object] | None = field(default=None, kw_only=True)
    """What no scenario has is made before that."""


def _one(kind: str, **fact: Any) -> Scenario:
    """A world with this fact and no other."""
    return _many({"kind": kind, **fact})


def _many(*facts: dict[str, Any]) -> Scenario:
    words = Words(title="", watch="")
    return Scenario.model_validate({"name": "one-fault", "ja": words, "en": words, "facts": facts})


_SNS = "arn:aws:sns:ap-northeast-1:123456789012:ops-alerts"
_LATENCY, _STORAGE = "alb-latency-high", "rds-storage-low"


def _set(world: DemoWorld, name: str, **settings: Any) -> None:
    alarm = world.alarms.get(name)
    alarm.configure(alarm.settings | settings, world.clock.now())


def _speaker(world: DemoWorld, **settings: Any) -> None:
    """An alarm without an action beside a composite alarm that names it; `settings` are the composite's."""
    _set(world, _LATENCY, AlarmActions=[])
    rule = f'ALARM("{_LATENCY}")'
    composite = {"AlarmName": "speaker", "AlarmRule": rule, "AlarmActions": [_SNS]}
    alarm = world.alarms.put("CompositeAlarm", composite | settings)
    world.alarms.set_state(alarm, State.OK, "as the test wants it")


def _unsubscribed(world: DemoWorld) -> None:
    world.component(TopicStore).subscriptions["facility-prod-ops-alerts"] = (PENDING,)


def _suppressed(world: DemoWorld) -> None:
    _speaker(
        world, ActionsSuppressor=_STORAGE, ActionsSuppressorWaitPeriod=60, ActionsSuppressorExtensionPeriod=60
    )
    alarm = world.alarms.get("speaker")
    alarm.suppressed = True


def _suppressed_itself(world: DemoWorld) -> None:
    """The runbook's alarm is a composite one with actions of its own, which another alarm may hold back."""
    world.alarms.put(
        "CompositeAlarm",
        {
            "AlarmName": _LATENCY,
            "AlarmRule": 'ALARM("alb-5xx-error-rate")',
            "AlarmActions": [_SNS],
            "ActionsSuppressor": _STORAGE,
            "ActionsSuppressorWaitPeriod": 60,
            "ActionsSuppressorExtensionPeriod": 60,
        },
    )


def _warming(world: DemoWorld) -> None:
    warm_up = {"WarmUpPeriodDurationInMinutes": 600, "OnlyStartEvaluatingAfterWarmUpPeriodEnds": True}
    _set(world, _LATENCY, WarmUpConfiguration=warm_up)


_FAILED = {"kind": "sign-in", "user": "tanaka.yuko", "address": "203.0.113.10", "success": False}

WORLDS = {
    "one-muted": World(_one("alarm", name="alb-latency-high", state="muted"), {"alarms": ATTENTION}),
    "one-disabled": World(_one("alarm", name="alb-latency-high", state="disabled"), {"alarms": ATTENTION}),
    "one-missing": World(_one("alarm", name="alb-latency-high", state="missing"), {"alarms": ABNORMAL}),
    "one-unheard": World(
        "ordinary-day", {"alarms": ATTENTION}, prepare=lambda world: _set(world, _LATENCY, AlarmActions=[])
    ),
    "one-silent-speaker": World(
        "ordinary-day", {"alarms": ATTENTION}, prepare=lambda world: _speaker(world, ActionsEnabled=False)
    ),
    "one-together": World(
        "ordinary-day",
        {"alarms": ATTENTION},
        prepare=lambda world: _speaker(world, AlarmRule=f"ALARM({_LATENCY}) AND ALARM({_STORAGE})"),
    ),
    "one-unsubscribed": World("ordinary-day", {"alarms": ATTENTION}, prepare=_unsubscribed),
    "one-suppressed": World("ordinary-day", {"alarms": ATTENTION}, minutes=0, prepare=_suppressed),
    "one-suppressed-itself": World("ordinary-day", {"alarms": ATTENTION}, prepare=_suppressed_itself),
    "one-warming": World("ordinary-day", {"alarms": Verdict.UNKNOWN}, prepare=_warming),
    "one-fired": World("alarm-at-night", {"alarms": ATTENTION}, 60_000.0),
    "one-budget": World("budget-used", {"costs": ABNORMAL}),
    "one-growth": World("cost-growth", {"costs": ABNORMAL}),
    "one-pending": World(_one("pending-change", instance_class="db.r6g.large"), {"maintenance": ATTENTION}),
    "one-cert": World(_one("certificate", days=5), {"maintenance": ABNORMAL}),
    "one-patch": World("forced-patch", {"maintenance": ABNORMAL}),
    "one-window": World("local-window", {"maintenance": ABNORMAL}),
    "one-retention": World("retention", {"backups": ABNORMAL}, 260_000.0),
    "one-snapshot": World("missing-snapshot", {"backups": ABNORMAL}, 260_000.0),
    "one-susp": World(_one("scaling", suspended=("DynamicScalingOutSuspended",)), {"scaling": ATTENTION}),
    "one-nopol": World(_one("scaling", policy=False), {"scaling": ABNORMAL}),
    "one-limit": World("ecs-cpu", {"scaling": ATTENTION, "dashboard": ABNORMAL}, origin=ORIGIN, minutes=12),
    "one-growing": World("traffic-growth", {"dashboard": ATTENTION}, 100_000.0),
    "one-trail": World(_one("trail-stopped"), {"sign-ins": ATTENTION}),
    "one-failed": World(
        _many(*({**_FAILED, "at": -4000 - 60 * each} for each in range(8))), {"sign-ins": ABNORMAL}
    ),
    "one-root-key": World(_one("root", keys=1), {"sign-ins": ABNORMAL, "access-keys": ABNORMAL}),
    "one-key": World("old-key", {"access-keys": ABNORMAL}),
    "slow-queries": World("slow-queries", {"slow-queries": ATTENTION}, 60_000.0),
    "attack": World("attack", {"waf-blocks": ATTENTION}, 20_000.0),
    "alb-5xx": World(
        "alb-5xx",
        {"alarms": ABNORMAL, "dashboard": ABNORMAL, "error-logs": ABNORMAL},
        5400.0,
        ORIGIN,
        minutes=6,
    ),
    "rollout": World("rollout-failed", {"scaling": ATTENTION}, 600.0, ORIGIN, minutes=6),
    "night-cut": World("night-cut", {"scaling": ABNORMAL}, 600.0, ORIGIN, minutes=6),
    "monday": World(
        "monday-faults",
        {
            "access-keys": ABNORMAL,
            "backups": ABNORMAL,
            "costs": ABNORMAL,
            "maintenance": ABNORMAL,
            "sign-ins": ABNORMAL,
            "slow-queries": ATTENTION,
            "waf-blocks": ATTENTION,
        },
        3 * 86_400.0,
        minutes=6,
    ),
}
"""Monday: one fault an inspection, except those whose faults are reported as not judged."""
