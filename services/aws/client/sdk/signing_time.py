"""Lets the SDK sign by the time of the session that sends, which is AWS's where AWS has refused this
machine's. The SDK has no option for it, so a name in its module is replaced; a test fails if it moves."""

from datetime import UTC, datetime

from botocore import auth

from services.aws.client.traffic import SIGNING_TIME


def now() -> datetime:
    """The time (aware, UTC) by which the present task signs, and by which its credentials last."""
    own = SIGNING_TIME.get()
    return own() if own is not None else datetime.now(UTC)


def _get_current_datetime(remove_tzinfo: bool = True) -> datetime:
    return now().replace(tzinfo=None) if remove_tzinfo else now()


def install() -> None:
    vars(auth)["get_current_datetime"] = _get_current_datetime
