from calendar import month_abbr

from services import i18n
from services.calendar.base_dates import ANCHOR, MAINTENANCE
from services.calendar.business_days import WEEKDAYS
from services.i18n import _
from services.models.date_text import span_text
from services.models.runbook import ClosedDay, Duty, Within

_SPAN = 3  # Months in a row that are written as a span
_DAYS = dict(zip(("MO", "TU", "WE", "TH", "FR", "SA", "SU"), WEEKDAYS, strict=True))


def timing(duty: Duty) -> str:
    parts = [_base_date(duty) if duty.anchor else _rule(duty.rule)]
    if duty.open_days_before:
        parts.append(_("the open day that is number {count} from its end", count=duty.open_days_before + 1))
    if duty.within is Within.MONTH:
        parts.append(_("any open day of that month"))
    parts += [", ".join(duty.at)] if duty.at else []
    if duty.only_when_planned:
        parts.append(_("only when planned"))
    parts.append(_closed(duty.closed_day))
    return _(", ").join(filter(None, parts))


def _base_date(duty: Duty) -> str:
    match = ANCHOR.fullmatch(duty.anchor)
    if match is None:
        return str(duty.anchor)
    text = {
        MAINTENANCE: _("before the last maintenance window of {user} that leaves the lead time"),
        "access-key-disabled": _("{days} days after an access key of {user} was disabled"),
    }.get(match[1], _("{days} days after an access key of {user} was created"))
    return text.format(days=match[3], user=match[2])


def _rule(rule: str) -> str:
    parts = dict(part.split("=", 1) for part in rule.split(";"))
    if set(parts) - {"FREQ", *_WORDED.get(parts.get("FREQ", ""), ())}:
        return rule
    match parts["FREQ"]:
        case "DAILY":
            return _("every day")
        case "WEEKLY":
            days = parts.get("BYDAY", "MO").split(",")
            return _weekly(days) if set(days) <= set(_DAYS) else rule
        case _:
            return _monthly(parts.get("BYMONTH", ""), parts.get("BYMONTHDAY", "1"))


_WORDED = {
    "DAILY": (),
    "WEEKLY": ("BYDAY",),
    "MONTHLY": ("BYMONTH", "BYMONTHDAY"),
    "YEARLY": ("BYMONTH", "BYMONTHDAY"),
}
"""Parts of a rule that have words, by frequency."""


def _weekly(days: list[str]) -> str:
    return _("every week on {days}", days=_(", ").join(_(_DAYS[day]) for day in days))


def _monthly(months: str, day: str) -> str:
    which = _("the last day") if day == "-1" else _("day {day}", day=day)
    if not months:
        return _("{day} of every month", day=which)
    return _("{day} of {months}", day=which, months=_spans(months))


def _spans(months: str) -> str:
    """`1,2,4,5,6` as `Jan, Feb, Apr–Jun`; calendar order, runs of three and more joined."""
    numbers = sorted({int(month) for month in months.split(",")})
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    texts = [
        span_text(_month(run[0]), _month(run[-1])) if len(run) >= _SPAN else _(", ").join(map(_month, run))
        for run in runs
    ]
    return _(", ").join(texts)


def _month(number: int) -> str:
    return str(number) if i18n.language() == "ja" else month_abbr[number]


def _closed(policy: ClosedDay) -> str:
    match policy:
        case ClosedDay.SKIP:
            return _("not on closed days")
        case ClosedDay.NEXT:
            return _("on a closed day: the next open day")
        case ClosedDay.PREVIOUS:
            return _("on a closed day: the previous open day")
        case ClosedDay.KEEP:
            return _("closed days, too")
