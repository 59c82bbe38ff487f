"""Source: "Resource types defined by" each service (Service Authorization Reference)."""

from collections.abc import Iterator

from services.aws.client.settings import partition_of
from services.changes.drills.instances import name_prefix
from services.models.runbook import Runbook

EVERYTHING = ("*",)  # For actions that know no resource, or list them
MUTE_RULES = "toban-*"  # Names of this console's mute rules


class Arns:
    """The ARNs of one runbook's resources; () for those that it does not name."""

    def __init__(self, runbook: Runbook, region: str = "") -> None:
        self._runbook = runbook
        self.region = region or str(runbook.system.region)
        self.account = str(runbook.system.account)
        self.partition = partition_of(self.region)

    def arn(self, service: str, resource: str, *, region: bool = True, account: bool = True) -> str:
        place = f"{self.region if region else ''}:{self.account if account else ''}"
        return f"arn:{self.partition}:{service}:{place}:{resource}"

    @property
    def services(self) -> tuple[str, ...]:
        ecs = self._runbook.ecs
        if ecs is None:
            return ()
        return tuple(self.arn("ecs", f"service/{ecs.cluster}/{name}") for name in ecs.services)

    @property
    def roles(self) -> tuple[str, ...]:
        return (self.arn("iam", "role/*", region=False),) if self._runbook.ecs else ()

    @property
    def service_deployments(self) -> tuple[str, ...]:
        """Deployments of the ECS services, whose ids are not known before."""
        return tuple(f"{arn.replace(':service/', ':service-deployment/')}/*" for arn in self.services)

    @property
    def scalable_targets(self) -> tuple[str, ...]:
        return (self.arn("application-autoscaling", "scalable-target/*"),) if self._runbook.ecs else ()

    @property
    def databases(self) -> tuple[str, ...]:
        rds = self._runbook.rds
        return () if rds is None else (self.arn("rds", f"db:{rds.instance}"),)

    @property
    def snapshots(self) -> tuple[str, ...]:
        return (*self.databases, self.arn("rds", "snapshot:*")) if self._runbook.rds else ()

    @property
    def drills(self) -> tuple[str, ...]:
        rds = self._runbook.rds
        return () if rds is None else (self.arn("rds", f"db:{name_prefix(rds.instance)}*"),)

    @property
    def restored_from(self) -> tuple[str, ...]:
        """The instances of drills, and what they are restored from: snapshots, and groups that no runbook names."""
        if self._runbook.rds is None:
            return ()
        return (*self.drills, *(self.arn("rds", f"{kind}:*") for kind in ("og", "pg", "snapshot", "subgrp")))

    @property
    def distributions(self) -> tuple[str, ...]:
        """The CloudFront distribution; CloudFront has no region."""
        cdn = self._runbook.cdn
        return (
            () if cdn is None else (self.arn("cloudfront", f"distribution/{cdn.distribution}", region=False),)
        )

    @property
    def mutes(self) -> tuple[str, ...]:
        return (
            *self.mute_rules,
            *(self.arn("cloudwatch", f"alarm:{each.name}") for each in self._runbook.alarms),
        )

    @property
    def mute_rules(self) -> tuple[str, ...]:
        return (self.arn("cloudwatch", f"alarm-mute-rule:{MUTE_RULES}"),) if self._runbook.alarms else ()

    @property
    def users(self) -> tuple[str, ...]:
        keys = self._runbook.access_keys
        return tuple(self.arn("iam", f"user/{name}", region=False) for name in (keys.users if keys else ()))

    @property
    def log_groups(self) -> tuple[str, ...]:
        names = dict.fromkeys(filter(None, self._log_groups()))
        return tuple(arn for name in names for arn in self._group(name))

    @property
    def journal_groups(self) -> tuple[str, ...]:
        return self._group(self._runbook.journal.log_group) if self._runbook.journal.log_group else ()

    @property
    def journal_streams(self) -> tuple[str, ...]:
        spec = self._runbook.journal
        if not (spec.log_group and spec.log_stream):
            return ()
        return (self.arn("logs", f"log-group:{spec.log_group}:log-stream:{spec.log_stream}"),)

    @property
    def buckets(self) -> tuple[str, ...]:
        waf = self._runbook.waf
        return (f"arn:{self.partition}:s3:::{waf.log_bucket}",) if waf and waf.log_bucket else ()

    @property
    def objects(self) -> tuple[str, ...]:
        return tuple(f"{bucket}/{self.log_prefix}*" for bucket in self.buckets)

    @property
    def log_prefix(self) -> str:
        return self._runbook.waf.log_prefix if self._runbook.waf else ""

    @property
    def workgroups(self) -> tuple[str, ...]:
        waf = self._runbook.waf
        return (self.arn("athena", f"workgroup/{waf.workgroup}"),) if waf and waf.workgroup else ()

    @property
    def tables(self) -> tuple[str, ...]:
        waf = self._runbook.waf
        if waf is None or not (waf.athena_database and waf.athena_table):
            return ()
        table = f"table/{waf.athena_database}/{waf.athena_table}"
        return tuple(self.arn("glue", name) for name in ("catalog", f"database/{waf.athena_database}", table))

    @property
    def calendars(self) -> tuple[str, ...]:
        calendar = self._runbook.change_calendar
        if calendar is None:
            return ()
        name = str(calendar.name)
        return (name if name.startswith("arn:") else self.arn("ssm", f"document/{name}"),)

    def _group(self, name: str) -> tuple[str, ...]:
        arn = self.arn("logs", f"log-group:{name}")
        return (arn, f"{arn}:*")

    def _log_groups(self) -> Iterator[str]:
        book = self._runbook
        yield from (str(group.id) for group in book.log_groups)
        yield from (str(alarm.log_group) for alarm in book.alarms)
        yield str(book.error_logs.log_group) if book.error_logs else ""
        yield str(book.slow_queries.log_group) if book.slow_queries else ""
        yield from (str(own.log_group) for own in book.inspections)
