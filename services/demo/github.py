"""GitHub as far as a key rotation needs it, under `/_github/`: the secrets of Actions, and the workflow that
deploys. Source: docs.github.com, REST API, "Actions secrets" and "Workflow runs" (version 2022-11-28)."""

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from services.demo import names
from services.demo.account import SYSTEM
from services.demo.errors import ErrorAnswer
from services.demo.faults import FaultRule
from services.demo.iam import LAST_USE, AccessKeyStore
from services.demo.launch import PREFIX, TOKEN
from services.demo.scenario import ScenarioRun

OWNER, REPOSITORY = f"{SYSTEM}-city", f"{SYSTEM}-city/staff-api"
ENVIRONMENT = "production"
WORKFLOW = "deploy.yml"
KEY_ID, SECRET = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"
"""The names of the secrets that the workflow deploys with."""
SCOPES = (
    f"repos/{REPOSITORY}/environments/{ENVIRONMENT}",
    f"repos/{REPOSITORY}/actions",
    f"orgs/{OWNER}/actions",
)
"""Where the workflow looks for a secret, the first that has it wins."""
EVERY = timedelta(days=1)  # Time from one scheduled run to the next
TEST_AFTER = timedelta(minutes=2)
"""Time from the newest change of a secret to the run that somebody starts to test it."""
LASTS = timedelta(minutes=3)  # Time that a run takes
PAST_RUNS = 5


@dataclass(slots=True)
class StoredSecret:
    """A secret of Actions; GitHub never gives its value back."""

    value: str
    created: datetime
    updated: datetime
    visibility: str = ""  # Which repositories may use it; only a secret of an organisation has one
    repositories: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class DemoWorkflowRun:
    number: int
    started: datetime
    success: bool  # Whether AWS accepted the key

    @property
    def ends(self) -> datetime:
        return self.started + LASTS


class GithubActions:
    def __init__(self, run: ScenarioRun, keys: AccessKeyStore) -> None:
        self._keys = keys
        self._sealing: Any = None
        self.secrets: dict[str, dict[str, StoredSecret]] = {scope: {} for scope in SCOPES}
        """By scope, then by name."""
        last = (run.began - LAST_USE).replace(microsecond=0)
        self.runs = [
            DemoWorkflowRun(number + 1, last - EVERY * (PAST_RUNS - 1 - number), True)
            for number in range(PAST_RUNS)
        ]
        """Oldest first."""
        self._next = last + EVERY
        self._test: datetime | None = None
        key = keys.find(names.USER_KEY)
        if key is not None:
            since, values = key[1].created, {KEY_ID: key[1].id, SECRET: key[1].secret}
            self.secrets[SCOPES[1]] = {
                name: StoredSecret(value, since, since) for name, value in values.items()
            }

    @property
    def sealing(self) -> Any:
        """The key pair that secrets are sealed for; its library is loaded at the first use."""
        if self._sealing is None:
            from nacl.public import PrivateKey

            self._sealing = PrivateKey(bytes(range(32)))
        return self._sealing

    def opened(self, sealed: str) -> str:
        """The text of a sealed box. Raises ValueError."""
        from nacl.exceptions import CryptoError
        from nacl.public import SealedBox

        try:
            return SealedBox(self.sealing).decrypt(base64.b64decode(sealed, validate=True)).decode()
        except CryptoError as error:
            raise ValueError("not sealed for this key") from error

    def put(
        self,
        scope: str,
        name: str,
        value: str,
        now: datetime,
        visibility: str = "",
        repositories: tuple[int, ...] = (),
    ) -> bool:
        """Store a secret; returns whether it is new. Somebody tests it soon."""
        now = now.replace(microsecond=0)
        old = self.secrets[scope].get(name)
        created = now if old is None else old.created
        self.secrets[scope][name] = StoredSecret(value, created, now, visibility, repositories)
        self._test = now + TEST_AFTER
        return old is None

    def advance(self, now: datetime) -> None:
        """Every run that is due by `now` has started."""
        while (at := min(self._next, self._test or self._next)) <= now:
            self.runs.append(DemoWorkflowRun(len(self.runs) + 1, at, self._deploys(at)))
            if at == self._test:
                self._test = None
            else:
                self._next += EVERY

    def _deploys(self, at: datetime) -> bool:
        return self._keys.use(self._value(KEY_ID), self._value(SECRET), at)

    def _value(self, name: str) -> str:
        return next((self.secrets[scope][name].value for scope in SCOPES if name in self.secrets[scope]), "")


