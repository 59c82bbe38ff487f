from collections.abc import Iterable, Iterator

from services.aws.cloudwatch.alarms.actions import is_topic
from services.contacts import escalation
from services.i18n import _
from services.inspections.alarms.evaluation import Judged, Mark
from services.inspections.toolkit.checks import runbook_advice
from services.models.alarms import Alarm
from services.models.runbook import Runbook
from services.models.runbook_playbooks import Playbook


def advice(judged: Iterable[Judged], runbook: Runbook, inspection: str) -> tuple[str, ...]:
    texts = [text for alarm in judged if alarm.marks for text in _of(alarm, runbook)]
    if not texts:
        return ()
    return tuple(dict.fromkeys((*texts, *(_by_duties(runbook, inspection) or _slack(runbook)))))


def _by_duties(runbook: Runbook, inspection: str) -> tuple[str, ...]:
    own = tuple(duty for duty in runbook.duties if duty.inspections == (inspection,))
    return runbook_advice(runbook.model_copy(update={"duties": own}) if own else runbook, inspection)


def _slack(runbook: Runbook) -> tuple[str, ...]:
    if runbook.slack is None or not runbook.slack.channel:
        return ()
    return (_("Record it in Slack {channel}.").format(channel=runbook.slack.channel),)


def _of(judged: Judged, runbook: Runbook) -> Iterator[str]:
    if Mark.FIRING in judged.marks or Mark.FIRED in judged.marks:
        yield from _fired(judged, runbook)
    if Mark.MISSING in judged.marks:
        text = _(
            "{alarm}: not monitored now. Have the alarm {name} recreated; until then check the dashboard."
        )
        if judged.alarm.near:
            text = _(
                "{alarm}: not monitored now. If {near} is this alarm, have the name corrected in the runbook or in "
                "AWS; else have {name} recreated."
            )
        yield text.format(alarm=judged.title, name=judged.alarm.name, near=judged.alarm.near)
    if judged.alarm.warm_up_until is not None:
        yield _("{alarm}: until it has warmed up, check its metric on the dashboard.").format(
            alarm=judged.title
        )
    elif Mark.NO_DATA in judged.marks or Mark.BLIND in judged.marks:
        text = _(
            "{alarm}: it cannot fire without data. Check that what it watches is there and reports {metric}."
        )
        names = dict.fromkeys(str(query.metric) for query in judged.alarm.queries if query.metric)
        yield text.format(alarm=judged.title, metric=_(", ").join(names) or _("its metric"))
    if Mark.UNSURE in judged.marks:
        yield _("{alarm}: correct the alarm's definition, or wait where AWS failed.").format(
            alarm=judged.title
        )
    if Mark.SILENT in judged.marks:
        yield _silent(judged.alarm).format(alarm=judged.title)
    if Mark.TOGETHER in judged.marks:
        text = _(
            "{alarm}: have an action added to it; if people hear of it otherwise, declare heard_by in the runbook."
        )
        yield text.format(alarm=judged.title)
    if Mark.UNTOLD in judged.marks:
        yield _("{alarm}: check its history in CloudWatch: it may have fired unnoticed.").format(
            alarm=judged.title
        )


def _silent(alarm: Alarm) -> str:
    if alarm.muted_by or alarm.actions_enabled is False:
        return _("{alarm}: while it notifies nobody, check it yourself; ask who did it, and until when.")
    if any(map(is_topic, alarm.alarm_actions)) and not alarm.has_actions:
        return _(
            "{alarm}: check it yourself; have somebody subscribe to its topic and accept AWS's invitation."
        )
    return _(
        "{alarm}: check it yourself; have an action added to it, or to a composite alarm that goes to ALARM with it."
    )


def _fired(judged: Judged, runbook: Runbook) -> Iterator[str]:
    playbook = runbook.playbook_for(judged.alarm.id)
    if playbook is None:
        yield _("{alarm}: the runbook has no steps for it.").format(alarm=judged.title)
        return
    steps = " → ".join(str(step.text) for step in playbook.steps)
    firing = Mark.FIRING in judged.marks
    text = (
        _("{alarm}: {playbook}: {steps}")
        if firing
        else _("{alarm} recovered on its own; find out why it fired: {playbook}: {steps}")
    )
    yield text.format(alarm=judged.title, playbook=playbook.title, steps=steps)
    if firing:
        yield from _escalation_advice(judged, playbook, runbook)


def _escalation_advice(judged: Judged, playbook: Playbook, runbook: Runbook) -> Iterator[str]:
    whom = escalation(runbook, playbook.escalate_to)
    minutes = playbook.escalate_minutes or playbook.wait_minutes
    if whom and minutes:
        text = _("{alarm}: not recovered within {minutes} minutes? Call {whom}.")
        yield text.format(alarm=judged.title, minutes=minutes, whom=whom)
    elif whom:
        yield _("{alarm}: call {whom}.").format(alarm=judged.title, whom=whom)
    approver = escalation(runbook, playbook.approval)
    if approver:
        yield _("{alarm}: changes require the approval of {whom}.").format(alarm=judged.title, whom=approver)
