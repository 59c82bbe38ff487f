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
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import product, zip_longest
from pathlib import Path
from random import Random
from typing import Any
from zlib import crc32

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from services.demo import names
from services.demo.account import ACCOUNT
from services.demo.cloudfront import DistributionCache
from services.demo.rds.history import BackupHistory, RestoredInstances
from services.demo.sts import Session, SessionStore
from services.models.change_runs import StepState
from services.models.changes import Plan
from services.models.watches import WatchState
from tests.conftest import REGION, Embedded
from tests.faults.change_cases import BY_KIND, FRIDAY, HISTORY, Case, console, end_watches, prepare
from tests.faults.test_change_matrix import ALL, ARRIVES, LOST
from tests.services.changes.change_world import SERVICE, hasten

pytestmark = pytest.mark.slow
DONE, FAILED, UNKNOWN, REFUSED = StepState.DONE, StepState.FAILED, StepState.UNKNOWN, StepState.REFUSED
SEED, SEALED = 20261202, os.environ.get("PROOF_SEALED", "")
FAULTS = {name: (ARRIVES | LOST)[name] for name in ("lost answer", "cut answer", "never arrived", "no answer", "a proxy's page")}  # fmt: skip
SAME = "the same person"
INTERFERENCES = ("none", "queued before", "undone", *map(" ".join, product(("somebody else", SAME), ("before", "between", "after"))))  # fmt: skip
UNTRUTHS = ("false done", "false not done", "blamed", "unproven")
QUEUED: dict[str, dict[str, Any]] = {"ModifyDBInstance": {"ApplyImmediately": False}, "ApplyPendingMaintenanceAction": {"OptInType": "next-maintenance"}}  # fmt: skip
"""How AWS keeps a wish for the window."""
QUEUES = {"rds-class now", "rds-class window", "rds-storage", "rds-maintenance window", "rds-maintenance now"}
FINAL = {"rds-storage", "rds-maintenance now", "drill-delete", "cache-invalidation", "key-rotation delete", "key-rotation discard"}  # fmt: skip
"""What AWS offers no way to undo."""
LARGE, CLUSTER = "db.t4g.large", "facility-prod-cluster"
MINUTES = (0.5, 3, 6, 12, 31, 90, 180)
"""When a console reads, after the request; the stages are 6, 31 and 180."""
_aws = botocore.session.get_session()
_CLI = Config(retries={"total_max_attempts": 1}, user_agent="aws-cli/2.32.1 lang/python#3.13.9")


def somebody_else_did(embedded, is_same, service, operation, /, **params):
    key = os.environ["AWS_ACCESS_KEY_ID"] if is_same else names.USER_KEY
    if not is_same and service != "ecs":
        arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/FacilityOperator/tanaka.yuko"
        key = embedded.world.component(SessionStore).begin(Session(arn))
    region = "us-east-1" if service in ("iam", "cloudfront") else REGION
    options = {"endpoint_url": embedded.url, "aws_access_key_id": key, "aws_secret_access_key": "theirs"}
    client = _aws.create_client(service, region, config=_CLI, **options)
    return client._make_api_call(operation, params)


Act = Callable[["Meddler", dict[str, Any], str], object]  # by whom, the plan's parameters, the value before


@dataclass(frozen=True)
class Row:
    undo: Act | None = None
    theirs: dict[str, Any] = field(default_factory=dict)
    """The parameters in which their request differs; with any, the plan's request has a name that proves it."""
    same: Act | None = None
    """What they do, if it is no request to AWS."""


def _puts_secret(by, params, before):
    world = by.embedded.world
    entry = world.keys.find(params["AccessKeyId"])
    assert entry
    value = before if by.name == "undone" else entry[1].id if params["Value"] == "id" else entry[1].secret
    world.github.put(params["Scope"], params["SecretName"], value, by.embedded.clock.now())


