"""What ECS says about the tasks: stops with their reasons, counts, memory. Source: DescribeTasks,
DescribeServices (Amazon ECS API reference); "Amazon ECS stopped tasks error messages" (Amazon ECS developer
guide)."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from statistics import median

from services.i18n import N_, _
from services.incidents.facts import Facts
from services.incidents.signals.base import Judged, SignalSpec, absent, highest, present, unseen, when_over
from services.models.first_wave import Measure, Source, StoppedTask

EARLIER = timedelta(minutes=5)  # How long before T0 a task may have ended and still belong to the incident
UNSTARTED = timedelta(minutes=20)
"""How long before T0 a task may have failed to start and be missing in the incident."""
LISTED = timedelta(hours=1)
"""How long ECS lists a stopped task at least (ListTasks, Amazon ECS API reference)."""
SETTLE = timedelta(minutes=2)  # How long a deployment may leave the service short of tasks
ORDERLY = frozenset({0, 143})  # Exit codes of a task that was asked to stop: finished, SIGTERM
KILLED = 137  # Exit code of a container that SIGKILL ended
_START_FAILURES = ("CannotPull", "ResourceInitializationError", "CannotStart", "CannotCreate")
_OOM = "OutOfMemory"
_UNPLACED = re.compile(r"unable to place a task|unable to consistently start tasks|failed to launch a task")


def recent_tasks(facts: Facts, earlier: timedelta = EARLIER) -> Iterable[StoppedTask]:
    first = facts.start - earlier
    return (task for task in reversed(facts.evidence.stopped_tasks) if (task.ended or first) >= first)


def unlisted(facts: Facts) -> str:
    """Why tasks that stopped in this incident may be missing in the list, in words; "" if all are there."""
    if facts.evidence.ended - (facts.start - EARLIER) > LISTED:
        return _("ECS lists stopped tasks for an hour only")
    return facts.cut(Source.TASKS)


def _is_oom(task: StoppedTask) -> bool:
    texts = (task.reason, *(container.reason for container in task.containers))
    if any(_OOM in text for text in texts):
        return True
    # ECS itself sends SIGKILL to a container that ignores SIGTERM; only an exit of its own accord tells of memory.
    is_own = task.code == "EssentialContainerExited"
    return is_own and any(container.exit_code == KILLED for container in task.containers)


def _has_exited(task: StoppedTask) -> bool:
    if task.code != "EssentialContainerExited" or _is_oom(task):
        return False
    codes = {container.exit_code for container in task.containers} - {None}
    return bool(codes - ORDERLY - {KILLED})


def ends_by_itself(task: StoppedTask) -> bool:
    return _has_exited(task) or _is_oom(task) or _by_health_check(task)


def _fails_to_start(task: StoppedTask) -> bool:
    return task.code == "TaskFailedToStart" or any(word in task.reason for word in _START_FAILURES)


def _stopped(
    matches: Callable[[StoppedTask], bool], earlier: timedelta = EARLIER
) -> Callable[[Facts], Judged]:
    def judge(facts: Facts) -> Judged:
        tasks = [task for task in recent_tasks(facts, earlier) if matches(task)]
        if not tasks:
            if why := unlisted(facts):
                return unseen(why)
            minutes = round(earlier / timedelta(minutes=1))
            return absent(_("no such stop since {minutes} minutes before", minutes=minutes))
        return present(_stop_text(tasks), at=_first(tasks))

    return judge


def _stop_text(tasks: list[StoppedTask]) -> str:
    task = tasks[0]
    codes = [f"exit {container.exit_code}" for container in task.containers if container.exit_code]
    reasons = [container.reason for container in task.containers if container.reason]
    words = ", ".join([*codes, *reasons]) or task.reason or task.code
    return _("{count} tasks: {why}", count=len(tasks), why=words)


def _first(tasks: list[StoppedTask]) -> datetime | None:
    # What never ran was missing from when it was created, and not only from when ECS gave it up.
    moments = [task.ended if task.started else task.created or task.ended for task in tasks]
    return min((at for at in moments if at is not None), default=None)


def _unplaced(facts: Facts) -> Judged:
    service = facts.evidence.service
    first = facts.start - timedelta(minutes=30)
    events = [
        event
        for event in (service.events if service is not None else ())
        if _UNPLACED.search(event.message) and event.at >= first
    ]
    return present(events[0].message, at=events[-1].at) if events else absent()


def _short(facts: Facts) -> Judged:
    service = facts.evidence.service
    if service is None:
        return unseen(_("it was not read"))
    value = _("{running} of {desired} running", running=service.running, desired=service.desired)
    deployments = [each.created for each in service.deployments if each.created is not None]
    newest = max(deployments, default=None)
    is_new = newest is not None and facts.evidence.ended - newest < SETTLE
    return present(value) if service.running < service.desired and not is_new else absent(value)


def _memory_high(facts: Facts) -> Judged:
    if why := facts.uncounted(Measure.ECS_MEMORY):
        return unseen(why)
    most = max(facts.since(Measure.ECS_MEMORY, lead=10), default=0.0)
    value = f"{most:.0f}%"
    if most < 95:
        return absent(value, "≥ 95%")
    return present(value, "≥ 95%", when_over(facts, facts.points(Measure.ECS_MEMORY), 95))


def _memory_low(facts: Facts) -> Judged:
    most = highest(facts, Measure.ECS_MEMORY, lead=10)
    if isinstance(most, Judged):
        return most
    return (present if most < 70 else absent)(f"{most:.0f}%", "< 70%")


def _of_infrastructure(task: StoppedTask) -> bool:
    is_retired = "underlying infrastructure" in task.reason
    return is_retired or task.code in ("InfrastructureHealth", "TerminationNotice", "SpotInterruption")


def _zone_lost(facts: Facts) -> Judged:
    """Whether AWS's infrastructure failed under a task, and the database had to go elsewhere as well."""
    lost = [
        task
        for task in recent_tasks(facts)
        if task.code == "InfrastructureHealth" or "network interface provisioning" in task.reason
    ]
    unplaced = _unplaced(facts)
    if not lost and "Capacity is unavailable" not in unplaced.value:
        why = unlisted(facts)
        return unseen(why) if why else absent()
    first = facts.start - EARLIER
    has_moved = any(
        "failover" in event.message.lower() and event.at >= first for event in facts.evidence.database_events
    )
    if not has_moved:
        return absent(_("only tasks are concerned"))
    return present(_stop_text(lost) if lost else unplaced.value)


