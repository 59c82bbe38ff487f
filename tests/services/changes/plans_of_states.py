import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from services.calendar.calendar import Calendar
from services.changes.alarm_mute.steps import MuteState
from services.changes.base import ChangeContext
from services.changes.cache_invalidation.reading import CacheState, MonthUsage
from services.changes.deploy_rollback.state import RollbackState
from services.changes.drill_delete.drill_delete_change import DrillState
from services.changes.drill_failover.drill_failover_change import FailoverState
from services.changes.drill_restore.state import RestoreState
from services.changes.drills.instances import TAG, Restored
from services.changes.ecs_scaling.cost import TaskPrice, TaskPrices
from services.changes.ecs_scaling.quota import FargateQuota
from services.changes.ecs_scaling.state import Load, ScalingState
from services.changes.ids import new_id
from services.changes.key_rotation.records import Done, KeyRecords
from services.changes.key_rotation.state import GithubState, KeyState, RotationState
from services.changes.rds.cost import MonthlyCost
from services.changes.rds.state import MeasuredLoad
from services.changes.rds_class.state import ClassState
from services.changes.rds_storage.parameters import StorageState
from services.changes.registry import CHANGES, change_class
from services.changes.service_restart.service_restart_change import RestartState
from services.clock import ManualClock
from services.models.alarms import Alarm, AlarmKind, AlarmState
from services.models.base import Quota, RawId
from services.models.changes import Plan
from services.models.cloudfront import Distribution
from services.models.depletion import Depletion
from services.models.ecs import (
    ContainerService,
    Deployment,
    DeploymentConfiguration,
    ScalableTarget,
    ScalingActivity,
    ScalingPolicy,
    ScheduledAction,
)
from services.models.ecs_deployments import (
    Container,
    ContainerImage,
    LifecycleHook,
    ServiceDeployment,
    ServiceRevision,
    TaskDefinition,
)
from services.models.github import GithubSecret, WorkflowRun
from services.models.iam import AccessKey, KeyUse
from services.models.mute_rules import MuteRule
from services.models.rds import OrderableClass, SizeRange, Snapshot, SnapshotState, StorageOption
from services.runbook.loader import load_builtin
from tests.services.changes.rds_states import database, read_state

NOW = datetime(2026, 1, 28, 1, 0, tzinfo=UTC)  # A Wednesday, 10:00 JST
BOOK = load_builtin("facility-prod")
ALARM = str(BOOK.alarms[0].name)
KEYS = timedelta(days=1)


class _Nothing:
    pass


def change(kind: str) -> Any:
    spec = next(each for each in CHANGES if each.id == kind)
    return change_class(spec)(
        spec, ChangeContext(BOOK, Calendar(BOOK), ManualClock(NOW), "ap-northeast-1", _Nothing())
    )


def plan(kind: str, **flips: Any) -> Plan:
    return _MAKERS[kind](**flips)


# -- ECS


def service(
    desired: int = 5,
    running: int | None = None,
    least: int | None = 100,
    most: int | None = 200,
    strategy: str = "ROLLING",
    bake: int | None = None,
    *,
    breaker: bool = True,
    rolls_back: bool = True,
    deployments: int = 1,
    **more: Any,
) -> ContainerService:
    configuration = DeploymentConfiguration(
        minimum_healthy=least, maximum=most, strategy=strategy, bake_minutes=bake, breaker=breaker,
        breaker_rolls_back=breaker and rolls_back,
    )  # fmt: skip
    rows = [Deployment(id=f"d{n}", status="PRIMARY" if not n else "ACTIVE", task_definition="staff-api:42")
            for n in range(deployments)]  # fmt: skip
    return ContainerService(
        id=RawId("staff-api"), name="staff-api", cluster="c", status="ACTIVE", desired=desired,
        running=desired if running is None else running, task_definition="staff-api:42",
        configuration=configuration, deployments=tuple(rows), **({"launches_on": ("FARGATE",)} | more),
    )  # fmt: skip


def definition(
    name: str = "staff-api:42", image: str = "staff-api@sha256:aa", cpu: int | None = 512, **more: Any
) -> TaskDefinition:
    containers = (Container(name="app", image=image),)
    return TaskDefinition(
        id=RawId(name), status="ACTIVE", containers=containers, cpu=cpu, **({"memory": 1024} | more)
    )