_ACTION = ("ServiceNamespace", "ResourceId", "ScalableDimension", "ScheduledActionName")
_MUTED = {"Rule": {"Schedule": {"Expression": "cron(0 2 * * *)", "Duration": "PT23H"}}, "MuteTargets": {"AlarmNames": ["rds-cpu-high"]}}  # fmt: skip
_OPPOSITE = {"next-maintenance": "undo-opt-in", "undo-opt-in": "next-maintenance"}
_DEPLOYS = Row(lambda by, _, b: by.did("UpdateService", cluster=CLUSTER, service=SERVICE, taskDefinition=b))
ROWS = {
    # ScalableTarget.MaxCapacity: a value; CreationTime is of the first registration, and nobody is named.
    "task-limit RegisterScalableTarget": Row(lambda by, p, b: by.did("RegisterScalableTarget", **p | {"MaxCapacity": int(b)})),
    # ScheduledAction.ScheduledActionName: unique for a target, so theirs has another.
    "task-limit PutScheduledAction": Row(lambda by, p, _: by.did("DeleteScheduledAction", **{key: p[key] for key in _ACTION}), {"ScheduledActionName": "back-to-five"}),
    # Deployment.{id, createdAt, taskDefinition}, ServiceDeployment.{rollback, lifecycleHookDetails[].status}: not who.
    "deploy-rollback UpdateService": _DEPLOYS,
    "deploy-rollback StopServiceDeployment": _DEPLOYS,
    "deploy-rollback ContinueServiceDeployment": _DEPLOYS,
    # Service.desiredCount: a value, which Auto Scaling sets as well.
    "desired-count UpdateService": Row(lambda by, p, b: by.did("UpdateService", **p | {"desiredCount": int(b)})),
    # Deployment.{id, createdAt}: the pipeline's deployment of the same revision looks like a restart.
    "service-restart UpdateService": Row(lambda by, p, _: by.did("StopServiceDeployment", serviceDeploymentArn=by.did("ListServiceDeployments", cluster=CLUSTER, service=SERVICE)["serviceDeployments"][0]["serviceDeploymentArn"])),
    # DBInstance.{DBInstanceClass, AllocatedStorage, PendingModifiedValues}: values; storage never shrinks.
    "rds-class ModifyDBInstance": Row(lambda by, p, b: by.did("ModifyDBInstance", **p | {"DBInstanceClass": b, "ApplyImmediately": b != LARGE})),
    "rds-storage ModifyDBInstance": Row(),
    # PendingMaintenanceAction.{OptInStatus, CurrentApplyDate}: values; "immediate" cannot be undone.
    "rds-maintenance ApplyPendingMaintenanceAction": Row(lambda by, p, _: by.did("ApplyPendingMaintenanceAction", **p | {"OptInType": _OPPOSITE[p["OptInType"]]})),
    # DBSnapshot.DBSnapshotIdentifier: unique. The embedded AWS has no DeleteDBSnapshot.
    "rds-snapshot CreateDBSnapshot": Row(lambda by, *_: by.embedded.world.component(BackupHistory).manual.pop(), {"DBSnapshotIdentifier": "by-hand"}),
    # DBInstance.{DBInstanceIdentifier, TagList}: unique, and the plan's id is in the tag.
    "drill-restore RestoreDBInstanceFromDBSnapshot": Row(lambda by, p, _: by.did("DeleteDBInstance", DBInstanceIdentifier=p["DBInstanceIdentifier"], SkipFinalSnapshot=True), {"DBInstanceIdentifier": "drill-by-hand", "Tags": []}),
    # DBInstance.DBInstanceStatus "deleting", then DBInstanceNotFound: whoever deleted it.
    "drill-delete DeleteDBInstance": Row(),
    # Event.Message "failover started", DBInstance.AvailabilityZone: whoever rebooted it.
    "drill-failover RebootDBInstance": Row(lambda by, p, _: by.did("RebootDBInstance", **p)),
    # InvalidationBatch.CallerReference: chosen by who sends it.
    "cache-invalidation CreateInvalidation": Row(theirs={"InvalidationBatch": {"CallerReference": "by-hand", "Paths": {"Quantity": 1, "Items": ["/*"]}}}),
    # GetAlarmMuteRule.Name: unique; the same name would replace the rule.
    "alarm-mute PutAlarmMuteRule": Row(lambda by, p, _: by.did("DeleteAlarmMuteRule", AlarmMuteRuleName=p["Name"]), {"Name": "by-hand"}),
    # GetAlarmMuteRule answers ResourceNotFoundException: whoever deleted it.
    "alarm-mute DeleteAlarmMuteRule": Row(lambda by, p, _: by.did("PutAlarmMuteRule", Name=p["AlarmMuteRuleName"], **_MUTED)),
    # AccessKeyMetadata.{AccessKeyId, CreateDate, Status}: neither creator nor token; a deleted key is listed no more.
    "key-rotation CreateAccessKey": Row(lambda by, p, _: by.did("DeleteAccessKey", **p, AccessKeyId=by.embedded.world.keys.users[names.USER][-1].id)),
    "key-rotation UpdateAccessKey": Row(lambda by, p, b: by.did("UpdateAccessKey", **p | {"Status": b})),
    "key-rotation DeleteAccessKey": Row(),
    # "Get a repository secret": name, created_at, updated_at; neither its value nor who wrote it.
    "key-rotation PutSecret": Row(_puts_secret, same=_puts_secret),
}  # fmt: skip


