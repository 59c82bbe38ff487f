from collections.abc import Iterator, Mapping
from pkgutil import resolve_name
from typing import TYPE_CHECKING

from services.changes.kind import ApprovalScope, ChangeKind
from services.i18n import N_

if TYPE_CHECKING:
    from services.changes.base import Change, ChangeContext

CHANGES: tuple[ChangeKind, ...] = (
    ChangeKind("task-limit", N_("Maximum task count"), "services.changes.task_limit.task_limit_change:TaskLimit", N_("Raise or lower the number of tasks that Auto Scaling may start"), "--max 10 --revert aws|duty|none --revert-at '2026-03-31 17:00' --min 2", "さいだいたすくすう saidai tasuku suu すけーる sukeru scale max", (ApprovalScope("raise", N_("Raise the maximum number of tasks"), "最大タスク数の引き上げ"),)),
    ChangeKind("deploy-rollback", N_("Rollback of a deployment"), "services.changes.deploy_rollback.deploy_rollback_change:DeployRollback", N_("Stop the deployment in progress, or deploy the revision before it again"), "--revision staff-api:41", "ろーるばっく もどす rorubakku modosu でぷろい depuroi rollback 5xx"),
    ChangeKind("desired-count", N_("Desired task count"), "services.changes.desired_count.desired_count_change:DesiredCount", N_("Start or stop tasks now, within the bounds of Auto Scaling"), "--desired 5", "きぼうすう しゅどうすけーる kibousuu shudou sukeru desired scale"),
    ChangeKind("service-restart", N_("Restart of the tasks"), "services.changes.service_restart.service_restart_change:ServiceRestart", N_("Start new tasks of the deployed revision and stop the old ones"), "", "さいきどう saikidou たすく tasuku restart force new deployment"),
    ChangeKind("rds-class", N_("RDS instance class"), "services.changes.rds_class.rds_class_change:RdsClass", N_("Change the instance class of the database, now or in the maintenance window, or withdraw a queued one"), "--class db.t4g.large --timing window|now", "あーるでぃーえす いんすたんすくらす でーたべーす rds insutansu kurasu deetabeesu db scale class size", (ApprovalScope("change", N_("Change the RDS instance class"), "RDS インスタンスサイズ変更"),)),
    ChangeKind("rds-storage", N_("RDS storage"), "services.changes.rds_storage.rds_storage_change:RdsStorage", N_("Extend the storage of the database; it cannot shrink"), "--size 200 --timing now|window", "あーるでぃーえす すとれーじ かくちょう でーたべーす rds sutoreeji kakuchou deetabeesu db disk extend", (ApprovalScope("extend", N_("Extend the RDS storage"), "RDS ストレージ拡張"),)),
    ChangeKind("rds-maintenance", N_("Apply RDS maintenance"), "services.changes.rds_maintenance.rds_maintenance_change:RdsMaintenance", N_("Apply pending maintenance of the database in the next window or now, or withdraw that request"), "--action system-update --timing window|undo|now", "ぱっち てきよう patchi tekiyou patch update apply rds"),
    ChangeKind("rds-snapshot", N_("RDS manual snapshot"), "services.changes.rds_snapshot.rds_snapshot_change:RdsSnapshot", N_("Take a snapshot of the database"), "", "あーるでぃーえす すなっぷしょっと ばっくあっぷ rds sunappushotto bakkuappu backup"),
    ChangeKind("drill-restore", N_("Restore drill"), "services.changes.drill_restore.drill_restore_change:DrillRestore", N_("Restore a snapshot into an instance of its own, and measure how long that takes"), "--snapshot NAME --class db.t4g.small --revert-at '2026-12-01 17:00'", "ふくげん ふっきゅう くんれん fukugen fukkyuu kunren りすとあ risutoa restore drill dr", (ApprovalScope("restore", N_("Restore a backup for a drill")),), ("minutes", "snapshot")),
    ChangeKind("drill-delete", N_("Delete a drill's instance"), "services.changes.drill_delete.drill_delete_change:DrillDelete", N_("Delete the instance that a restore drill of this journal made"), "", "くんれん さくじょ kunren sakujo しょうきょ delete drill"),
    ChangeKind("drill-failover", N_("Failover drill"), "services.changes.drill_failover.drill_failover_change:DrillFailover", N_("Restart the database on its standby, and measure how long that takes"), "", "ふぇいるおーばー くんれん feiruoobaa kunren failover drill reboot multi-az", (ApprovalScope("failover", N_("Fail over the database for a drill")),), ("minutes",)),
    ChangeKind("cache-invalidation", N_("Cache invalidation"), "services.changes.cache_invalidation.cache_invalidation_change:CacheInvalidation", N_("Remove files from CloudFront's caches before they expire"), "--paths '/index.html'", "きゃっしゅ kyasshu くりあ kuria むこうか mukouka しーでぃーえぬ cdn cloudfront cache clear"),
    ChangeKind("alarm-mute", N_("Alarm mute"), "services.changes.alarm_mute.alarm_mute_change:AlarmMute", N_("Mute an alarm for a time and a reason, or end such a mute"), "--action mute|unmute --until '2026-12-01 17:00' --reason 'maintenance' --also 'rds-cpu-high'", "みゅーと myuuto つうちていし tsuuchi teishi あらーむ araamu silence"),
    ChangeKind("key-rotation", N_("Access key rotation"), "services.changes.key_rotation.key_rotation_change:KeyRotation", N_("Create, hand over, deactivate and delete an IAM user's access key, one step at a time"), "--step create", "あくせすきー akusesu kii ろーてーしょん rooteeshon key rotate github"),
)  # fmt: skip


def approval_scopes() -> dict[str, ApprovalScope]:
    """Everything a role may have to approve, by its name in the runbook: `task-limit:raise`."""
    return {kind.scope(scope.id): scope for kind in CHANGES for scope in kind.scopes}


def kind_named(id: str) -> ChangeKind:
    """One of `CHANGES`. Raises KeyError."""
    return {kind.id: kind for kind in CHANGES}[id]


def change_class(kind: ChangeKind) -> "type[Change]":
    change: type[Change] = resolve_name(kind.code)
    return change


class Changes(Mapping[str, "Change"]):
    """One change of every kind, by the kind's id, in the order of `CHANGES`. Each is imported and made when
    it is first asked for, because a console that only watches needs none of them."""

    def __init__(self, context: "ChangeContext") -> None:
        self._context = context
        self._kinds = {kind.id: kind for kind in CHANGES}
        self._made: dict[str, Change] = {}

    def __getitem__(self, id: str) -> "Change":
        if id not in self._made:
            kind = self._kinds[id]
            self._made[id] = change_class(kind)(kind, self._context)
        return self._made[id]

    def __contains__(self, id: object) -> bool:
        return id in self._kinds

    def __iter__(self) -> Iterator[str]:
        return iter(self._kinds)

    def __len__(self) -> int:
        return len(self._kinds)
