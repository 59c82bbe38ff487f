"""Worlds set to the moment at which an incident's alarm has just fired, or at which nothing is wrong. A world
is made of the description of its causes in `services/demo/incidents` and of a seed; nothing of it is played:
the incident lies in its past."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from services.clock import ManualClock
from services.demo import handlers
from services.demo.cloudwatch.alarms.records import DemoAlarm
from services.demo.cloudwatch.alarms.states import State
from services.demo.incidents.drawing import ALARMS, causes, draw
from services.demo.scenario import TOKYO, Scenario
from services.demo.world import World

assert handlers
HISTORY = timedelta(hours=3, minutes=30)
"""Past of a world: three hours before the incident, and a little more."""
GIVE_UP = 15  # Minutes after which a world is taken as it is, although its alarm has not fired
_DAYS = tuple(datetime(2026, 1, day, tzinfo=TOKYO) for day in (13, 14, 15, 16, 19, 20, 21, 22, 23))
"""Open days."""


@dataclass(frozen=True)
class IncidentWorld:
    """A world and what is true in it."""

    world: World
    alarm: str  # The alarm whose first wave is read
    moment: datetime  # When it fired; in a world in which it did not, now (aware, UTC)
    began: datetime  # When the incident began
    causes: tuple[str, ...]  # Ids; () if nothing is wrong

    @property
    def scenario(self) -> Scenario:
        """What was drawn."""
        return self.world.run.scenario

    @property
    def is_firing(self) -> bool:
        """Whether the alarm is in ALARM."""
        return _alarm(self.world, self.alarm).state is State.ALARM


def scenario_of(cause: str) -> str:
    """The first scenario whose alarm a cause sets off."""
    return next(name for name in ALARMS if cause in causes(name))


def incident_world(cause: str | Sequence[str], seed: int, scenario: str | None = None) -> IncidentWorld:
    """The world of a cause, or of two at a time, shortly after the alarm of `scenario` fired. None for
    `scenario`: the first that fits the cause."""
    names = (cause,) if isinstance(cause, str) else tuple(cause)
    return _world(scenario or scenario_of(names[0]), seed, names)


def healthy_world(seed: int) -> IncidentWorld:
    """A world with red herrings and without an incident."""
    return _world(Random(f"healthy {seed}").choice(list(ALARMS)), seed, ())


def _world(scenario: str, seed: int, names: tuple[str, ...]) -> IncidentWorld:
    story = draw(scenario, seed, names, lead=0.0)
    random = Random(f"moment {scenario} {seed} {names}")
    hour, minute = map(int, (story.start or "10:00").split(":"))
    start = (
        random.choice(_DAYS).replace(hour=hour, minute=minute, second=random.randint(2, 25)).astimezone(UTC)
    )
    clock = ManualClock(start + timedelta(seconds=60))
    world = World(story, clock, began=start, history=HISTORY)
    alarm = _alarm(world, ALARMS[scenario])
    for _ in range(GIVE_UP if names else random.randint(1, 5)):
        if alarm.state is State.ALARM:
            break
        clock.advance(60)
        world.tick()
    fired = alarm.transitioned if alarm.state is State.ALARM else clock.now()
    # A console notices within its interval; sometimes nobody was there.
    late = random.uniform(3, 45) if random.random() < 0.8 else random.uniform(60, 420)
    clock.advance(max(1.0, (fired - clock.now()).total_seconds() + late))
    world.tick()
    return IncidentWorld(world, ALARMS[scenario], fired, start, names)


def _alarm(world: World, name: str) -> DemoAlarm:
    return next(each for each in world.alarms.alarms.values() if each.name == name)
