from collections.abc import Callable, Iterable

from services.aws.cloudwatch.dashboards.default import builtin_dashboard
from services.models.runbook import Runbook

Requirement = str | Callable[[Runbook], str]
"""A key (`rds`, `error_logs.log_group`), or a function that returns the missing key, "" for none."""


def missing_setting(runbook: Runbook, requirements: Iterable[Requirement]) -> str:
    """The first required key that the runbook does not set; "" if it sets all of them."""
    keys = (_missing(runbook, need) if isinstance(need, str) else need(runbook) for need in requirements)
    return next(filter(None, keys), "")


def _missing(runbook: Runbook, key: str) -> str:
    section, _dot, name = key.partition(".")
    value = getattr(runbook, section)
    if not value:
        return section
    return key if name and not getattr(value, name) else ""


def dashboard(runbook: Runbook) -> str:
    """Requires a dashboard, or targets from which one can be generated."""
    return "" if runbook.dashboard or builtin_dashboard(runbook).widgets else "dashboard"


def web_acl(runbook: Runbook) -> str:
    """Requires the web ACL's name, or the load balancer that it protects."""
    waf, alb = runbook.waf, runbook.alb
    if waf is None:
        return "waf"
    balancer = alb is not None and alb.load_balancer and waf.scope == "regional"
    return "" if waf.web_acl or balancer else "waf.web_acl"
