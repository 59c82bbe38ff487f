import secrets
from datetime import UTC, datetime

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no letter looks like a digit
_TIME, _RANDOM = 10, 8  # Characters; ten hold the milliseconds of the next 35,000 years


def new_id(now: datetime) -> str:
    """An id for a plan made at `now`; valid in a ScheduledActionName and in a file name."""
    return _base32(int(now.timestamp() * 1000), _TIME) + _base32(secrets.randbits(5 * _RANDOM), _RANDOM)


def made_at(id: str) -> datetime:
    """When a plan with this id was made (UTC). Raises ValueError for anything but an id of `new_id`."""
    if len(id) != _TIME + _RANDOM:
        raise ValueError(id)
    number = 0
    for digit in id[:_TIME]:
        number = number << 5 | _DIGITS.index(digit)
    try:
        return datetime.fromtimestamp(number / 1000, UTC)
    except (OverflowError, OSError) as error:
        raise ValueError(id) from error


def _base32(number: int, length: int) -> str:
    return "".join(_DIGITS[number >> shift & 31] for shift in range(5 * (length - 1), -1, -5))
