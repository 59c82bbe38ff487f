"""Deletion of the instance that a restore drill made: only what this journal restored and what still bears
its tag. Source: DeleteDBInstance, DescribeDBInstances (Amazon RDS API reference); "Deleting a DB instance"
(user guide)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.aws.client.errors import NotFound
from services.aws.rds.reader import RdsReader
from services.aws_cli.calls import call
from services.aws_cli.plans import requests_of
from services.changes.base import Change, ChangeContext, observed, warning
from services.changes.drills.instances import TAG, Restored, restored, target_id
from services.changes.guarantees import Guarantees
from services.changes.kind import ChangeKind
from services.changes.rds.state import database_name, state_digest, time_of
from services.changes.rds.watching import EVERY, done, failed, running
from services.changes.typed_values import unknown_parameters
from services.i18n import _
from services.models.aws_cli import CliCommand
from services.models.changes import (
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
from services.models.rds import Database
from services.models.text import clean
from services.models.watches import Progress, Watch

DELETING, CREATING = "deleting", "creating"


@dataclass(frozen=True, slots=True)
class DrillState:
    at: datetime
    name: str
    instance: Database | None  # None: there is none of this name

    @property
    def tag(self) -> str:
        """The value of our tag; "" if it has none."""
        return self.instance.tags.get(TAG, "") if self.instance is not None else ""

    @property
    def is_going(self) -> bool:
        return self.instance is None or self.instance.status == DELETING

    @property
    def digest(self) -> str:
        instance = self.instance
        if instance is None:
            return state_digest(None)
        names = (str(instance.arn), str(instance.resource_id))
        return state_digest(*names, self.tag, instance.status == DELETING, instance.protected)

    @property
    def text(self) -> str:
        if self.instance is None:
            return _("There is no instance {name}.", name=self.name)
        text = _("The instance {name} is {status}; its tag {key} is “{value}”.")
        return text.format(
            name=self.instance.name, status=self.instance.status, key=TAG, value=clean(self.tag)
        )


def refusal(state: DrillState, restored: Restored | None, database: str) -> str:
    """Why the instance must not be deleted; "" if it may be. `database` is the runbook's instance."""
    instance = state.instance
    if state.name == database:
        # A restored instance may have taken the place of the one that was lost.
        return _("{name} is the database of the runbook; it is never deleted.", name=state.name)
    if restored is None:
        text = _("This journal has no drill that restored {name}; only such an instance is deleted.")
        return text.format(name=state.name)
    if instance is None:
        return _("There is no instance {name}: it is deleted already.", name=state.name)
    if not state.tag:
        text = _("The instance {name} does not bear the tag {key}; somebody else uses it.")
        return text.format(name=instance.name, key=TAG)
    if state.tag != restored.plan:
        text = _("The tag {key} of {name} is not that of the drill that restored it: “{value}”.")
        return text.format(key=TAG, name=instance.name, value=clean(state.tag))
    if restored.resource and instance.resource_id != restored.resource:
        text = _("Another instance bears the name {name} by now; it is not the one that the drill restored.")
        return text.format(name=instance.name)
    if state.is_going:
        return _("The instance {name} is being deleted already.", name=instance.name)
    if instance.status == CREATING:
        return _("The instance {name} is being created; wait until it is available.", name=instance.name)
    if instance.protected:
        return _("Somebody turned on the deletion protection of {name}.", name=instance.name)
    return ""


STEP = "delete"
LASTS = timedelta(hours=6)  # How long a deletion is followed; it usually takes minutes
SETTLING = timedelta(minutes=10)  # Time after a plan in which RDS may not show yet what it has accepted


