"""Every kind of change, one line each. Listing them imports none of their code."""

from pkgutil import resolve_name
from typing import TYPE_CHECKING

from services.changes.kind import ApprovalScope, ChangeKind
from services.i18n import N_

if TYPE_CHECKING:
    from services.changes.base import Change, ChangeContext

CHANGES: tuple[ChangeKind, ...] = (
    ChangeKind("task-limit", N_("Maximum task count"), "services.changes.task_limit.change:TaskLimit", N_("Raise or lower the number of tasks that Auto Scaling may start"), "--max 10 --min 2 --revert aws|duty|none --revert-at “2026-03-31 17:00”", "さいだいたすくすう saidai tasuku suu すけーる sukeru scale max", (ApprovalScope("raise", N_("Raise the maximum number of tasks"), "最大タスク数の引き上げ"),)),
    ChangeKind("deploy-rollback", N_("Rollback of a deployment"), "services.changes.deploy_rollback.change:DeployRollback", N_("Stop the deployment in progress, or deploy the revision before it again"), "--revision staff-api:41", "ろーるばっく もどす rorubakku modosu でぷろい depuroi rollback 5xx"),
    ChangeKind("desired-count", N_("Desired task count"), "services.changes.desired_count.change:DesiredCount", N_("Start or stop tasks now, within the bounds of Auto Scaling"), "--desired 5", "きぼうすう しゅどうすけーる kibousuu shudou sukeru desired scale"),
    ChangeKind("service-restart", N_("Restart of the tasks"), "services.changes.service_restart.change:ServiceRestart", N_("Start new tasks of the deployed revision and stop the old ones"), "", "さいきどう saikidou たすく tasuku restart force new deployment"),
    ChangeKind("key-rotation", N_("Access key rotation"), "services.changes.key_rotation.change:KeyRotation", N_("Create, hand over, deactivate and delete an IAM user's access key, one step at a time"), "--step create", "あくせすきー akusesu kii ろーてーしょん rooteeshon key rotate github"),
)  # fmt: skip


def approval_scopes() -> dict[str, ApprovalScope]:
    """Everything a role may have to approve, by its name in the runbook: `task-limit:raise`."""
    return {kind.scope(scope.id): scope for kind in CHANGES for scope in kind.scopes}


def change_class(kind: ChangeKind) -> "type[Change]":
    """Import and return the class for changes of this kind."""
    change: type[Change] = resolve_name(kind.code)
    return change


def changes(context: "ChangeContext") -> "dict[str, Change]":
    """One change of every kind, by the kind's id, in the order of `CHANGES`."""
    return {kind.id: change_class(kind)(kind, context) for kind in CHANGES}
