"""Addresses of the AWS console's pages, as deep as they are stable."""

from urllib.parse import quote

from services.inspections.registry import INSPECTIONS

_DOMAINS = {"cn-": "console.amazonaws.cn", "us-gov-": "console.amazonaws-us-gov.com"}


def alarm_page(region: str, name: str) -> str:
    """One alarm, as CloudWatch's own mails link to it."""
    return f"{_root(region)}/cloudwatch/deeplink.js?region={region}#alarmsV2:alarm/{quote(name, safe='')}"


def inspection_page(region: str, inspection: str) -> str:
    """The page that shows what an inspection checks; "" where there is no single one."""
    page = next((entry.page for entry in INSPECTIONS if entry.id == inspection), "")
    return f"{_root(region)}/{page.format(region=region)}" if page else ""


def _root(region: str) -> str:
    domain = next(
        (name for start, name in _DOMAINS.items() if region.startswith(start)), "console.aws.amazon.com"
    )
    return f"https://{region}.{domain}"
