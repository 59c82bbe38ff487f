"""What the SDK's own exceptions prove about a write; see `services.aws.client.errors`."""

from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
from botocore import exceptions as sdk

from services.aws.client.errors import CERTAIN, AwsError
from services.aws.client.remedies import of_write
from services.aws.client.write_grants import WriteGrant
from services.models.problem import ProblemKind

_NEVER_CONNECTED = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


@contextmanager
def judged(permit: WriteGrant) -> Iterator[None]:
    """Send a granted request inside: an AwsError says afterwards whether the write certainly had no effect."""
    try:
        with permit.in_force():
            yield
    except AwsError as error:
        cause = error.__cause__ or error
        error.certain = not permit.sent or proves_nothing_done(cause, error.problem.kind)
        error.problem = of_write(error.problem, certain=error.certain)
        error.request_id = request_id(cause)
        raise


def proves_nothing_done(error: BaseException, kind: ProblemKind) -> bool:
    """Whether `error`, of this problem kind, proves that a sent request had no effect."""
    if isinstance(error, sdk.ClientError):
        return kind in CERTAIN and _is_of_aws(error)
    cause = getattr(error, "kwargs", {}).get("error")
    return isinstance(cause, _NEVER_CONNECTED)


def request_id(error: BaseException) -> str:
    """AWS's request id of the failed request; "" when AWS did not respond."""
    response = error.response if isinstance(error, sdk.ClientError) else {}
    return str(response.get("ResponseMetadata", {}).get("RequestId") or "")


def _is_of_aws(error: sdk.ClientError) -> bool:
    """Whether AWS itself responded: it always sends a request id and an error code, a proxy sends neither."""
    code = str(error.response.get("Error", {}).get("Code") or "")
    return bool(code) and not code.isdigit() and bool(request_id(error))
