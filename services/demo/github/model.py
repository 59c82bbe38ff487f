"""GitHub as far as a key rotation needs it: the secrets of Actions, and the workflow that deploys with them."""

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.demo.account import SYSTEM
from services.demo.iam.model import LAST_USE, AccessKeyStore
from services.demo.scenario import ScenarioRun
from services.demo.system import names

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
EVERY = timedelta(days=1)
"""Time from one scheduled run to the next."""
TEST_AFTER = timedelta(minutes=2)
"""Time from the newest change of a secret to the run that somebody starts to test it."""
LASTS = timedelta(minutes=3)
"""Time that a run takes."""
PAST_RUNS = 5


@dataclass(slots=True)
class StoredSecret:
    value: str
    created: datetime
    updated: datetime
    visibility: str = ""
    """Which repositories may use it; only a secret of an organisation has one."""
    repositories: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkflowRun:
    number: int
    started: datetime
    success: bool
    """Whether AWS accepted the key."""

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
            WorkflowRun(number + 1, last - EVERY * (PAST_RUNS - 1 - number), True)
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
        now = now.replace(microsecond=0)
        old = self.secrets[scope].get(name)
        created = now if old is None else old.created
        self.secrets[scope][name] = StoredSecret(value, created, now, visibility, repositories)
        self._test = now + TEST_AFTER
        return old is None

    def advance(self, now: datetime) -> None:
        while (at := min(self._next, self._test or self._next)) <= now:
            self.runs.append(WorkflowRun(len(self.runs) + 1, at, self._deploys(at)))
            if at == self._test:
                self._test = None
            else:
                self._next += EVERY

    def _deploys(self, at: datetime) -> bool:
        return self._keys.use(self._value(KEY_ID), self._value(SECRET), at)

    def _value(self, name: str) -> str:
        return next((self.secrets[scope][name].value for scope in SCOPES if name in self.secrets[scope]), "")
