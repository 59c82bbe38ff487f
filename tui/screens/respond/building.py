from collections.abc import Sequence
from dataclasses import replace

from services.i18n import N_, _
from services.incidents.catalogue import causes_of
from services.incidents.clocks import whole_clocks
from services.incidents.escalation import (
    Situation,
    cause_of,
    measured_text,
    phone_lines,
    recipients,
    role_to_tell,
    undecided_roles,
)
from services.incidents.facts import Facts
from services.incidents.impact import impact_text
from services.incidents.joining import may_be_one
from services.incidents.measured_clocks import in_order, measured_clocks
from services.incidents.own_resource import resource_of
from services.incidents.readings import Weighing
from services.incidents.reason import reason_of
from services.incidents.recovery.checks import recovery_checks
from services.incidents.timeline import timeline
from services.models.change_runs import Run
from services.models.changes import Plan
from services.models.date_text import time_text
from services.models.feeds import FeedState
from services.models.first_wave import IncidentEvidence
from services.models.incidents import Incident, IncidentClock, StepKind, StepMark, TriggerKind
from services.models.runbook_playbooks import Cause, Playbook, Step
from services.models.step_records import changes_sent, step_records
from services.models.step_records import playbook_of as own_or_runbooks
from services.slack.notes import change_line
from tui.console import Console
from tui.messages import OpenChange
from tui.places import Destination, Origin, destination
from tui.screens.respond.reading import IncidentRecords, alarm_of
from widgets.alarms.values import now_spans
from widgets.incidents.view import IncidentView

_DIALOGS = {StepKind.TELL: N_("Told"), StepKind.DECIDE: N_("Decide")}
"""The steps that open a dialog, and what it is called."""


def playbook_of(app: Console, incident: Incident) -> Playbook | None:
    return own_or_runbooks(incident, app.ready.runbook.playbooks)


def kind_of(app: Console, step: Step) -> StepKind:
    if step.kind is not None:
        return step.kind
    return StepKind.CHANGE if step.look in app.ready.engine.changes else StepKind.LOOK


def destinations_of(app: Console, incident: Incident) -> tuple[Destination | None, ...]:
    playbook = playbook_of(app, incident)
    if playbook is None:
        return ()
    origin = _origin(app, incident)
    return tuple(destination(app, lead, origin) for lead in playbook.leads)


def place_named(app: Console, incident: Incident, look: str) -> Destination | None:
    return destination(app, Step(text=look, look=look), _origin(app, incident))


def _origin(app: Console, incident: Incident) -> Origin:
    group = str(app.ready.runbook.log_group_for(incident.target))
    return Origin(alarm_of(app, incident), group, incident.since)


def incident_view(
    app: Console,
    weighing: Weighing,
    incident: Incident,
    records: IncidentRecords,
    live: IncidentEvidence | None = None,
    *,
    shows_numbers: bool = False,
    places: Sequence[Destination | None] = (),
) -> IncidentView:
    """Everything that the screen draws: by the newest reading, with what was captured, which has what AWS forgets."""
    playbook = playbook_of(app, incident)
    newest = app.ready.response.live.newest(incident)
    evidence = weighing.present(incident, live or newest, records.evidence)
    assessment = weighing.of(incident, evidence)
    onset = assessment.onset if assessment is not None else None
    steps = playbook.steps if playbook is not None else ()
    leads = playbook.leads if playbook is not None else ()
    alarm = evidence.alarm if evidence is not None else None
    weighable = () if incident.is_asked else causes_of(app.ready.runbook, playbook, alarm)
    specs = {str(spec.id): spec for spec in weighable}
    spec = specs.get(str(assessment.leader.id)) if assessment is not None and assessment.leader else None
    advised = spec.advice_for(assessment.present).look if spec and assessment else None
    latest = {
        each[0].plan.kind: each
        for each in changes_sent(incident, app.runs)
        if _leads_to(app, incident, each[0])
    }
    if advised in latest and latest[advised][1] is not StepMark.TODO:
        advised = None
    view = IncidentView(
        incident=incident.model_copy(update={"steps": step_records(incident, playbook, app.runs)}),
        playbook=playbook,
        kinds=tuple(kind_of(app, step) for step in steps),
        places=tuple(
            _place_title(app, lead, place, is_finding=incident.trigger is TriggerKind.FINDING)
            for lead, place in zip(leads, places, strict=False)
        ),
        clocks=_clocks(app, incident, evidence),
        evidence=evidence,
        assessment=assessment,
        resource=resource_of(Facts(evidence, app.ready.runbook), app.zone) if evidence is not None else None,
        reason=reason_of(assessment),
        advised=advised if advised and place_named(app, incident, advised) is not None else "",
        outcomes={kind: _change_line(app, incident, run) for kind, (run, _mark) in latest.items()},
        shows_numbers=shows_numbers,
        specs=specs,
        timeline=timeline(incident, records.entries, evidence, onset, records.changes),
        undecided=undecided_roles(app.ready.runbook, playbook),
        joinable=joinable(app, incident, weighing),
        joined_title=next((other.title for other in app.incidents if other.id == incident.joined_to), ""),
        checks=recovery_checks(Facts(newest, app.ready.runbook)) if newest is not None else (),
        zone=app.zone,
        trouble=records.trouble,
    )
    return replace(view, telling=_telling(app, view)) if StepKind.TELL in view.kinds else view


