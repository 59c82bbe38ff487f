"""Source: docs.github.com, REST API, "Actions secrets" and "Workflow runs" (version 2022-11-28)."""

import base64
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from services.demo.answers import Answer
from services.demo.faults import FaultRule
from services.demo.github.address import PREFIX, TOKEN
from services.demo.github.model import REPOSITORY, WORKFLOW, GithubActions, StoredSecret, WorkflowRun

_SCOPE = r"(?P<scope>(?:repos/[^/]+/[^/]+|orgs/[^/]+)/(?:actions|environments/[^/]+))"
_NAME = r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)"


class GithubRequest(NamedTuple):
    operation: str
    """As faults and counts name it."""
    scope: str
    name: str
    query: Mapping[str, list[str]]
    body: bytes
    now: datetime


class _Refused(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def read(environ: Mapping[str, Any], body: bytes, now: datetime) -> GithubRequest | None:
    path = str(environ["PATH_INFO"]).removeprefix(PREFIX).lstrip("/")
    route = f"{environ['REQUEST_METHOD']} {path}"
    for pattern, operation in _ROUTES.items():
        if match := re.fullmatch(pattern, route):
            parts = match.groupdict()
            query = parse_qs(environ.get("QUERY_STRING", ""))
            return GithubRequest(operation, parts.get("scope", ""), parts.get("name", ""), query, body, now)
    return None


def handle(actions: GithubActions, request: GithubRequest | None, environ: Mapping[str, Any]) -> Answer:
    if environ.get("HTTP_AUTHORIZATION") != f"Bearer {TOKEN}":
        return refusal(401, "Bad credentials")
    if request is None or (request.scope and request.scope not in actions.secrets):
        return refusal(404, "Not Found")
    try:
        return _HANDLERS[request.operation](actions, request)
    except _Refused as refused:
        return refusal(refused.status, str(refused))


def error(rule: FaultRule) -> Answer:
    if rule.preset == "throttled":
        answer = refusal(403, "API rate limit exceeded for user ID 1.")
        return answer._replace(headers=answer.headers | {"X-RateLimit-Remaining": "0"})
    if rule.preset == "denied":
        return refusal(403, "Resource not accessible by personal access token")
    if rule.preset == "expired":
        return refusal(401, "Bad credentials")
    return refusal(rule.status, rule.message)


def refusal(status: int, message: str) -> Answer:
    return _answer(status, {"message": message, "documentation_url": "https://docs.github.com/rest"})


def _answer(status: int, content: Any = None) -> Answer:
    headers = {"Content-Type": "application/json; charset=utf-8", "X-GitHub-Request-Id": "70BA:1"}
    return Answer(status, headers, b"" if content is None else json.dumps(content).encode())


def _public_key(actions: GithubActions, _request: GithubRequest) -> Answer:
    key = base64.b64encode(bytes(actions.sealing.public_key)).decode()
    return _answer(200, {"key_id": "568250167242549743", "key": key})


def _secret(actions: GithubActions, request: GithubRequest) -> Answer:
    secret = actions.secrets[request.scope].get(request.name)
    if secret is None:
        raise _Refused(404, "Not Found")
    content = {"name": request.name, "created_at": _time(secret.created), "updated_at": _time(secret.updated)}
    if secret.visibility:
        content["visibility"] = secret.visibility
    return _answer(200, content)


def _repositories(actions: GithubActions, request: GithubRequest) -> Answer:
    secret: StoredSecret | None = actions.secrets[request.scope].get(request.name)
    if secret is None or secret.visibility != "selected":
        raise _Refused(409, "Visibility of the secret is not selected")
    rows = [{"id": id, "full_name": REPOSITORY} for id in secret.repositories]
    return _answer(200, {"total_count": len(rows), "repositories": rows})


def _put(actions: GithubActions, request: GithubRequest) -> Answer:
    content = json.loads(request.body)
    visibility = str(content.get("visibility", ""))
    if request.scope.startswith("orgs/") != bool(visibility):
        raise _Refused(422, "Invalid request. Validation failed: visibility")
    try:
        value = actions.opened(content["encrypted_value"])
    except (KeyError, ValueError) as error:
        raise _Refused(422, "Invalid request. Validation failed: encrypted_value") from error
    repositories = tuple(content.get("selected_repository_ids", ()))
    created = actions.put(request.scope, request.name, value, request.now, visibility, repositories)
    return _answer(201, {}) if created else _answer(204)


def _runs(actions: GithubActions, request: GithubRequest) -> Answer:
    since = request.query.get("created", [""])[0].removeprefix(">=")
    rows = [_run(run, request.now) for run in reversed(actions.runs) if _time(run.started) >= since]
    count = int(request.query.get("per_page", ["30"])[0])
    return _answer(200, {"total_count": len(rows), "workflow_runs": rows[:count]})


def _run(run: WorkflowRun, now: datetime) -> dict[str, Any]:
    ended = run.ends <= now
    return {
        "id": 9_000_000_000 + run.number,
        "name": "Deploy",
        "path": f".github/workflows/{WORKFLOW}",
        "run_number": run.number,
        "event": "push",
        "head_branch": "main",
        "status": "completed" if ended else "in_progress",
        "conclusion": ("success" if run.success else "failure") if ended else None,
        "created_at": _time(run.started),
        "run_started_at": _time(run.started),
        "updated_at": _time(min(run.ends, now)),
        "html_url": f"https://github.com/{REPOSITORY}/actions/runs/{9_000_000_000 + run.number}",
    }


def _time(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


_ROUTES = {
    rf"GET {_SCOPE}/secrets/public-key": "GetPublicKey",
    rf"GET {_SCOPE}/secrets/{_NAME}": "GetSecret",
    rf"GET {_SCOPE}/secrets/{_NAME}/repositories": "ListSelectedRepositories",
    rf"PUT {_SCOPE}/secrets/{_NAME}": "PutSecret",
    rf"GET repos/{REPOSITORY}/actions/(?:workflows/{re.escape(WORKFLOW)}/)?runs": "ListRuns",
}
_HANDLERS: dict[str, Callable[[GithubActions, GithubRequest], Answer]] = {
    "GetPublicKey": _public_key,
    "GetSecret": _secret,
    "ListSelectedRepositories": _repositories,
    "PutSecret": _put,
    "ListRuns": _runs,
}