def price(of: ContainerService, task: TaskDefinition | None, *, listed: bool = True) -> TaskPrice:
    prices = TaskPrices(change("service-restart").context)
    hour = (MonthlyCost(Decimal(73), NOW.date()), MonthlyCost(Decimal("7.3"), NOW.date()))
    arm = (MonthlyCost(Decimal(58), NOW.date()), MonthlyCost(Decimal("5.8"), NOW.date()))
    prices._hours = {False: hour, True: arm} if listed else {}
    if not listed:
        prices._pricing.fargate_hours = _nothing  # type: ignore[method-assign]
    return asyncio.run(prices.of(of, task))


async def _nothing(_region: str, *, arm: bool) -> tuple[None, None]:
    return None, None


def restart(
    *, image: str = "staff-api@sha256:aa", unread: bool = False, listed: bool = True, **more: Any
) -> Plan:
    sizes = {key: more.pop(key) for key in ("cpu", "memory", "platform") if key in more}
    kind_of, of = change("service-restart"), service(**more)
    task = None if unread else definition(image=image, **sizes)
    return kind_of.plan_on(
        kind_of.targets()[0], {}, RestartState(NOW, of, task), "p", price(of, task, listed=listed)
    )


def rollback(
    *,
    status: str = "SUCCESSFUL",
    image: str = "staff-api:1",
    before_image: str = "staff-api:2",
    digests: tuple[str, str] = ("", ""),
    unread: bool = False,
    on_timeout: str = "",
    earlier: str = "",
    revision: str = "",
    before_cpu: int = 512,
    **more: Any,
) -> Plan:
    kind_of, of = change("deploy-rollback"), service(**more)
    hooks = (
        (LifecycleHook(id=RawId("h"), status="AWAITING_ACTION", on_timeout=on_timeout),) if on_timeout else ()
    )
    deployments = [
        ServiceDeployment(
            id=RawId("s2"), status=status, sources=(RawId("r41"),), target=RawId("r42"), hooks=hooks
        ),
        ServiceDeployment(id=RawId("s1"), status="SUCCESSFUL", sources=(RawId("r40"),), target=RawId("r41")),
    ]
    if earlier:
        deployments[0] = ServiceDeployment(
            id=RawId("s2"), status="SUCCESSFUL", sources=(RawId("r43"),), target=RawId("r42"), created=NOW
        )
        deployments.insert(
            1,
            ServiceDeployment(
                id=RawId("s3"), status="SUCCESSFUL", sources=(RawId("r42"),), target=RawId("r43")
            ),
        )
    revisions = {
        RawId(f"r{n}"): ServiceRevision(
            id=RawId(f"r{n}"), task_definition=RawId(f"staff-api:{n}"),
            images=(ContainerImage(container="app", image=image, digest=digest),),
        )
        for n, digest in ((40, ""), (41, digests[1]), (42, digests[0]), (43, ""))
    }  # fmt: skip
    tasks = {
        RawId("staff-api:42"): definition(image=before_image, cpu=before_cpu),
        **(
            {}
            if unread
            else {RawId(f"staff-api:{n}"): definition(f"staff-api:{n}", image) for n in (40, 41, 43)}
        ),
    }
    active = tuple(RawId(f"staff-api:{n}") for n in (43, 42, 41, 40))
    state = RollbackState(NOW, of, tuple(deployments), revisions, active, tasks)
    values = {"revision": revision} if revision else {}
    after = RawId(f"staff-api:{revision}") if revision else state.previous
    prices = price(of, tasks[RawId("staff-api:42")]), price(of, tasks.get(after))
    return kind_of.plan_on(kind_of.targets()[0], values, state, "p", prices)


POLICY = ScalingPolicy(id=RawId("cpu60"), name="cpu60", kind="TargetTrackingScaling", target=60.0,
                       metric="ECSServiceAverageCPUUtilization")  # fmt: skip
ACTION = ScheduledAction(id=RawId("night"), name="night", schedule=RawId("cron(0 20 * * ? *)"), maximum=3)
REFUSED = ScalingActivity(at=NOW, status="Failed", description="", not_scaled=("AlreadyAtMaxCapacity",))


def _scaling(flips: dict[str, Any]) -> tuple[ScalingState, FargateQuota, TaskPrice]:
    of = service(**{k: v for k, v in flips.items() if k in _SERVICE})
    bound = None if flips.get("unscaled") else ScalableTarget(
        minimum=flips.get("minimum", 2), maximum=flips.get("maximum", 8),
        suspended=bool(flips.get("suspensions")), suspensions=flips.get("suspensions", ()),
    )  # fmt: skip
    state = ScalingState(
        NOW, of, bound, flips.get("policies", (POLICY,)), flips.get("actions", ()), flips.get("activities", ()),
        Load(cpu=flips.get("load", 60.0), connections=flips.get("connections", 20.0)),
    )  # fmt: skip
    quota = flips.get("quota", FargateQuota(0.5, Quota(value=100.0)))
    sizes = {k: v for k, v in flips.items() if k in ("cpu", "memory", "platform")}
    task = None if flips.get("unread") else definition(**sizes)
    return state, quota, price(of, task, listed=flips.get("listed", True))


