"""What the journal says of a change is true: "done" only if AWS carried out the plan's own request.

Only the embedded AWS knows that. Whoever brings about the same effect (a colleague, the pipeline, the same person in
another console) is neither taken for the plan's request nor blamed. "Unknown" is always allowed, except at the end for
a request with a name of its own. A run takes two cells of each kind and interference, chosen by a seed; `FAULTS=all`
takes all. A third is sealed, so that nobody develops on it: `PROOF_SEALED=1` runs it as well, `only` nothing else.
"""

import asyncio
import os
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from random import Random
from typing import Any
from zlib import crc32

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from services.demo.account import ACCOUNT
from services.demo.answers import Answer
from services.demo.cloudfront.model import DistributionCache
from services.demo.cloudtrail.model import TrailStore
from services.demo.cloudtrail.ordinary_days import RUNNER
from services.demo.cloudtrail.records import change
from services.demo.iam.model import Session, SessionStore
from services.demo.rds.history import BackupHistory
from services.demo.rds.restored import RestoredInstances
from services.demo.system import names
from services.demo.world import World
from services.models.change_runs import Run, StepState
from services.models.changes import Plan, PlannedStep
from services.models.watches import WatchState
from tests.conftest import REGION, Embedded
from tests.faults.change_cases import BY_KIND, FRIDAY, HISTORY, NIGHT, Case, Console, console, end_watches, prepare
from tests.faults.test_change_matrix import ALL, ARRIVES, LOST
from tests.services.changes.change_world import SERVICE, hasten

pytestmark = pytest.mark.slow
DONE, FAILED, UNKNOWN, REFUSED = StepState.DONE, StepState.FAILED, StepState.UNKNOWN, StepState.REFUSED
SEED, SEALED = 20261202, os.environ.get("PROOF_SEALED", "")
FAULTS = {name: (ARRIVES | LOST)[name] for name in ("lost answer", "cut answer", "never arrived", "no answer", "a proxy's page")}  # fmt: skip
WHO, WHEN = ("somebody else", "the same person"), ("before", "between", "after")
INTERFERENCES = ("none", "queued before", "undone", *(f"{who} {when}" for who in WHO for when in WHEN))
QUEUED = {
    "ModifyDBInstance": {"ApplyImmediately": False},
    "ApplyPendingMaintenanceAction": {"OptInType": "next-maintenance"},
}
"""How AWS keeps a wish for the window."""
QUEUES = {"rds-class now", "rds-class window", "rds-storage", "rds-maintenance window", "rds-maintenance now"}
FINAL = {
    "rds-storage", "rds-maintenance now", "drill-delete", "cache-invalidation", "key-rotation delete",
    "key-rotation discard",
}  # fmt: skip
"""What AWS offers no way to undo."""
MINUTES = (0.5, 3, 6, 12, 31, 90, 180)
"""When a console reads, after the request; the stages are 6, 31 and 180."""
_aws = botocore.session.get_session()


@dataclass(frozen=True)
class Actor:
    """Somebody who changes AWS without this plan."""

    embedded: Embedded
    who: str
    step: PlannedStep

    def did(self, operation: str, /, **params: Any) -> Any:
        return somebody_else_did(self.embedded, self.who, self.step.call.service, operation, params)


def somebody_else_did(
    embedded: Embedded, who: str, service: str, operation: str, params: dict[str, Any]
) -> Any:
    """Send a request with the AWS CLI: as a colleague, for ECS as the pipeline, or as the console's own user.

    CloudTrail has it as the embedded AWS records it; where that records nothing, an event is written here.
    """
    trail = embedded.world.component(TrailStore).scenario_entries
    key, user = os.environ["AWS_ACCESS_KEY_ID"], "FacilityOperator"
    if who == WHO[0] and service == "ecs":
        key, user = names.USER_KEY, names.USER
    elif who == WHO[0]:
        user = "tanaka.yuko"
        arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/FacilityOperator/{user}"
        key = embedded.world.component(SessionStore).begin(Session(arn))
    client = _aws.create_client(
        service,
        "us-east-1" if service in ("iam", "cloudfront") else REGION,
        endpoint_url=embedded.url,
        aws_access_key_id=key,
        aws_secret_access_key="theirs",
        config=Config(retries={"total_max_attempts": 1}, user_agent="aws-cli/2.32.1 lang/python#3.13.9"),
    )
    recorded, error = len(trail), ""
    try:
        return client._make_api_call(operation, params)
    except ClientError as refused:
        error = refused.response["Error"]["Code"]
        raise
    finally:
        if len(trail) == recorded and not operation.startswith("List"):
            source = f"{'monitoring' if service == 'cloudwatch' else service}.amazonaws.com"
            at, random = embedded.clock.now(), Random(f"{who} {operation}")
            entry = change(random, at, operation, source, user, RUNNER, REGION, error=error, access_key=key)
            trail.append(entry)


