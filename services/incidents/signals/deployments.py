"""What was deployed, and whether the errors follow the new revision.

Source: DescribeServices, ListServiceDeployments, DescribeServiceRevisions (Amazon ECS API reference).
"""

from collections import Counter
from datetime import datetime, timedelta

from services.i18n import N_, _, plural
from services.incidents.facts import Facts, minutes_before
from services.incidents.signals.base import Judged, SignalSpec, absent, percent, present, unseen
from services.models.aws_codes import ROLLOUTS, deployment_state, word_of
from services.models.first_wave import Measure, Source

JUST_BEFORE = 30
"""Minutes before T0 in which a deployment counts as just before."""
DAY = 24 * 60
LEAST = 3
"""Errors from which their distribution over tasks says anything."""
_FAILED = ("ROLLBACK", "STOPPED")


def _starts(facts: Facts) -> list[datetime]:
    """When the service's deployments began, newest first."""
    service = facts.evidence.service
    primary = (
        [deployment.created for deployment in service.deployments if deployment.created]
        if service is not None
        else []
    )
    newest = [deployment.created for deployment in facts.evidence.deployments if deployment.created]
    return sorted({*primary, *newest}, reverse=True)


def _recent(facts: Facts) -> Judged:
    for start in _starts(facts):
        lead = minutes_before(facts.start, start)
        if -2 <= lead <= JUST_BEFORE:
            minutes = max(0, round(lead))
            words = plural("{minutes} minute before", "{minutes} minutes before", minutes)
            return present(words.format(minutes=minutes), at=start)
    return _missed(facts) or absent()


def _missed(facts: Facts) -> Judged | None:
    """That deployments may be missing, because one of the two lists of them was not read; None if both were."""
    why = facts.unread(Source.SERVICE, Source.DEPLOYMENTS)
    return unseen(why) if why else None


def _none(facts: Facts) -> Judged:
    starts = _starts(facts)
    if not starts:
        return _missed(facts) or unseen(_("ECS reports no deployment with its time"))
    lead = min(abs(minutes_before(facts.start, start)) for start in starts)
    value = _("{hours} hours before").format(hours=round(lead / 60))
    if lead <= DAY:
        return absent(value, "> 24 h")
    return _missed(facts) or present(value, "> 24 h")


def _failed(facts: Facts) -> Judged:
    service = facts.evidence.service
    first = facts.start - timedelta(minutes=JUST_BEFORE)
    for rollout in service.deployments if service is not None else ():
        if rollout.rollout == "FAILED" and (rollout.created is None or rollout.created >= first):
            return present(rollout.reason or word_of(ROLLOUTS, rollout.rollout), at=rollout.created)
    for deployment in facts.evidence.deployments:
        is_recent = deployment.created is not None and deployment.created >= first
        if is_recent and (deployment.status.startswith(_FAILED) or deployment.breaker == "TRIGGERED"):
            return present(deployment.reason or deployment_state(deployment.status), at=deployment.created)
    return _missed(facts) or absent()


def _definitions(facts: Facts) -> dict[str, str]:
    """The task definition of each task that is known, by the task's id."""
    evidence = facts.evidence
    definitions = {str(task.id): str(task.definition) for task in evidence.stopped_tasks}
    for running in evidence.running_tasks:
        definitions[str(running.id)] = str(running.definition)
    return definitions


def _errors_by_definition(facts: Facts) -> Counter[str] | str:
    """The application's errors since T0 by task definition, or why they cannot be told apart."""
    if why := facts.unread(Source.APPLICATION_LOG):
        return why
    definitions = _definitions(facts)
    lines = facts.lines(facts.evidence.application_errors, lead=0)
    counts = Counter(definitions.get(line.stream.rpartition("/")[2], "") for line in lines)
    unknown = counts.pop("", 0)
    if counts.total() < LEAST or unknown > counts.total():
        return _("too few errors belong to a known task")
    return counts


def _is_mixed(facts: Facts) -> bool:
    """Whether tasks of more than one revision have run in this time."""
    first = facts.start - timedelta(minutes=5)
    definitions = {
        task.definition for task in facts.evidence.stopped_tasks if task.ended is None or task.ended >= first
    }
    return len(definitions | {task.definition for task in facts.evidence.running_tasks}) > 1