_SCOPE = r"(?P<scope>(?:repos/[^/]+/[^/]+|orgs/[^/]+)/(?:actions|environments/[^/]+))"
_NAME = r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)"


class GithubRequest(NamedTuple):
    operation: str  # As faults and counts name it
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


def handle(actions: GithubActions, request: GithubRequest | None, environ: Mapping[str, Any]) -> ErrorAnswer:
    if environ.get("HTTP_AUTHORIZATION") != f"Bearer {TOKEN}":
        return refusal(401, "Bad credentials")
    if request is None or (request.scope and request.scope not in actions.secrets):
        return refusal(404, "Not Found")
    try:
        return _HANDLERS[request.operation](actions, request)
    except _Refused as refused:
        return refusal(refused.status, str(refused))


def error(rule: FaultRule) -> ErrorAnswer:
    if rule.preset == "throttled":
        answer = refusal(403, "API rate limit exceeded for user ID 1.")
        return answer._replace(headers=answer.headers | {"X-RateLimit-Remaining": "0"})
    if rule.preset == "denied":
        return refusal(403, "Resource not accessible by personal access token")
    if rule.preset == "expired":
        return refusal(401, "Bad credentials")
    return refusal(rule.status, rule.message)


def refusal(status: int, message: str) -> ErrorAnswer:
    return _answer(status, {"message": message, "documentation_url": "https://docs.github.com/rest"})


def _answer(status: int, content: Any = None) -> ErrorAnswer:
    headers = {"Content-Type": "application/json; charset=utf-8", "X-GitHub-Request-Id": "70BA:1"}
    return ErrorAnswer(status, headers, b"" if content is None else json.dumps(content).encode())


def _public_key(actions: GithubActions, _request: GithubRequest) -> ErrorAnswer:
    key = base64.b64encode(bytes(actions.sealing.public_key)).decode()
    return _answer(200, {"key_id": "568250167242549743", "key": key})


def _secret(actions: GithubActions, request: GithubRequest) -> ErrorAnswer:
    secret = actions.secrets[request.scope].get(request.name)
    if secret is None:
        raise _Refused(404, "Not Found")
    content = {"name": request.name, "created_at": _time(secret.created), "updated_at": _time(secret.updated)}
    if secret.visibility:
        content["visibility"] = secret.visibility
    return _answer(200, content)


def _repositories(actions: GithubActions, request: GithubRequest) -> ErrorAnswer:
    secret: StoredSecret | None = actions.secrets[request.scope].get(request.name)
    if secret is None or secret.visibility != "selected":
        raise _Refused(409, "Visibility of the secret is not selected")
    rows = [{"id": id, "full_name": REPOSITORY} for id in secret.repositories]
    return _answer(200, {"total_count": len(rows), "repositories": rows})


def _put(actions: GithubActions, request: GithubRequest) -> ErrorAnswer:
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


def _runs(actions: GithubActions, request: GithubRequest) -> ErrorAnswer:
    since = request.query.get("created", [""])[0].removeprefix(">=")
    rows = [_run(run, request.now) for run in reversed(actions.runs) if _time(run.started) >= since]
    count = int(request.query.get("per_page", ["30"])[0])
    return _answer(200, {"total_count": len(rows), "workflow_runs": rows[:count]})


def _run(run: DemoWorkflowRun, now: datetime) -> dict[str, Any]:
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
_HANDLERS: dict[str, Callable[[GithubActions, GithubRequest], ErrorAnswer]] = {
    "GetPublicKey": _public_key,
    "GetSecret": _secret,
    "ListSelectedRepositories": _repositories,
    "PutSecret": _put,
    "ListRuns": _runs,
}
