import re
from datetime import UTC, datetime, timedelta

_RELATIVE = re.compile(
    r"-P(?:(?P<years>\d{1,3})Y)?(?:(?P<months>\d{1,4})M)?(?:(?P<weeks>\d{1,4})W)?(?:(?P<days>\d{1,5})D)?"
    r"(?:T(?:(?P<hours>\d{1,6})H)?(?:(?P<minutes>\d{1,7})M)?(?:(?P<seconds>\d{1,9})S)?)?",
    re.ASCII,
)
LONGEST = timedelta(days=455)  # CloudWatch's retention of metrics: fifteen months


def parse_point(text: str) -> timedelta | datetime | None:
    """The duration before now, or the time (UTC); None for other texts, including bare numbers."""
    match = _RELATIVE.fullmatch(text)
    if match is not None:
        parts = {name: int(value) for name, value in match.groupdict().items() if value}
        if not parts:
            return None
        days = (
            parts.get("days", 0)
            + 7 * parts.get("weeks", 0)
            + 30 * parts.get("months", 0)
            + 365 * parts.get("years", 0)
        )
        back = timedelta(
            days=days,
            hours=parts.get("hours", 0),
            minutes=parts.get("minutes", 0),
            seconds=parts.get("seconds", 0),
        )
        return min(back, LONGEST) or None
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def resolve(text: str, now: datetime) -> datetime | None:
    """The same as an absolute time; None for "" and for unsupported texts."""
    point = parse_point(text) if text else None
    return now - point if isinstance(point, timedelta) else point
