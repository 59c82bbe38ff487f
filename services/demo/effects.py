"""Effects: what happens in the embedded AWS for a while, as a scenario's data say it. Each describes what AWS
shows of a trouble, not how it is judged. Times are seconds after the world's beginning; negative is before
it."""

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


class LoadEffect(Effect):
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


class DatabaseLoadEffect(Effect):
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


class SlowQueriesEffect(Effect):
    kind: Literal["slow-queries"]
    per_minute: float


class Attack(Effect):
    kind: Literal["attack"]
    per_minute: float
    address: str = ""
    """Source of all requests; empty: several addresses."""


class LevelFieldEffect(Effect):
    kind: Literal["level-field"]
    written: Literal["absent", "numeric", "lower-case"]


class SilenceEffect(Effect):
    kind: Literal["silence"]
    namespace: str
    metric: str


class Connections(Effect):
    kind: Literal["connections"]
    more: float
    ramp: float = 0.0


OrdinaryEffect = (
    LoadEffect | Work | Errors | Slow | Storage | DatabaseLoadEffect | Deploy | Refuse | SlowQueriesEffect | Attack | LevelFieldEffect | SilenceEffect
    | Connections
)  # fmt: skip


Share = Annotated[float, Field(ge=0, le=1)]
Wording = tuple[str, str, str]  # An error in the application's log: message, type of the exception, its text
ALL = 99


class Demand(Effect):
    kind: Literal["demand"]
    factor: Annotated[float, Field(ge=0)]
    ramp: float = 60.0

    def times(self, at: float) -> float:
        return 1 + (self.factor - 1) * self.strength(at, self.ramp)


class Responses(Effect):
    """Requests that fail: the share of each status code, or the number per minute if `counted`."""

    kind: Literal["responses"]
    elb_500: float = 0.0
    """The load balancer could not ask AWS WAF."""
    elb_502: float = 0.0
    """A target refused or closed the connection."""
    elb_503: float = 0.0
    """No target is registered."""
    elb_504: float = 0.0
    """A target was not reached, or did not answer in time."""
    target: float = 0.0
    """A target answered 5xx itself."""
    client: float = 0.0
    """4xx responses."""
    counted: bool = False
    refused: Share = 0.0
    """Of 502 and 504, the share for which there was no connection to the target."""
    gaps: Share = 0.0
    """Share of the minutes in which nothing fails."""
    ramp: float = 0.0
    words: tuple[Wording, ...] = ()
    """What the application logs for its own 5xx."""


class TlsErrors(Effect):
    kind: Literal["tls-errors"]
    per_minute: float


class ApplicationLines(Effect):
    kind: Literal["application-lines"]
    per_minute: float
    words: tuple[Wording, ...]
    level: Literal["ERROR", "WARN"] = "ERROR"


class DatabaseLines(Effect):
    """Lines of PostgreSQL's log, such as `FATAL:  sorry, too many clients already`."""

    kind: Literal["database-lines"]
    per_minute: float
    texts: tuple[str, ...]


class Targets(Effect):
    kind: Literal["targets"]
    most: int = ALL
    """So many of them."""
    zone: str = ""
    """Only those of this zone."""
    reason: str = "Target.FailedHealthChecks"
    description: str = "Health checks failed"
    deregistered: bool = False
    shifted: bool = False
    """A zonal shift moves traffic away from them."""


class TaskExits(Effect):
    kind: Literal["task-exits"]
    lives: float = 60.0
    """Seconds that a task runs."""
    within: float = 0.0
    """Tasks that run at the beginning end within so many seconds."""
    most: int = ALL
    """So many tasks at a time."""
    exit_code: int | None = 1
    code: str = "EssentialContainerExited"
    reason: str = "Essential container in task exited"
    container_reason: str = ""


class StartFailures(Effect):
    kind: Literal["start-failures"]
    reason: str
    """stoppedReason, or the event's text if they are not placed."""
    placed: bool = True


class Desired(Effect):
    kind: Literal["desired"]
    count: int


class ServiceEventEffect(Effect):
    """An event of the service at `at`, such as `deregistered 2 targets in (target-group …)`."""

    kind: Literal["service-event"]
    message: str


class MemoryUse(Effect):
    """Tasks use more memory, by per cent; a leak rises over `ramp` seconds."""

    kind: Literal["memory"]
    percent: float
    ramp: float = 120.0


class HotTask(Effect):
    kind: Literal["hot-task"]
    cpu: float


class DatabaseStateEffect(Effect):
    kind: Literal["database-state"]
    status: str = ""
    connections: float | None = None
    credits: float | None = None
    """CPU credits."""


Rule = Literal["database-ingress", "tasks-egress", "tasks-ingress"]


class Network(Effect):
    """A rule of a security group is missing; `instead` is the CIDR that is let in by it."""

    kind: Literal["network"]
    removed: Rule
    instead: str = ""


IncidentEffect = (
    Demand | Responses | TlsErrors | ApplicationLines | DatabaseLines | Targets | TaskExits | StartFailures | Desired
    | ServiceEventEffect | MemoryUse | HotTask | DatabaseStateEffect | Network
)  # fmt: skip
