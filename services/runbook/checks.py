"""Each check yields (path, message) for every mistake."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from dateutil.rrule import rrulestr

from services.calendar.base_dates import ANCHOR, MAINTENANCE
from services.i18n import _
from services.models.runbook import ClosedDay, Duty, Runbook, Within
from services.runbook import (
    approval_checks,
    github_checks,
    inspection_checks,
    log_checks,
    name_checks,
    place_checks,
    playbook_checks,
    query_checks,
    translation_checks,
)
from services.runbook.maintenance_window import checks as window_checks
from services.toml import mistakes
from services.toml.positions import Path

Mistakes = Iterator[tuple[Path, str]]  # (path, message) of each mistake

_PART = re.compile(r"[A-Z]+=[A-Z0-9,+-]+")
_WINDOW = re.compile(
    r"(sun|mon|tue|wed|thu|fri|sat):([01]\d|2[0-3]):[0-5]\d-(sun|mon|tue|wed|thu|fri|sat):([01]\d|2[0-3]):[0-5]\d"
)
_UNTIL = re.compile(r"[0-9]{8}(T[0-9]{6})?")
_LONGEST = 1000  # The largest INTERVAL allowed
_BOUNDS = ("UNTIL", "COUNT", "INTERVAL")
_LATE = datetime(9980, 1, 1)  # noqa: DTZ001  dateutil searches to the year 9999, so it starts near there


def system(runbook: Runbook) -> Mistakes:
    try:
        ZoneInfo(runbook.system.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        message = _("no such time zone")
        hint = mistakes.suggestion(runbook.system.timezone, available_timezones()) or _(
            "names look like Asia/Tokyo"
        )
        yield ("system", "timezone"), f"{message}: {hint}"
    yield from _bounds(runbook)
    if runbook.rds and runbook.rds.window_utc and not _WINDOW.fullmatch(runbook.rds.window_utc):
        yield ("rds", "window_utc"), _("must be as RDS spells it: sat:17:00-sat:18:00")
    for index, path in enumerate(runbook.cdn.paths if runbook.cdn else ()):
        if not path.startswith("/") or "*" in path[:-1]:
            yield ("cdn", "paths", index), _("must begin with / and may hold * only as its last character")


def _bounds(runbook: Runbook) -> Mistakes:
    keys = ("usual_min", "usual_max", "busy_max")
    bounds = [
        (key, getattr(runbook.ecs, key))
        for key in keys
        if runbook.ecs and getattr(runbook.ecs, key) is not None
    ]
    for (_key, lower), (key, bound) in pairwise(bounds):
        if bound < lower:
            yield ("ecs", key), _("usual_min, usual_max and busy_max must not decrease in this order")


def unique(runbook: Runbook) -> Mistakes:
    for table, key, values in (
        ("alarms", "name", [each.name for each in runbook.alarms]),
        ("log_groups", "id", [each.id for each in runbook.log_groups]),
        ("limits", "id", [each.id for each in runbook.limits]),
        ("limits", "metric", [f"{each.namespace} {each.metric}" for each in runbook.limits]),
        ("playbooks", "id", [each.id for each in runbook.playbooks]),
        ("procedures", "id", [each.id for each in runbook.procedures]),
        ("duties", "id", [each.id for each in runbook.duties]),
        ("contacts", "role", [each.original("role") for each in runbook.contacts]),
        ("approvers", "role", [each.original("role") for each in runbook.approvers]),
    ):
        for index in _repeated(values):
            message = _('"{name}" appears twice: rename or remove one', name=values[index])
            yield (table, index, key), message


def _repeated(values: Iterable[object]) -> list[int]:
    counts: Counter[object] = Counter()
    repeated = []
    for index, value in enumerate(values):
        if counts[value]:
            repeated.append(index)
        counts[value] += 1
    return repeated


def references(runbook: Runbook) -> Mistakes:
    groups = name_checks.with_names((group.id for group in runbook.log_groups), name_checks.LOG_GROUP)
    playbooks = [playbook.id for playbook in runbook.playbooks]
    approvers = [each.original("role") for each in runbook.approvers]
    roles = [each.original("role") for each in runbook.contacts] + approvers
    mentions: list[tuple[Path, str, Iterable[str]]] = []
    for index, alarm in enumerate(runbook.alarms):
        mentions.append((("alarms", index, "playbook"), alarm.playbook or "", playbooks))
        mentions.append((("alarms", index, "log_group"), alarm.log_group, groups))
    for index, playbook in enumerate(runbook.playbooks):
        mentions.append((("playbooks", index, "escalate_to"), playbook.escalate_to, roles))
        mentions.append((("playbooks", index, "approval"), playbook.approval, approvers))
    for index, procedure in enumerate(runbook.procedures):
        mentions.append((("procedures", index, "approval"), procedure.approval, approvers))
    mentions.append((("costs", "report_to"), runbook.costs.report_to if runbook.costs else "", roles))
    for name, spec in (("error_logs", runbook.error_logs), ("slow_queries", runbook.slow_queries)):
        mentions.append(((name, "log_group"), spec.log_group if spec else "", groups))
    for path, name, existing in mentions:
        # An ARN in place of a name is reported by `name_checks`.
        if name and name not in existing and not name_checks.is_address(name):
            yield path, mistakes.unknown_name(name, existing)


def limits(runbook: Runbook) -> Mistakes:
    for index, limit in enumerate(runbook.limits):
        if (limit.below is None) == (limit.above is None):
            yield ("limits", index), _("give exactly one of below and above")
        for key, value in (("below", limit.below), ("above", limit.above), ("scale", limit.scale)):
            if value is not None and not math.isfinite(value):
                yield ("limits", index, key), _("must be a finite number")
        if limit.scale <= 0:
            yield ("limits", index, "scale"), _("must be more than {gt}", gt=0)


def duties(runbook: Runbook) -> Mistakes:
    for index, duty in enumerate(runbook.duties):
        path: Path = ("duties", index)
        if bool(duty.rule) == bool(duty.anchor):
            yield path, _("give exactly one of rule and anchor")
        elif duty.rule:
            message = rule_mistake(duty.rule)
            if message:
                yield (*path, "rule"), message
        else:
            yield from _base_date(runbook, duty, path)
        yield from _counted(duty, path)
        for place in _repeated(duty.at):
            yield (
                (*path, "at", place),
                _('"{name}" appears twice: rename or remove one', name=duty.at[place]),
            )
    yield from _series(runbook)


def _counted(duty: Duty, path: Path) -> Mistakes:
    """`open_days_before` needs a rule and `closed_day = previous-open`, as it counts back from an open day."""
    if duty.open_days_before is None:
        return
    if duty.anchor or duty.within is Within.MONTH:
        message = _('needs a rule and a day: remove it if the duty has an anchor or within = "month"')
        yield (*path, "open_days_before"), message
    elif duty.closed_day is not ClosedDay.PREVIOUS:
        yield (*path, "closed_day"), _("open days are counted back: use previous-open")


def _series(runbook: Runbook) -> Mistakes:
    members = Counter(duty.series for duty in runbook.duties if duty.series)
    for index, duty in enumerate(runbook.duties):
        if duty.series and duty.anchor:
            yield ("duties", index, "series"), _("a duty with an anchor follows no other: remove series")
        elif duty.series and members[duty.series] == 1:
            hint = mistakes.suggestion(duty.series, set(members) - {duty.series}) or _("remove it")
            message = _('no other duty is of the series "{name}"', name=duty.series)
            yield ("duties", index, "series"), f"{message}: {hint}"


def _base_date(runbook: Runbook, duty: Duty, path: Path) -> Mistakes:
    spec = ANCHOR.fullmatch(duty.anchor)
    users = name_checks.with_names(runbook.access_keys.users if runbook.access_keys else (), name_checks.USER)
    databases = (str(runbook.rds.instance),) if runbook.rds else ()
    if spec is None:
        message = _(
            "must be access-key:<user>+<n>d, access-key-disabled:<user>+<n>d or rds-maintenance:<instance>+<n>d"
        )
        yield (*path, "anchor"), message
    elif spec[2] not in (names := databases if spec[1] == MAINTENANCE else users):
        yield (*path, "anchor"), mistakes.unknown_name(spec[2], names)
    elif duty.closed_day is ClosedDay.SKIP:
        message = _("an anchored date comes once: use next-open, previous-open or keep")
        yield (*path, "closed_day"), message


def rule_mistake(rule: str) -> str:
    """What is wrong with an RFC 5545 RRULE; "" if it is valid and occurs."""
    parts = dict(part.split("=", 1) for part in rule.split(";") if _PART.fullmatch(part))
    if len(parts) != rule.count(";") + 1:
        return _("must be an RFC 5545 rule such as FREQ=WEEKLY;BYDAY=MO, without DTSTART")
    if mistake := _part_mistake(parts):
        return mistake
    try:
        rrulestr(rule, dtstart=_LATE)
        unbounded = ";".join(f"{key}={value}" for key, value in parts.items() if key not in _BOUNDS)
        occurs = rrulestr(unbounded, dtstart=_LATE).after(_LATE, inc=True)
    except (IndexError, OverflowError):
        return _("not an RFC 5545 rule: a number in it is out of range")
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        return _("not an RFC 5545 rule: {reason}", reason=error)
    return "" if occurs else _("no date matches this rule")


def _part_mistake(parts: dict[str, str]) -> str:
    """Restrictions on rules beyond RFC 5545 and dateutil."""
    interval, until = parts.get("INTERVAL", "1"), parts.get("UNTIL", "")
    if parts.get("FREQ") not in ("DAILY", "WEEKLY", "MONTHLY", "YEARLY"):
        return _("FREQ must be DAILY, WEEKLY, MONTHLY or YEARLY")
    if {"BYHOUR", "BYMINUTE", "BYSECOND"} & parts.keys():
        return _("write times of day in at, not in the rule")
    if "COUNT" in parts:
        return _("COUNT has no start to count from here: use UNTIL")
    if until.endswith("Z"):
        return _("UNTIL is local time here: remove the Z")
    if until and not _UNTIL.fullmatch(until):
        return _("UNTIL must be a date such as 20301231")
    if not interval.isdecimal() or not 1 <= int(interval) <= _LONGEST:
        return _("INTERVAL must be from 1 to {most}", most=_LONGEST)
    return ""


def journal(runbook: Runbook) -> Mistakes:
    spec = runbook.journal
    if spec.log_group and not spec.log_stream:
        yield ("journal", "log_stream"), _("give both log_group and log_stream, or neither")
    elif spec.log_stream and not spec.log_group:
        yield ("journal", "log_group"), _("give both log_group and log_stream, or neither")


def closures(runbook: Runbook) -> Mistakes:
    for index, day in enumerate(runbook.closures.yearly):
        try:
            date.fromisoformat(f"2024-{day}")
        except ValueError:
            yield ("closures", "yearly", index), _("there is no such day: write month and day such as 12-29")
    for index, opened in enumerate(runbook.closures.opened):
        if opened in runbook.closures.extra:
            yield (
                ("closures", "opened", index),
                _("this day is in extra, too: it cannot be both open and closed"),
            )
    if set(runbook.closures.weekdays) == set(range(7)):
        yield ("closures", "weekdays"), _("all seven days are closed: leave at least one open")


ALL = (
    system,
    unique,
    references,
    limits,
    duties,
    closures,
    journal,
    *approval_checks.ALL,
    *name_checks.ALL,
    *log_checks.ALL,
    *place_checks.ALL,
    *github_checks.ALL,
    log_checks.masking,
    window_checks.window,
    *inspection_checks.ALL,
    *query_checks.ALL,
    *playbook_checks.ALL,
    *translation_checks.ALL,
)
"""Every check, in the order of the file."""
