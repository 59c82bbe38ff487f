"""An alarm and its mute rules as rows and remarks for an operator. Pure."""

from collections.abc import Iterator
from datetime import tzinfo

from services.changes.alarm_mute.state import RULE, MuteState
from services.i18n import N_, _
from services.models.alarms import AlarmState
from services.models.changes import ChangeTarget, Fact
from services.models.date_text import zoned_time

_STATES = {
    AlarmState.ALARM: N_("in ALARM"),
    AlarmState.INSUFFICIENT: N_("insufficient data"),
    AlarmState.OK: N_("OK"),
}


def facts(target: ChangeTarget, state: MuteState, zone: tzinfo) -> Iterator[Fact]:
    """The alarm's state, and the rules that mute it now or later."""
    alarm = state.alarm(target.id)
    if alarm is None:
        yield Fact(name=_("State"), value="—", note=_("CloudWatch has no such alarm"))
    else:
        since = zoned_time(alarm.since, zone) if alarm.since else ""
        yield Fact(name=_("State"), value=_(_STATES[alarm.state]), note=since)
        enabled = {True: _("enabled"), False: _("disabled"), None: "—"}[alarm.actions_enabled]
        yield Fact(name=_("Actions"), value=enabled)
    if not state.rules:
        yield Fact(name=_("Mute rule"), value=_("none"))
    for rule in state.rules:
        whose = _("by this console") if rule.id.startswith(RULE) else _("by someone else")
        until = _("until {time}").format(time=zoned_time(rule.until, zone)) if rule.until else rule.status
        note = _(", ").join(filter(None, (until, whose, rule.description)))
        yield Fact(
            name=_("Mute rule"),
            value=_("{name} ({status})").format(name=rule.name, status=rule.status),
            note=note,
        )


def remarks(target: ChangeTarget, state: MuteState) -> tuple[str, ...]:
    alarm = state.alarm(target.id)
    if alarm is None:
        return (
            _("CloudWatch has no alarm {name}: a rule for it would mute nothing.").format(name=target.title),
        )
    if any(rule.status == "ACTIVE" for rule in state.rules):
        return (_("It is muted: nobody is told when it fires."),)
    return ()