Act = Callable[[Actor, dict[str, Any], str], object]
"""By whom, the parameters of the plan's request, and the value that it replaces."""


@dataclass(frozen=True)
class Row:
    """How "somebody else does the same" as a request looks in AWS."""

    undo: Act = lambda _by, _params, _before: None
    theirs: Mapping[str, Any] = field(default_factory=dict)
    """The parameters in which their request differs; with any, the plan's request has a name that proves it."""
    same: Act | None = None
    """What they do, if it is no request to AWS."""


def _deploys(by: Actor, _params: dict[str, Any], before: str) -> object:
    return by.did("UpdateService", cluster="facility-prod-cluster", service=SERVICE, taskDefinition=before)


def _stops_newest(by: Actor, params: dict[str, Any], _before: str) -> object:
    listed = by.did("ListServiceDeployments", cluster=params["cluster"], service=SERVICE)
    newest = listed["serviceDeployments"][0]["serviceDeploymentArn"]
    return by.did("StopServiceDeployment", serviceDeploymentArn=newest, stopType="ROLLBACK")


def _drops_snapshot(by: Actor, params: dict[str, Any], _before: str) -> None:
    manual = by.embedded.world.component(BackupHistory).manual
    manual[:] = [each for each in manual if each.id != params["DBSnapshotIdentifier"]]


def _deletes_newest_key(by: Actor, _params: dict[str, Any], _before: str) -> object:
    id = by.embedded.world.keys.users[names.USER][-1].id
    return by.did("DeleteAccessKey", UserName=names.USER, AccessKeyId=id)


def _puts_secret(by: Actor, params: dict[str, Any], _before: str, value: str = "") -> None:
    world = by.embedded.world
    found = world.keys.find(params["AccessKeyId"])
    assert found
    value = value or (found[1].id if params["Value"] == "id" else found[1].secret)
    world.github.put(params["Scope"], params["SecretName"], value, by.embedded.clock.now())