_SERVICE = {"desired", "running", "deployments", "launches_on", "scheduling", "controller"}


def desired_count(*, count: int = 6, **flips: Any) -> Plan:
    kind_of = change("desired-count")
    state, quota, cost = _scaling(flips)
    return kind_of.plan_on(kind_of.targets()[0], {"desired": str(count)}, state, "p", quota, cost)


def task_limit(*, values: dict[str, str] | None = None, **flips: Any) -> Plan:
    kind_of = change("task-limit")
    state, quota, cost = _scaling(flips)
    wish = {"max": "10", "revert_at": "2026-01-28 17:15"} if values is None else values
    return kind_of.plan_on(kind_of.targets()[0], wish, state, "p", quota, cost)


# -- RDS


def rds_class(
    *, timing: str = "window", name: str = "", priced: bool = True, source: str | None = None,
    dated: bool = True, withdraws: bool = False, **flips: Any,
) -> Plan:  # fmt: skip
    kind_of, state = (
        change("rds-class"),
        ClassState(read_state(**flips), (OrderableClass(name="db.t4g.large"),)),
    )
    cost = MonthlyCost(Decimal(100), NOW.date() if dated else None, source) if priced else None
    name = name or (state.current if withdraws else "db.t4g.large")
    wish = {"class": name, "timing": timing}
    return kind_of.plan_on(kind_of.targets()[0], wish, state, (cost, cost and cost.times(2)), "p")


def rds_storage(
    *, timing: str = "now", size: str = "200", priced: bool = True, events: bool = True, free: float | None = 5e9,
    full_in: float | None = None, changed: datetime | None = None, along: str = "apply", **flips: Any,
) -> Plan:  # fmt: skip
    kind_of = change("rds-storage")
    end = Depletion(left=full_in, per_hour=-1e9, span=3600) if full_in else None
    read = read_state(load=MeasuredLoad(free=free, depletion=end), **flips)
    option = StorageOption(
        storage_type=read.database.storage_type, sizes=(SizeRange(first=20, last=65536),),
        iops=(SizeRange(first=12000, last=64000),),
    )  # fmt: skip
    state = StorageState(read, (option,), changed, events)
    cost = MonthlyCost(Decimal(1), NOW.date()) if priced else None
    wish = {"size": size, "timing": timing, "pending": along}
    return kind_of.plan_on(kind_of.targets()[0], wish, state, cost, "p")


def rds_maintenance(*, timing: str = "window", **flips: Any) -> Plan:
    kind_of = change("rds-maintenance")
    return kind_of.plan_on(kind_of.targets()[0], {"timing": timing}, read_state(**flips), "p")


def rds_snapshot(**flips: Any) -> Plan:
    kind_of = change("rds-snapshot")
    return kind_of.plan_on(kind_of.targets()[0], {}, read_state(**flips), "p")


def drill_failover(**flips: Any) -> Plan:
    kind_of, state = (
        change("drill-failover"),
        FailoverState(read_state(**({"zone": "ap-northeast-1a"} | flips))),
    )
    return kind_of.plan_on(kind_of.targets()[0], {}, state, "p")


def snapshot(name: str, hours: int) -> Snapshot:
    return Snapshot(id=RawId(name), name=name, kind="automated", status="available",
                    state=SnapshotState.AVAILABLE, at=NOW - timedelta(hours=hours))  # fmt: skip


def drill_restore(
    *, chosen: str = "new", priced: bool = True, source: str | None = None, **flips: Any
) -> Plan:
    kind_of = change("drill-restore")
    groups = {"subnet_group": RawId("g"), "security_groups": (RawId("sg"),), "parameter_group": RawId("pg")}
    original = database(**(groups | flips))
    state = RestoreState(
        NOW, original, (original,), (snapshot("new", 1), snapshot("old", 30)), ("db.t4g.medium",)
    )
    cost = MonthlyCost(Decimal(50), NOW.date(), source) if priced else None
    return kind_of.plan_on(kind_of.targets()[0], {"snapshot": chosen}, state, (cost,), new_id(NOW))


def drill_delete(**flips: Any) -> Plan:
    kind_of, name = change("drill-delete"), "facility-prod-db-drill-20260128-12345678"
    instance = database(**({"id": RawId(name), "name": name, "tags": {TAG: "p0"}} | flips))
    target = change("rds-class").targets()[0]
    return kind_of.plan_on(
        target, {}, DrillState(NOW, name, instance), Restored(name, "p0", NOW, "tanaka"), "p"
    )


