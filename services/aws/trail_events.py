"""One event of CloudTrail's history as a model.

What matters is in `CloudTrailEvent`, which is JSON in a string: LookupEvents itself has no source address.
Source: "CloudTrail record contents", "AWS Management Console sign-in events" (CloudTrail user guide).
"""

import json
from typing import Any

from services.aws.reader import Answer, rows, when
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
}
_NAMING = ("name", "identifier", "arn", "keyid")
"""How keys of request parameters end that name what is changed."""
_RESOURCES = 5
_PAIR = 2


def event_of(row: Answer, region: str) -> TrailEvent | None:
    """A row of LookupEvents, asked in `region`; None where it cannot be understood."""
    record = _record(row.get("CloudTrailEvent"))
    id = str(row.get("EventId") or record.get("eventID") or "")
    at = when(row.get("EventTime")) or when(record.get("eventTime"))
    name = str(row.get("EventName") or record.get("eventName") or "")
    identity = _part(record, "userIdentity")
    # Without a type nobody can say that it was not root; AWS's own services have none at times.
    if (
        not record
        or not id
        or not name
        or at is None
        or not (identity.get("type") or identity.get("invokedBy"))
    ):
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
        return AccessEvent(**common, success=_outcome(record, name), resources=_resources(row, record))
    return TrailEvent(**common, resources=_resources(row, record))


def _record(text: object) -> dict[str, Any]:
    try:
        record = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}


def _part(record: dict[str, Any], key: str) -> dict[str, Any]:
    part = record.get(key)
    return part if isinstance(part, dict) else {}


def _sign_in(record: dict[str, Any], common: dict[str, Any]) -> SignIn | None:
    said = str(_part(record, "responseElements").get(SIGN_IN)).casefold()
    if said not in _OUTCOMES:
        return None
    # The documentation's examples spell it `Yes`, `No`, and for root `YES`.
    mfa = str(_part(record, "additionalEventData").get("MFAUsed")).casefold()
    return SignIn(**common, success=_OUTCOMES[said], mfa={"yes": True, "no": False}.get(mfa))


def _outcome(record: dict[str, Any], name: str) -> bool | None:
    """What became of an event of the sign-in service; Identity Center tells it elsewhere."""
    texts = [_part(record, key).get(name) for key in ("responseElements", "serviceEventDetails")]
    outcomes = [_OUTCOMES[text] for each in texts if (text := str(each).casefold()) in _OUTCOMES]
    if outcomes:
        return outcomes[0]
    return False if record.get("errorCode") or record.get("errorMessage") else None


def _actor(identity: dict[str, Any], username: str) -> Actor:
    kind = _KINDS.get(str(identity.get("type") or "AWSService"), ActorKind.OTHER)
    name = str(identity.get("userName") or username)
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
    return Actor(kind=kind, name=name)


def _role(identity: dict[str, Any], username: str) -> Actor:
    """`arn:aws:sts::…:assumed-role/<role>/<session>`"""
    parts = str(identity.get("arn") or "").split("/")[1:]
    issuer = _part(_part(identity, "sessionContext"), "sessionIssuer")
    role = str(issuer.get("userName") or (parts[0] if parts else ""))
    session = parts[-1] if len(parts) >= _PAIR else username
    return Actor(kind=ActorKind.ROLE, name=session, role=role)


def _resources(row: Answer, record: dict[str, Any]) -> tuple[str, ...]:
    named = [str(each["ResourceName"]) for each in rows(row, "Resources") if each.get("ResourceName")]
    if not named:
        asked = _part(record, "requestParameters").items()
        named = [
            value
            for key, value in asked
            if isinstance(value, str) and key.casefold().endswith(_NAMING) and value
        ]
    return tuple(dict.fromkeys(named[:_RESOURCES]))
