"""A session that reads metrics and logs in a monitoring account, and everything else in the system's own.

Read in the monitoring account, in the system's region: GetMetricData of metrics and of math on them, each with AccountId,
and FilterLogEvents, with the ARN of the log group. A monitoring account has no alarms, mute rules or dashboards of the
accounts that it monitors. Expressions that choose their metrics themselves (SEARCH, Metrics Insights and the like) would
choose among all of its accounts, so they, too, are read in the system's own account; so are log groups that are not shared.

Source: "CloudWatch cross-account observability" (Amazon CloudWatch User Guide); MetricDataQuery (Amazon CloudWatch API
reference), FilterLogEvents (Amazon CloudWatch Logs API reference).
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from services.aws.client.account_proof import AccountProof
from services.aws.client.errors import NotFound
from services.aws.client.meter import UsageMeter
from services.aws.client.session import AwsSession, AwsSettings
from services.aws.client.settings import MonitoringAccount, partition_of
from services.aws.client.write_grants import NOWHERE, AppendTarget
from services.clock import Clock

_OF_THE_ACCOUNT = re.compile(
    r"\s*SELECT\b"
    r"|\b(SEARCH|ANOMALY_DETECTION_BAND|SERVICE_QUOTA|INSIGHT_RULE_METRIC|DB_PERF_INSIGHTS|LAMBDA)\s*\(",
    re.IGNORECASE,
)
"""Expressions whose metrics, models or functions are those of the account that asks."""


class MonitoredSession(AwsSession):
    def __init__(
        self,
        settings: AwsSettings,
        monitoring: MonitoringAccount,
        *,
        clock: Clock,
        meter: UsageMeter,
        wall: Clock | None = None,
        journal: AppendTarget = NOWHERE,
        journal_group: str = "",
        proof: AccountProof | None = None,
    ) -> None:
        """`journal_group`: the log group that `journal` is in, which is read where it is appended to."""
        super().__init__(settings, clock=clock, meter=meter, wall=wall, journal=journal, proof=proof)
        self._source = monitoring.source_account
        self._journal_group = journal_group
        self._unshared: set[str] = set()  # Log groups that the monitoring account does not have
        # Without a proof: each of its requests names the account that it is about.
        self._monitoring = AwsSession(
            replace(
                settings,
                profile=monitoring.profile or settings.profile,
                role_arn=monitoring.role_arn,
                external_id="",
                mfa_serial="",
                write_role=None,
                monitoring=None,
            ),
            clock=clock,
            meter=meter,
            wall=wall,
        )

    async def read(
        self,
        service: str,
        operation: str,
        /,
        *,
        region: str | None = None,
        required: Sequence[str] = (),
        timeout: float = 20.0,
        **params: Any,
    ) -> dict[str, Any]:
        there = self._in_monitoring_account(service, operation, region, params)
        if there is not None:
            try:
                return await self._monitoring.read(
                    service, operation, region=region, required=required, timeout=timeout, **there
                )
            except NotFound:
                if "logGroupIdentifier" not in there:
                    raise
                self._unshared.add(_group(params))
        return await super().read(
            service, operation, region=region, required=required, timeout=timeout, **params
        )

    def secrets(self) -> tuple[str, ...]:
        return (*super().secrets(), *self._monitoring.secrets())

    def renew(self) -> None:
        super().renew()
        self._monitoring.renew()

    async def close(self) -> None:
        await self._monitoring.close()
        await super().close()

    def _in_monitoring_account(
        self, service: str, operation: str, region: str | None, params: dict[str, Any]
    ) -> dict[str, Any] | None:
        # Accounts are linked region by region.
        if region not in (None, self.settings.region):
            return None
        if (service, operation) == ("cloudwatch", "GetMetricData"):
            return self._with_account(params)
        if (service, operation) == ("logs", "FilterLogEvents"):
            return self._with_arn(params)
        return None

    def _with_account(self, params: dict[str, Any]) -> dict[str, Any] | None:
        queries: list[dict[str, Any]] = params["MetricDataQueries"]
        if any(_OF_THE_ACCOUNT.search(query.get("Expression", "")) for query in queries):
            return None
        return params | {
            "MetricDataQueries": [
                query if "Expression" in query else {"AccountId": self._source} | query for query in queries
            ]
        }

    def _with_arn(self, params: dict[str, Any]) -> dict[str, Any] | None:
        group = _group(params)
        if group in self._unshared or group == self._journal_group:
            return None
        rest = {key: value for key, value in params.items() if key != "logGroupName"}
        return rest | {"logGroupIdentifier": group if group.startswith("arn:") else self._arn(group)}

    def _arn(self, group: str) -> str:
        region = self.settings.region
        return f"arn:{partition_of(region)}:logs:{region}:{self._source}:log-group:{group}"


def _group(params: dict[str, Any]) -> str:
    return str(params.get("logGroupName") or params.get("logGroupIdentifier"))


def session_of(
    settings: AwsSettings,
    *,
    clock: Clock,
    meter: UsageMeter,
    journal: AppendTarget = NOWHERE,
    journal_group: str = "",
    proof: AccountProof | None = None,
) -> AwsSession:
    if settings.monitoring is None:
        return AwsSession(settings, clock=clock, meter=meter, journal=journal, proof=proof)
    return MonitoredSession(
        settings,
        settings.monitoring,
        clock=clock,
        meter=meter,
        journal=journal,
        journal_group=journal_group,
        proof=proof,
    )