_OPPOSITE = {"next-maintenance": "undo-opt-in", "undo-opt-in": "next-maintenance"}
_ACTION = ("ServiceNamespace", "ResourceId", "ScalableDimension", "ScheduledActionName")
ROWS = {
    # ScalableTarget.MaxCapacity: a value; CreationTime is of the first registration, and nobody is named.
    "task-limit RegisterScalableTarget": Row(lambda by, p, b: by.did("RegisterScalableTarget", **p | {"MaxCapacity": int(b)})),
    # ScheduledAction.ScheduledActionName: unique for a target, so theirs has another.
    "task-limit PutScheduledAction": Row(
        lambda by, p, _: by.did("DeleteScheduledAction", **{key: p[key] for key in _ACTION}),
        {"ScheduledActionName": "back-to-five"},
    ),
    # Deployment.{id, createdAt, taskDefinition}: a deployment does not tell who asked for it.
    "deploy-rollback UpdateService": Row(_deploys),
    # ServiceDeployment.rollback.{reason, startedAt}: not who; a second request changes nothing.
    "deploy-rollback StopServiceDeployment": Row(_deploys),
    # ServiceDeploymentLifecycleHookDetail.status: a hook that somebody answered awaits no action.
    "deploy-rollback ContinueServiceDeployment": Row(_deploys),
    # Service.desiredCount: a value, which Auto Scaling sets as well.
    "desired-count UpdateService": Row(lambda by, p, b: by.did("UpdateService", **p | {"desiredCount": int(b)})),
    # Deployment.{id, createdAt}: the pipeline's deployment of the same revision looks like a restart.
    "service-restart UpdateService": Row(_stops_newest),
    # DBInstance.DBInstanceClass and PendingModifiedValues.DBInstanceClass: values.
    "rds-class ModifyDBInstance": Row(
        lambda by, p, b: by.did("ModifyDBInstance", **p | {"DBInstanceClass": b, "ApplyImmediately": b == "db.t4g.medium"})
    ),
    # DBInstance.AllocatedStorage and PendingModifiedValues.AllocatedStorage: values.
    "rds-storage ModifyDBInstance": Row(),
    # PendingMaintenanceAction.{OptInStatus, CurrentApplyDate}: values; "immediate" cannot be undone.
    "rds-maintenance ApplyPendingMaintenanceAction": Row(
        lambda by, p, _: by.did("ApplyPendingMaintenanceAction", **p | {"OptInType": _OPPOSITE[p["OptInType"]]})
    ),
    # DBSnapshot.DBSnapshotIdentifier: unique.
    "rds-snapshot CreateDBSnapshot": Row(_drops_snapshot, {"DBSnapshotIdentifier": "by-hand"}),
    # DBInstance.{DBInstanceIdentifier, TagList}: unique, and the plan's id is in the tag.
    "drill-restore RestoreDBInstanceFromDBSnapshot": Row(
        lambda by, p, _: by.did("DeleteDBInstance", DBInstanceIdentifier=p["DBInstanceIdentifier"], SkipFinalSnapshot=True),
        {"DBInstanceIdentifier": "drill-by-hand", "Tags": []},
    ),
    # DBInstance.DBInstanceStatus "deleting", then DBInstanceNotFound: whoever deleted it.
    "drill-delete DeleteDBInstance": Row(),
    # Event.Message "failover started", DBInstance.AvailabilityZone: whoever rebooted it.
    "drill-failover RebootDBInstance": Row(lambda by, p, _: by.did("RebootDBInstance", **p)),
    # InvalidationBatch.CallerReference: chosen by who sends it.
    "cache-invalidation CreateInvalidation": Row(
        theirs={"InvalidationBatch": {"CallerReference": "by-hand", "Paths": {"Quantity": 1, "Items": ["/*"]}}}
    ),
    # GetAlarmMuteRule.Name: unique; the same name would replace the rule.
    "alarm-mute PutAlarmMuteRule": Row(
        lambda by, p, _: by.did("DeleteAlarmMuteRule", AlarmMuteRuleName=p["Name"]), {"Name": "by-hand"}
    ),
    # GetAlarmMuteRule answers ResourceNotFoundException: whoever deleted it.
    "alarm-mute DeleteAlarmMuteRule": Row(
        lambda by, p, _: by.did(
            "PutAlarmMuteRule", Name=p["AlarmMuteRuleName"], Rule={"Schedule": NIGHT}, MuteTargets={"AlarmNames": ["rds-cpu-high"]}
        )
    ),
    # AccessKeyMetadata.{AccessKeyId, CreateDate}: neither creator nor token.
    "key-rotation CreateAccessKey": Row(_deletes_newest_key),
    # AccessKeyMetadata.Status: a value.
    "key-rotation UpdateAccessKey": Row(lambda by, p, b: by.did("UpdateAccessKey", **p | {"Status": b})),
    # ListAccessKeys lists it no more: whoever deleted it.
    "key-rotation DeleteAccessKey": Row(),
    # "Get a repository secret": name, created_at, updated_at; neither its value nor who wrote it.
    "key-rotation PutSecret": Row(lambda by, p, b: _puts_secret(by, p, b, "another"), same=_puts_secret),
}  # fmt: skip


@dataclass
class Front:
    """What the embedded AWS alone knows: which requests of the plan arrived, and whether they were carried out."""

    embedded: Embedded
    plan: Plan
    step: int
    rule: Mapping[str, Any]
    then: Callable[[], None]
    """What happens once the request of `step` is lost or carried out, before anybody reads."""
    is_open: bool = False
    """Whether requests are the plan's, and not somebody else's."""
    carried_out: list[bool] = field(default_factory=list)

    def __post_init__(self) -> None:
        front = self.embedded.server.front
        self._usual, front._faulted = front._faulted, self._faulted  # type: ignore[method-assign]

    def _faulted(
        self, service: str, operation: str, environ: Any, handle: Callable[[], Answer], error: Any
    ) -> Answer:
        planned = {(step.call.service, step.call.operation) for step in self.plan.steps}
        if not self.is_open or (service, operation) not in planned:
            return self._usual(service, operation, environ, handle, error)
        number, arrives = len(self.carried_out), self.rule in ARRIVES.values()
        self.carried_out.append(False)

        def handled() -> Answer:
            reply = handle()
            self.carried_out[number] = reply.status < 300
            if number == self.step and arrives:
                self._meddled()
            return reply

        if number == self.step:
            if not arrives:
                self._meddled()
            self.embedded.fault(service, operation, times=1, **self.rule)
        return self._usual(service, operation, environ, handled, error)

    def _meddled(self) -> None:
        self.is_open = False
        self.then()
        self.is_open = True


