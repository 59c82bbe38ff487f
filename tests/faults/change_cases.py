"""A new kind needs one entry in `CASES`; the matrix of faults (`test_change_matrix`) then covers it."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from services.aws.client.secret import Secret
from services.aws.client.settings import AwsSettings
from services.demo import names
from services.demo.cloudfront import DemoInvalidation, DistributionCache
from services.demo.github import KEY_ID, SCOPES, SECRET
from services.demo.launch import PREFIX, TOKEN
from services.demo.rds.history import BackupHistory, RestoredInstances
from services.demo.scenario import Scenario, Words
from services.demo.world import World
from services.github.settings import GithubSettings
from services.models.change_runs import StepState
from services.models.changes import Plan
from services.system import Services
from tests.conftest import REGION, Embedded
from tests.services.changes.change_world import APPROVED, RESOURCE, SERVICE, Desk
from tests.services.changes.key_rotation.rotation_world import DAY, TEST_RUN
from tests.services.changes.key_rotation.rotation_world import account as keys_alone

FRIDAY = datetime(2026, 1, 16, 1, 0, tzinfo=UTC)  # 10:00 JST; RDS's window is in 40 hours
HISTORY = timedelta(minutes=10)
DATABASE, ALARM = "facility-prod-db", "rds-cpu-high"
NIGHT = {"Expression": "cron(0 2 * * *)", "Duration": "PT23H", "Timezone": "UTC"}
ORDINARY = Scenario(
    name="changes",
    ja=Words(title="", watch=""),
    en=Words(title="", watch=""),
    facts=({"kind": "patch", "auto_after_days": 30},),
)
KEYS = keys_alone()

Shown = tuple[object, ...]


@dataclass(frozen=True)
class Case:
    kind: str
    target: str  # The target's name; "" for the only one that there is, which an earlier change has made
    parameters: Mapping[str, str]
    shown: Callable[[World, Plan], Shown]
    """What AWS shows of each step: a step has had its effect if and only if its value has changed since the plan."""
    move: Callable[[Embedded, Plan], None]  # Somebody else changes the state that the plan was made on
    variant: str = ""
    scenario: Scenario = ORDINARY
    before: Callable[[Embedded], None] | None = None  # What happened before the plan
    earlier: tuple[Mapping[str, str], ...] = ()
    """Changes of this kind that were made before the plan; four minutes pass after each."""
    made_by: str = ""
    """The kind of the change of the database that makes the target, to its end; "" if there is one already."""
    steps: int = 1
    days: float = 0.0  # Days that pass before the plan
    is_undone_by_aws: bool = False
    """Reading shows the state of before, done or not: it stays unknown until a person says what happened."""

    @property
    def id(self) -> str:
        return f"{self.kind} {self.variant}".strip()


def limits(world: World, _plan: Plan) -> Shown:
    target = world.scaling.targets[RESOURCE]
    return target.maximum, len(target.scheduled)


def definition(world: World, _plan: Plan) -> Shown:
    return (world.system.service.definition,) if world.system else ()


def deployments(world: World, _plan: Plan) -> Shown:
    return (len(world.system.service.history.deployments),) if world.system else ()


def rolled_back(world: World, _plan: Plan) -> Shown:
    return (world.system.service.history.newest.rollback_at,) if world.system else ()


def desired(world: World, _plan: Plan) -> Shown:
    return (world.system.service.desired,) if world.system else ()


def database(world: World, _plan: Plan) -> Shown:
    operation = world.database.operation
    values = {**world.database.settings, **world.database.pending}
    return (repr((values, operation and operation.values)),)


def maintenance(world: World, _plan: Plan) -> Shown:
    return ([(each.action, each.opt_in) for each in world.database.maintenance],)


def snapshots(world: World, _plan: Plan) -> Shown:
    return (len(world.component(BackupHistory).manual),)


def restored(world: World, _plan: Plan) -> Shown:
    return (len(world.component(RestoredInstances).all),)


def deleted(world: World, _plan: Plan) -> Shown:
    return ([each.deleted is not None for each in world.component(RestoredInstances).all],)


def failovers(world: World, _plan: Plan) -> Shown:
    return (sum("failover started" in event.message for event in world.database.events),)


def invalidations(world: World, plan: Plan) -> Shown:
    batches = world.component(DistributionCache).invalidations
    return (sum(each.reference == plan.id for each in batches),)


def mutes(world: World, _plan: Plan) -> Shown:
    return (len(world.alarms.mutes.rules),)


def key_ids(world: World, _plan: Plan) -> Shown:
    return ([key.id for key in world.keys.users[names.USER]],)


def key_states(world: World, _plan: Plan) -> Shown:
    return ([(key.id, key.active) for key in world.keys.users[names.USER]],)


def secrets(world: World, _plan: Plan) -> Shown:
    stored = world.github.secrets[SCOPES[1]]
    return stored[KEY_ID].value, stored[SECRET].value


def id_secret(world: World, _plan: Plan) -> Shown:
    return (world.github.secrets[SCOPES[1]][KEY_ID].value,)


def now(embedded: Embedded) -> float:
    return embedded.clock.now().timestamp()


def service(embedded: Embedded) -> Any:
    assert embedded.world.system
    return embedded.world.system.service


def release(number: int, *, seconds: int = 0, hook: str = "") -> Callable[..., None]:
    def deploy(embedded: Embedded, _plan: Plan | None = None) -> None:
        with embedded.world.lock:
            service(embedded).deploy(f"{names.FAMILY}:{number}", now(embedded), hook=hook)
        for _ in range(seconds // 15):
            embedded.advance(15)

    return deploy


def move_limit(embedded: Embedded, _plan: Plan) -> None:
    embedded.world.scaling.targets[RESOURCE].maximum = 7


def move_desired(embedded: Embedded, _plan: Plan) -> None:
    service(embedded).set_desired(service(embedded).desired + 2, now(embedded))


def move_database(embedded: Embedded, _plan: Plan) -> None:
    embedded.world.database.queue({"DBInstanceClass": "db.r6g.large"}, immediately=True)
    embedded.world.database.maintenance[0].opt_in = "immediate"


def move_groups(embedded: Embedded, _plan: Plan) -> None:
    embedded.world.database.security_groups.append("sg-0somebodyelse0000")


def move_tag(embedded: Embedded, _plan: Plan) -> None:
    for instance in embedded.world.component(RestoredInstances).all:
        instance.tags[0]["Value"] = "another"


def move_cache(embedded: Embedded, plan: Plan) -> None:
    batches = embedded.world.component(DistributionCache).invalidations
    batches.append(DemoInvalidation(("/other.html",), plan.id, embedded.clock.now()))


def put_rule(embedded: Embedded, name: str) -> None:
    settings = {"Name": name, "Rule": {"Schedule": NIGHT}, "MuteTargets": {"AlarmNames": [ALARM]}}
    embedded.world.alarms.mutes.put(REGION, settings, embedded.clock.now())


def move_mute(embedded: Embedded, plan: Plan) -> None:
    put_rule(embedded, f"toban-{plan.id}")


def move_rules(embedded: Embedded, _plan: Plan) -> None:
    for _region, name in list(embedded.world.alarms.mutes.rules):
        put_rule(embedded, name)


def move_keys(embedded: Embedded, _plan: Plan) -> None:
    embedded.world.keys.create(names.USER, embedded.clock.now())


def move_secret(embedded: Embedded, _plan: Plan) -> None:
    github, at = embedded.world.github, embedded.clock.now()
    for name in (KEY_ID, SECRET):
        github.put(SCOPES[1], name, "somebody else's", at)


def use_keys(embedded: Embedded, _plan: Plan) -> None:
    for key in embedded.world.keys.users[names.USER]:
        key.used = embedded.clock.now() + timedelta(seconds=1)


def key_step(step: str, shown: Any, move: Any, *earlier: str, steps: int = 1, days: float = 0.0) -> Case:
    return Case(
        "key-rotation",
        names.USER,
        {"step": step},
        shown,
        move,
        variant=step,
        scenario=KEYS,
        earlier=tuple({"step": each} for each in earlier),
        steps=steps,
        days=days,
    )


CASES = (
    Case("task-limit", SERVICE, {"max": "10", "revert": "aws"}, limits, move_limit, steps=2),
    Case("deploy-rollback", SERVICE, {"revision": "41"}, definition, release(40), variant="deploy"),
    Case(
        "deploy-rollback", SERVICE, {}, rolled_back, release(40), variant="stop",
        before=release(41, seconds=30),
    ),
    Case(
        "deploy-rollback", SERVICE, {}, rolled_back, release(40), variant="hook",
        before=release(41, seconds=120, hook="pause-1"),
    ),
    Case("desired-count", SERVICE, {"desired": "3"}, desired, move_desired, is_undone_by_aws=True),
    Case("service-restart", SERVICE, {}, deployments, release(40)),
    Case("rds-class", DATABASE, {"timing": "now"}, database, move_database, variant="now"),
    Case("rds-class", DATABASE, {"timing": "window"}, database, move_database, variant="window"),
    Case(
        "rds-class", DATABASE, {"class": "db.t4g.medium"}, database, move_database, variant="withdraw",
        earlier=({"timing": "window"},),
    ),
    Case("rds-storage", DATABASE, {"size": "200"}, database, move_database),
    Case("rds-maintenance", DATABASE, {"timing": "window"}, maintenance, move_database, variant="window"),
    Case("rds-maintenance", DATABASE, {"timing": "now"}, maintenance, move_database, variant="now"),
    Case(
        "rds-maintenance", DATABASE, {"timing": "undo"}, maintenance, move_database, variant="undo",
        earlier=({"timing": "window"},),
    ),
    Case("rds-snapshot", DATABASE, {}, snapshots, move_database),
    Case("drill-restore", DATABASE, {}, restored, move_groups),
    Case("drill-delete", "", {}, deleted, move_tag, made_by="drill-restore"),
    Case("drill-failover", DATABASE, {}, failovers, move_database),
    Case("cache-invalidation", names.DISTRIBUTION, {"paths": "/*"}, invalidations, move_cache),
    Case("alarm-mute", ALARM, {"reason": "maintenance"}, mutes, move_mute, variant="mute"),
    Case(
        "alarm-mute", ALARM, {"action": "unmute"}, mutes, move_rules, variant="unmute",
        earlier=({"reason": "maintenance"},),
    ),
    key_step("create", key_ids, move_keys),
    key_step("github", secrets, move_secret, "create", steps=2),
    key_step("deactivate", key_states, use_keys, "create", "github"),
    key_step("reactivate", key_states, use_keys, "create", "github", "deactivate"),
    key_step("delete", key_ids, use_keys, "create", "github", "deactivate", days=7),
    key_step("discard", key_ids, use_keys, "create"),
)  # fmt: skip
BY_KIND = {kind: [case for case in CASES if case.kind == kind] for kind in {case.kind for case in CASES}}


@dataclass
class Console(Desk):
    async def plan_of(self, case: Case, **more: str) -> Plan:
        return await self.engine.plan(case.kind, await self.target(case), {**case.parameters, **more})

    async def target(self, case: Case) -> str:
        """Raises KeyError if there is none any more."""
        if case.target:
            return case.target
        await self.runs()
        for target in self.engine.changes[case.kind].targets():
            return target.title
        raise KeyError(case.kind)

    async def confirm(self, plan: Plan) -> Any:
        await self.ready(plan)
        return await self.engine.apply(plan, plan.confirm)

    async def ready(self, plan: Plan) -> None:
        await self.consent(plan)
        if self.engine.permits.armed is None:
            await self.arm()

    async def settle(self, id: str) -> Any:
        states = self.engine.states()
        try:
            async for runs in states:
                run = next(each for each in runs if each.id == id)
                return await self.engine.resolve(id) if run.in_flight else run
        finally:
            await states.aclose()
        raise AssertionError("the states ended")


def services_of(embedded: Embedded, journal: Path) -> Services:
    return Services(
        APPROVED,
        AwsSettings(**embedded.settings()),
        embedded.clock,
        journal=journal,
        seed=1,
        github=GithubSettings(Secret(TOKEN), f"{embedded.url}{PREFIX}"),
    )


@asynccontextmanager
async def console(embedded: Embedded, journal: Path) -> AsyncIterator[Console]:
    services = services_of(embedded, journal)
    await services.journal.open()
    try:
        yield Console(services, embedded)
    finally:
        await services.close()


async def prepare(case: Case, one: Console) -> None:
    embedded = one.embedded
    if case.before is not None:
        case.before(embedded)
    if case.made_by:
        run = await one.confirm(await one.engine.plan(case.made_by, DATABASE, {}))
        assert run.state is StepState.DONE, run
        await one.ended()
    for parameters in case.earlier:
        run = await one.confirm(await one.engine.plan(case.kind, case.target, parameters))
        assert run.state is StepState.DONE, run
        embedded.advance(TEST_RUN)
        await end_watches(one)
    embedded.advance(case.days * DAY)
    embedded.server.front.carried_out.clear()


async def end_watches(one: Console) -> None:
    await one.runs()
    await one.engine._watches.check_due(one.engine.runs)