class DrillDelete(Change):
    calls = ("rds:DeleteDBInstance", "rds:DescribeDBInstances")
    guarantees = Guarantees(
        proof="DescribeDBInstances: DBInstanceIdentifier, DBInstanceStatus",
        traceable=frozenset({"DeleteDBInstance"}),
        settles="the instance is gone",
    )

    def __init__(self, kind: ChangeKind, context: ChangeContext) -> None:
        super().__init__(kind, context)
        self._rds = RdsReader(context.reader)

    def targets(self) -> tuple[ChangeTarget, ...]:
        if self.context.runbook.rds is None:
            return ()
        return tuple(
            ChangeTarget(id=target_id(each.name), title=each.name) for each in restored(self.context.runs())
        )

    async def read_target(self, target: ChangeTarget) -> LiveState:
        state, origin = await self._state(target), self._origin(target)
        with self.written_on(state.at):
            instance = state.instance
            facts = [Fact(name=_("Status"), value=instance.status if instance else _("none"))]
            if instance is not None:
                facts.append(Fact(name=_("Instance class"), value=instance.instance_class or "—"))
                facts.append(Fact(name=_("Tag"), value=state.tag or _("none"), note=TAG))
            if origin is not None:
                when = time_of(origin.at, self.context.zone)
                facts.append(Fact(name=_("Restored"), value=when, note=origin.by))
            why = refusal(state, origin, self._database)
            return self.live(target, state.at, facts, filter(None, [why]))

    async def parameters(self, target: ChangeTarget) -> tuple[Parameter, ...]:
        return ()

    async def plan(self, target: ChangeTarget, parameters: Mapping[str, str], id: str) -> Plan:
        state = await self._state(target)
        with self.written_on(state.at):
            return self.plan_on(target, parameters, state, self._origin(target), id)

    def plan_on(
        self,
        target: ChangeTarget,
        parameters: Mapping[str, str],
        state: DrillState,
        origin: Restored | None,
        id: str,
    ) -> Plan:
        why = refusal(state, origin, self._database)
        reasons = [*unknown_parameters(parameters, ()), *([why] if why else [])]
        if reasons:
            return self.refused(target, parameters, reasons, id=id, read_at=state.at)
        step = self.context.step(
            STEP,
            _("Delete the instance {name}", name=state.name),
            target,
            (
                "rds",
                "DeleteDBInstance",
                {
                    "DBInstanceIdentifier": state.name,
                    "SkipFinalSnapshot": True,
                    "DeleteAutomatedBackups": True,
                },
            ),
            rows=(
                Row(name=_("Instance"), before=state.name, after=_("none")),
                Row(name=_("Its automated backups"), before=_backups(state), after=_("deleted")),
            ),
            expects=state.digest,
            required=("DBInstance",),
            before=state.tag,
        )
        impact = _("{name} is deleted with its data and backups; no final snapshot is taken")
        return self.planned(
            target,
            {},
            [step],
            id=id,
            read_at=state.at,
            title=_("Delete the instance of a restore drill"),
            danger=Danger.DANGEROUS,
            impact=impact.format(name=state.name),
            warnings=(warning(_("Write down first what the drill has shown: the data go with it.")),),
            downtime=_("None: nothing uses it but the drill."),
            cost=_("None; its charges end."),
            reversible=_("No. The snapshot that it was restored from stays and can be restored again."),
            watch=Watch(
                ends_when=_("the instance {name} is gone", name=state.name),
                every=EVERY,
                gives_up_at=state.at + LASTS,
            ),
        )

    async def observe(self, step: PlannedStep) -> Observation:
        state = await self._read(step.call.params["DBInstanceIdentifier"])
        is_ours = not state.is_going and state.tag == step.before
        return observed(state.digest, state.text, after=state.is_going, before=is_ours)

    async def progress(self, plan: Plan, answers: Mapping[str, Mapping[str, str]]) -> Progress:
        state = await self._state(plan.target)
        if state.instance is None:
            return done(state.text)
        is_settled = self.context.clock.now() >= plan.made_at + SETTLING
        return failed(state.text) if is_settled and not state.is_going else running(state.text)

    def cli_commands(self, plan: Plan) -> Iterable[CliCommand]:
        trap = _("Without --skip-final-snapshot RDS wants the name of a snapshot, which is charged.")
        yield from requests_of(plan, trap)
        for step in plan.steps:
            yield call(
                "rds",
                "DescribeDBInstances",
                {"DBInstanceIdentifier": step.call.params["DBInstanceIdentifier"]},
                query="DBInstances[].{Status:DBInstanceStatus,Tags:TagList}",
                purpose=_("Afterwards: deleting, then DBInstanceNotFound."),
            )

    @property
    def _database(self) -> str:
        rds = self.context.runbook.rds
        return str(rds.instance) if rds is not None else ""

    def _origin(self, target: ChangeTarget) -> Restored | None:
        name = database_name(target.id)
        return next((each for each in restored(self.context.runs()) if each.name == name), None)

    async def _state(self, target: ChangeTarget) -> DrillState:
        return await self._read(database_name(target.id))

    async def _read(self, name: str) -> DrillState:
        at = self.context.clock.now()
        try:
            return DrillState(at, name, await self._rds.database(name))
        except NotFound:
            return DrillState(at, name, None)


def _backups(state: DrillState) -> str:
    days = state.instance.retention_days if state.instance is not None else None
    return _("unknown") if days is None else _("kept for {days} days", days=days) if days else _("none")
