"""A scenario: what happens in the embedded AWS, as one validated TOML file.

Times are seconds of the world's clock after its beginning; negative is before it.
"""

import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.clock import Clock
from services.demo.scenario_facts import AnyFact

F = TypeVar("F")
FOLDER = Path(__file__).parent / "scenarios"
TOKYO = ZoneInfo("Asia/Tokyo")
_SATURDAY = 5


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Effect(_Model):
    """Something that happens for a while."""

    at: float
    """When it begins."""
    lasts: Annotated[float, Field(gt=0)] = 1e9
    """For how many seconds."""

    def active(self, at: float) -> bool:
        """Whether it happens at `at`."""
        return self.at <= at < self.at + self.lasts

    def strength(self, at: float, ramp: float) -> float:
        """Its strength at `at`, 0 to 1: it rises and falls over `ramp` seconds."""
        if not self.active(at):
            return 0.0
        edge = min(at - self.at, self.at + self.lasts - at)
        return min(1.0, (edge + 30) / ramp) if ramp > 0 else 1.0


class Load(Effect):
    """More requests than the usual daily curve."""

    kind: Literal["load"]
    requests: float
    """Per minute."""
    ramp: float = 120.0


class Work(Effect):
    """Requests cost more CPU: per cent of one task's CPU, shared by all tasks."""

    kind: Literal["work"]
    cpu: float
    ramp: float = 120.0


class Errors(Effect):
    """A share of the requests fails."""

    kind: Literal["errors"]
    share: Annotated[float, Field(ge=0, le=1)]
    cause: Literal["database", "application"] = "database"
    unhealthy: Annotated[int, Field(ge=0)] = 0
    """So many targets fail their health checks meanwhile."""


class Slow(Effect):
    """Requests take longer."""

    kind: Literal["slow"]
    milliseconds: float


class Storage(Effect):
    """The database's disk fills."""

    kind: Literal["storage"]
    gib_per_minute: float


class DatabaseLoad(Effect):
    """The database works harder, by per cent of its CPU."""

    kind: Literal["database-load"]
    cpu: float
    ramp: float = 120.0


class Deploy(Effect):
    """A deployment of the service begins at `at`."""

    kind: Literal["deploy"]
    broken: bool = False
    """The new tasks end as soon as they run."""
    errors: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Share of the requests that fail on the new tasks."""
    paused: bool = False
    """It pauses at a lifecycle hook before the new tasks receive requests."""

    @property
    def is_release(self) -> bool:
        """Whether it deploys a new revision of the task definition."""
        return self.broken or self.errors > 0 or self.paused


class Refuse(Effect):
    """AWS refuses requests with a common error (`preset`); in waves if `period` is set."""

    kind: Literal["refuse"]
    preset: Literal["throttled", "denied", "expired"]
    service: str = ""
    operation: str = ""
    period: float = 0.0
    """Seconds from wave to wave."""
    share: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Of the period."""

    def refuses(self, at: float) -> bool:
        """Whether it refuses now."""
        if not self.active(at):
            return False
        return not self.period or (at - self.at) % self.period < self.share * self.period


class SlowQueries(Effect):
    """More slow queries than usual."""

    kind: Literal["slow-queries"]
    per_minute: float


class Attack(Effect):
    """The firewall blocks more than usual."""

    kind: Literal["attack"]
    per_minute: float
    address: str = ""
    """Source of all requests; empty: several addresses."""


class LevelField(Effect):
    """The application writes its level in another format."""

    kind: Literal["level-field"]
    written: Literal["absent", "numeric", "lower-case"]


class Silence(Effect):
    """A metric is not published."""

    kind: Literal["silence"]
    namespace: str
    metric: str


class Connections(Effect):
    """More database connections than usual."""

    kind: Literal["connections"]
    more: float


AnyEffect = Annotated[
    Load
    | Work
    | Errors
    | Slow
    | Storage
    | DatabaseLoad
    | Deploy
    | Refuse
    | SlowQueries
    | Attack
    | LevelField
    | Silence
    | Connections,
    Field(discriminator="kind"),
]


class Words(_Model):
    """The description of a scenario in one language."""

    title: str
    watch: str
    """What to watch for."""


class Scenario(_Model):
    """One scenario."""

    name: str
    ja: Words
    en: Words
    start: Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] | None = None
    """The world's hour at its beginning (JST), on the newest weekday; None: the machine's own time."""
    seed: int = 1
    empty: bool = False
    """The account has no system; tests create one."""
    free_storage_gib: float = 62.0
    effects: tuple[AnyEffect, ...] = ()
    facts: tuple[AnyFact, ...] = ()
    """What the account has from the beginning, in addition to the contents of every world."""

    def facts_of(self, kind: type[F]) -> tuple[F, ...]:
        """The facts of one kind."""
        return tuple(fact for fact in self.facts if isinstance(fact, kind))

    def origin(self, now: datetime) -> datetime:
        """The world's time at the start if the machine's is `now`."""
        if self.start is None:
            return now
        hour, minute = map(int, self.start.split(":"))
        origin = now.astimezone(TOKYO).replace(hour=hour, minute=minute, second=0, microsecond=0)
        while origin.weekday() >= _SATURDAY:
            origin -= timedelta(days=1)
        return origin.astimezone(now.tzinfo)


@dataclass(frozen=True, slots=True)
class ScenarioRun:
    """A scenario in one world, and the time it runs by."""

    scenario: Scenario
    clock: Clock
    began: datetime
    """The zero of the scenario's times (aware, UTC)."""

    @property
    def now(self) -> datetime:
        """The world's time (aware, UTC)."""
        return self.clock.now()

    def time_of(self, seconds: float) -> datetime:
        """A time of the scenario as the world's time."""
        return self.began + timedelta(seconds=seconds)


EMPTY = Scenario(name="empty", ja=Words(title="", watch=""), en=Words(title="", watch=""), empty=True)


def load(name: str) -> Scenario:
    """The scenario called `name`. Raises LookupError for an unknown one, ValueError for a bad file."""
    if name == EMPTY.name:
        return EMPTY
    path = FOLDER / f"{name}.toml"
    if not name.replace("-", "a").isalnum() or not path.is_file():
        names = ", ".join(sorted(file.stem for file in FOLDER.glob("*.toml")))
        raise LookupError(f"no scenario {name!r}; there are: {names}")
    return Scenario(name=name, **tomllib.loads(path.read_text("utf-8")))
