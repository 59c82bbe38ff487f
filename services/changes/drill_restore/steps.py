"""The step that restores an instance, and its state in words. Pure.

Source: RestoreDBInstanceFromDBSnapshot (Amazon RDS API reference).
"""

from datetime import tzinfo

from services.changes.base import ChangeContext
from services.changes.drill_restore.parameters import Parameters
from services.changes.drill_restore.state import RestoreState
from services.changes.drills.instances import TAG
from services.changes.rds.state import time_of
from services.i18n import _
from services.models.changes import ChangeTarget, PlannedStep, Row
from services.models.rds import Database, Snapshot

CREATE = "restore"


def restore(
    context: ChangeContext, target: ChangeTarget, values: Parameters, state: RestoreState, name: str, id: str
) -> PlannedStep:
    """Restores the snapshot into the instance `name`, placed as the database is, private and in one zone."""
    original = state.original
    params = {
        "DBInstanceIdentifier": name,
        "DBSnapshotIdentifier": str(values.snapshot.id),
        "DBInstanceClass": values.instance_class,
        "DBSubnetGroupName": str(original.subnet_group),
        "VpcSecurityGroupIds": [str(each) for each in original.security_groups],
        "DBParameterGroupName": str(original.parameter_group),
        "MultiAZ": False,
        "PubliclyAccessible": False,
        "DeletionProtection": False,
        "CopyTagsToSnapshot": False,
        "AutoMinorVersionUpgrade": False,
        "Tags": [{"Key": TAG, "Value": id}],
    }
    groups = _(", ").join(str(each) for each in original.security_groups)
    none = _("none")
    return context.step(
        CREATE,
        _("Restore the instance {name}").format(name=name),
        target,
        ("rds", "RestoreDBInstanceFromDBSnapshot", params),
        rows=(
            Row(name=_("Instance"), before=none, after=name),
            Row(name=_("Snapshot"), before=none, after=snapshot_title(values.snapshot, context.zone)),
            Row(name=_("Instance class"), before=none, after=values.instance_class),
            Row(name=_("Subnet group"), before=none, after=str(original.subnet_group)),
            Row(name=_("Security groups"), before=none, after=groups),
            Row(name=_("Public access"), before=none, after=_("no")),
            Row(name=_("Multi-AZ"), before=none, after=_("no")),
        ),
        expects=state.digest(values.snapshot, name),
        required=("DBInstance",),
    )


def exists_text(instance: Database) -> str:
    text = _("The instance {name} of an earlier drill still exists ({status}); delete it first.")
    return text.format(name=instance.name, status=instance.status)


def snapshot_title(snapshot: Snapshot, zone: tzinfo) -> str:
    at = time_of(snapshot.at, zone) if snapshot.at else "—"
    return _("{name} ({at})").format(name=snapshot.name, at=at)


def observed_text(state: RestoreState, snapshot: Snapshot | None, name: str, id: str) -> str:
    """The state in words: the instance, else what would hinder its restore."""
    instance = state.named(name)
    if instance is not None and instance.tags.get(TAG) != id:
        return _("There is an instance {name} without the tag of this plan.").format(name=name)
    if instance is not None:
        return _("The instance {name} is {status}.").format(name=name, status=instance.status)
    others = state.drills
    if others:
        return exists_text(others[0])
    if snapshot is None or not state.is_usable(snapshot):
        return _("The snapshot is not available.")
    return _("There is no instance {name}.").format(name=name)
