"""The evidence tables of the look at the alarms."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta, tzinfo

from services.i18n import _
from services.inspections.alarms.evaluation import STATES
from services.inspections.alarms.periods import seconds
from services.inspections.base import table
from services.inspections.toolkit.logs.hourly_counts import local, zone_name
from services.inspections.toolkit.wording import length
from services.models.alarms import Alarm, AlarmState, AlarmTransition, Contributor
from services.models.findings import AlarmPeriod, Evidence, Row
from services.models.metrics import TimeSpan
from services.models.runbook import Runbook
from services.models.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Firing:
    """An alarm over several series that fires, and which of them do."""

    alarm: Alarm
    series: tuple[Contributor, ...]
    unread: str = ""
    """Why they could not be read."""


def series_table(firing: Iterable[Firing], names: Mapping[str, str], zone: tzinfo) -> Evidence:
    """Which series of an alarm fire, the newest first."""
    rows = []
    for each in firing:
        name = names.get(str(each.alarm.name), str(each.alarm.name))
        if each.unread:
            rows.append(Row(cells=(name, "", "", each.unread), verdict=Verdict.UNKNOWN))
        rows += [
            Row(
                cells=(name, series.name, local(series.since, zone), series.reason),
                verdict=Verdict.ABNORMAL,
            )
            for series in each.series
        ]
    columns = (_("Alarm"), _("Series"), _("Since ({zone})").format(zone=zone_name(zone)), _("Reason"))
    return table(_("Series that fire"), columns, rows)


def alarm_names(runbook: Runbook) -> dict[str, str]:
    """`name (title)` by name, for the alarms that the runbook names."""
    return {str(each.name): f"{each.name} ({each.title})" for each in runbook.alarms}


def spells_table(
    spells: Sequence[AlarmPeriod], names: Mapping[str, str], span: TimeSpan, zone: tzinfo
) -> Evidence:
    """When alarms were not OK: what lasts first, then what fired, then what had no data."""
    ordered = sorted(spells, key=lambda each: (each.ended is not None, each.state != "alarm"))
    rows = [
        Row(
            cells=(
                names.get(each.alarm, each.alarm),
                _(STATES[AlarmState(each.state)]),
                local(each.began, zone) or _("before the window"),
                local(each.ended, zone) or _("still lasts"),
                length(timedelta(seconds=seconds(each, span))),
                each.reason,
            ),
            verdict=_verdict(each),
        )
        for each in ordered
    ]
    columns = (
        _("Alarm"),
        _("State"),
        _("Began ({zone})").format(zone=zone_name(zone)),
        _("Ended ({zone})").format(zone=zone_name(zone)),
        _("Lasted in the window"),
        _("Reason"),
    )
    return table(_("Times when alarms were not OK"), columns, rows)


def _verdict(spell: AlarmPeriod) -> Verdict | None:
    if spell.state == "alarm":
        return Verdict.ABNORMAL if spell.ended is None else Verdict.ATTENTION
    return Verdict.UNKNOWN if spell.ended is None else None


def changes_table(changes: Iterable[AlarmTransition], names: Mapping[str, str], zone: tzinfo) -> Evidence:
    """Every change of state, newest first."""
    rows = [
        (
            local(each.at, zone),
            names.get(str(each.name), str(each.name)),
            _word(each.before),
            _word(each.after),
            str(each.reason),
        )
        for each in sorted(changes, key=lambda each: each.at, reverse=True)
    ]
    columns = (_("Time ({zone})").format(zone=zone_name(zone)), _("Alarm"), _("From"), _("To"), _("Reason"))
    return table(_("Changes of state"), columns, rows)


def _word(state: AlarmState | None) -> str:
    if state is None:
        return ""
    return STATES[state] if state is AlarmState.OK else _(STATES[state])
