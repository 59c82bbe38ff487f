"""Converts CloudTrail events to models. The details are in `CloudTrailEvent`, a JSON string: the rows of
LookupEvents lack the source address. Source: "CloudTrail record contents", "AWS Management Console sign-in
events" (CloudTrail user guide)."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from services.aws.client.reader import Answer, inside, is_readable, rows, when
from services.models.base import RawId
from services.models.cloudtrail import AccessEvent, Actor, ActorKind, SignIn, TrailEvent

SIGN_IN = "ConsoleLogin"
SIGN_IN_SOURCE = "signin.amazonaws.com"
"""Event source of sign-ins and related events, including IAM Identity Center's."""
MARK = "toban/"  # What the mark of a console's request begins with
_OUTCOMES = {"success": True, "failure": False}
HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
"""CloudTrail's placeholder for a user name that does not exist in the account."""
_KINDS = {
    "Root": ActorKind.ROOT,
    "IAMUser": ActorKind.USER,
    "AssumedRole": ActorKind.ROLE,
    "Role": ActorKind.ROLE,
    "FederatedUser": ActorKind.FEDERATED,
    "SAMLUser": ActorKind.FEDERATED,
    "WebIdentityUser": ActorKind.FEDERATED,
    "IdentityCenterUser": ActorKind.FEDERATED,
    "AWSService": ActorKind.SERVICE,
    "AWSAccount": ActorKind.OTHER,
    "Directory": ActorKind.OTHER,
    "Unknown": ActorKind.OTHER,
}
"""All documented identity types; an event with any other is rejected, since it could be root."""
_TWICE = (("EventId", "eventID"), ("EventName", "eventName"), ("EventSource", "eventSource"))
"""Values that occur in the row and again in its record: (row key, record key)."""
_APART = timedelta(minutes=1)
"""Maximum difference between the row's and the record's time; beyond it the event is damaged."""
_PARTS = ("responseElements", "additionalEventData", "serviceEventDetails", "requestParameters")
_NAMING = ("name", "identifier", "arn", "keyid")
"""Suffixes of request parameter keys that identify the changed resource."""
_RESOURCES = 5
_TOUCHED, _LONGEST, _DEPTH = 50, 512, 12
"""Most of what is told as touched by one event, its longest text, and how deep it is looked for."""
_IDS = re.compile(
    r"(acl|aclassoc|eni|igw|nat|pcx|rtb|rtbassoc|sg|sgr|subnet|tgw|vpc|vpce)-[0-9a-z]{8,17}|arn:aws[a-z-]*:.+"
)
"""What is told wherever it stands: ids of the network, ARNs."""
_NAMES = ("name", "identifier", "arn", "cluster", "service", "keyid", "resourceid", "secretid")
"""Suffixes of keys whose texts are told besides."""
_DESCRIBING = frozenset({"rds.amazonaws.com", "ecs.amazonaws.com", "elasticloadbalancing.amazonaws.com"})
"""Services that answer a write with the whole resource, and so with what it shares with others."""


def event_of(row: Answer, region: str) -> TrailEvent | None:
    """The event in a LookupEvents row from `region`; None if it cannot be interpreted."""
    record = _record(row.get("CloudTrailEvent"))
    if not record or _contradicts(row, record):
        return None
    id = str(row.get("EventId") or record.get("eventID") or "")
    at = when(row.get("EventTime")) or when(record.get("eventTime"))
    name = str(row.get("EventName") or record.get("eventName") or "")
    identity = _part(record, "userIdentity")
    if not id or not name or at is None or not _identified(identity):
        return None
    common: dict[str, Any] = {
        "id": RawId(id),
        "name": name,
        "source": row.get("EventSource") or record.get("eventSource"),
        "at": at,
        "region": record.get("awsRegion") or region,
        "actor": _actor(identity, str(row.get("Username") or "")),
        "address": record.get("sourceIPAddress"),
        "error": ": ".join(str(record[key]) for key in ("errorCode", "errorMessage") if record.get(key)),
        "read_only": row.get("ReadOnly") == "true",
    }
    if name == SIGN_IN:
        return _sign_in(record, common)
    if common["source"] == SIGN_IN_SOURCE:
        return _access(row, record, common)
    touched = () if common["read_only"] else _touched(row, record, str(common["source"]))
    mark = next((part for part in str(record.get("userAgent") or "").split() if part.startswith(MARK)), "")
    ids = _made(_part(record, "responseElements")) if mark else ()
    return TrailEvent(**common, resources=_resources(row, record), touched=touched, mark=mark, products=ids)


def _made(response: dict[str, Any]) -> tuple[RawId, ...]:
    key = _part(response, "accessKey").get("accessKeyId")
    listed = _part(response, "service").get("deployments")
    deployments = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    ids = [key, *(each.get("id") for each in deployments if each.get("status") == "PRIMARY")]
    return tuple(RawId(id) for id in ids if isinstance(id, str) and 0 < len(id) <= _LONGEST)


def _record(text: object) -> dict[str, Any]:
    try:
        record = inside(text)
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}