@dataclass
class Meddler:
    case: Case
    step: int
    fault: str
    name: str
    embedded: Embedded
    journal: Path  # of the same person's other console
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)
    did: Callable[..., Any] = somebody_else_did
    plan: Plan | None = None
    foreign: set[str] = field(default_factory=set)  # What AWS names of what others created
    is_ours: bool = False  # Whether requests are the plan's, and not somebody else's
    carried_out: list[bool] = field(default_factory=list)  # For each request of the plan that arrived
    was_let: bool = False  # by AWS

    def __post_init__(self):
        front = self.embedded.server.front
        self._usual, front._faulted = front._faulted, self._faulted

    def _faulted(self, service, operation, environ, handle, error):
        steps = self.plan.steps if self.plan and self.is_ours else ()
        if (service, operation) not in {(each.call.service, each.call.operation) for each in steps}:
            return self._usual(service, operation, environ, handle, error)
        number = len(self.carried_out)
        # What follows happens before anybody reads.
        is_followed = number == self.step and self.name.endswith(("undone", "after"))
        self.carried_out.append(False)

        def handled():
            reply = handle()
            self.carried_out[number] = reply.status < 300
            if is_followed and self.fault in ARRIVES:
                self.act()
            return reply

        if is_followed and self.fault in LOST:
            self.act()
        if number == self.step:
            self.embedded.fault(service, operation, times=1, **FAULTS[self.fault])
        return self._usual(service, operation, environ, handled, error)

    def act(self):
        assert self.plan
        self.is_ours, was_ours = False, self.is_ours
        earlier, step = ids(self.embedded.world), self.plan.steps[self.step]
        row, params = ROWS[f"{self.case.kind} {step.call.operation}"], step.call.params
        self.did = partial(somebody_else_did, self.embedded, self.name.startswith(SAME), step.call.service)
        try:
            if self.name == "queued before":
                self.did(step.call.operation, **params | QUEUED[step.call.operation])
            elif self.name == "undone" and row.undo:
                row.undo(self, params, step.before)
            elif not (self.name.startswith(SAME) and self._used_console()):
                same = row.same or (lambda by, p, _: by.did(step.call.operation, **p | row.theirs))
                same(self, params, step.before)
            self.was_let = True
        except ClientError:
            self.was_let = False
        self.foreign |= ids(self.embedded.world) - earlier
        self.is_ours = was_ours

    def untruths(self, run):
        assert len(self.carried_out) <= self.case.steps, "a request was sent twice"
        for step, is_done in zip_longest(run.steps, self.carried_out, fillvalue=False):
            if step.state is DONE and not is_done:
                yield f"false done: {step.text}"
            if step.state in (FAILED, REFUSED) and is_done:
                yield f"false not done: {step.text}"
            words = f"{step.text} {step.answer}"
            is_claimed = step.state is DONE and not re.search("else|another|ci-cd-user|tanaka", words)
            is_deleted = re.search("delet|discard|deactivat|remov", words, re.IGNORECASE)
            mentions = "".join(id for id in self.foreign if id in words)
            if mentions and (is_claimed or (is_deleted and "AKIA" in mentions)):
                yield f"blamed: {words}"
        progress = run.progress
        if progress and progress.state is WatchState.DONE and any(id in progress.text for id in self.foreign):
            yield f"blamed: {progress.text}"

    def _used_console(self):
        async def confirmed():
            async with console(self.embedded, self.journal) as other:
                plan = await planned(self.case, other)
                return plan is not None and (await other.confirm(plan)).state is DONE

        return asyncio.run_coroutine_threadsafe(confirmed(), self.loop).result(60)


def ids(world):
    service = world.system and world.system.service
    deployments: list[Any] = [*service.deployments, *service.history.deployments] if service else []
    keys, invalidations = world.keys.users[names.USER], world.component(DistributionCache).invalidations
    snapshots, restored = world.component(BackupHistory).manual, world.component(RestoredInstances).all
    return {*(each.id for each in (*keys, *deployments, *invalidations, *snapshots)), *(each.name for each in restored)}  # fmt: skip


