"""IAM users and their access keys, made at the world's own times; the rest of IAM is moto's.

Source: ListAccessKeys (IAM API reference).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.demo.cloudwatch.paging import page_of
from services.demo.registry import Call, Fault, op

PAGE = 100


@dataclass(slots=True)
class Key:
    """One access key."""

    id: str
    created: datetime
    active: bool = True


class KeyRing:
    """The users that are known, and their keys."""

    def __init__(self) -> None:
        self.users: dict[str, list[Key]] = {}

    def add(self, user: str, id: str, created: datetime, *, active: bool = True) -> Key:
        """Give a user, known or new, a key."""
        key = Key(id, created.replace(microsecond=0), active)
        self.users.setdefault(user, []).append(key)
        return key


@op("iam", "ListAccessKeys")
def list_access_keys(call: Call) -> dict[str, Any]:
    """A user's keys; whoever signs in with a role has to say whose."""
    params = call.params
    user = params.get("UserName")
    if user is None:
        raise Fault("ValidationError", "Must specify userName when calling with non-User credentials", 400)
    ring: KeyRing = call.world.keys
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
    marker = {"Marker": more["NextToken"]} if more else {}
    return {"AccessKeyMetadata": rows, "IsTruncated": bool(more)} | marker
