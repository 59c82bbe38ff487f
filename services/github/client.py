"""GitHub's REST API as far as a key rotation needs it. Imported at the first request, as the HTTP library is
large. Source: docs.github.com, REST API, "Actions secrets", "Workflow runs" (version 2022-11-28). Every
request is sent once; no error message contains the token or a request's body."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aiohttp
import orjson

from services.aws.client.errors import AwsError, NotFound
from services.background.boundaries import RaisedAs
from services.clock import Clock
from services.github import responses
from services.github.sealing import is_usable
from services.github.settings import GithubSettings
from services.host import web
from services.i18n import _
from services.models.github import GithubSecret, SealingKey, WorkflowRun
from services.models.problem import ProblemKind
from services.models.text import clean

if TYPE_CHECKING:
    from services.aws.client.write_grants import WriteGrant


# The requests that may go to GitHub: these reads, and one write with a grant. The counterpart of AWS's gate.
#
# Source: docs.github.com, REST API, "Actions secrets", "Workflow runs".


SERVICE, PUT_SECRET = "github", "PutSecret"
"""Service and operation of the only write, as a plan's request names them."""
_NAME = r"(?!\.+(?:/|$))[A-Za-z0-9_.%-]+"
_SCOPE = rf"(?:orgs/{_NAME}/actions|repos/{_NAME}/{_NAME}/(?:actions|environments/{_NAME}))"
_READS = (
    re.compile(rf"{_SCOPE}/secrets/public-key"),
    re.compile(rf"{_SCOPE}/secrets/{_NAME}(?:/repositories)?"),
    re.compile(rf"repos/{_NAME}/{_NAME}/actions/(?:workflows/{_NAME}/)?runs"),
)
_WRITE = re.compile(rf"{_SCOPE}/secrets/(?!public-key$){_NAME}")


def may_read(path: str) -> bool:
    return any(pattern.fullmatch(path) for pattern in _READS)


def written_path(permit: "WriteGrant") -> str:
    """The path that a grant lets be written; "" if it is no grant for a secret."""
    call, params = permit.call, permit.call.params
    path = f"{params.get('Scope')}/secrets/{params.get('SecretName')}"
    is_granted = (call.service, call.operation) == (SERVICE, PUT_SECRET)
    return path if is_granted and _WRITE.fullmatch(path) else ""


VERSION = "2022-11-28"
PAGE = 100  # Rows of one page; the newest runs come first, and a key's test is among them
_LIMITS = aiohttp.ClientTimeout(total=20.0, connect=8.0)
_WRITTEN = (201, 204)  # A secret was created, or updated

_UNSENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.ClientHttpProxyError)
"""Errors after which the request certainly was not sent."""