def cells():
    chosen: list[Any] = []
    for kind, interference, carried in product(sorted(BY_KIND), INTERFERENCES, (True, False)):
        steps = [(case, step) for case in BY_KIND[kind] for step in range(case.steps)
                 if (interference != "queued before" or case.id in QUEUES)
                 and (interference != "undone" or (carried and case.id not in FINAL))]  # fmt: skip
        faults = [fault for fault in FAULTS if (fault in ARRIVES) is carried]
        every = [cell(*each, fault, interference) for each, fault in product(steps, faults)]
        is_sealed = {each.id: crc32(f"{SEED} {each.id}".encode()) % 3 == 0 for each in every}
        every = [each for each in every if SEALED == "1" or is_sealed[each.id] is (SEALED == "only")]
        size = len(every) if ALL else min(1, len(every))
        chosen += Random(f"{SEED} {kind} {interference} {carried}").sample(every, size)
    return chosen


def cell(case, step, fault, interference):
    mark = pytest.mark.scenario(case.scenario, history=HISTORY.total_seconds(), origin=FRIDAY)
    id = f"{case.id} {step + 1} - {fault} - {interference}"
    return pytest.param(case, step, fault, interference, marks=mark, id=id)


@pytest.fixture(autouse=True)
def impatient(request, monkeypatch):
    hasten(request, monkeypatch)


@pytest.fixture(scope="module")
def table(request):
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    yield rows
    columns = ("cells", "unplanned", *(each.value for each in (DONE, FAILED, REFUSED, UNKNOWN)), *UNTRUTHS)
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        print("\n" + " " * 20 + "".join(f"{each:>15}" for each in columns))
        for kind, row in [*sorted(rows.items()), ("all", sum(rows.values(), Counter()))]:
            print(f"{kind:20}" + "".join(f"{row[each]:15}" for each in columns))


async def planned(case, one):
    # Without a class the plan's wish would depend on what is queued.
    wish = {"class": case.parameters.get("class", LARGE)} if case.kind == "rds-class" else {}
    try:
        plan = await one.plan_of(case, **wish)
    except KeyError:
        return None
    return None if plan.refusals or len(plan.steps) != case.steps else plan


async def proposals(two, case, foreign):
    plan = await two.engine.plan(case.kind, case.target, {})
    calls = [step.call for step in plan.steps if step.call.service == "iam" and not plan.refusals]
    return [f"blamed: {each.body}" for each in calls if each.params.get("AccessKeyId") in foreign]


@pytest.mark.parametrize(("case", "step", "fault", "interference"), cells())
async def test_what_is_recorded_is_what_aws_did(case, step, fault, interference, embedded, tmp_path, table):  # fmt: skip
    table[case.kind]["cells"] += 1
    other = Meddler(case, step, fault, interference, embedded, tmp_path / "other.db")
    async with console(embedded, tmp_path / "j.db") as one:
        await prepare(case, one)
        plan = other.plan = await planned(case, one)
        assert plan
        if interference.endswith("before"):
            await asyncio.to_thread(other.act)
            assert other.was_let
            embedded.advance(240)
            plan = other.plan = await planned(case, one)
        if plan is None:
            table[case.kind]["unplanned"] += 1
            return
        await one.ready(plan)
        if interference.endswith("between"):
            embedded.advance(2)
            await asyncio.to_thread(other.act)
            assert other.was_let
        other.is_ours = True
        run = await one.engine.apply(plan, plan.confirm)
    embedded.clear_faults()
    while interference == "undone" and not other.was_let:  # AWS refuses while the change is under way
        embedded.advance(60)
        assert embedded.clock.now() < plan.made_at + timedelta(hours=1)
        await asyncio.to_thread(other.act)
    began, claims = embedded.clock.now(), [*other.untruths(run)]
    async with console(embedded, tmp_path / "j.db") as two:
        for minutes in MINUTES:
            embedded.advance(minutes * 60 - (embedded.clock.now() - began).total_seconds())
            await two.settle(plan.id)
            await end_watches(two)
            (run,) = (each for each in two.engine.runs if each.id == plan.id)
            claims += [f"{each} ({minutes} min)" for each in other.untruths(run)]
        if case.variant == "create":
            claims += await proposals(two, case, other.foreign)
    last, is_named = run.steps[step], ROWS[f"{case.kind} {plan.steps[step].call.operation}"].theirs
    if is_named and interference != "undone" and last.state is UNKNOWN:
        claims.append(f"unproven: {last.text}")
    table[case.kind].update([last.state.value, *{each.partition(":")[0] for each in claims}])
    assert claims == [], (other.carried_out, claims)