def _replaced(facts: Facts) -> Judged:
    service = facts.evidence.service
    if service is None:
        return unseen(facts.unread(Source.SERVICE) or _("it was not read"))
    tasks = [task for task in recent_tasks(facts) if _by_health_check(task)]
    value = _("{count} stopped, {desired} desired", count=len(tasks), desired=service.desired)
    if tasks and len(tasks) >= service.desired:
        return present(value, at=_first(tasks))
    why = unlisted(facts)
    return unseen(why) if why else absent(value)


def _leaking(facts: Facts) -> Judged:
    if why := facts.uncounted(Measure.ECS_MEMORY):
        return unseen(why)
    values = [value for _at, value in facts.points(Measure.ECS_MEMORY)]
    if len(values) < 30:
        return unseen(_("there is nothing to compare it with"))
    # A task that is killed takes its memory with it: the peak of the last minutes counts, not the newest value.
    before, peak = median(values[:20]), max(median(values[end - 3 : end]) for end in range(-12, 0))
    value, limit = (_("{before}% before, up to {peak}%", before=f"{before:.0f}", peak=f"{peak:.0f}"), "≥ +15")
    week_ago = facts.evidence.curve_week_ago(Measure.ECS_MEMORY)
    is_over = median(values[-3:]) < before + 8
    is_usual = week_ago is not None and peak <= max(week_ago.values, default=0.0) + 3
    is_killed = any(map(_is_oom, recent_tasks(facts)))
    if peak >= before + 15 and (is_over or is_usual) and not is_killed:
        return unseen(
            _("it has fallen again, or was as high a week ago, and no task was killed for it"),
            is_out_of_reach=True,
        )
    if peak < before + 15:
        return absent(value, limit)
    return present(value, limit, when_over(facts, facts.points(Measure.ECS_MEMORY), before + 8))


def _by_health_check(task: StoppedTask) -> bool:
    return "failed ELB health checks" in task.reason or "failed container health checks" in task.reason


SIGNALS = (
    SignalSpec("task-exited", N_("Tasks exit by themselves"), Source.TASKS, _stopped(_has_exited), direct_for=("task-crash",), group="stop", look="ecs"),
    SignalSpec("task-out-of-memory", N_("Tasks are killed for lack of memory"), Source.TASKS, _stopped(_is_oom), direct_for=("out-of-memory",), group="stop", look="ecs"),
    SignalSpec("stopped-by-health-check", N_("ECS stops tasks that fail health checks"), Source.TASKS, _stopped(_by_health_check), group="stop", look="ecs"),
    SignalSpec("all-replaced", N_("ECS replaces all tasks because they fail health checks"), Source.TASKS, _replaced, direct_for=("all-unhealthy",), look="ecs"),
    SignalSpec("start-failed", N_("Tasks fail to start"), Source.TASKS, _stopped(_fails_to_start, UNSTARTED), direct_for=("tasks-cannot-start",), look="ecs"),
    SignalSpec("infrastructure-stop", N_("AWS stopped tasks for its infrastructure"), Source.TASKS, _stopped(_of_infrastructure), group="infrastructure", look="ecs"),
    SignalSpec("zone-lost", N_("AWS's infrastructure failed under tasks and beyond them"), Source.TASKS, _zone_lost, direct_for=("availability-zone",), group="infrastructure", look="ecs"),
    SignalSpec("placement-failed", N_("ECS cannot place or start tasks"), Source.SERVICE, _unplaced, direct_for=("tasks-cannot-start",), look="ecs"),
    SignalSpec("running-short", N_("Fewer tasks run than are desired"), Source.SERVICE, _short, look="ecs"),
    SignalSpec("memory-high", N_("The tasks' memory ran full"), Source.METRICS, _memory_high, group="memory", look="dashboard"),
    SignalSpec("memory-climbing", N_("The tasks' memory climbs"), Source.METRICS, _leaking, direct_for=("out-of-memory",), group="memory", look="dashboard"),
    SignalSpec("memory-low", N_("The tasks' memory is not full"), Source.METRICS, _memory_low, group="memory", look="dashboard"),
)  # fmt: skip
