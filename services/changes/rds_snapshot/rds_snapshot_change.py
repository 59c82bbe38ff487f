"""Manual snapshot of the RDS instance (runbook: the remedy of a missed backup; before a change that cannot be
undone). Its name contains the plan's id, so reading proves whether a request was carried out. Source:
CreateDBSnapshot, DescribeDBSnapshots (Amazon RDS API reference); "Creating a DB snapshot" (user guide)."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta, tzinfo
from typing import Any

from services.aws_cli.calls import call
from services.aws_cli.plans import requests_of
from services.changes.base import observed, warning
from services.changes.guarantees import Guarantees
from services.changes.rds.change import DatabaseChange, unavailable
from services.changes.rds.facts import facts
from services.changes.rds.state import ReadState, database_name, state_digest, time_of
from services.changes.rds.watching import done, failed, running, watch
from services.i18n import _
from services.models.aws_cli import CliCommand
from services.models.changes import (
    Caution,
    ChangeTarget,
    Danger,
    Fact,
    LiveState,
    Observation,
    Parameter,
    Plan,
    PlannedStep,
    Row,
)
from services.models.rds import Snapshot, SnapshotState
from services.models.watches import Progress

CREATE = "create"
LASTS = timedelta(hours=24)  # How long a snapshot is followed; a large one takes hours
_MARK = "-toban-"  # Between the database's name and the plan's id in a snapshot's name


class RdsSnapshot(DatabaseChange):
    """Takes a snapshot, which stays until somebody deletes it."""

    calls = (
        "cloudwatch:GetMetricData",
        "rds:CreateDBSnapshot",
        "rds:DescribeDBInstances",
        "rds:DescribeDBSnapshots",
        "rds:DescribePendingMaintenanceActions",
    )
    guarantees = Guarantees(
        proof="DescribeDBSnapshots: DBSnapshotIdentifier",
        token="DBSnapshotIdentifier",
        named=frozenset({"CreateDBSnapshot"}),
        settles="Status is available",
    )

    async def read_target(self, target: ChangeTarget) -> LiveState:
        state = await self.reads.state(target.id)
        automatic = await self.reads.rds.snapshots(database_name(target.id))
        manual = await self.reads.rds.snapshots(database_name(target.id), "manual")
        with self.written_on(state.at):
            newest = (
                _newest(_("Newest automatic snapshot"), automatic, self.context.zone),
                _newest(_("Newest manual snapshot"), manual, self.context.zone),
            )
            return self.live(
                target, state.at, (*newest, *facts(state, self.context.zone)), unavailable(state)
            )

    async def parameters(self, target: ChangeTarget) -> tuple[Parameter, ...]:
        return ()

    async def plan(self, target: ChangeTarget, parameters: Mapping[str, str], id: str) -> Plan:
        state = await self.reads.counts(target.id)
        with self.written_on(state.at):
            return self.plan_on(target, parameters, state, id)

    def plan_on(self, target: ChangeTarget, parameters: Mapping[str, str], state: ReadState, id: str) -> Plan:
        refusals = [*self.unknown_names(parameters), *unavailable(state)]
        if refusals:
            return self.refused(target, parameters, refusals, id=id, read_at=state.at)
        name = snapshot_name(target, id)
        step = self.context.step(
            CREATE,
            _("Take the snapshot {name}", name=name),
            target,
            (
                "rds",
                "CreateDBSnapshot",
                {"DBInstanceIdentifier": database_name(target.id), "DBSnapshotIdentifier": name},
            ),
            rows=(Row(name=_("Snapshot"), before=_("none"), after=name),),
            expects=_digest(None, is_available=True),
            required=("DBSnapshot",),
        )
        return self.planned(
            target,
            {},
            [step],
            id=id,
            read_at=state.at,
            title=_("Take a manual snapshot"),
            danger=Danger.ROUTINE,
            warnings=tuple(_warnings(state)),
            downtime=_("I/O may pause briefly at the beginning.") if _pauses(state) else _("None"),
            cost=_cost(state),
            reversible=_("It can be deleted in AWS; this console deletes no snapshot."),
            watch=watch(state, _("the snapshot is available"), lasts=LASTS, in_window=False),
        )

    def answered(self, plan: Plan, step: PlannedStep, answer: Mapping[str, Any]) -> Mapping[str, str]:
        arn = (answer.get("DBSnapshot") or {}).get("DBSnapshotArn")
        return {"arn": str(arn)} if arn else {}

    async def progress(self, plan: Plan, answers: Mapping[str, Mapping[str, str]]) -> Progress:
        name = plan.steps[0].call.params["DBSnapshotIdentifier"]
        snapshot = await self.reads.rds.snapshot(name)
        text = snapshot_text(name, snapshot)
        if snapshot is not None and snapshot.state is SnapshotState.AVAILABLE:
            return done(text)
        is_lost = snapshot is None and self.is_settled(plan)
        if is_lost or (snapshot is not None and snapshot.state is SnapshotState.UNUSABLE):
            return failed(text)
        return running(text, snapshot.percent if snapshot else None)

    async def observe(self, step: PlannedStep) -> Observation:
        name = step.call.params["DBSnapshotIdentifier"]
        snapshot = await self.reads.rds.snapshot(name)
        state = await self.reads.counts(step.target)
        return observed(
            _digest(snapshot, is_available=state.is_available),
            snapshot_text(name, snapshot),
            after=snapshot is not None,
            before=snapshot is None,
        )

    def cli_commands(self, plan: Plan) -> Iterable[CliCommand]:
        yield from requests_of(plan)
        for step in plan.steps:
            yield call(
                "rds",
                "DescribeDBSnapshots",
                {"DBSnapshotIdentifier": step.call.params["DBSnapshotIdentifier"]},
                query="DBSnapshots[].{Status:Status,Percent:PercentProgress,Taken:SnapshotCreateTime}",
                purpose=_("Afterwards: the status becomes available."),
            )


def snapshot_name(target: ChangeTarget, id: str) -> str:
    """The snapshot of the plan `id`: letters, digits and single hyphens, in lower case as RDS stores it."""
    return f"{database_name(target.id)}{_MARK}{id}".lower()


def snapshot_text(name: str, snapshot: Snapshot | None) -> str:
    if snapshot is None:
        return _("There is no snapshot {name}.", name=name)
    if snapshot.state is SnapshotState.AVAILABLE:
        return _("The snapshot {name} is available.", name=snapshot.name)
    percent = "—" if snapshot.percent is None else f"{snapshot.percent}%"
    text = _("The snapshot {name} is {status} ({percent}).")
    return text.format(name=snapshot.name, status=snapshot.status, percent=percent)


def _digest(snapshot: Snapshot | None, *, is_available: bool) -> str:
    return state_digest(snapshot is not None, is_available)


def _newest(title: str, snapshots: tuple[Snapshot, ...], zone: tzinfo) -> Fact:
    usable = (each for each in snapshots if each.state is SnapshotState.AVAILABLE and each.at)
    newest = next(usable, None)
    if newest is None or newest.at is None:
        return Fact(name=title, value=_("none"))
    return Fact(name=title, value=time_of(newest.at, zone), note=newest.name)


def _pauses(state: ReadState) -> bool:
    """Whether the snapshot is taken from the database itself: with Multi-AZ it is from the standby, but for SQL Server."""
    return not state.database.multi_az or state.database.engine.startswith("sqlserver")


def _cost(state: ReadState) -> str:
    size = state.database.storage_gib
    if size is None:
        return _("Backup storage is charged until the snapshot is deleted; its size is unknown.")
    return _(
        "At most {size} GiB of backup storage are charged until the snapshot is deleted; the price is not read.",
        size=size,
    )


def _warnings(state: ReadState) -> Iterator[Caution]:
    yield warning(_("RDS never deletes a manual snapshot by itself: delete it once it is not needed."))
    if _pauses(state):
        yield warning(_("I/O may pause at the beginning, for seconds to a few minutes."))
    if state.database.storage_operation:
        yield warning(_("The storage is being optimized: the snapshot may take longer."))