def _leads_to(app: Console, incident: Incident, run: Run) -> bool:
    place = place_named(app, incident, run.plan.kind)
    request = place.request if place is not None else None
    return isinstance(request, OpenChange) and request.target == run.plan.target.id


def _change_line(app: Console, incident: Incident, run: Run) -> str:
    return change_line(run, lambda at: time_text(at, app.zone, incident.closed_at or app.aws_now()))


def _clocks(app: Console, incident: Incident, evidence: IncidentEvidence | None) -> tuple[IncidentClock, ...]:
    now = app.aws_now()
    clocks = whole_clocks(incident, app.incidents, app.ready.runbook.playbooks, now)
    if not incident.is_open:
        return clocks
    return in_order((*clocks, *measured_clocks(evidence, app.ready.maintenance.applied, now)))


def _telling(app: Console, view: IncidentView) -> tuple[tuple[str, str], ...]:
    situation = situation_of(app, view)
    day = situation.now.astimezone(situation.zone).date()
    first = role_to_tell(view.incident, view.playbook)
    people = recipients(situation.runbook, situation.playbook, day, first, situation.by)
    reach = [_("{role}: {reach}", role=each.role, reach=each.reach or _("(UNDECIDED)")) for each in people]
    return ((_("Whom to tell"), "\n".join(reach)), (_("What to say"), phone_lines(situation)))


def _place_title(app: Console, lead: Step | Cause, place: Destination | None, *, is_finding: bool) -> str:
    if place is not None:
        return place.title
    if not isinstance(lead, Step) or (kind := kind_of(app, lead)) not in _DIALOGS:
        return ""
    # What a finding asks is decided in one's own words: there are no causes to choose from.
    return _("Decision") if is_finding and kind is StepKind.DECIDE else _(_DIALOGS[kind])


def joinable(app: Console, incident: Incident, weighing: Weighing) -> tuple[Incident, ...]:
    one = weighing.newest(incident)
    return tuple(other for other in app.incidents if may_be_one(incident, other, one, weighing.newest(other)))


def situation_of(app: Console, view: IncidentView, plan: Plan | None = None) -> Situation:
    """What is known at this moment; `plan`: the newest of the change that a step asks approval for."""
    incident = view.incident
    titles = {id: str(spec.title) for id, spec in view.specs.items()}
    cause, word, reason = cause_of(incident, view.assessment, titles)
    facts = Facts(view.evidence, app.ready.runbook) if view.evidence is not None else None
    live = app.ready.response.live.newest(incident)
    parts = map(app.ready.incidents.of, incident.joined)
    return Situation(
        incident=incident,
        runbook=app.ready.runbook,
        playbook=view.playbook,
        now=app.aws_now(),
        zone=app.zone,
        measured=_measured(app, incident),
        impact=impact_text(incident, facts, app.zone, app.aws_now(), live) if facts is not None else "",
        cause=cause,
        word=word,
        reason=reason,
        by=app.ready.journal.person.name,
        seen_at=app.alarms.fetched_at if app.alarms is not None else None,
        whole=app.ready.incidents.of(incident.joined_to) if incident.joined_to else None,
        parts=tuple(one for one in parts if one is not None and one.over_at is None),
        evidence=view.evidence,
        plan=plan,
        changes=tuple(_change_line(app, incident, run) for run, _mark in changes_sent(incident, app.runs)),
    )


def _measured(app: Console, incident: Incident) -> str:
    """The alarm's value now beside its limit, in the units of the screen; "" if it is not known."""
    alarm, overview = alarm_of(app, incident), app.overview
    if alarm is None or overview is None:
        return ""
    readings = app.ready.alarm_values.readings(
        overview.alarms, app.view or FeedState(), app.alarm_series or FeedState()
    )
    if readings.now(alarm, app.now()).doubtful:
        return ""
    return measured_text(alarm, "".join(text for text, _role in now_spans(alarm, readings, app.now(), "")))