class GithubClient:
    def __init__(self, settings: GithubSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock

    async def sealing_key(self, scope: str) -> SealingKey:
        """The public key to seal secrets of a scope for. Raises AwsError."""
        operation = "GetPublicKey"
        content = await self._get(f"{scope}/secrets/public-key", operation)
        id, key = content.get("key_id"), content.get("key")
        sealing = SealingKey(id=str(id), key=str(key))
        if not isinstance(id, str) or not is_usable(sealing):
            raise responses.unclear("public-key", operation, self._now())
        return sealing

    async def secret(self, scope: str, name: str) -> GithubSecret:
        """When a secret was last written. Raises AwsError."""
        operation = "GetSecret"
        try:
            content = await self._get(f"{scope}/secrets/{name}", operation)
        except NotFound:
            # GitHub says the same of a secret that it lacks and of a repository that the token cannot see.
            await self.sealing_key(scope)
            return GithubSecret(name=name, updated_at=None)
        updated = responses.when(content.get("updated_at"))
        if updated is None:
            raise responses.unclear("updated_at", operation, self._now())
        visibility = str(content.get("visibility") or "")
        repositories = await self._repositories(scope, name) if visibility == "selected" else ()
        return GithubSecret(name=name, updated_at=updated, visibility=visibility, repositories=repositories)

    async def runs(self, path: str, since: datetime) -> tuple[WorkflowRun, ...]:
        """The runs at a path created since a time, newest first. Raises AwsError."""
        operation, created = "ListRuns", responses.time_text(since)
        content = await self._get(path, operation, {"created": f">={created}", "per_page": str(PAGE)})
        rows = content.get("workflow_runs")
        if not isinstance(rows, list):
            raise responses.unclear("workflow_runs", operation, self._now())
        return tuple(self._run(row, operation) for row in rows)

    async def put_secret(
        self, permit: "WriteGrant", body: Mapping[str, Any], leaving: Callable[[], None] = lambda: None
    ) -> None:
        """Write the secret that the grant names: exactly one attempt. `leaving` is called just before;
        nothing is sent if that raises an AwsError. Raises AwsError, whose `certain` says whether nothing was
        written."""
        operation, path = PUT_SECRET, written_path(permit)
        if not path:
            raise self._blocked(operation)
        status, headers, content = await self._request("PUT", path, operation, body=body, leaving=leaving)
        if status not in _WRITTEN or not headers.get(responses.REQUEST_ID):
            raise responses.refusal(status, headers, content, operation, self._now())

    async def _repositories(self, scope: str, name: str) -> tuple[int, ...]:
        operation = "ListSelectedRepositories"
        path = f"{scope}/secrets/{name}/repositories"
        content = await self._get(path, operation, {"per_page": str(PAGE)})
        rows = content.get("repositories")
        listed = rows if isinstance(rows, list) else []
        ids = [row["id"] for row in listed if isinstance(row, dict) and isinstance(row.get("id"), int)]
        if not ids or content.get("total_count") != len(ids):
            # A secret written with an incomplete list would be taken from the other repositories.
            raise responses.unclear("repositories", operation, self._now())
        return tuple(ids)

    def _run(self, row: Any, operation: str) -> WorkflowRun:
        row = row if isinstance(row, dict) else {}
        started = responses.when(row.get("run_started_at")) or responses.when(row.get("created_at"))
        updated, number = responses.when(row.get("updated_at")), row.get("run_number")
        if started is None or updated is None or not isinstance(number, int):
            raise responses.unclear("workflow_runs", operation, self._now())
        return WorkflowRun(
            number=number,
            started_at=started,
            updated_at=updated,
            completed=row.get("status") == "completed",
            conclusion=str(row.get("conclusion") or ""),
            url=str(row.get("html_url") or ""),
        )

    async def _get(
        self, path: str, operation: str, params: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        if not may_read(path):
            raise self._blocked(operation)
        status, headers, content = await self._request("GET", path, operation, params=params)
        if status != 200 or not headers.get(responses.REQUEST_ID):
            raise responses.refusal(status, headers, content, operation, self._now())
        if not isinstance(content, dict):
            raise responses.unclear("JSON", operation, self._now())
        return content

    async def _request(
        self,
        method: str,
        path: str,
        operation: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        leaving: Callable[[], None] = lambda: None,
    ) -> tuple[int, Mapping[str, str], Any]:
        """(status, headers, JSON content or None)."""
        token, base = self._settings.token, self._settings.base
        host = urlsplit(base).hostname or ""
        if token is None:
            why = self._settings.why
            raise responses.failed(ProblemKind.NO_CREDENTIALS, why, operation, self._now(), certain=True)
        headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {token.reveal()}",
            "X-GitHub-Api-Version": VERSION,
            "User-Agent": "toban",
        }

        def unreachable(error: Exception) -> AwsError:
            # No other error proves that nothing was written.
            certain = isinstance(error, _UNSENT)
            return responses.unreachable(host, _why(error), operation, self._now(), certain=certain)

        with RaisedAs(unreachable, but=AwsError):
            async with (
                web.session(_LIMITS, leaving) as session,
                session.request(
                    method, f"{base}/{path}", headers=headers, params=params, json=body, proxy=web.proxy(base)
                ) as answer,
            ):
                return answer.status, answer.headers, _json(await answer.read())

    def _blocked(self, operation: str) -> AwsError:
        text = _("The console refused to send {call}: it is not what was confirmed.")
        summary = text.format(call=f"{SERVICE}:{operation}")
        return responses.failed(ProblemKind.REFUSED, summary, operation, self._now(), certain=True)

    def _now(self) -> datetime:
        return self._clock.now()


def _json(content: bytes) -> Any:
    try:
        return orjson.loads(content) if content else None
    except orjson.JSONDecodeError:
        return None


def _why(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return clean(error.strerror)
    return type(error).__name__
