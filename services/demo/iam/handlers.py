"""IAM users and their access keys, made at the world's own times; the rest of IAM is moto's.

Source: ListUsers, ListAccessKeys, GetAccessKeyLastUsed (IAM API reference).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from services.demo.autoscaling.records import hash_of
from services.demo.cloudtrail.model import TrailBook
from services.demo.cloudtrail.ordinary_days import STAFF
from services.demo.cloudwatch.paging import page_of
from services.demo.facts import KeyFact, RootFact, UserFact
from services.demo.registry import Call, Fault, op
from services.demo.system import names

if TYPE_CHECKING:
    from services.demo.world import World

PAGE = 100
USER_AGE = timedelta(days=400)
"""Of every user at the scenario's beginning."""
USED = timedelta(days=0.1)
"""How long before the beginning a key in use was used last."""
EXPORT_USER, EXPORT_KEY, EXPORT_AGE = "log-export-user", "AKIA2TOBANDEMOLOGS01", timedelta(days=34)
"""A user that the runbook does not rotate by a duty of its own."""


@dataclass(slots=True)
class Key:
    """One access key."""

    id: str
    created: datetime
    active: bool = True
    used: datetime | None = None
    """None: never."""
    service: str = "ecs"
    """What it was used for last."""


class KeyRing:
    """The users that are known, and their keys."""

    def __init__(self) -> None:
        self.users: dict[str, list[Key]] = {}

    def add(
        self, user: str, id: str, created: datetime, *, active: bool = True, used: datetime | None = None
    ) -> Key:
        """Give a user, known or new, a key; instead of one with the same id."""
        key = Key(id, created.replace(microsecond=0), active, used and used.replace(microsecond=0))
        others = [each for each in self.users.get(user, ()) if each.id != id]
        self.users[user] = [*others, key]
        return key


class Directory:
    """Furnishes the world's key ring: the people, the keys that are in use, and what the scenario says."""

    def __init__(self, world: "World") -> None:
        self.ring: KeyRing = world.keys
        began = world.began
        if world.facility is not None:
            for person in STAFF:
                self.ring.users.setdefault(person.user, [])
            for key in self.ring.users.get(names.USER, ()):
                key.used = key.used or (began - USED).replace(microsecond=0)
            self.ring.add(EXPORT_USER, EXPORT_KEY, began - EXPORT_AGE, used=began - USED).service = "logs"
        for user in world.scenario.facts_of(UserFact):
            self.ring.users.setdefault(user.user, [])
        for fact in world.scenario.facts_of(KeyFact):
            used = None if fact.used_days_ago is None else began - timedelta(days=fact.used_days_ago)
            made = began - timedelta(days=fact.age_days)
            self.ring.add(fact.user, fact.id, made, active=fact.active, used=used)


@op("iam", "GetAccountSummary")
def get_account_summary(call: Call) -> dict[str, Any]:
    """What the console asks of it: root's keys and second factor, and how many users there are."""
    root = next(iter(call.world.scenario.facts_of(RootFact)), RootFact(kind="root"))
    summary = {
        "Users": len(call.world.part(Directory).ring.users),
        "AccountPasswordPresent": 1,
        "AccountAccessKeysPresent": root.keys,
        "AccountMFAEnabled": int(root.mfa),
    }
    return {"SummaryMap": summary}


@op("iam", "ListUsers")
def list_users(call: Call) -> dict[str, Any]:
    """Every user, by name."""
    world, params = call.world, call.params
    users = sorted(world.part(Directory).ring.users)
    page, more = page_of(users, str, params.get("Marker"), params.get("MaxItems") or PAGE)
    rows = []
    for user in page:
        row = {
            "Path": "/",
            "UserName": user,
            "UserId": f"AIDA{hash_of(user) % 10**16:016d}",
            "Arn": f"arn:aws:iam::{call.account}:user/{user}",
            "CreateDate": (world.began - USER_AGE).replace(microsecond=0),
        }
        signed_in = world.part(TrailBook).signed_in(user)
        rows.append(row | ({"PasswordLastUsed": signed_in} if signed_in else {}))
    return {"Users": rows, "IsTruncated": bool(more)} | _marker(more)


@op("iam", "ListAccessKeys")
def list_access_keys(call: Call) -> dict[str, Any]:
    """A user's keys; whoever signs in with a role has to say whose."""
    params = call.params
    user = params.get("UserName")
    if user is None:
        raise Fault("ValidationError", "Must specify userName when calling with non-User credentials", 400)
    ring = call.world.part(Directory).ring
    if user not in ring.users:
        raise Fault("NoSuchEntity", f"The user with name {user} cannot be found.", 404)
    keys = sorted(ring.users[user], key=lambda key: (key.created, key.id))
    page, more = page_of(
        keys,
        lambda key: f"{key.created.isoformat()} {key.id}",
        params.get("Marker"),
        params.get("MaxItems") or PAGE,
    )
    rows = [
        {
            "UserName": user,
            "AccessKeyId": key.id,
            "Status": "Active" if key.active else "Inactive",
            "CreateDate": key.created,
        }
        for key in page
    ]
    return {"AccessKeyMetadata": rows, "IsTruncated": bool(more)} | _marker(more)


@op("iam", "GetAccessKeyLastUsed")
def get_access_key_last_used(call: Call) -> dict[str, Any]:
    """When and for what; a key that was never used has no date."""
    wanted = call.params["AccessKeyId"]
    for user, keys in call.world.part(Directory).ring.users.items():
        for key in keys:
            if key.id == wanted:
                never = {"ServiceName": "N/A", "Region": "N/A"}
                last = {"LastUsedDate": key.used, "ServiceName": key.service, "Region": names.REGION}
                return {"UserName": user, "AccessKeyLastUsed": last if key.used else never}
    raise Fault("NoSuchEntity", f"The Access Key with id {wanted} cannot be found", 404)


def _marker(more: dict[str, str]) -> dict[str, str]:
    return {"Marker": more["NextToken"]} if more else {}
