from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta, tzinfo

from services.i18n import _
from services.inspections.alarms.evaluation import STATES
from services.inspections.alarms.periods import seconds
from services.inspections.base import table
from services.inspections.toolkit.logs.hourly_counts import local, zone_name
from services.inspections.toolkit.toolkit_wording import length
from services.models.alarms import Alarm, AlarmState, AlarmTransition, Contributor
from services.models.evidence import Evidence, EvidencePlace, Row
from services.models.findings import AlarmPeriod
from services.models.metrics import TimeSpan
from services.models.runbook import Runbook
from services.models.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Firing:
    alarm: Alarm
    series: tuple[Contributor, ...]
    unread: str = ""  # Why the series could not be read


def series_table(firing: Iterable[Firing], names: Mapping[str, str], zone: tzinfo) -> Evidence:
    rows = []
    for item in firing:
        name = names.get(str(item.alarm.name), str(item.alarm.name))
        if item.unread:
            rows.append(Row(cells=(name, "", "", item.unread), verdict=Verdict.UNKNOWN))
        rows += [
            Row(
                cells=(name, series.name, local(series.since, zone), series.reason),
                verdict=Verdict.ABNORMAL,
                place=_place(str(item.alarm.name)),
            )
            for series in item.series
        ]
    columns = (_("Alarm"), _("Series"), _("Since ({zone})", zone=zone_name(zone)), _("Reason"))
    return table(_("Firing series"), columns, rows)


def alarm_names(runbook: Runbook) -> dict[str, str]:
    return {
        str(alarm.name): _("{name} ({title})", name=alarm.name, title=alarm.title) for alarm in runbook.alarms
    }


def periods_table(
    periods: Sequence[AlarmPeriod], names: Mapping[str, str], span: TimeSpan, zone: tzinfo
) -> Evidence:
    """When alarms were not OK: current periods first, then those of firing, then those without data."""
    ordered = sorted(periods, key=lambda period: (period.ended is not None, period.state != "alarm"))
    rows = [
        Row(
            cells=(
                names.get(period.alarm, period.alarm),
                _(STATES[AlarmState(period.state)]),
                local(period.began, zone) or _("before the window"),
                local(period.ended, zone) or _("ongoing"),
                length(timedelta(seconds=seconds(period, span))),
                period.reason,
            ),
            verdict=_verdict(period),
            place=_place(period.alarm),
        )
        for period in ordered
    ]
    columns = (
        _("Alarm"),
        _("State"),
        _("Began ({zone})", zone=zone_name(zone)),
        _("Ended ({zone})", zone=zone_name(zone)),
        _("Duration in the window"),
        _("Reason"),
    )
    return table(_("Times when alarms were not OK"), columns, rows)


def _verdict(period: AlarmPeriod) -> Verdict | None:
    if period.state == "alarm":
        return Verdict.ABNORMAL if period.ended is None else Verdict.ATTENTION
    return Verdict.UNKNOWN if period.ended is None else None


def changes_table(changes: Iterable[AlarmTransition], names: Mapping[str, str], zone: tzinfo) -> Evidence:
    rows = [
        Row(
            cells=(
                local(change.at, zone),
                names.get(str(change.name), str(change.name)),
                _word(change.before),
                _word(change.after),
                str(change.reason),
            ),
            place=_place(str(change.name)),
        )
        for change in sorted(changes, key=lambda change: change.at, reverse=True)
    ]
    columns = (_("Time ({zone})", zone=zone_name(zone)), _("Alarm"), _("From"), _("To"), _("Reason"))
    return table(_("State changes"), columns, rows)


def _place(alarm: str) -> EvidencePlace:
    return EvidencePlace(kind="alarm", target=alarm)


def _word(state: AlarmState | None) -> str:
    if state is None:
        return ""
    return STATES[state] if state is AlarmState.OK else _(STATES[state])
