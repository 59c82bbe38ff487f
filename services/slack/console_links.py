"""Addresses of the AWS console's pages, as deep as they are stable."""

from urllib.parse import quote

_DOMAINS = {"cn-": "console.amazonaws.cn", "us-gov-": "console.amazonaws-us-gov.com"}
_PAGES = {
    "alarms": "cloudwatch/home?region={region}#alarmsV2:",
    "dashboard": "cloudwatch/home?region={region}#dashboards",
    "error-logs": "cloudwatch/home?region={region}#logsV2:logs-insights",
    "slow-queries": "cloudwatch/home?region={region}#logsV2:logs-insights",
    "costs": "costmanagement/home#/cost-explorer",
    "backups": "rds/home?region={region}#snapshots-list:",
    "maintenance": "rds/home?region={region}#databases:",
    "sign-ins": "cloudtrailv2/home?region={region}#/events",
    "access-keys": "iam/home#/users",
    "waf-blocks": "wafv2/homev2",
}
"""By the inspection's id."""


def alarm_page(region: str, name: str) -> str:
    """One alarm, as CloudWatch's own mails link to it."""
    return f"{_root(region)}/cloudwatch/deeplink.js?region={region}#alarmsV2:alarm/{quote(name, safe='')}"


def inspection_page(region: str, inspection: str) -> str:
    """The page that shows what an inspection checks; "" where there is no single one."""
    page = _PAGES.get(inspection, "")
    return f"{_root(region)}/{page.format(region=region)}" if page else ""


def _root(region: str) -> str:
    domain = next(
        (name for start, name in _DOMAINS.items() if region.startswith(start)), "console.aws.amazon.com"
    )
    return f"https://{region}.{domain}"
