"""STS: who the caller is. Our own, because moto's needs half a second to load at the console's start.

Source: AWS STS API reference.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from services.demo.autoscaling.records import hash_of
from services.demo.faults import CALLER
from services.demo.registry import Call, Fault, op

WRONG_CODE = "000000"
"""The code that an MFA device never shows."""


@op("sts", "GetCallerIdentity")
def get_caller_identity(call: Call) -> dict[str, Any]:
    """The assumed role of the key that signed, or the duty operator."""
    arn = call.world.sessions.get(call.access_key, CALLER)
    role, session = arn.rsplit("/", 2)[-2:]
    return {
        "Account": call.account,
        "Arn": arn,
        "UserId": f"AROA{hash_of(role) % 10**16:016d}:{session}",
    }


@op("sts", "AssumeRole")
def assume_role(call: Call) -> dict[str, Any]:
    """New keys, known to GetCallerIdentity; any six digits but WRONG_CODE are the MFA device's."""
    params = call.params
    code = params.get("TokenCode")
    if code is not None and (not code.isdigit() or len(code) != 6 or code == WRONG_CODE):
        raise Fault(
            "AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code.", 403
        )
    role = params["RoleArn"].rsplit("/", 1)[-1]
    arn = f"arn:aws:sts::{call.account}:assumed-role/{role}/{params['RoleSessionName']}"
    key = f"ASIA{len(call.world.sessions):016d}"
    call.world.sessions[key] = arn
    # The SDK compares it with this machine's clock, not with the world's.
    ends = datetime.now(UTC) + timedelta(seconds=params.get("DurationSeconds", 3600))
    return {
        "Credentials": {
            "AccessKeyId": key,
            "SecretAccessKey": "demo",
            "SessionToken": f"token-of-{key}",
            "Expiration": ends.replace(microsecond=0),
        },
        "AssumedRoleUser": {
            "AssumedRoleId": f"AROA{hash_of(role) % 10**16:016d}:{params['RoleSessionName']}",
            "Arn": arn,
        },
    }
