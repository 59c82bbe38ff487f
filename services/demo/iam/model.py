import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.demo.account import CALLER
from services.demo.cloudtrail.ordinary_days import STAFF
from services.demo.scenario import ScenarioRun
from services.demo.scenario_facts import KeyFact, UserFact
from services.demo.system import names

DEPLOY_KEY_AGE = timedelta(days=63)
"""Age of the deploy user's key at the scenario's beginning: its rotation is still to come."""
LAST_USE = timedelta(days=0.1)
"""How long before the beginning a key in use was last used."""
EXPORT_USER, EXPORT_KEY, EXPORT_AGE = "log-export-user", "AKIA2TOBANDEMOLOGS01", timedelta(days=34)
"""A user whose key no duty of the runbook rotates."""
KEYS_PER_USER = 2
"""Most keys of one user, whatever their status ("IAM and AWS STS quotas")."""


@dataclass(slots=True)
class AccessKey:
    id: str
    created: datetime
    secret: str
    active: bool = True
    used: datetime | None = None
    """When it was last used; None: never."""
    service: str = "ecs"
    """The service it was last used for."""
    elsewhere: str = ""
    """A service for which something beside GitHub uses it every hour while it is active; "" if nothing does."""


class AccessKeyStore:
    def __init__(self) -> None:
        self.users: dict[str, list[AccessKey]] = {}
        self._made = 0

    def add(
        self, user: str, id: str, created: datetime, *, active: bool = True, used: datetime | None = None
    ) -> AccessKey:
        used = used and used.replace(microsecond=0)
        key = AccessKey(id, created.replace(microsecond=0), _secret(id), active, used)
        others = [other for other in self.users.get(user, ()) if other.id != id]
        self.users[user] = [*others, key]
        return key

    def create(self, user: str, now: datetime) -> AccessKey:
        self._made += 1
        id = base64.b32encode(hashlib.sha256(f"{user} {self._made}".encode()).digest()).decode()
        return self.add(user, f"AKIA{id[:16]}", now)

    def find(self, id: str) -> tuple[str, AccessKey] | None:
        keys = ((user, key) for user, keys in self.users.items() for key in keys)
        return next(((user, key) for user, key in keys if key.id == id), None)

    def remove(self, id: str) -> None:
        for user, keys in self.users.items():
            self.users[user] = [key for key in keys if key.id != id]

    def use(self, id: str, secret: str, at: datetime) -> bool:
        """Use a key for a deployment; returns whether AWS accepts it."""
        entry = self.find(id)
        if entry is None or entry[1].secret != secret or not entry[1].active:
            return False
        entry[1].used, entry[1].service = at, "ecs"
        return True

    def advance(self, now: datetime) -> None:
        hour = now.replace(minute=0, second=0, microsecond=0)
        for keys in self.users.values():
            for key in keys:
                if key.elsewhere and key.active and (key.used is None or key.used < hour):
                    key.used, key.service = hour, key.elsewhere


def _secret(id: str) -> str:
    """A secret of AWS's form, always the same for one key."""
    return base64.b64encode(hashlib.sha256(f"secret of {id}".encode()).digest()).decode()[:40]


def initial_keys(run: ScenarioRun) -> AccessKeyStore:
    store, began = AccessKeyStore(), run.began
    if not run.scenario.empty:
        store.add(names.USER, names.USER_KEY, began - DEPLOY_KEY_AGE, used=began - LAST_USE)
        for person in STAFF:
            store.users.setdefault(person.user, [])
        store.add(EXPORT_USER, EXPORT_KEY, began - EXPORT_AGE, used=began - LAST_USE).service = "logs"
    for user in run.scenario.facts_of(UserFact):
        store.users.setdefault(user.user, [])
    for fact in run.scenario.facts_of(KeyFact):
        used = None if fact.used_days_ago is None else began - timedelta(days=fact.used_days_ago)
        created = began - timedelta(days=fact.age_days)
        key = store.add(fact.user, fact.id, created, active=fact.active, used=used)
        key.elsewhere = fact.used_elsewhere
    return store


@dataclass(frozen=True, slots=True)
class Session:
    arn: str
    """The identity of its requests."""
    mfa: bool = False
    """It began with an MFA code; never so for a role ("Secure API access with MFA")."""
    policy: str = ""
    """Its session policy; "": none."""
    source_identity: str = ""


@dataclass(slots=True)
class Trust:
    source_identity: bool = True
    """It allows sts:SetSourceIdentity."""
    mfa: bool = False
    """It asks for a session that began with an MFA code, or for a code."""


class SessionStore:
    """The temporary keys that STS gave out, and the roles' trust policies."""

    def __init__(self) -> None:
        self.sessions: dict[str, Session] = {}
        """By access key id."""
        self.trusts: dict[str, Trust] = {}
        """By role name; all other roles trust everybody."""
        self.codes: set[tuple[str, str]] = set()
        """Device and code of every MFA code that was used."""

    def begin(self, session: Session) -> str:
        key = f"ASIA{len(self.sessions):016d}"
        self.sessions[key] = session
        return key

    def arn_of(self, access_key: str) -> str:
        session = self.sessions.get(access_key)
        return session.arn if session is not None else CALLER
