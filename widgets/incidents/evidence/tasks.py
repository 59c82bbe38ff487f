from dataclasses import replace
from datetime import timedelta

from services.i18n import _, plural
from services.models import glyphs
from services.models.aws_codes import (
    ACTIVITY_STATES,
    NOT_SCALED,
    STOP_CODES,
    exit_text,
    rollout_state,
    stop_reason,
    word_of,
)
from services.models.ecs import ContainerService, Deployment, ScalingActivity
from services.models.evidence import EvidencePlace
from services.models.first_wave import Source, StoppedTask
from services.models.service_events import scaling_text, service_event
from widgets.drawing.lines import Line, Span
from widgets.incidents.entries import IncidentEntry
from widgets.incidents.evidence.context import (
    EvidenceContext,
    fact,
    heading,
    is_read,
    note,
    parts_entry,
    read_notes,
)

_JUST_BEFORE = timedelta(minutes=30)  # Time before T0 in which a deployment may be its cause
_LATELY = timedelta(hours=1)  # Time before T0 from which on events of the service are shown
_MOST_STOPPED, _MOST_ACTIVITIES, _MOST_EVENTS = 8, 6, 4


def count_entries(context: EvidenceContext, width: int) -> list[IncidentEntry]:
    service = context.evidence.service
    entries = read_notes(context, Source.SERVICE, Source.DEPLOYMENTS, width=width)
    if service is None:
        return entries
    short = service.running < service.desired
    running, desired = str(service.running), str(service.desired)
    counts: list[Span] = [
        (
            _("running {running} of desired {desired}", running=running, desired=desired),
            "bad" if short else "strong",
        ),
        (_("pending {count}", count=service.pending), "warn" if service.pending else "muted"),
    ]
    if short:
        shortfall = service.desired - service.running
        words = plural("{count} task is missing", "{count} tasks are missing", shortfall)
        counts.append((f"{glyphs.ABNORMAL} " + words.format(count=shortfall), "bad"))
    entries.append(parts_entry("counts", [(service.name, "muted")], counts, width))
    entries += [_deployment(context, each, number) for number, each in enumerate(service.deployments)]
    return [*entries, *_events(context, service, width)]


def _events(context: EvidenceContext, service: ContainerService, width: int) -> list[IncidentEntry]:
    lately = [event for event in service.events if event.at >= context.onset - _LATELY]
    rows = dict.fromkeys((context.clock(event.at), service_event(event.message)) for event in lately)
    return [
        note(f"event:{number}", text, width, "muted", [(time + " ", "muted")])
        for number, (time, text) in enumerate(list(rows)[:_MOST_EVENTS])
    ]


def _deployment(context: EvidenceContext, deployment: Deployment, number: int) -> IncidentEntry:
    failed = deployment.rollout == "FAILED" or bool(deployment.failed)
    is_new = deployment.created is not None and deployment.created >= context.onset - _JUST_BEFORE
    state = rollout_state(deployment)
    line: list[Span] = [
        (
            f"{glyphs.ABNORMAL if failed else glyphs.ATTENTION if is_new else ' '} ",
            "bad" if failed else "caution",
        ),
        (deployment.task_definition or deployment.id, "strong" if number == 0 else ""),
        (f"  {state}", "bad" if failed else "muted"),
    ]
    if deployment.counted:
        line.append((f"  {deployment.running}/{deployment.desired}", ""))
    if deployment.failed:
        line.append(("  " + _("failed tasks: {count}", count=deployment.failed), "bad"))
    if deployment.created is not None:
        words = _("deployed {time}", time=context.time(deployment.created))
        line.append((f"  {words}", "caution" if is_new else "muted"))
    return IncidentEntry(f"deployment:{deployment.id}:{number}", (line,), can_choose=False)


def stopped_entries(context: EvidenceContext, width: int) -> list[IncidentEntry]:
    entries = read_notes(context, Source.TASKS, width=width)
    tasks = context.evidence.stopped_tasks
    if not is_read(context, Source.TASKS):
        return entries
    entries.append(heading("stopped", _("Stopped tasks"), (str(len(tasks)), "muted")))
    if not tasks:
        return [*entries, note("stopped:none", _("No task stopped within the last hour."), width)]
    entries += [_stopped_task(context, task, width) for task in tasks[:_MOST_STOPPED]]
    if len(tasks) > _MOST_STOPPED:
        more = _("{count} more", count=len(tasks) - _MOST_STOPPED)
        entries.append(note("stopped:more", more, width))
    return entries


def _stopped_task(context: EvidenceContext, task: StoppedTask, width: int) -> IncidentEntry:
    at = context.clock(task.ended) if task.ended is not None else "—"
    codes = [container for container in task.containers if container.exit_code not in (None, 0, 143)]
    is_bad = bool(codes) or task.code == "TaskFailedToStart" or "OutOfMemory" in _reasons(task)
    first: list[Span] = [
        (f"{at} ", "muted"),
        (f"{glyphs.ABNORMAL if is_bad else ' '} ", "bad"),
        (f"{task.definition}  ", ""),
    ]
    text = stop_reason(_reasons(task)) or word_of(STOP_CODES, task.code)
    ends = [exit_text(container.exit_code) for container in codes]
    if ends:
        text += "  " + _("exit code {code}", code=_(", ").join(ends))
    entry = note(f"stopped:{task.id}", text, width, "bad" if is_bad else "", first)
    log = context.evidence.application_errors
    if log is None or task.ended is None:
        return entry
    place = EvidencePlace(kind="log", target=str(log.group), at=task.ended, task=task.id)
    return replace(entry, can_choose=True, place=place)


def _reasons(task: StoppedTask) -> str:
    return " ".join(filter(None, [*(container.reason for container in task.containers), task.reason]))


def scaling_entries(context: EvidenceContext, width: int) -> list[IncidentEntry]:
    evidence = context.evidence
    entries = read_notes(context, Source.SCALING, width=width)
    if not is_read(context, Source.SCALING):
        return entries
    entries.append(heading("scaling", "Auto Scaling"))
    target = evidence.scaling
    if target is None:
        return [*entries, note("scaling:none", _("Auto Scaling is not configured"), width, "warn")]
    desired = evidence.service.desired if evidence.service is not None else None
    at_most = desired is not None and desired >= target.maximum
    bounds: list[Span] = [(_("{least} to {most} tasks", least=target.minimum, most=target.maximum), "strong")]
    if at_most:
        bounds.append((f"  {glyphs.ABNORMAL} " + _("at the maximum"), "bad"))
    if target.suspended:
        bounds.append((f"  {glyphs.ATTENTION} " + _("suspended"), "warn"))
    entries.append(fact("bounds", _("Bounds"), bounds))
    if not evidence.activities:
        entries.append(note("activities:none", _("Auto Scaling has decided nothing lately."), width))
    entries += [
        _activity(context, each, number, width)
        for number, each in enumerate(evidence.activities[:_MOST_ACTIVITIES])
    ]
    return entries


def _activity(context: EvidenceContext, activity: ScalingActivity, number: int, width: int) -> IncidentEntry:
    first: Line = [(context.clock(activity.at) + " ", "muted")]
    if activity.not_scaled:
        reasons = _(", ").join(word_of(NOT_SCALED, code) for code in activity.not_scaled)
        text, role = _("not scaled: {why}", why=reasons), "bad"
    else:
        state = word_of(ACTIVITY_STATES, activity.status)
        text, role = f"{scaling_text(activity.description)} ({state})", ""
    return note(f"activity:{number}", text, width, role, first)
