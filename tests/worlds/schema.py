"""Incident worlds as data: the format of `tests/worlds/*.toml`. A world says what AWS answers about one small
system, minute by minute, and what the truth is; minute 0 is the first bad one. It is composed from a public
source, without sight of the weights that are judged with it."""

import tomllib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

CAUSES = frozenset(
    [
        "task-crash",
        "out-of-memory",
        "application-error",
        "bad-deployment",
        "no-target",
        "all-unhealthy",
        "slow-targets",
        "connection-reset",
        "database-unreachable",
        "database-saturated",
        "database-locks",
        "database-full",
        "capacity-at-maximum",
        "tasks-cannot-start",
        "network-change",
        "firewall",
        "dns-tls",
        "third-party",
        "unknown-dependency",
        "traffic-surge",
        "availability-zone",
        "artefact",
        "scaling-stopped",
        "scaling-works",
        "hot-task",
        "data-growth",
        "wal-kept",
        "temporary-files",
    ]
)
"""The causes that the console can name."""
APPLICATION_LOG = "/ecs/staff-api"
DATABASE_LOG = "/aws/rds/instance/facility-prod-db/postgresql"


class BadWorld(Exception):
    """A file that is no world; the message names file and key."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class WorldAlarm(_Strict):
    name: str
    state: Literal["ALARM", "OK"] = "ALARM"
    at: float = 0
    """Minute of its transition."""
    namespace: str = ""
    metric: str = ""
    dimensions: dict[str, str] = {}
    threshold: float | None = None


class WorldDeployment(_Strict):
    at: float
    seconds: float = 170
    """Until all tasks are of the new revision."""
    rollout: Literal["COMPLETED", "IN_PROGRESS", "FAILED", "ROLLED_BACK"] = "COMPLETED"
    same_definition: bool = False
    image: str = "staff-api:2.31.0"
    environment: dict[str, str] = {}
    secrets: dict[str, str] = {}
    security_groups: tuple[str, ...] = ()

    @property
    def ends(self) -> float:
        """The minute at which all tasks are of the new revision, or the roll-out failed."""
        return self.at + self.seconds / 60


class Curve(_Strict):
    """One metric, one point a minute."""

    metric: str
    """Namespace and name."""
    stat: str = ""
    """"" for all statistics."""
    dimensions: dict[str, str] = {}
    usual: float | None = None
    noise: float | None = None
    """Relative scatter; None: the healthy metric's."""
    steps: tuple[tuple[float, float], ...] = ()
    """(minute, level from then on); NaN: nothing is published."""
    ramp: bool = False
    week_ago: float | None = None

    @field_validator("metric")
    @classmethod
    def _two_words(cls, text: str) -> str:
        if len(text.split()) != 2:
            raise ValueError("must be `NAMESPACE METRIC`")
        return text

    @field_validator("steps")
    @classmethod
    def _in_order(cls, steps: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
        if list(steps) != sorted(steps, key=lambda step: step[0]):
            raise ValueError("the minutes must ascend")
        return steps

    @property
    def namespace(self) -> str:
        return self.metric.split()[0]

    @property
    def name(self) -> str:
        return self.metric.split()[1]


class Lines(_Strict):
    group: str
    begin: float = Field(alias="from")
    to: float
    per_minute: float = Field(gt=0)
    stream: str = "any"
    """Of the application: any, new or old."""
    text: str


class Stopped(_Strict):
    at: float
    count: int = Field(default=1, ge=1)
    revision: Literal["current", "new", "old"] = "current"
    code: str
    reason: str = ""
    exit_code: int | None = None
    container_reason: str = ""


class Trail(_Strict):
    at: float
    name: str
    source: str
    region: str = "ap-northeast-1"
    user: str = "admin"
    resources: tuple[tuple[str, str], ...] = ()
    """(type, name)"""
    request: dict[str, Any] = {}
    error: str = ""


class RdsEvent(_Strict):
    at: float
    message: str


class ServiceEvent(_Strict):
    at: float
    message: str


class Activity(_Strict):
    at: float
    description: str
    status: str = "Successful"
    not_scaled: tuple[str, ...] = ()


class Phase(_Strict):
    """Raw answers from a minute on, merged into the defaults."""

    begin: float = Field(alias="from")
    answers: dict[str, dict[str, Any]]


class World(_Strict):
    id: str
    title: str
    source: str
    kind: Literal["listed", "unlisted", "healthy"]
    truth: tuple[str, ...]
    symptoms: tuple[str, ...] = ()
    harmless: tuple[str, ...] = ()
    dependency: tuple[str, ...] = ()
    rollback: bool = False
    herring: str = ""
    start: datetime
    read_at: float
    alarm: WorldAlarm
    environment: dict[str, str] = {}
    deployment: WorldDeployment | None = None
    curve: tuple[Curve, ...] = ()
    lines: tuple[Lines, ...] = ()
    stopped: tuple[Stopped, ...] = ()
    trail: tuple[Trail, ...] = ()
    rds_event: tuple[RdsEvent, ...] = ()
    service_event: tuple[ServiceEvent, ...] = ()
    activity: tuple[Activity, ...] = ()
    phase: tuple[Phase, ...] = ()

    @model_validator(mode="after")
    def _sound(self) -> "World":
        for key in ("truth", "symptoms", "harmless"):
            if unknown := set(getattr(self, key)) - CAUSES:
                raise ValueError(f"{key}: not in CAUSES: {', '.join(sorted(unknown))}")
        if both := set(self.truth) & set(self.symptoms):
            raise ValueError(f"symptoms: {', '.join(sorted(both))} is the truth, too")
        if (self.kind == "listed") != bool(self.truth):
            raise ValueError("truth: a listed world has one, an unlisted or healthy one has none")
        if self.rollback and "bad-deployment" not in self.truth:
            raise ValueError("rollback: truth must contain bad-deployment")
        if self.rollback and self.deployment is None:
            raise ValueError("rollback: there is no deployment")
        if self.dependency and self.kind != "unlisted":
            raise ValueError("dependency: only an unlisted world has one")
        if self.start.tzinfo is None:
            raise ValueError("start: needs an offset")
        if self.deployment is None and any(item.stream == "new" for item in self.lines):
            raise ValueError("lines: stream `new` without a deployment")
        if self.deployment is None and any(item.revision == "new" for item in self.stopped):
            raise ValueError("stopped: revision `new` without a deployment")
        return self

    @cached_property
    def zero(self) -> datetime:
        return self.start.astimezone(UTC)

    def at(self, minute: float) -> datetime:
        """The moment of a minute (UTC)."""
        return self.zero + timedelta(minutes=minute)

    def minute(self, moment: datetime) -> float:
        """The minute of a moment."""
        return (moment - self.zero).total_seconds() / 60


def load_file(path: Path) -> World:
    try:
        world = World.model_validate(tomllib.loads(path.read_text("utf-8")))
    except tomllib.TOMLDecodeError as error:
        raise BadWorld(f"{path}: {error}") from error
    except ValidationError as error:
        rows = [
            f"{path}: {'.'.join(map(str, row['loc'])) or 'world'}: {row['msg'].removeprefix('Value error, ')}"
            for row in error.errors()
        ]
        raise BadWorld("\n".join(rows)) from error
    if path.stem != world.id:
        raise BadWorld(f"{path}: id: {world.id} is not the file's name")
    return world


def files(places: Iterable[Path]) -> list[Path]:
    return sorted(file for place in places for file in (place.glob("*.toml") if place.is_dir() else [place]))


def load(*places: Path) -> list[World]:
    return [load_file(path) for path in files(places)]
