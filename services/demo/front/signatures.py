"""Refuses requests whose signature is too old, or too far in the future, as AWS does.

Source: "Signature Version 4 request signing", troubleshooting (IAM user guide): a request is accepted within five
minutes of its X-Amz-Date; RequestTimeTooSkewed (Amazon S3 API reference, "Error responses"): fifteen minutes.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from services.demo.errors import AwsErrorResponse
from services.demo.front.wire import ParsedRequest

LASTS = timedelta(minutes=5)
LASTS_IN_S3 = timedelta(minutes=15)
_FORM = "%Y%m%dT%H%M%SZ"


def expired(request: ParsedRequest, environ: Mapping[str, Any], now: datetime) -> AwsErrorResponse | None:
    """The error for a request that was signed at another time than `now`; None if it is in time or has no date."""
    try:
        signed_at = datetime.strptime(str(environ.get("HTTP_X_AMZ_DATE", "")), _FORM).replace(tzinfo=UTC)
    except ValueError:
        return None
    if request.scope.service == "s3":
        if abs(now - signed_at) <= LASTS_IN_S3:
            return None
        message = "The difference between the request time and the current time is too large."
        return AwsErrorResponse("RequestTimeTooSkewed", message, 403)
    if abs(now - signed_at) <= LASTS:
        return None
    is_json = request.protocol not in ("query", "ec2", "rest-xml")
    code = "InvalidSignatureException" if is_json else "SignatureDoesNotMatch"
    return AwsErrorResponse(code, _message(signed_at, now), 400 if is_json else 403)


def _message(signed_at: datetime, now: datetime) -> str:
    if signed_at < now:
        limit, words, sign = now - LASTS, ("expired", "now earlier"), "-"
    else:
        limit, words, sign = now + LASTS, ("not yet current", "still later"), "+"
    return (
        f"Signature {words[0]}: {signed_at:{_FORM}} is {words[1]} than {limit:{_FORM}}"
        f" ({now:{_FORM}} {sign} 5 min.)"
    )
