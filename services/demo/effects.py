"""Effects: what happens in the embedded AWS for a while, as a scenario's data say it.

Times are seconds of the world's clock after its beginning; negative is before it. What goes wrong in incidents is in
`services.demo.incident_effects`.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class EffectModel(BaseModel):
    """Strict and immutable, as everything in a scenario."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Effect(EffectModel):
    """Something that happens for a while."""

    at: float
    """When it begins."""
    lasts: Annotated[float, Field(gt=0)] = 1e9
    """For how many seconds."""
    new: bool = False
    """Only while the newest deployment is of the release that the scenario deploys."""

    def belongs(self, *, released: bool) -> bool:
        return released or not self.new

    def active(self, at: float) -> bool:
        return self.at <= at < self.at + self.lasts

    def strength(self, at: float, ramp: float) -> float:
        """Its strength at `at`, 0 to 1: it rises and falls over `ramp` seconds."""
        if not self.active(at):
            return 0.0
        edge = min(at - self.at, self.at + self.lasts - at)
        return min(1.0, (edge + 30) / ramp) if ramp > 0 else 1.0


class Load(Effect):
    kind: Literal["load"]
    requests: float
    """Per minute."""
    ramp: float = 120.0


class Work(Effect):
    kind: Literal["work"]
    cpu: float
    ramp: float = 120.0


class Errors(Effect):
    kind: Literal["errors"]
    share: Annotated[float, Field(ge=0, le=1)]
    cause: Literal["database", "application"] = "database"
    unhealthy: Annotated[int, Field(ge=0)] = 0
    """So many targets fail their health checks meanwhile."""


class Slow(Effect):
    kind: Literal["slow"]
    milliseconds: float
    ramp: float = 0.0


class Storage(Effect):
    kind: Literal["storage"]
    gib_per_minute: float
    by: Literal["data", "wal", "slot"] = "data"
    """Rows and temporary files, transaction logs, or transaction logs kept for a replication slot."""

    def filled(self, at: float) -> float:
        return self.gib_per_minute * min(max(0.0, at - self.at), self.lasts) / 60


class DatabaseLoad(Effect):
    kind: Literal["database-load"]
    cpu: float
    ramp: float = 120.0


class Deploy(Effect):
    kind: Literal["deploy"]
    broken: bool = False
    """The new tasks end as soon as they run."""
    errors: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Share of the requests that fail on the new tasks."""
    paused: bool = False
    """It pauses at a lifecycle hook before the new tasks receive requests."""
    release: bool = False
    """It deploys a new revision, whatever comes of it."""
    words: tuple[tuple[str, str, str], ...] = ()
    """What the new tasks log for their errors: message, type of the exception, its text."""

    @property
    def is_release(self) -> bool:
        return self.release or self.broken or self.errors > 0 or self.paused


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
        if not self.active(at):
            return False
        return not self.period or (at - self.at) % self.period < self.share * self.period


class SlowQueries(Effect):
    kind: Literal["slow-queries"]
    per_minute: float


class Attack(Effect):
    kind: Literal["attack"]
    per_minute: float
    address: str = ""
    """Source of all requests; empty: several addresses."""


class LevelField(Effect):
    kind: Literal["level-field"]
    written: Literal["absent", "numeric", "lower-case"]


class Silence(Effect):
    kind: Literal["silence"]
    namespace: str
    metric: str


class Connections(Effect):
    kind: Literal["connections"]
    more: float
    ramp: float = 0.0


OrdinaryEffect = (
    Load | Work | Errors | Slow | Storage | DatabaseLoad | Deploy | Refuse | SlowQueries | Attack | LevelField | Silence
    | Connections
)  # fmt: skip