# -- the others


def alarm_mute(
    *,
    action: str = "mute",
    firing: bool = False,
    rules: tuple[MuteRule, ...] = (),
    composite: bool = False,
    also: str = "",
    **flips: Any,
) -> Plan:
    kind_of = change("alarm-mute")
    state = AlarmState.ALARM if firing else AlarmState.OK
    alarms = [Alarm(id=RawId(ALARM), name=ALARM, state=state, **flips)]
    if composite:
        alarms.append(
            Alarm(
                id=RawId("all"),
                name="all",
                state=AlarmState.OK,
                kind=AlarmKind.COMPOSITE,
                has_actions=True,
                rule=f'ALARM("{ALARM}")',
            )
        )
    wish = {"action": action} | ({"reason": "a test", "also": also} if action == "mute" else {})
    target = next(each for each in kind_of.targets() if each.id == ALARM)
    return kind_of.plan_on(target, wish, MuteState(NOW, tuple(alarms), rules), "p")


def rule(name: str = "toban-1", status: Any = "ACTIVE", alarms: tuple[str, ...] = (ALARM,)) -> MuteRule:
    return MuteRule(id=RawId(name), name=name, status=status, alarms=tuple(map(RawId, alarms)))


def cache_invalidation(
    *, paths: str = "/index.html", used: int = 0, uncounted: int = 0, complete: bool = True,
    status: str = "Deployed", in_progress: int = 0, enabled: bool = True,
) -> Plan:  # fmt: skip
    kind_of = change("cache-invalidation")
    distribution = Distribution(id=RawId("E1"), domain="d.cloudfront.net", status=status, enabled=enabled,
                                in_progress=in_progress)  # fmt: skip
    state = CacheState(NOW, distribution, MonthUsage(used, uncounted, complete))
    return kind_of.plan_on(kind_of.targets()[0], {"paths": paths}, state, "p")


def key_rotation(
    *,
    step: str = "create",
    keys: int = 1,
    old_status: str = "Active",
    old_used: timedelta | None = timedelta(days=9),
    new_used: timedelta | None = None,
    written: tuple[timedelta | None, timedelta | None] = (None, None),
    ran: timedelta | None = None,
    deactivated: timedelta | None = None,
    in_vault: bool = False,
    problem: str = "",
) -> Plan:
    kind_of, since = change("key-rotation"), timedelta(days=5)

    def ago(span: timedelta | None) -> datetime | None:
        return None if span is None else NOW - span

    def key(id: str, age: timedelta, status: str, used: timedelta | None) -> KeyState:
        access = AccessKey(id=RawId(id), user=RawId("ci-cd-user"), name=id, active=status == "Active",
                           created=NOW - age, status=status)  # fmt: skip
        return KeyState(access, KeyUse(at=ago(used), service="s3", region="-"))

    both = (
        key("AKIAOLD", timedelta(days=90), old_status, old_used),
        key("AKIANEW", since, "Active", new_used),
    )
    runs = () if ran is None else (
        WorkflowRun(number=1, started_at=NOW - ran, updated_at=NOW - ran, completed=True, conclusion="success"),
    )  # fmt: skip
    id, secret = (GithubSecret(name=name, updated_at=ago(at)) for name, at in zip("IS", written, strict=True))
    done = {} if deactivated is None else {"AKIAOLD": Done(NOW - deactivated, "sato")}
    state = RotationState(
        at=NOW, user="ci-cd-user", keys=both[:keys], records=KeyRecords(created={"AKIANEW": Done(NOW - since, "sato")}, deactivated=done),
        in_vault=frozenset({"AKIANEW"} if in_vault else ()),
        github=None if problem else GithubState(id, secret, runs), github_problem=problem,
    )  # fmt: skip
    return kind_of.plan_on(kind_of.targets()[0], {"step": step}, state, "p")


_MAKERS: dict[str, Callable[..., Plan]] = {
    "service-restart": restart,
    "deploy-rollback": rollback,
    "desired-count": desired_count,
    "task-limit": task_limit,
    "rds-class": rds_class,
    "rds-storage": rds_storage,
    "rds-maintenance": rds_maintenance,
    "rds-snapshot": rds_snapshot,
    "drill-failover": drill_failover,
    "drill-restore": drill_restore,
    "drill-delete": drill_delete,
    "alarm-mute": alarm_mute,
    "cache-invalidation": cache_invalidation,
    "key-rotation": key_rotation,
}
