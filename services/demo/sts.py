"""STS: the sessions of assumed roles; moto's handlers take half a second to load, which would delay the
console's start. Source: AWS STS API reference; "Secure API access with MFA" (IAM User Guide)."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from services.demo.account import CALLER, principal_id
from services.demo.errors import AwsErrorResponse
from services.demo.registry import Call, op

WRONG_CODE = "000000"  # The only code that the MFA device refuses the first time
POLICY_LIMIT = 2048


@dataclass(frozen=True, slots=True)
class Session:
    arn: str  # The identity of its requests
    mfa: bool = False  # It began with an MFA code; never so for a role ("Secure API access with MFA")
    policy: str = ""  # Its session policy; "": none
    source_identity: str = ""


@dataclass(slots=True)
class Trust:
    source_identity: bool = True  # It allows sts:SetSourceIdentity
    mfa: bool = False  # It asks for a session that began with an MFA code, or for a code


class SessionStore:
    """The temporary keys that STS gave out, and the roles' trust policies."""

    def __init__(self) -> None:
        self.sessions: dict[str, Session] = {}  # By access key id
        self.trusts: dict[str, Trust] = {}  # By role name; all other roles trust everybody
        self.codes: set[tuple[str, str]] = set()  # Device and code of every MFA code that was used

    def begin(self, session: Session) -> str:
        key = f"ASIA{len(self.sessions):016d}"
        self.sessions[key] = session
        return key

    def arn_of(self, access_key: str) -> str:
        """The identity that signs with a key; the console's own if the key belongs to no session."""
        session = self.sessions.get(access_key)
        return session.arn if session is not None else CALLER


@op("sts", "GetCallerIdentity")
def get_caller_identity(call: Call) -> dict[str, Any]:
    arn = call.component(SessionStore).arn_of(call.access_key)
    role, session = arn.rsplit("/", 2)[-2:]
    return {"Account": arn.split(":")[4], "Arn": arn, "UserId": f"{principal_id('AROA', role)}:{session}"}


@op("sts", "GetSessionToken")
def get_session_token(call: Call) -> dict[str, Any]:
    store = call.component(SessionStore)
    if call.access_key in store.sessions:
        raise _denied("Cannot call GetSessionToken with session credentials")
    mfa = _code_passes(call, store)
    key = store.begin(Session(store.arn_of(call.access_key), mfa=mfa))
    return {"Credentials": _credentials(key, call.params.get("DurationSeconds", 43200))}


@op("sts", "AssumeRole")
def assume_role(call: Call) -> dict[str, Any]:
    params, store = call.params, call.component(SessionStore)
    caller = store.sessions.get(call.access_key)
    role, policy = params["RoleArn"].rsplit("/", 1)[-1], params.get("Policy", "")
    mfa = _code_passes(call, store) or (caller is not None and caller.mfa)
    trust = store.trusts.get(role, Trust())
    if trust.mfa and not mfa:
        raise _denied(_unauthorized(call, store, "sts:AssumeRole"))
    if "SourceIdentity" in params and not trust.source_identity:
        raise _denied(_unauthorized(call, store, "sts:SetSourceIdentity"))
    if policy:
        _check(policy)
    name = params["RoleSessionName"]
    arn = f"arn:aws:sts::{params['RoleArn'].split(':')[4]}:assumed-role/{role}/{name}"
    key = store.begin(Session(arn, policy=policy, source_identity=params.get("SourceIdentity", "")))
    answer: dict[str, Any] = {
        "Credentials": _credentials(key, params.get("DurationSeconds", 3600)),
        "AssumedRoleUser": {"AssumedRoleId": f"{principal_id('AROA', role)}:{name}", "Arn": arn},
    }
    if policy:
        answer["PackedPolicySize"] = len(policy) * 100 // POLICY_LIMIT
    if "SourceIdentity" in params:
        answer["SourceIdentity"] = params["SourceIdentity"]
    return answer


def _code_passes(call: Call, store: SessionStore) -> bool:
    """Whether the request has an MFA code; a code is of six digits, of a device, and works once."""
    serial, code = call.params.get("SerialNumber"), call.params.get("TokenCode")
    if code is None:
        return False
    wrong = not code.isdigit() or len(code) != 6 or code == WRONG_CODE
    if serial is None or wrong or (serial, code) in store.codes:
        raise _denied("MultiFactorAuthentication failed with invalid MFA one time pass code.")
    store.codes.add((serial, code))
    return True


def _check(policy: str) -> None:
    try:
        statements = json.loads(policy)["Statement"]
    except (ValueError, KeyError, TypeError):
        statements = None
    if not statements:
        raise AwsErrorResponse("MalformedPolicyDocument", "The policy is not in the valid JSON format.")
    if len(policy) > POLICY_LIMIT:
        raise AwsErrorResponse(
            "PackedPolicyTooLarge", "Packed policy consumes more than 100% of allotted space."
        )


def _credentials(key: str, seconds: int) -> dict[str, Any]:
    # The SDK compares it with this machine's clock, not with the world's.
    ends = datetime.now(UTC) + timedelta(seconds=seconds)
    return {
        "AccessKeyId": key,
        "SecretAccessKey": "demo",
        "SessionToken": f"token-of-{key}",
        "Expiration": ends.replace(microsecond=0),
    }


def _unauthorized(call: Call, store: SessionStore, action: str) -> str:
    caller, role = store.arn_of(call.access_key), call.params["RoleArn"]
    return f"User: {caller} is not authorized to perform: {action} on resource: {role}"


def _denied(message: str) -> AwsErrorResponse:
    return AwsErrorResponse("AccessDenied", message, 403)
