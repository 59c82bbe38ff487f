"""The curves of the first wave: their metrics, what they are called, their units, and which of their values
is the worst. Source: "CloudWatch metrics for your Application Load Balancer", "Amazon ECS CloudWatch
metrics", "Amazon CloudWatch metrics for Amazon RDS", "AWS WAF core metrics and dimensions" (the services'
guides)."""

from dataclasses import dataclass

from services.i18n import N_
from services.models.first_wave import Measure
from services.models.units import BYTES, PERCENT, PLAIN, SECONDS, Unit


@dataclass(frozen=True, slots=True)
class MeasureText:
    title: str  # English, translated when shown
    unit: Unit = PLAIN
    widget: str = ""  # `namespace/metric` of the dashboard widget to which a row of it leads


MEASURES: dict[Measure, MeasureText] = {
    Measure.REQUESTS: MeasureText(N_("requests"), widget="AWS/ApplicationELB/RequestCount"),
    Measure.ELB_5XX: MeasureText(
        N_("5xx of the load balancer"), widget="AWS/ApplicationELB/HTTPCode_ELB_5XX_Count"
    ),
    Measure.ELB_502: MeasureText("502"),
    Measure.ELB_503: MeasureText("503"),
    Measure.ELB_504: MeasureText("504"),
    Measure.TARGET_5XX: MeasureText(
        N_("5xx of the application"), widget="AWS/ApplicationELB/HTTPCode_Target_5XX_Count"
    ),
    Measure.LATENCY: MeasureText(N_("latency p95"), SECONDS, "AWS/ApplicationELB/TargetResponseTime"),
    Measure.HEALTHY: MeasureText(N_("healthy targets"), widget="AWS/ApplicationELB/HealthyHostCount"),
    Measure.UNHEALTHY: MeasureText(N_("unhealthy targets")),
    Measure.ECS_CPU: MeasureText(N_("ECS CPU, mean"), PERCENT, "AWS/ECS/CPUUtilization"),
    Measure.ECS_CPU_MAX: MeasureText(N_("ECS CPU, hottest task"), PERCENT, "AWS/ECS/CPUUtilization"),
    Measure.ECS_MEMORY: MeasureText(N_("ECS memory"), PERCENT, "AWS/ECS/MemoryUtilization"),
    Measure.DB_CPU: MeasureText(N_("RDS CPU"), PERCENT, "AWS/RDS/CPUUtilization"),
    Measure.DB_CREDITS: MeasureText(N_("RDS CPU credits"), widget="AWS/RDS/CPUCreditBalance"),
    Measure.DB_CONNECTIONS: MeasureText(N_("RDS connections"), widget="AWS/RDS/DatabaseConnections"),
    Measure.DB_FREE: MeasureText(N_("RDS free storage"), BYTES),
    Measure.DB_WAL: MeasureText(N_("RDS transaction logs"), BYTES),
    Measure.DB_SLOT_LAG: MeasureText(N_("RDS replication slot lag"), BYTES),
    Measure.DB_LOAD: MeasureText(N_("RDS load (sessions)"), widget="AWS/RDS/DBLoad"),
    Measure.DB_BURST: MeasureText(N_("RDS burst balance"), PERCENT),
    Measure.WAF_BLOCKED: MeasureText(N_("requests blocked by WAF"), widget="AWS/WAFV2/BlockedRequests"),
}
"""The curves that are shown to people."""
REPORTED = (
    Measure.TARGET_5XX,
    Measure.ELB_5XX,
    Measure.REQUESTS,
    Measure.LATENCY,
    Measure.UNHEALTHY,
    Measure.HEALTHY,
    Measure.ECS_CPU,
    Measure.ECS_MEMORY,
    Measure.DB_CONNECTIONS,
    Measure.DB_CPU,
    Measure.DB_FREE,
    Measure.DB_WAL,
    Measure.WAF_BLOCKED,
)
"""The curves that reports name, in their order: what users notice first."""
LOW_IS_BAD = frozenset({Measure.HEALTHY, Measure.DB_FREE, Measure.DB_CREDITS, Measure.DB_BURST})
"""Curves of which the smallest value is the worst."""
BALANCER_METRICS = {
    Measure.REQUESTS: ("RequestCount", "Sum"),
    Measure.ELB_5XX: ("HTTPCode_ELB_5XX_Count", "Sum"),
    Measure.ELB_500: ("HTTPCode_ELB_500_Count", "Sum"),
    Measure.ELB_502: ("HTTPCode_ELB_502_Count", "Sum"),
    Measure.ELB_503: ("HTTPCode_ELB_503_Count", "Sum"),
    Measure.ELB_504: ("HTTPCode_ELB_504_Count", "Sum"),
    Measure.TARGET_5XX: ("HTTPCode_Target_5XX_Count", "Sum"),
    Measure.LATENCY: ("TargetResponseTime", "p95"),
    Measure.CONNECTION_ERRORS: ("TargetConnectionErrorCount", "Sum"),
    Measure.TLS_ERRORS: ("ClientTLSNegotiationErrorCount", "Sum"),
    Measure.TARGET_TLS_ERRORS: ("TargetTLSNegotiationErrorCount", "Sum"),
}
TARGETS_METRICS = {
    Measure.HEALTHY: ("HealthyHostCount", "Minimum"),
    Measure.UNHEALTHY: ("UnHealthyHostCount", "Maximum"),
}
SERVICE_METRICS = {
    Measure.ECS_CPU: ("CPUUtilization", "Average"),
    Measure.ECS_CPU_MAX: ("CPUUtilization", "Maximum"),
    Measure.ECS_MEMORY: ("MemoryUtilization", "Maximum"),
}
DATABASE_METRICS = {
    Measure.DB_CPU: ("CPUUtilization", "Average"),
    Measure.DB_CREDITS: ("CPUCreditBalance", "Minimum"),
    Measure.DB_CONNECTIONS: ("DatabaseConnections", "Maximum"),
    Measure.DB_FREE: ("FreeStorageSpace", "Minimum"),
    Measure.DB_WAL: ("TransactionLogsDiskUsage", "Maximum"),
    Measure.DB_SLOT_LAG: ("OldestReplicationSlotLag", "Maximum"),
    Measure.DB_LOAD: ("DBLoad", "Average"),
    Measure.DB_BURST: ("BurstBalance", "Minimum"),
}
FIREWALL_METRICS = {Measure.WAF_BLOCKED: ("BlockedRequests", "Sum")}
"""(name, statistic) of each curve's metric, by what publishes it."""
ZERO = frozenset(
    measure for measure, (_metric, stat) in {**BALANCER_METRICS, **FIREWALL_METRICS}.items() if stat == "Sum"
)
"""Counts that AWS publishes only when they are not zero."""
