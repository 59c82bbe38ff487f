"""IAM users with their access keys; the rest of IAM is moto's. Source: ListUsers, ListAccessKeys,
GetAccessKeyLastUsed, CreateAccessKey, UpdateAccessKey, DeleteAccessKey (IAM API reference). AWS deletes
active keys, too."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.demo import names
from services.demo.account import REGION, principal_id
from services.demo.cloudtrail import TrailStore
from services.demo.errors import AwsErrorResponse
from services.demo.paging import page_of
from services.demo.registry import Call, op
from services.demo.scenario import KeyFact, RootFact, ScenarioRun, UserFact
from services.demo.trail_records import STAFF

DEPLOY_KEY_AGE = timedelta(days=63)
"""Age of the deploy user's key at the scenario's beginning: its rotation is still to come."""
LAST_USE = timedelta(days=0.1)  # How long before the beginning a key in use was last used
EXPORT_USER, EXPORT_KEY, EXPORT_AGE = "log-export-user", "AKIA2TOBANDEMOLOGS01", timedelta(days=34)
"""A user whose key no duty of the runbook rotates."""
KEYS_PER_USER = 2  # Most keys of one user, whatever their status ("IAM and AWS STS quotas")


@dataclass(slots=True)
class DemoAccessKey:
    id: str
    created: datetime
    secret: str
    active: bool = True
    used: datetime | None = None  # When it was last used; None: never
    service: str = "ecs"  # The service it was last used for
    elsewhere: str = ""
    """A service for which something beside GitHub uses it every hour while it is active; "" if nothing does."""


class AccessKeyStore:
    def __init__(self) -> None:
        self.users: dict[str, list[DemoAccessKey]] = {}
        self._made = 0

    def add(
        self, user: str, id: str, created: datetime, *, active: bool = True, used: datetime | None = None
    ) -> DemoAccessKey:
        """Give a user a key, replacing the user's key of the same id; creates the user if needed."""
        used = used and used.replace(microsecond=0)
        key = DemoAccessKey(id, created.replace(microsecond=0), _secret(id), active, used)
        others = [other for other in self.users.get(user, ()) if other.id != id]
        self.users[user] = [*others, key]
        return key

    def create(self, user: str, now: datetime) -> DemoAccessKey:
        self._made += 1
        id = base64.b32encode(hashlib.sha256(f"{user} {self._made}".encode()).digest()).decode()
        return self.add(user, f"AKIA{id[:16]}", now)

    def find(self, id: str) -> tuple[str, DemoAccessKey] | None:
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
        """What uses keys beside GitHub has used them up to `now`."""
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


PAGE = 100
USER_AGE = timedelta(days=400)  # Age of every user at the scenario's beginning


@op("iam", "GetAccountSummary")
def get_account_summary(call: Call) -> dict[str, Any]:
    """Root's keys and second factor, and the number of users: the entries that the console reads."""
    root = next(iter(call.run.scenario.facts_of(RootFact)), RootFact(kind="root"))
    summary = {
        "Users": len(call.component(AccessKeyStore).users),
        "AccountPasswordPresent": 1,
        "AccountAccessKeysPresent": root.keys,
        "AccountMFAEnabled": int(root.mfa),
    }
    return {"SummaryMap": summary}


@op("iam", "ListUsers")
def list_users(call: Call) -> dict[str, Any]:
    params = call.params
    users = sorted(call.component(AccessKeyStore).users)
    page, more = page_of(users, str, params, params.get("MaxItems") or PAGE, "Marker")
    rows = []
    for user in page:
        row = {
            "Path": "/",
            "UserName": user,
            "UserId": principal_id("AIDA", user),
            "Arn": f"arn:aws:iam::{call.account}:user/{user}",
            "CreateDate": (call.run.began - USER_AGE).replace(microsecond=0),
        }
        signed_in = call.component(TrailStore).last_sign_in(user)
        rows.append(row | ({"PasswordLastUsed": signed_in} if signed_in else {}))
    return {"Users": rows, "IsTruncated": bool(more)} | more


@op("iam", "ListAccessKeys")
def list_access_keys(call: Call) -> dict[str, Any]:
    params = call.params
    user = params.get("UserName")
    if user is None:
        raise AwsErrorResponse(
            "ValidationError", "Must specify userName when calling with non-User credentials", 400
        )
    users = call.component(AccessKeyStore).users
    if user not in users:
        raise AwsErrorResponse("NoSuchEntity", f"The user with name {user} cannot be found.", 404)
    keys = sorted(users[user], key=lambda key: (key.created, key.id))
    size = params.get("MaxItems") or PAGE
    page, more = page_of(keys, lambda key: f"{key.created.isoformat()} {key.id}", params, size, "Marker")
    rows = [
        {
            "UserName": user,
            "AccessKeyId": key.id,
            "Status": "Active" if key.active else "Inactive",
            "CreateDate": key.created,
        }
        for key in page
    ]
    return {"AccessKeyMetadata": rows, "IsTruncated": bool(more)} | more


@op("iam", "GetAccessKeyLastUsed")
def get_access_key_last_used(call: Call) -> dict[str, Any]:
    """When a key was last used and for what; a key that was never used has no date."""
    id = call.params["AccessKeyId"]
    entry = call.component(AccessKeyStore).find(id)
    if entry is None:
        raise AwsErrorResponse("NoSuchEntity", f"The Access Key with id {id} cannot be found", 404)
    user, key = entry
    never = {"ServiceName": "N/A", "Region": "N/A"}
    last = {"LastUsedDate": key.used, "ServiceName": key.service, "Region": REGION}
    return {"UserName": user, "AccessKeyLastUsed": last if key.used else never}


@op("iam", "CreateAccessKey")
def create_access_key(call: Call) -> dict[str, Any]:
    """A new active key; the only answer that ever holds the secret."""
    store, user = call.component(AccessKeyStore), str(call.params.get("UserName"))
    if user not in store.users:
        raise AwsErrorResponse("NoSuchEntity", f"The user with name {user} cannot be found.", 404)
    if len(store.users[user]) >= KEYS_PER_USER:
        raise AwsErrorResponse(
            "LimitExceeded", f"Cannot exceed quota for AccessKeysPerUser: {KEYS_PER_USER}", 409
        )
    key = store.create(user, call.now)
    return {
        "AccessKey": {
            "UserName": user,
            "AccessKeyId": key.id,
            "Status": "Active",
            "SecretAccessKey": key.secret,
            "CreateDate": key.created,
        }
    }


@op("iam", "UpdateAccessKey")
def update_access_key(call: Call) -> dict[str, Any]:
    _user, key = _existing(call)
    key.active = call.params["Status"] == "Active"
    return {}


@op("iam", "DeleteAccessKey")
def delete_access_key(call: Call) -> dict[str, Any]:
    _user, key = _existing(call)
    call.component(AccessKeyStore).remove(key.id)
    return {}


def _existing(call: Call) -> tuple[str, DemoAccessKey]:
    id = call.params["AccessKeyId"]
    entry = call.component(AccessKeyStore).find(id)
    if entry is None or call.params.get("UserName", entry[0]) != entry[0]:
        raise AwsErrorResponse("NoSuchEntity", f"The Access Key with id {id} cannot be found.", 404)
    return entry