def _is_settled(facts: Facts) -> bool:
    """Whether it is known that nothing was deployed lately, so that no error can belong to a new revision."""
    return _missed(facts) is None and bool(_starts(facts)) and _recent(facts).at is None


def _errors_while_mixed(facts: Facts) -> Counter[str] | Judged:
    """Errors by task definition while several were running, or why they cannot be compared."""
    if _is_settled(facts):
        return absent(_("nothing was deployed just before"))
    counts = _errors_by_definition(facts)
    if isinstance(counts, str):
        return unseen(counts)
    return counts if _is_mixed(facts) else unseen(_("only one revision was running"))


def _on_new(facts: Facts) -> Judged:
    counts = _errors_while_mixed(facts)
    if isinstance(counts, Judged):
        return counts
    newest = max(counts, key=_revision)
    share = counts[newest] / counts.total()
    if share < 0.9:
        return absent(f"{newest} {percent(share)}", "≥ 90%")
    count = counts[newest]
    return present(
        _("{count} errors, all on {revision}").format(count=count, revision=newest), at=facts.start
    )


def _revision(definition: str) -> tuple[int, str]:
    """Orders task definitions (`family:revision`) by age."""
    number = definition.rpartition(":")[2]
    return (int(number) if number.isdecimal() and len(number) < 10 else 0, definition)


def _on_both(facts: Facts) -> Judged:
    counts = _errors_while_mixed(facts)
    if isinstance(counts, Judged):
        return counts
    least = min(counts.values()) if len(counts) > 1 else 0
    text = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
    return present(text) if least >= 0.2 * counts.total() else absent(text)


def _differs(facts: Facts) -> Judged:
    if _is_settled(facts):
        return absent(_("nothing was deployed just before"))
    revisions = sorted(
        (revision for revision in facts.evidence.revisions if revision.created is not None),
        key=lambda revision: revision.created or facts.start,
        reverse=True,
    )
    if len(revisions) < 2:
        return unseen(_("only one revision is known"))
    new, old = revisions[0], revisions[1]
    if new.task_definition != old.task_definition:
        return present(f"{old.task_definition} → {new.task_definition}", at=new.created)
    images = [{image.digest or image.image for image in revision.images} for revision in (new, old)]
    return present(_("the image differs"), at=new.created) if images[0] != images[1] else absent()


def _dearer(facts: Facts) -> Judged:
    recent = _recent(facts)
    start = recent.at
    if start is None:
        return recent if recent.why else absent(_("nothing was deployed just before"))
    costs: dict[bool, list[float]] = {True: [], False: []}
    requests = dict(facts.points(Measure.REQUESTS))
    for at, cpu in facts.points(Measure.ECS_CPU):
        if requests.get(at):
            costs[at >= start + timedelta(minutes=2)].append(cpu / requests[at])
    if len(costs[True]) < LEAST or len(costs[False]) < LEAST:
        return unseen(_("there is nothing to compare it with"))
    ratio = (sum(costs[True]) / len(costs[True])) / max(1e-9, sum(costs[False]) / len(costs[False]))
    value = _("CPU per request × {ratio}").format(ratio=f"{ratio:.1f}")
    return present(value, "≥ × 1.5", start) if ratio >= 1.5 else absent(value, "≥ × 1.5")


SIGNALS = (
    SignalSpec("recent-deployment", N_("A deployment began just before"), Source.SERVICE, _recent, direct_for=("bad-deployment",), look="deploy-rollback"),
    SignalSpec("no-deployment", N_("There was no deployment in 24 hours"), Source.SERVICE, _none, look="ecs"),
    SignalSpec("deployment-failed", N_("The deployment failed, or was rolled back"), Source.DEPLOYMENTS, _failed, direct_for=("bad-deployment",), look="deploy-rollback"),
    SignalSpec("errors-on-new-revision", N_("Errors come only from the new revision"), Source.TASKS, _on_new, direct_for=("bad-deployment",), group="revision", look="tail"),
    SignalSpec("errors-on-both", N_("Errors come from the old revision, too"), Source.TASKS, _on_both, group="revision", look="tail"),
    SignalSpec("revision-differs", N_("The new revision differs from the one before"), Source.DEPLOYMENTS, _differs, look="deploy-rollback"),
    SignalSpec("cpu-per-request-up", N_("A request costs more CPU since the deployment"), Source.METRICS, _dearer, direct_for=("bad-deployment",), look="dashboard"),
)  # fmt: skip