def _contradicts(row: Answer, record: dict[str, Any]) -> bool:
    if any(row.get(key) and record.get(same) and row[key] != record[same] for key, same in _TWICE):
        return True
    listed_at, recorded_at = when(row.get("EventTime")), when(record.get("eventTime"))
    if listed_at is not None and recorded_at is not None and abs(listed_at - recorded_at) > _APART:
        return True
    return any(not isinstance(record.get(key), dict | None) for key in _PARTS)


def _identified(identity: dict[str, Any]) -> bool:
    if kind := identity.get("type"):
        return isinstance(kind, str) and kind in _KINDS
    return isinstance(identity.get("invokedBy"), str) and set(identity) == {"invokedBy"}


def _part(record: dict[str, Any], key: str) -> dict[str, Any]:
    part = record.get(key)
    return part if isinstance(part, dict) else {}


def _sign_in(record: dict[str, Any], common: dict[str, Any]) -> SignIn | None:
    outcome = str(_part(record, "responseElements").get(SIGN_IN)).casefold()
    if outcome not in _OUTCOMES:
        return None
    # The documentation's examples spell it `Yes`, `No`, and for root `YES`.
    mfa = str(_part(record, "additionalEventData").get("MFAUsed")).casefold()
    return SignIn(**common, success=_OUTCOMES[outcome], mfa={"yes": True, "no": False}.get(mfa))


def _access(row: Answer, record: dict[str, Any], common: dict[str, Any]) -> AccessEvent | None:
    name = common["name"]
    # IAM Identity Center records the outcome in `serviceEventDetails`.
    outcomes = [_part(record, key).get(name) for key in ("responseElements", "serviceEventDetails")]
    words = [str(each).casefold() for each in outcomes if each is not None]
    if any(word not in _OUTCOMES for word in words):
        return None
    success = _OUTCOMES[words[0]] if words else False if common["error"] else None
    return AccessEvent(**common, success=success, resources=_resources(row, record))


def _actor(identity: dict[str, Any], username: str) -> Actor:
    kind = _KINDS.get(str(identity.get("type") or "AWSService"), ActorKind.OTHER)
    user_name = identity.get("userName") or username
    name = str(user_name)
    if kind is ActorKind.ROOT:
        return Actor(kind=kind, name="root")
    if kind is ActorKind.ROLE:
        return _role(identity, username)
    if kind is ActorKind.SERVICE:
        return Actor(kind=kind, name=str(identity.get("invokedBy") or username))
    if str(identity.get("type")) == "AWSAccount":
        # A principal of another account; expected only if the runbook names that account.
        return Actor(kind=kind, name=str(identity.get("accountId") or username))
    if name == HIDDEN:
        return Actor(kind=kind, hidden=True)
    # Only federated identities may lack a name; an IAM user's name must match the row's.
    lost = not is_readable(name) or not isinstance(user_name, str)
    if kind is ActorKind.USER:
        lost = lost or not name or (bool(username) and username != name)
    return Actor(kind=kind, name=name, unreadable=lost)


def _role(identity: dict[str, Any], username: str) -> Actor:
    """The actor of an assumed role, from `arn:aws:sts::…:assumed-role/<role>/<session>`."""
    parts = str(identity.get("arn") or "").split("/")[1:]
    issuer = _part(_part(identity, "sessionContext"), "sessionIssuer")
    role = str(issuer.get("userName") or (parts[0] if parts else ""))
    session = parts[-1] if len(parts) >= 2 else username
    return Actor(
        kind=ActorKind.ROLE, name=session, role=role, unreadable=not is_readable(f"{role}/{session}")
    )


def _resources(row: Answer, record: dict[str, Any]) -> tuple[str, ...]:
    named = [str(each["ResourceName"]) for each in rows(row, "Resources") if each.get("ResourceName")]
    if not named:
        parameters = _part(record, "requestParameters").items()
        named = [
            value
            for key, value in parameters
            if isinstance(value, str) and key.casefold().endswith(_NAMING) and value
        ]
    return tuple(dict.fromkeys(named[:_RESOURCES]))


def _touched(row: Answer, record: dict[str, Any], source: str) -> tuple[RawId, ...]:
    listed = record.get("resources")
    parts: list[object] = [
        {"name": [each.get("ResourceName") for each in rows(row, "Resources")]},
        listed if isinstance(listed, list) else (),
        _part(record, "requestParameters"),
        {} if source in _DESCRIBING else _part(record, "responseElements"),
    ]
    named = dict.fromkeys(RawId(text) for part in parts for text in _named(part, "", _DEPTH))
    return tuple(named)[:_TOUCHED]


def _named(value: object, key: str, depth: int) -> Iterator[str]:
    if isinstance(value, dict) and depth:
        for name, part in value.items():
            key = str(name).casefold()
            yield from (key,) if key.endswith("userpassword") else _named(part, key, depth - 1)
    elif isinstance(value, list) and depth:
        for part in value:
            yield from _named(part, key, depth - 1)
    elif isinstance(value, str) and 0 < len(value) <= _LONGEST and value != HIDDEN:
        yield from (value,) if _IDS.fullmatch(value) or key.endswith(_NAMES) else ()
