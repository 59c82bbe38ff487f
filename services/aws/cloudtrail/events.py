"""One event of CloudTrail's history as a model.

What matters is in `CloudTrailEvent`, which is JSON in a string: LookupEvents itself has no source address.
Source: "CloudTrail record contents", "AWS Management Console sign-in events" (CloudTrail user guide).
"""

from datetime import timedelta
from typing import Any

from services.aws.client.reader import Answer, inside, is_readable, rows, when
from services.models.base import RawId
from services.models.trail import AccessEvent, Actor, ActorKind, SignIn, TrailEvent

SIGN_IN = "ConsoleLogin"
SIGN_IN_SOURCE = "signin.amazonaws.com"
"""The service that records sign-ins and what goes with them; also IAM Identity Center's."""
_OUTCOMES = {"success": True, "failure": False}
HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
"""Stands for a user name that the account does not have."""
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
"""Every type of identity that is documented; of any other nobody can say that it was not root."""
_TWICE = (("EventId", "eventID"), ("EventName", "eventName"), ("EventSource", "eventSource"))
"""What a row says and the record in it says again."""
_APART = timedelta(minutes=1)
"""More than this between both times of an event is damage."""
_PARTS = ("responseElements", "additionalEventData", "serviceEventDetails", "requestParameters")
_NAMING = ("name", "identifier", "arn", "keyid")
"""How keys of request parameters end that name what is changed."""
_RESOURCES = 5
_PAIR = 2


def event_of(row: Answer, region: str) -> TrailEvent | None:
    """A row of LookupEvents, asked in `region`; None where it cannot be understood."""
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
    return TrailEvent(**common, resources=_resources(row, record))


def _record(text: object) -> dict[str, Any]:
    try:
        record = inside(text)
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}


def _contradicts(row: Answer, record: dict[str, Any]) -> bool:
    """Whether the row and the record in it tell of two events, or a part of the record is none."""
    if any(row.get(key) and record.get(same) and row[key] != record[same] for key, same in _TWICE):
        return True
    listed_at, recorded_at = when(row.get("EventTime")), when(record.get("eventTime"))
    if listed_at is not None and recorded_at is not None and abs(listed_at - recorded_at) > _APART:
        return True
    return any(not isinstance(record.get(key), dict | None) for key in _PARTS)


def _identified(identity: dict[str, Any]) -> bool:
    """Whether it says who it was; AWS's own services have no type at times, and then nothing but their name."""
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
    """Another event of the sign-in service; None where what it says of its outcome cannot be understood."""
    name = common["name"]
    # Identity Center tells it elsewhere.
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
        # Somebody of another account: known only where the runbook names it.
        return Actor(kind=kind, name=str(identity.get("accountId") or username))
    if name == HIDDEN:
        return Actor(kind=kind, hidden=True)
    # Everybody has a name but those whom an identity provider vouches for; a user's is told twice.
    lost = not is_readable(name) or not isinstance(user_name, str)
    if kind is ActorKind.USER:
        lost = lost or not name or (bool(username) and username != name)
    return Actor(kind=kind, name=name, unreadable=lost)


def _role(identity: dict[str, Any], username: str) -> Actor:
    """`arn:aws:sts::…:assumed-role/<role>/<session>`"""
    parts = str(identity.get("arn") or "").split("/")[1:]
    issuer = _part(_part(identity, "sessionContext"), "sessionIssuer")
    role = str(issuer.get("userName") or (parts[0] if parts else ""))
    session = parts[-1] if len(parts) >= _PAIR else username
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
