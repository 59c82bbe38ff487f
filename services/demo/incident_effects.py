"""What goes wrong in an incident: at the load balancer, with tasks and targets, in logs, at the database, on the network.

Each effect describes what AWS shows of a trouble, not how it is judged. Times are as in `services.demo.effects`.
"""

from typing import Annotated, Literal

from pydantic import Field

from services.demo.effects import Effect

Share = Annotated[float, Field(ge=0, le=1)]
Wording = tuple[str, str, str]
"""An error in the application's log: message, type of the exception, its text."""
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


class ServiceEvent(Effect):
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


class DatabaseState(Effect):
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
    | ServiceEvent | MemoryUse | HotTask | DatabaseState | Network
)  # fmt: skip
