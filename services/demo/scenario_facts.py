"""Additions of a scenario to the account: keys, sign-ins, snapshots, patches, prices.

Times are seconds of the world's clock after its beginning; negative is before it. `days_ago` counts days before the
beginning.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


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


class SignIn(_Fact):
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


class Certificate(_Fact):
    kind: Literal["certificate"]
    days: float


class TlsCertificate(_Fact):
    kind: Literal["tls-certificate"]
    days: float


class Window(_Fact):
    """The database's maintenance window, as RDS spells it (UTC)."""

    kind: Literal["window"]
    utc: str


class Recovery(_Fact):
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
    UserFact | KeyFact | SignIn | AccessFact | RootFact | RegionFact | TrailFact | TrailStopped | NoSnapshot | Retention
    | DatabaseEventFact | Released | Patch | PendingChange | Certificate | TlsCertificate | Window | Recovery | CostGrowth | BudgetFact | AlarmFact
    | ScalingFact | ScheduledFact,
    Field(discriminator="kind"),
]  # fmt: skip
