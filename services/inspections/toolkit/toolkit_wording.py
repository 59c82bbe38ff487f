"""Times, amounts, limits and lists as text in findings; times in the system's zone."""

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

from services.i18n import _
from services.models.amounts import size_words as size_words
from services.models.amounts import yen_words as yen_words
from services.models.date_text import period_text, with_zone, zoned_time
from services.models.durations import lasting
from services.models.metrics import Series, SeriesStatus
from services.models.verdict import Limit


def stretch(began: datetime, ended: datetime, zone: tzinfo) -> str:
    """`01-14(Wed) 01:16–01:26 JST (10m)`; with both dates if they differ."""
    text = with_zone(period_text(began, ended, zone), ended, zone)
    return _("{time} ({length})", time=text, length=length(ended - began))


def since(began: datetime, now: datetime, zone: tzinfo) -> str:
    """`since 01-14(Wed) 08:40 JST (20m)`."""
    return _("since {time} ({length})", time=zoned_time(began, zone), length=length(now - began))


def length(span: timedelta) -> str:
    """A length of time: `40m`, `15h 20m`, `3d 4h`; a negative one counts as none."""
    return lasting(span.total_seconds(), most_hours=48)


def age_text(span: timedelta) -> str:
    """How long ago something was: `15h 20m ago`."""
    if span < timedelta(minutes=1):
        return _("within the last minute")
    return _("{time} ago", time=length(span))


def listed(texts: Sequence[str]) -> str:
    return _(", ").join(texts)


def hours_words(hours: float) -> str:
    if hours < 1:
        return _("{count} min", count=max(1, round(hours * 60)))
    if hours < 48:
        return _("{count} h", count=f"{hours:.1f}".removesuffix(".0"))
    return _("{count} days", count=f"{hours / 24:.1f}".removesuffix(".0"))


def number(value: float) -> str:
    """Without decimals from a hundred up, otherwise with one decimal unless it is 0."""
    if 0 < value < 0.1:
        return "< 0.1"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}".removesuffix(".0")


def value_words(value: float, limit: Limit) -> str:
    return f"{number(value * limit.scale)} {limit.unit}".strip()


def bound_words(limit: Limit) -> str:
    """`< 70 %`, `> 10 GiB`."""
    bound = limit.below if limit.below is not None else limit.above
    sign = "<" if limit.below is not None else ">"
    return "" if bound is None else f"{sign} {value_words(bound, limit)}"


def incomplete_words(series: Series) -> str:
    if series.status is SeriesStatus.FORBIDDEN:
        return _("no permission for this metric")
    if series.status is SeriesStatus.FOREIGN:
        return series.message
    return _("CloudWatch's response is incomplete ({why})", why=series.message or series.status.value)
