"""A scenario: what happens in the embedded AWS, and what its account has in addition, as one validated TOML
file. Times are seconds after the world's beginning, negative before it; `days_ago` counts days before it."""

import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.calendar.business_days import BusinessCalendar
from services.clock import Clock
from services.demo.effects import EffectModel, IncidentEffect, OrdinaryEffect
from services.models.runbook import Closures


class _Fact(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class UserFact(_Fact):
    kind: Literal["user"]
    user: str


class KeyFact(_Fact):
    """An access key; it replaces the ordinary one with the same id."""

    kind: Literal["key"]
    user: str
    id: str
    age_days: float
    active: bool = True
    used_days_ago: float | None = 0.1
    """None: never used."""
    used_elsewhere: str = ""
    """A service for which something beside the deployments uses it every hour; "" if nothing does."""


class SignInFact(_Fact):
    kind: Literal["sign-in"]
    at: float
    user: str
    """`root`, an IAM user, or `HIDDEN_DUE_TO_SECURITY_REASONS`."""
    address: str
    region: str = "ap-southeast-2"
    mfa: bool = True
    success: bool = True


class AccessFact(_Fact):
    """Another event of the sign-in service: SwitchRole, PasswordRecoveryRequested, CheckMfa…"""

    kind: Literal["access"]
    at: float
    event: str
    user: str
    address: str
    region: str = "us-east-1"
    success: bool = True


class RootFact(_Fact):
    kind: Literal["root"]
    keys: Annotated[int, Field(ge=0)] = 0
    mfa: bool = True


class RegionFact(_Fact):
    kind: Literal["region"]
    region: str


class TrailFact(_Fact):
    kind: Literal["trail"]
    at: float
    event: str
    source: str
    """`rds.amazonaws.com`"""
    user: str
    address: str = "203.0.113.10"
    region: str = "ap-northeast-1"
    resource: str = ""
    error: str = ""


class TrailStopped(_Fact):
    kind: Literal["trail-stopped"]


class NoSnapshot(_Fact):
    """No snapshot was made in the backup window of this day."""

    kind: Literal["no-snapshot"]
    days_ago: Annotated[int, Field(ge=0)]
    """0: the last window before the beginning."""
    reason: str = ""
    """Message of the RDS event."""


class Retention(_Fact):
    kind: Literal["retention"]
    days: int


class DatabaseEventFact(_Fact):
    kind: Literal["database-event"]
    at: float
    message: str
    category: str = "availability"


class Released(_Fact):
    """When the running revision was deployed, if not on an ordinary day."""

    kind: Literal["released"]
    at: float


class Patch(_Fact):
    kind: Literal["patch"]
    action: str = "system-update"
    description: str = ""
    auto_after_days: float | None = None
    """AutoAppliedAfterDate: applied in the first window after so many days."""
    forced_days: float | None = None
    """ForcedApplyDate: applied after so many days, whatever the window."""
    current_days: float | None = None
    """CurrentApplyDate, in days from the beginning."""


class PendingChange(_Fact):
    kind: Literal["pending-change"]
    instance_class: str = ""
    storage_gib: int = 0
    other: dict[str, str | int | bool] = {}
    """Further members of PendingModifiedValues, as RDS spells them."""


class CertificateFact(_Fact):
    kind: Literal["certificate"]
    days: float


class TlsCertificate(_Fact):
    kind: Literal["tls-certificate"]
    days: float


class WindowFact(_Fact):
    """The database's maintenance window, as RDS spells it (UTC)."""

    kind: Literal["window"]
    utc: str


class RecoveryFact(_Fact):
    kind: Literal["recovery"]
    region: str = "ap-northeast-3"
    copies: Annotated[int, Field(ge=0)] = 3
    """Copies of the newest automatic snapshots."""
    replicated: bool = True
    """Whether automated backups are replicated there."""
    minutes_behind: float = 10
    """Minutes by which replication lags behind."""
    groups: bool = True
    """Whether it has the parameter group and the subnet group."""


class CostGrowth(_Fact):
    kind: Literal["cost"]
    service: str
    """As Cost Explorer spells it."""
    percent: float
    since_days: float = 10


class BudgetFact(_Fact):
    kind: Literal["budget"]
    name: str = "facility-prod-monthly"
    usd: float


class AlarmFact(_Fact):
    kind: Literal["alarm"]
    name: str
    state: Literal["missing", "disabled", "muted"]


class ScalingFact(_Fact):
    kind: Literal["scaling"]
    policy: bool = True
    """False: there is none."""
    minimum: int = 2
    maximum: int = 5
    suspended: tuple[
        Literal["DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended"], ...
    ] = ()


class ScheduledFact(_Fact):
    kind: Literal["scheduled-action"]
    name: str
    schedule: str
    timezone: str = "Asia/Tokyo"
    minimum: int | None = None
    maximum: int | None = None

    @property
    def bounds(self) -> dict[str, int]:
        bounds = {"MinCapacity": self.minimum, "MaxCapacity": self.maximum}
        return {key: value for key, value in bounds.items() if value is not None}


AnyFact = Annotated[
    UserFact | KeyFact | SignInFact | AccessFact | RootFact | RegionFact | TrailFact | TrailStopped | NoSnapshot | Retention
    | DatabaseEventFact | Released | Patch | PendingChange | CertificateFact | TlsCertificate | WindowFact | RecoveryFact | CostGrowth | BudgetFact | AlarmFact
    | ScalingFact | ScheduledFact,
    Field(discriminator="kind"),
]  # fmt: skip


F = TypeVar("F")
FOLDER = Path(__file__).parent / "scenarios"
TOKYO = ZoneInfo("Asia/Tokyo")
OFFICE_DAYS = BusinessCalendar(Closures(yearly=("12-29", "12-30", "12-31", "01-01", "01-02", "01-03")))
"""When city hall is open."""
_SATURDAY = 5


AnyEffect = Annotated[OrdinaryEffect | IncidentEffect, Field(discriminator="kind")]


class Words(EffectModel):
    title: str
    watch: str
    """What to watch for."""


class Scenario(EffectModel):
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
    causes: tuple[str, ...] = ()
    """What is wrong in a drawn incident: names of files in `services/demo/incidents`."""
    red_herrings: tuple[str, ...] = ()

    def facts_of(self, kind: type[F]) -> tuple[F, ...]:
        return tuple(fact for fact in self.facts if isinstance(fact, kind))

    def origin(self, now: datetime) -> datetime:
        if self.start is None:
            return now
        hour, minute = map(int, self.start.split(":"))
        origin = now.astimezone(TOKYO).replace(hour=hour, minute=minute, second=0, microsecond=0)
        while origin.weekday() >= _SATURDAY:
            origin -= timedelta(days=1)
        return origin.astimezone(now.tzinfo)


@dataclass(slots=True)
class ScenarioRun:
    scenario: Scenario
    clock: Clock
    began: datetime  # The zero of the scenario's times (aware, UTC)
    at: datetime | None = None  # The world's time while its past is made; None: the clock's

    @property
    def now(self) -> datetime:
        """The world's time (aware, UTC)."""
        return self.at or self.clock.now()

    def time_of(self, seconds: float) -> datetime:
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
