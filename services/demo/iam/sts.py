"""Handlers for STS; moto's take half a second to load, which would delay the console's start.

Source: AWS STS API reference.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from services.demo.errors import AwsErrorResponse
from services.demo.iam.model import SessionStore
from services.demo.identifiers import principal_id
from services.demo.registry import Call, op

WRONG_CODE = "000000"
"""The only code that the MFA device refuses."""


@op("sts", "GetCallerIdentity")
def get_caller_identity(call: Call) -> dict[str, Any]:
    """The assumed role of the key that signed, or the console's own."""
    arn = call.component(SessionStore).arn_of(call.access_key)
    role, session = arn.rsplit("/", 2)[-2:]
    return {
        "Account": call.account,
        "Arn": arn,
        "UserId": f"{principal_id('AROA', role)}:{session}",
    }


@op("sts", "AssumeRole")
def assume_role(call: Call) -> dict[str, Any]:
    """Temporary keys, known to GetCallerIdentity; any six digits but WRONG_CODE pass as the MFA device's."""
    params = call.params
    code = params.get("TokenCode")
    if code is not None and (not code.isdigit() or len(code) != 6 or code == WRONG_CODE):
        raise AwsErrorResponse(
            "AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code.", 403
        )
    role = params["RoleArn"].rsplit("/", 1)[-1]
    arn = f"arn:aws:sts::{call.account}:assumed-role/{role}/{params['RoleSessionName']}"
    key = call.component(SessionStore).begin(arn)
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
            "AssumedRoleId": f"{principal_id('AROA', role)}:{params['RoleSessionName']}",
            "Arn": arn,
        },
    }