@dataclass
class Meddler:
    """The interference of one cell."""

    case: Case
    step: int
    name: str
    embedded: Embedded
    journal: Path
    """Of the other console."""
    loop: asyncio.AbstractEventLoop
    plan: Plan | None = None
    made: set[str] = field(default_factory=set)
    """What AWS names of what it created."""

    def act(self) -> bool:
        """Interfere; whether AWS let it happen. Not on the loop: the other console runs there."""
        assert self.plan
        known, step = ids(self.embedded.world), self.plan.steps[self.step]
        row, params = ROWS[f"{self.case.kind} {step.call.operation}"], step.call.params
        who = next((each for each in WHO if self.name.startswith(each)), WHO[0])
        by = Actor(self.embedded, who, step)
        try:
            if self.name == "queued before":
                by.did(step.call.operation, **params | QUEUED[step.call.operation])
            elif self.name == "undone":
                row.undo(by, params, step.before)
            elif who == WHO[1] and asyncio.run_coroutine_threadsafe(self._confirmed(), self.loop).result(60):
                pass
            elif row.same is not None:
                row.same(by, params, step.before)
            else:
                by.did(step.call.operation, **params | row.theirs)
        except ClientError:
            return False
        self.made |= ids(self.embedded.world) - known
        return True

    async def _confirmed(self) -> bool:
        """Whether another console, on a journal of its own, could be used for it."""
        async with console(self.embedded, self.journal) as other:
            plan = await planned(self.case, other)
            return plan is not None and (await other.confirm(plan)).state is DONE


def ids(world: World) -> set[str]:
    service = world.system and world.system.service
    deployments = [*service.deployments, *service.history.deployments] if service else []
    return {
        *(each.id for each in (*world.keys.users[names.USER], *deployments)),
        *(each.id for each in world.component(DistributionCache).invalidations),
        *(each.id for each in world.component(BackupHistory).manual),
        *(each.name for each in world.component(RestoredInstances).all),
    }


def cells() -> list[Any]:
    chosen: list[Any] = []
    for (kind, cases), interference in product(sorted(BY_KIND.items()), INTERFERENCES):
        steps = [(case, step) for case in cases for step in range(case.steps)]
        every = [cell(*each, fault, interference) for each, fault in product(steps, FAULTS)
                 if (interference != "queued before" or each[0].id in QUEUES)
                 and (interference != "undone" or (fault in ARRIVES and each[0].id not in FINAL))]  # fmt: skip
        every = [each for each in every if SEALED == "1" or is_sealed(each.id) is (SEALED == "only")]
        size = len(every) if ALL else min(2, len(every))
        chosen += Random(f"{SEED} {kind} {interference}").sample(every, size)
    return chosen


def cell(case: Case, step: int, fault: str, interference: str) -> Any:
    mark = pytest.mark.scenario(case.scenario, history=HISTORY.total_seconds(), origin=FRIDAY)
    id = f"{case.id} {step + 1} - {fault} - {interference}"
    return pytest.param(case, step, fault, interference, marks=mark, id=id)


def is_sealed(id: str) -> bool:
    return crc32(f"{SEED} {id}".encode()) % 3 == 0


