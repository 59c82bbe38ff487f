"""Interprets GitHub's responses and failures as the errors of `services.aws.client.errors`. Pure. A refusal
proves that nothing was written only with GitHub's own request id: a proxy between could send any status.
Source: docs.github.com, REST API, "Troubleshooting", "Rate limits"."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from services.aws.client.errors import BY_KIND, AwsError
from services.i18n import _
from services.models.problem import Problem, ProblemKind
from services.models.text import clean

SERVICE = "github"
REQUEST_ID = "X-GitHub-Request-Id"
_DETAIL = 200  # Characters of GitHub's own message


def failed(
    kind: ProblemKind,
    summary: str,
    operation: str,
    at: datetime,
    *,
    remedy: str = "",
    detail: str = "",
    certain: bool,
) -> AwsError:
    """The error; `certain`: it is proven that nothing was written."""
    error = BY_KIND[kind](
        Problem(
            kind=kind,
            summary=summary,
            remedy=remedy,
            service=SERVICE,
            operation=operation,
            detail=clean(detail, _DETAIL),
            at=at,
        )
    )
    error.certain = certain
    return error


def refusal(status: int, headers: Mapping[str, str], content: Any, operation: str, at: datetime) -> AwsError:
    detail = str(content.get("message", "")) if isinstance(content, dict) else ""
    if not 400 <= status < 500 or not headers.get(REQUEST_ID):
        return unclear(f"HTTP {status}", operation, at, detail=detail)
    kind, summary, remedy = _words(status, headers)
    error = failed(kind, summary, operation, at, remedy=remedy, detail=detail, certain=True)
    error.request_id = clean(headers[REQUEST_ID], 80)
    return error


def _words(status: int, headers: Mapping[str, str]) -> tuple[ProblemKind, str, str]:
    if status == 429 or (status == 403 and headers.get("X-RateLimit-Remaining") == "0"):
        return ProblemKind.THROTTLED, _("GitHub accepts no more requests for now."), _("Wait some minutes.")
    if status == 401:
        return (
            ProblemKind.ACCESS_DENIED,
            _("GitHub rejected the token: it is wrong, expired or revoked."),
            _("Set TOBAN_GITHUB_TOKEN again and restart."),
        )
    if status == 403:
        return (
            ProblemKind.ACCESS_DENIED,
            _("GitHub does not let this token do that."),
            _("The token needs Secrets (write) and Actions (read) of the runbook's repository."),
        )
    if status == 404:
        return (
            ProblemKind.NOT_FOUND,
            _("GitHub has no such repository, environment or workflow, or the token cannot see it."),
            _("Check [github] in the runbook and what the token may see."),
        )
    return ProblemKind.INVALID, _("GitHub refused the request (HTTP {status}).", status=status), ""


def unclear(why: str, operation: str, at: datetime, *, detail: str = "") -> AwsError:
    summary = _("GitHub's response was unclear ({why}).", why=clean(why))
    return failed(ProblemKind.INCOMPLETE, summary, operation, at, detail=detail, certain=False)


def unreachable(host: str, why: str, operation: str, at: datetime, *, certain: bool) -> AwsError:
    """The error for a request that got no response; `certain`: it was never sent."""
    summary = _("No response from {host}: {why}.", host=clean(host), why=clean(why))
    remedy = _("Check network and proxy (HTTPS_PROXY, NO_PROXY).")
    return failed(ProblemKind.UNREACHABLE, summary, operation, at, remedy=remedy, certain=certain)


def time_text(at: datetime) -> str:
    return f"{at.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat()}Z"


def when(value: object) -> datetime | None:
    """A time in GitHub's form, as UTC; None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else None