@pytest.fixture(autouse=True)
def impatient(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    hasten(request, monkeypatch)


@pytest.fixture(scope="module")
def table(request: pytest.FixtureRequest) -> Iterator[dict[str, Counter[str]]]:
    """How often each outcome and each untruth was found, by kind; printed at the end."""
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    yield rows
    columns = ["cells", "unplanned", "done", "failed", "refused", "unknown", *UNTRUTHS]
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        print("\n" + f"{'':20}" + "".join(f"{each:>16}" for each in columns))
        for kind, row in [*sorted(rows.items()), ("all", sum(rows.values(), Counter()))]:
            print(f"{kind:20}" + "".join(f"{row[each]:16}" for each in columns))


async def planned(case: Case, one: Console) -> Plan | None:
    """The case's plan; None if the console makes none of the state that AWS is in."""
    try:
        plan = await one.plan_of(case)
    except KeyError:
        return None
    return None if plan.refusals or len(plan.steps) != case.steps else plan


UNTRUTHS = ("false done", "false not done", "blamed", "unproven")


def untruths(run: Run, truth: list[bool], foreign: set[str]) -> Iterator[str]:
    """What the run says that is not so."""
    for step, is_done in zip(run.steps, truth, strict=True):
        if step.state is DONE and not is_done:
            yield f"false done: {step.text}"
        if step.state in (FAILED, REFUSED) and is_done:
            yield f"false not done: {step.text}"
        words = f"{step.text} {step.answer}"
        claims = step.state is DONE or re.search("delet|discard|deactivat|remov", words, re.IGNORECASE)
        if claims and any(id in words for id in foreign):
            yield f"blamed: {words}"
    progress = run.progress
    if progress and progress.state is WatchState.DONE and any(id in progress.text for id in foreign):
        yield f"blamed: {progress.text}"


async def suggested(case: Case, two: Console, foreign: set[str]) -> Iterator[str]:
    """What the console proposes to do with somebody else's key."""
    plan = await two.engine.plan(case.kind, case.target, {})
    calls = [step.call for step in plan.steps if not plan.refusals]
    return iter([f"blamed: {call.operation} is proposed" for call in calls
                 if call.operation != "PutSecret" and call.params.get("AccessKeyId") in foreign])  # fmt: skip


@pytest.mark.parametrize(("case", "step", "fault", "interference"), cells())
async def test_what_is_recorded_is_what_aws_did(
    case: Case, step: int, fault: str, interference: str, embedded: Embedded, tmp_path: Path,
    table: dict[str, Counter[str]],
) -> None:  # fmt: skip
    row, meddle = table[case.kind], asyncio.to_thread
    row["cells"] += 1
    other = Meddler(case, step, interference, embedded, tmp_path / "other.db", asyncio.get_running_loop())
    async with console(embedded, tmp_path / "j.db") as one:
        await prepare(case, one)
        plan = other.plan = await planned(case, one)
        assert plan
        if interference.endswith("before"):
            assert await meddle(other.act)
            embedded.advance(240)
            plan = other.plan = await planned(case, one)
        if plan is None:
            row["unplanned"] += 1
            return
        await one.ready(plan)
        later = interference == "undone" or interference.endswith("after")
        acted: list[bool] = []
        front = Front(embedded, plan, step, FAULTS[fault], lambda: acted.append(later and other.act()))
        if interference.endswith("between"):
            embedded.advance(2)
            await meddle(other.act)
        front.is_open = True
        runs = [await one.engine.apply(plan, plan.confirm)]
        front.is_open = False
    embedded.clear_faults()
    truth = [*front.carried_out, *[False] * case.steps][: case.steps]
    if interference == "undone" and acted == [False]:
        for _minute in range(40):  # AWS refuses while the change is under way
            embedded.advance(60)
            if await meddle(other.act):
                break
    began, found = embedded.clock.now(), list(untruths(runs[0], truth, other.made))
    async with console(embedded, tmp_path / "j.db") as two:
        for minutes in MINUTES:
            embedded.advance(minutes * 60 - (embedded.clock.now() - began).total_seconds())
            runs.append(await two.settle(plan.id))
            await end_watches(two)
            (run,) = (each for each in two.engine.runs if each.id == plan.id)
            found += [f"{each} ({minutes} min)" for each in untruths(run, truth, other.made)]
        if case.variant == "create":
            found += await suggested(case, two, other.made)
    state = run.steps[step].state
    is_named = bool(ROWS[f"{case.kind} {plan.steps[step].call.operation}"].theirs)
    if is_named and interference != "undone" and state is UNKNOWN:
        found.append(f"unproven: {run.steps[step].text}")
    row[state.value] += 1
    row.update(name for name in UNTRUTHS if any(each.startswith(name) for each in found))
    assert found == [], (truth, found)
